"""A finished encode of a whole file: its other streams, chapters and time stamps as they were."""

from pathlib import Path

import av
import numpy as np
import pytest

from tests.conftest import Clips, ffmpeg
from tinyvmaf.errors import CancelledError, VideoError
from tinyvmaf.video.deliver import check_delivery, deliver, delivery_command
from tinyvmaf.video.encode import parse_rungs
from tinyvmaf.video.file import RawFormat, VideoFile
from tinyvmaf.video.hdr import hdr_arguments
from tinyvmaf.video.probe import probe
from tinyvmaf.video.times import frame_times

UNEVEN = "select='not(mod(n,3)*mod(n,7))'"
X264 = parse_rungs("x264/veryfast:30")[0]


@pytest.fixture
def movie(clips: Clips, tmp_path: Path) -> Path:
    """A video with sound that starts before it, subtitles, chapters, a title and a language."""
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,200 --> 00:00:01,000\nhello\n", encoding="utf-8")
    facts = tmp_path / "facts.txt"
    facts.write_text(
        ";FFMETADATA1\ntitle=A film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n", encoding="utf-8"
    )
    picture = clips("picture.mp4", "-c:v", "libx264", frames=50)
    path = tmp_path / "movie.mkv"
    sources = ("-itsoffset", "0.2", "-i", str(picture), "-f", "lavfi", "-i", "sine=d=2", "-i", str(words))
    streams = ("-map", "0:v", "-map", "1:a", "-map", "2:s", "-c:v", "copy", "-c:a", "aac", "-c:s", "srt")
    ffmpeg(*sources, "-i", str(facts), *streams, "-map_metadata", "3", "-metadata:s:a", "language=ger", f"file:{path}")
    return path


