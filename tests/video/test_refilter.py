"""A video with another luma: the luma is what was asked for, and all else is as it was."""

from pathlib import Path

import av
import numpy as np
import pytest

from tests.conftest import Clips, ffmpeg
from tinyvmaf.errors import CancelledError, FfmpegError, VideoError
from tinyvmaf.video.probe import probe
from tinyvmaf.video.refilter import Refiltered, refilter
from tinyvmaf.video.times import frame_times

LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=300:sample_rate=48000")


def same(luma: np.ndarray) -> np.ndarray:
    return luma


def run(source: Path, output: Path, change=same, encoder: tuple[str, ...] = LOSSLESS, **options) -> Refiltered:
    return refilter(probe(source), output, change, encoder=encoder, **options)


def planes(path: Path, pix_fmt: str) -> np.ndarray:
    """The raw bytes of all frames, decoded by ffmpeg itself."""
    dtype = "<u2" if "10le" in pix_fmt else np.uint8
    raw = ffmpeg(
        "-i", f"file:{path}", "-map", "0:V:0", "-fps_mode", "passthrough", "-pix_fmt", pix_fmt, "-f", "rawvideo", "-"
    )
    return np.frombuffer(raw, dtype)


def packets(path: Path, stream: str) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.get({stream: 0})) if packet.size]


def stamps(path: Path) -> np.ndarray:
    return frame_times(probe(path)).seconds


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"])
@pytest.mark.parametrize("size", ["64x48", "98x66"])
def test_luma_is_changed_and_chroma_is_not(clips: Clips, tmp_path: Path, pix_fmt: str, size: str) -> None:
    source = clips("source.mkv", *LOSSLESS, filters=f"format={pix_fmt}", size=size, frames=5)
    largest = 1023 if "10" in pix_fmt else 255
    done = run(source, tmp_path / "out.mkv", lambda luma: (largest - luma).astype(luma.dtype))
    width, height = map(int, size.split("x"))
    before, after = (planes(path, pix_fmt).reshape(5, -1) for path in (source, tmp_path / "out.mkv"))
    np.testing.assert_array_equal(after[:, : width * height], largest - before[:, : width * height])
    np.testing.assert_array_equal(after[:, width * height :], before[:, width * height :])
    assert (done.frame_count, done.broken, done.warnings) == (5, None, ())
    assert probe(tmp_path / "out.mkv").pix_fmt == pix_fmt


@pytest.mark.parametrize(
    ("name", "pix_fmt"), [("packed.nut", "yuyv422"), ("semi.nut", "nv12"), ("big.nut", "yuv420p10be")]
)
def test_other_layouts_of_the_same_samples_are_taken(clips: Clips, tmp_path: Path, name: str, pix_fmt: str) -> None:
    source = clips(name, "-c:v", "rawvideo", filters=f"format={pix_fmt}", size="64x48", frames=3)
    run(source, tmp_path / "out.mkv")
    planar = {"yuyv422": "yuv422p", "nv12": "yuv420p", "yuv420p10be": "yuv420p10le"}[pix_fmt]
    assert probe(tmp_path / "out.mkv").pix_fmt == planar
    np.testing.assert_array_equal(planes(tmp_path / "out.mkv", planar), planes(source, planar))


def test_gray_is_taken(clips: Clips, tmp_path: Path) -> None:
    source = clips("gray.mkv", *LOSSLESS, filters="format=gray", size="64x48", frames=3)
    run(source, tmp_path / "out.mkv", lambda luma: 255 - luma)
    np.testing.assert_array_equal(planes(tmp_path / "out.mkv", "gray"), 255 - planes(source, "gray"))


def test_full_range_stays_full(clips: Clips, tmp_path: Path) -> None:
    source = clips("full.mkv", "-c:v", "mjpeg", "-q:v", "2", filters="format=yuvj420p", size="64x48", frames=3)
    run(source, tmp_path / "out.mkv")
    assert probe(tmp_path / "out.mkv").color_range == "full"
    np.testing.assert_array_equal(planes(tmp_path / "out.mkv", "yuvj420p"), planes(source, "yuvj420p"))


def test_rgb_and_sound_alone_are_refused_with_a_reason(clips: Clips, tmp_path: Path) -> None:
    source = clips("rgb.mkv", "-c:v", "libx264rgb", "-qp", "0", filters="format=rgb24", size="64x48", frames=2)
    with pytest.raises(VideoError, match="no luma plane: convert it first"):
        run(source, tmp_path / "out.mkv")
    sound = tmp_path / "sound.m4a"
    ffmpeg(*SOUND, "-t", "0.5", "-c:a", "aac", f"file:{sound}")
    with pytest.raises(VideoError, match="holds no video, only audio"):
        run(sound, tmp_path / "out.mkv")
    assert [path.name for path in tmp_path.iterdir()] == ["sound.m4a"]