def packets_of(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[0]
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def first_stamps(path: Path) -> dict[str, float]:
    with av.open(str(path)) as container:
        return {stream.type: float(stream.start_time * stream.time_base) for stream in container.streams}


def test_other_streams_go_along_untouched(movie: Path, tmp_path: Path) -> None:
    output = tmp_path / "small.mkv"
    made = deliver(probe(movie), X264, output)
    assert made.warnings == ()
    assert made.video.codec == "h264"
    assert packets_of(output, "audio") == packets_of(movie, "audio")
    assert packets_of(output, "subtitles") == packets_of(movie, "subtitles")
    with av.open(str(output)) as container:
        assert container.metadata["title"] == "A film"
        assert container.streams.audio[0].metadata["language"] == "ger"
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["One"]


@pytest.mark.parametrize("name", ["small.mkv", "small.mp4"])
def test_picture_and_sound_keep_their_distance(movie: Path, tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    deliver(probe(movie), X264, output)
    before, after = first_stamps(movie), first_stamps(output)
    assert after["video"] - after["audio"] == pytest.approx(before["video"] - before["audio"], abs=0.025)
    assert frame_times(probe(output)).seconds == pytest.approx(frame_times(probe(movie)).seconds, abs=0.0011)


def test_a_variable_rate_stays_variable(clips: Clips, tmp_path: Path) -> None:
    uneven = clips(
        "uneven.mkv", "-fps_mode", "vfr", "-c:v", "libx264", frames=40, filters="select='not(mod(n,3)*mod(n,7))'"
    )
    output = tmp_path / "small.mkv"
    deliver(probe(uneven), X264, output)
    times = frame_times(probe(uneven)).seconds
    assert len(set(np.round(np.diff(times), 3))) > 1
    assert frame_times(probe(output)).seconds == pytest.approx(times, abs=0.0011)


def test_rotation_and_shape_stay(clips: Clips, tmp_path: Path) -> None:
    upright = clips("flat.mp4", "-c:v", "libx264", filters="format=yuv420p,setsar=4/3")
    turned = clips.derived(upright, "turned.mp4", "-c", "copy", before=("-display_rotation", "90"))
    made = deliver(probe(turned), X264, tmp_path / "small.mp4")
    assert made.video.rotation == probe(turned).rotation == 90
    assert made.video.sample_aspect_ratio == probe(turned).sample_aspect_ratio


def test_what_cannot_be_is_told_before_anything_is_encoded(movie: Path, tmp_path: Path, clips: Clips) -> None:
    for output in (movie, tmp_path / "bare", tmp_path / "no" / "where.mkv"):
        with pytest.raises(VideoError):
            deliver(probe(movie), X264, output)
    uneven = clips(
        "uneven.mkv", "-fps_mode", "vfr", "-c:v", "libx264", frames=40, filters="select='not(mod(n,3)*mod(n,7))'"
    )
    with pytest.raises(VideoError, match="variable"):
        deliver(probe(uneven), parse_rungs("vvc:40")[0], tmp_path / "small.mkv")


def test_a_failure_leaves_nothing_and_keeps_what_was_there(clips: Clips, tmp_path: Path) -> None:
    data = bytearray(clips("whole.mp4", "-c:v", "libx264", "-movflags", "+faststart", frames=60).read_bytes())
    third = len(data) // 3  # all packets are there, and not whole: seen when all is encoded
    data[third : 2 * third] = bytes(byte ^ 0x5A for byte in data[third : 2 * third])
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    output = tmp_path / "out" / "small.mkv"
    output.parent.mkdir()
    output.write_bytes(b"precious")
    with pytest.raises(VideoError, match="broken or ends early"):
        deliver(probe(broken), X264, output)
    assert [path.name for path in output.parent.iterdir()] == ["small.mkv"]
    assert output.read_bytes() == b"precious"


def test_a_cancel_leaves_nothing(movie: Path, tmp_path: Path) -> None:
    from threading import Event

    cancel = Event()
    cancel.set()
    output = tmp_path / "out" / "small.mkv"
    output.parent.mkdir()
    with pytest.raises(CancelledError):
        deliver(probe(movie), X264, output, cancel=cancel)
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("small", "no container"),
        ("small.txt", "no container"),
        ("no/small.mkv", "does not exist"),
        ("small.webm", "what libx264 makes cannot be written"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_anything_is_encoded(
    clips: Clips, tmp_path: Path, name: str, words: str
) -> None:
    video = probe(clips())
    with pytest.raises(VideoError, match=words):
        check_delivery(video, X264, frame_times(video), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_folder_is_told_before_anything_is_encoded(clips: Clips, tmp_path: Path) -> None:
    video, long = probe(clips()), f"{'x' * 250}.mkv"
    with pytest.raises(VideoError, match="cannot be written"):
        check_delivery(video, X264, frame_times(video), tmp_path / long)  # root may write to every folder
    assert not list(tmp_path.glob("*.mkv"))


def test_the_printed_command_makes_the_same_pictures(movie: Path, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.mkv", tmp_path / "theirs.mkv"
    video, vp9 = probe(movie), parse_rungs("vp9/8:40")[0]  # x264 with threads does not always repeat itself
    deliver(video, vp9, ours)
    command = delivery_command(video, vp9, theirs)
    assert command[0] == "ffmpeg"
    ffmpeg(*command[1:])
    assert packets_of(ours, "video") == packets_of(theirs, "video")
    assert packets_of(ours, "audio") == packets_of(theirs, "audio")


def test_the_printed_command_opens_raw_video_too(tmp_path: Path) -> None:
    path = tmp_path / "clip.yuv"
    path.write_bytes(bytes(64 * 64 * 3 // 2 * 4))
    video = probe(VideoFile(path, RawFormat(64, 64, "yuv420p")))
    ffmpeg(*delivery_command(video, X264, tmp_path / "out.mkv")[1:])
    assert frame_times(probe(tmp_path / "out.mkv")).count == 4


@pytest.mark.parametrize("name", ["-dash.mkv", "co:lon.mkv"])
def test_the_printed_command_takes_odd_names_for_files(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(clips("a.mkv", "-c:v", "libx264").read_bytes())
    video = probe(VideoFile(Path(name)))
    ffmpeg(*delivery_command(video, X264, None)[1:])
    made = Path(f"{Path(name).stem}-{X264.slug}.mkv")
    assert frame_times(probe(made)).count == frame_times(video).count


def test_hdr_stays(clips: Clips, tmp_path: Path) -> None:
    light = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400"
    tags = "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    encoder = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", f"log-level=error:{light}")
    video = probe(clips("hdr.mp4", *encoder, filters=tags))
    assert hdr_arguments(video)
    for text, name in (("x265/ultrafast:30", "small.mp4"), ("av1/12:40", "small.mkv")):
        made = deliver(video, parse_rungs(text)[0], tmp_path / name).video
        assert (made.color_primaries, made.color_transfer, made.color_matrix) == ("bt2020", "smpte2084", "bt2020nc")
        assert hdr_arguments(made) == hdr_arguments(video)