@pytest.mark.parametrize("name", ["steady.mp4", "uneven.mp4", "uneven.mkv"])
@pytest.mark.parametrize(
    "encoder", [LOSSLESS, ("-c:v", "libx265", "-x265-params", "log-level=error:lossless=1", "-preset", "ultrafast")]
)
def test_time_stamps_stay(clips: Clips, tmp_path: Path, name: str, encoder: tuple[str, ...]) -> None:
    uneven = ("-fps_mode", "vfr", "-enc_time_base", "1/90000")
    chosen = r"select=not(eq(mod(n\,5)\,1)+eq(mod(n\,7)\,3))," if "uneven" in name else ""
    source = clips(
        name, *uneven, "-c:v", "libx264", "-bf", "2", filters=f"{chosen}format=yuv420p", size="64x48", fps="30000/1001"
    )
    output = tmp_path / f"out{Path(name).suffix}"
    done = run(source, output, encoder=encoder)
    gaps = np.unique(np.diff(stamps(source)).round(2))
    assert gaps.tolist() == ([0.03] if name == "steady.mp4" else [0.03, 0.07, 0.1])
    np.testing.assert_allclose(stamps(output), stamps(source), atol=1e-9 if name.endswith("mp4") else 1.1e-3)
    assert done.frame_count == len(stamps(source))


def test_an_encoder_that_moves_frames_is_told_of(clips: Clips, tmp_path: Path) -> None:
    chosen = r"select=not(eq(mod(n\,5)\,1)+eq(mod(n\,7)\,3)),format=yuv420p"
    source = clips("uneven.mkv", "-fps_mode", "vfr", "-c:v", "libx264", filters=chosen, size="128x96")
    done = run(source, tmp_path / "out.mkv", encoder=("-c:v", "libvvenc", "-preset", "faster", "-qp", "40"))
    assert any("does not keep the time stamps" in warning for warning in done.warnings)
    fewer = run(source, tmp_path / "out.mkv", encoder=(*LOSSLESS, "-frames:v", "7"))
    assert any("7 frames were made out of" in warning for warning in fewer.warnings)


def test_an_encoder_that_takes_no_such_time_base_says_so(clips: Clips, tmp_path: Path) -> None:
    source = clips("fine.mp4", "-c:v", "libx264", "-video_track_timescale", "90000", size="64x48", frames=4)
    with pytest.raises(FfmpegError, match="timebase"):
        run(source, tmp_path / "out.avi", encoder=("-c:v", "mpeg4"))
    assert run(source, tmp_path / "out.avi", encoder=("-c:v", "mpeg4", "-enc_time_base", "1/25")).frame_count == 4


def test_one_frame_is_enough(clips: Clips, tmp_path: Path) -> None:
    source = clips("one.mp4", *LOSSLESS, frames=1, size="64x48")
    assert run(source, tmp_path / "out.mp4").frame_count == 1
    np.testing.assert_array_equal(planes(tmp_path / "out.mp4", "yuv420p"), planes(source, "yuv420p"))


@pytest.fixture
def rich(clips: Clips, tmp_path: Path) -> Path:
    """A Matroska file with everything: two sounds, subtitles, chapters, an attachment, words, dispositions."""
    source = clips("video.mkv", "-c:v", "libx264", "-crf", "20", size="64x48", frames=50)
    (tmp_path / "words.srt").write_text("1\n00:00:00,200 --> 00:00:01,000\nHello\n", encoding="utf-8")
    (tmp_path / "font.ttf").write_bytes(b"not a font")
    (tmp_path / "chapters.txt").write_text(
        ";FFMETADATA1\ntitle=A film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=First\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=900\nEND=2000\ntitle=Second\n",
        encoding="utf-8",
    )
    folder = tmp_path / "rich"
    folder.mkdir()
    ffmpeg(
        *("-i", f"file:{source}", *SOUND, "-i", str(tmp_path / "words.srt"), "-i", str(tmp_path / "chapters.txt")),
        *("-map", "0", "-map", "1", "-map", "1", "-map", "2", "-map_metadata", "3", "-map_chapters", "3", "-t", "2"),
        *("-c:v", "copy", "-c:a:0", "aac", "-c:a:1", "libopus", "-c:s", "copy"),
        *("-metadata:s:v:0", "language=fra", "-metadata:s:v:0", "title=Main", "-metadata:s:a:1", "language=deu"),
        *("-disposition:v:0", "default+original", "-disposition:a:1", "comment"),
        *("-attach", str(tmp_path / "font.ttf"), "-metadata:s:t:0", "mimetype=font/ttf"),
        str(folder / "rich.mkv"),
    )
    return folder / "rich.mkv"


def test_all_other_streams_and_words_go_along(rich: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mkv"
    done = run(rich, output)
    assert done.warnings == ()
    with av.open(str(rich)) as before, av.open(str(output)) as after:
        assert [stream.type for stream in after.streams] == [stream.type for stream in before.streams]
        assert [each["metadata"]["title"] for each in after.chapters()] == ["First", "Second"]
        assert [(each["start"], each["end"]) for each in after.chapters()] == [
            (each["start"], each["end"]) for each in before.chapters()
        ]
        assert after.metadata["title"] == "A film"
        assert after.streams[0].metadata["language"] == "fra"
        assert after.streams[0].metadata["title"] == "Main"
        assert after.streams.audio[1].metadata["language"] == "deu"
        assert [s.disposition for s in after.streams] == [s.disposition for s in before.streams]
    for stream in ("audio", "subtitles"):
        assert packets(output, stream) == packets(rich, stream) != []


def test_what_a_container_cannot_hold_is_turned_or_left_out_and_said(rich: Path, tmp_path: Path) -> None:
    done = run(rich, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as after:
        kinds = [stream.type for stream in after.streams]
        assert kinds == ["video", "audio", "audio", "subtitle", "data"]  # MP4 keeps the words of chapters in a track
        assert after.streams.subtitles[0].codec_context.name == "mov_text"
    assert any("becomes mov_text" in warning for warning in done.warnings)
    assert any("left out" in warning and "attachment" in warning for warning in done.warnings)


def test_a_cover_picture_is_not_filtered(clips: Clips, tmp_path: Path) -> None:
    video = clips("video.mp4", "-c:v", "libx264", size="64x48", frames=5)
    cover = clips("cover.png", "-frames:v", "1", size="32x32", frames=1)
    source = clips.derived(
        video,
        "covered.mp4",
        "-i",
        str(cover),
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
        "-disposition:v:1",
        "attached_pic",
    )
    run(source, tmp_path / "out.mp4", lambda luma: 255 - luma)
    with av.open(str(source)) as before, av.open(str(tmp_path / "out.mp4")) as after:
        assert [stream.disposition for stream in after.streams] == [stream.disposition for stream in before.streams]
        pictures = [bytes(next(iter(each.demux(each.streams[1])))) for each in (before, after)]
    assert pictures[0] == pictures[1]


def test_sound_stays_in_step_where_the_video_starts_late(clips: Clips, tmp_path: Path) -> None:
    video = clips("video.mp4", "-c:v", "libx264", size="64x48", frames=25)
    late = tmp_path / "late.mkv"
    ffmpeg(
        *("-itsoffset", "0.48", "-i", f"file:{video}", *SOUND, "-t", "1.4", "-map", "0", "-map", "1"),
        "-c:v",
        "copy",
        "-c:a",
        "libopus",
        str(late),
    )
    shifted = tmp_path / "shifted.ts"
    ffmpeg(
        "-i",
        f"file:{video}",
        *SOUND,
        "-t",
        "1",
        "-c:v",
        "copy",
        "-c:a",
        "aac",
        "-output_ts_offset",
        "3600",
        str(shifted),
    )
    for source, output in ((late, tmp_path / "out.mkv"), (shifted, tmp_path / "out.mp4")):
        run(source, output)
        assert _gap(output) == pytest.approx(_gap(source), abs=2e-3)
    assert _gap(late) == pytest.approx(0.48, abs=0.05)


def _gap(path: Path) -> float:
    """Seconds from the first sound to the first picture."""
    first = {}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.pts is not None:
                kind, seconds = packet.stream.type, float(packet.pts * packet.time_base)
                first[kind] = min(first.get(kind, seconds), seconds)
    return first["video"] - first["audio"]


def test_tags_shape_and_rotation_stay(clips: Clips, tmp_path: Path) -> None:
    tags = "setparams=range=full:color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    plain = clips("tagged.mp4", *LOSSLESS, filters=f"format=yuv420p10le,{tags},setsar=4/3", size="64x48", frames=3)
    source = clips.derived(plain, "turned.mp4", "-c", "copy", before=["-display_rotation", "90"])
    run(source, tmp_path / "out.mp4")
    before, after = probe(source), probe(tmp_path / "out.mp4")
    assert before.rotation == 90
    for name in ("color_range", "color_matrix", "color_transfer", "color_primaries", "sample_aspect_ratio", "rotation"):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.width, after.height) == (64, 48)


def test_fields_are_filtered_apart_and_it_is_said(clips: Clips, tmp_path: Path) -> None:
    interlaced = ("-flags", "+ildct+ilme")
    source = clips("fields.mkv", *LOSSLESS, *interlaced, filters="format=yuv420p,setfield=bff", size="64x48", frames=4)
    seen = []

    def flip(luma: np.ndarray) -> np.ndarray:
        seen.append(luma.shape)
        return luma[::-1]

    done = run(source, tmp_path / "out.mkv", flip, encoder=(*LOSSLESS, *interlaced))
    assert set(seen) == {(24, 64)}
    before, after = (
        planes(path, "yuv420p").reshape(4, -1)[:, : 64 * 48].reshape(4, 48, 64)
        for path in (source, tmp_path / "out.mkv")
    )
    np.testing.assert_array_equal(after[:, 0::2], before[:, 0::2][:, ::-1])
    np.testing.assert_array_equal(after[:, 1::2], before[:, 1::2][:, ::-1])
    assert probe(tmp_path / "out.mkv").interlaced
    assert any("is interlaced" in warning for warning in done.warnings)


def test_a_broken_file_is_filtered_up_to_the_break(clips: Clips, tmp_path: Path) -> None:
    whole = clips("whole.ts", "-c:v", "libx264", "-g", "10", "-bf", "0", size="320x180", frames=60)
    broken = tmp_path / "broken.ts"
    data = bytearray(whole.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 6000] = bytes(6000)
    broken.write_bytes(data)
    done = run(broken, tmp_path / "out.mkv")
    assert done.broken is not None
    assert "broken.ts" in str(done.broken)
    assert 0 < done.frame_count < 60
    np.testing.assert_array_equal(
        planes(tmp_path / "out.mkv", "yuv420p"), planes(whole, "yuv420p")[: done.frame_count * 320 * 180 * 3 // 2]
    )


@pytest.mark.parametrize(
    ("encoder", "words"),
    [
        (("-c:v", "nonsense"), "nonsense"),
        (("-nonsense", "1"), "nonsense"),
        (("-c:v", "libx264", "-crf", "x"), "cannot be encoded"),
    ],
)
def test_wrong_options_leave_nothing_behind(clips: Clips, tmp_path: Path, encoder: tuple[str, ...], words: str) -> None:
    source = clips("source.mp4", "-c:v", "libx264", size="64x48", frames=3)
    (tmp_path / "out.mp4").write_bytes(b"from before")
    with pytest.raises(FfmpegError, match=words):
        run(source, tmp_path / "out.mp4", encoder=encoder)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("out.mp4", b"from before")]


def test_an_error_out_of_the_change_ends_ffmpeg_and_leaves_nothing(clips: Clips, tmp_path: Path) -> None:
    source = clips("source.mp4", "-c:v", "libx264", size="64x48", frames=12)

    def fail(luma: np.ndarray) -> np.ndarray:
        raise ZeroDivisionError("of a test")

    with pytest.raises(ZeroDivisionError, match="of a test"):
        run(source, tmp_path / "out.mp4", fail)
    assert list(tmp_path.iterdir()) == []


def test_it_stops_when_asked_and_leaves_nothing(clips: Clips, tmp_path: Path) -> None:
    from threading import Event

    source = clips("source.mp4", "-c:v", "libx264", size="64x48", frames=12)
    cancel, seen = Event(), []

    def third(luma: np.ndarray) -> np.ndarray:
        seen.append(luma)
        if len(seen) == 3:
            cancel.set()
        return luma

    with pytest.raises(CancelledError):
        run(source, tmp_path / "out.mp4", third, cancel=cancel)
    assert list(tmp_path.iterdir()) == []
    assert len(seen) < 12


def test_the_input_is_never_its_own_output(clips: Clips, tmp_path: Path) -> None:
    source = tmp_path / "source.mp4"
    source.write_bytes(clips("source.mp4", "-c:v", "libx264", size="64x48", frames=3).read_bytes())
    with pytest.raises(VideoError, match="is the input itself"):
        run(source, source)
    with pytest.raises(VideoError, match="names no container"):
        run(source, tmp_path / "out")
    with pytest.raises(VideoError, match="does not exist: make it"):
        run(source, tmp_path / "missing" / "out.mp4")


def test_filters_of_the_user_come_after_the_tags(clips: Clips, tmp_path: Path) -> None:
    source = clips("source.mp4", *LOSSLESS, filters="format=yuv420p,setsar=4/3", size="64x48", frames=3)
    run(source, tmp_path / "out.mp4", encoder=("-vf", "scale=32:24", *LOSSLESS))
    after = probe(tmp_path / "out.mp4")
    assert (after.width, after.height, after.sample_aspect_ratio) == (32, 24, probe(source).sample_aspect_ratio)


def test_x264_encodes_where_nothing_else_is_chosen(clips: Clips, tmp_path: Path) -> None:
    source = clips("source.mp4", *LOSSLESS, size="64x48", frames=8)
    told = []
    run(source, tmp_path / "out.mp4", encoder=(), progress=lambda done, total, label: told.append((done, total)))
    assert probe(tmp_path / "out.mp4").codec == "h264"
    assert told[-1] == (8, 8)
