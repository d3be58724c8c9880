"""A probe tells what a file holds, and says clearly what is wrong with one that holds no video."""

import os
from fractions import Fraction
from pathlib import Path

import pytest

from tests.conftest import Clips, ffmpeg
from tinyvmaf.errors import VideoError
from tinyvmaf.video.probe import RawFormat, Video, VideoFile, probe


def test_probe_tells_the_facts_of_a_file(clips: Clips) -> None:
    path = clips("a.mp4", "-c:v", "libx264", fps="30000/1001")
    assert probe(path) == Video(
        file=VideoFile(path),
        width=320,
        height=180,
        fps=Fraction(30000, 1001),
        pix_fmt="yuv420p",
        bit_depth=8,
        subsampling="420",
        has_alpha=False,
        color_range="limited",
        color_matrix=None,
        color_transfer=None,
        color_primaries=None,
        sample_aspect_ratio=Fraction(1),
        interlaced=False,
        rotation=0,
        codec="h264",
        frame_count_from_header=16,
    )


def test_probe_tells_colour_depth_and_pixel_shape(clips: Clips) -> None:
    tags = "setparams=range=full:colorspace=bt2020nc:color_trc=smpte2084:color_primaries=bt2020,setsar=4/3"
    scale = "scale=out_range=full:out_color_matrix=bt2020nc,format=yuv422p10le"
    video = probe(clips("a.mp4", "-c:v", "libx264", filters=f"{scale},{tags}"))
    assert (video.pix_fmt, video.bit_depth, video.subsampling) == ("yuv422p10le", 10, "422")
    assert (video.color_range, video.color_matrix) == ("full", "bt2020nc")
    assert (video.color_transfer, video.color_primaries) == ("smpte2084", "bt2020")
    assert video.sample_aspect_ratio == Fraction(4, 3)


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_rotation_flag_is_told_and_size_stays_as_coded(angle: int, clips: Clips) -> None:
    turned = clips.derived(clips(), "turned.mp4", "-c", "copy", before=("-display_rotation", str(angle)))
    video = probe(turned)
    assert (video.rotation, video.width, video.height) == (angle, 320, 180)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("a.mp4", ("-c:v", "libx264", "-flags", "+ildct+ilme", "-x264-params", "tff=1")), ("a.y4m", ())],
)
def test_interlacing_is_told(name: str, arguments: tuple[str, ...], clips: Clips) -> None:
    fields = "format=yuv420p,setparams=field_mode=tff"
    assert probe(clips(name, *arguments, filters=fields)).interlaced
    assert not probe(clips(name, filters="format=yuv420p")).interlaced


@pytest.mark.parametrize(
    ("name", "filters", "arguments", "told"),
    [
        ("a.y4m", "format=yuv444p", (), ("444", 8, False, "limited")),
        ("a.mkv", "format=yuva420p", ("-c:v", "ffv1"), ("420", 8, True, "limited")),
        ("a.mkv", "format=gbrp", ("-c:v", "ffv1"), ("rgb", 8, False, "full")),
        ("a.gif", "null", (), ("rgb", 8, True, "full")),
        ("a.avi", "scale=out_range=full,format=yuvj420p", ("-c:v", "mjpeg"), ("420", 8, False, "full")),
    ],
)
def test_layout_alpha_and_range(
    name: str, filters: str, arguments: tuple[str, ...], told: tuple[str, int, bool, str], clips: Clips
) -> None:
    video = probe(clips(name, *arguments, filters=filters))
    assert (video.subsampling, video.bit_depth, video.has_alpha, video.color_range) == told


def test_raw_video_is_what_its_layout_says(clips: Clips, tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    ffmpeg("-i", str(clips()), "-f", "rawvideo", "-pix_fmt", "yuv420p10le", str(path))
    video = probe(VideoFile(path, RawFormat(320, 180, "yuv420p10le", Fraction(24000, 1001))))
    assert (video.width, video.height, video.bit_depth, video.codec) == (320, 180, 10, "rawvideo")
    assert (video.fps, video.frame_count_from_header) == (Fraction(24000, 1001), 16)


@pytest.mark.parametrize(("width", "height"), [(33, 17), (1, 1)])
def test_raw_frames_of_odd_size(width: int, height: int, tmp_path: Path) -> None:
    path = tmp_path / "odd.yuv"
    chroma = -(-width // 2) * -(-height // 2)
    path.write_bytes(bytes(3 * (width * height + 2 * chroma)))
    assert probe(VideoFile(path, RawFormat(width, height, "yuv420p"))).frame_count_from_header == 3


def test_raw_size_that_does_not_divide_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    path.write_bytes(bytes(86_401))
    with pytest.raises(VideoError, match=r"86401 bytes.*320x180 yuv420p frames of 86400 bytes.*check --size"):
        probe(VideoFile(path, RawFormat(320, 180, "yuv420p")))


def test_headerless_video_without_layout_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    path.write_bytes(bytes(86_400))
    with pytest.raises(VideoError, match="--size WIDTHxHEIGHT --pix-fmt FORMAT"):
        probe(path)


@pytest.mark.parametrize("pix_fmt", ["yuv420", "YUV420P", "4:2:0"])
def test_unknown_pixel_format_is_an_error_that_names_known_ones(pix_fmt: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    path.write_bytes(bytes(86_400))
    with pytest.raises(VideoError, match=f"'{pix_fmt}': known are yuv420p"):
        probe(VideoFile(path, RawFormat(320, 180, pix_fmt)))


@pytest.mark.parametrize("pix_fmt", ["vaapi", "monow", "rgb565le"])
def test_packing_that_raw_video_is_not_read_from_is_an_error(pix_fmt: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    path.write_bytes(bytes(86_400))
    with pytest.raises(VideoError, match=f"raw video in {pix_fmt} is not read"):
        probe(VideoFile(path, RawFormat(320, 180, pix_fmt)))


def test_no_video_is_an_error_that_says_what_is_there(clips: Clips, tmp_path: Path) -> None:
    sound = tmp_path / "sound.m4a"
    ffmpeg("-f", "lavfi", "-t", "0.2", "-i", "sine", str(sound))
    with pytest.raises(VideoError, match="holds no video, only audio"):
        probe(sound)
    cover = tmp_path / "cover.mp3"
    picture = clips("a.png", frames=1, filters="null")
    ffmpeg("-i", str(sound), "-i", str(picture), "-map", "0", "-map", "1", "-disposition:v", "attached_pic", str(cover))
    with pytest.raises(VideoError, match="only a cover picture and audio"):
        probe(cover)


def test_missing_file_folder_and_empty_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="does not exist"):
        probe(tmp_path / "none.mp4")
    with pytest.raises(VideoError, match="is a folder"):
        probe(tmp_path)
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(VideoError, match="is empty"):
        probe(tmp_path / "empty.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(VideoError, match="is not a regular file"):
        probe(tmp_path / "pipe.mp4")
    with pytest.raises(VideoError, match="does not exist"):
        probe(tmp_path / "empty.mp4" / "none.mp4")


def test_names_that_cannot_be_looked_at_are_errors(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="does not exist"):
        probe(tmp_path / "no\0name.mp4")
    with pytest.raises(VideoError, match="cannot be read"):
        probe(tmp_path / f"{'x' * 300}.mp4")
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    with pytest.raises(VideoError, match="cannot be read"):
        probe(tmp_path / "loop.mp4")


def test_mp4_without_its_index_is_an_error(clips: Clips, tmp_path: Path) -> None:
    whole = clips("a.mp4", "-c:v", "libx264").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(VideoError, match=r"cut\.mp4 cannot be read as a video .*cut off"):
        probe(tmp_path / "cut.mp4")


@pytest.mark.parametrize(("name", "content"), [("a.mp4", b"\0" * 5000), ("a.txt", b"text\n" * 99), ("a.mkv", b"x")])
def test_what_is_no_video_is_an_error(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(VideoError, match=r"cannot be read as a video|is text|no frame"):
        probe(tmp_path / name)


@pytest.mark.parametrize("name", ["with space.mp4", "Übung ★ 映像.mp4", "a:b.mp4", "100%d.mp4", "-i.mp4", "a'b.mp4"])
def test_any_file_name_will_do(name: str, clips: Clips, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(clips().read_bytes())
    assert probe(path).width == 320


@pytest.mark.parametrize(("width", "height", "fps"), [(0, 180, 25), (320, -1, 25), (320, 180, 0)])
def test_senseless_layout_is_a_callers_bug(width: int, height: int, fps: int) -> None:
    with pytest.raises(ValueError, match=r"no pixels|not positive"):
        RawFormat(width, height, "yuv420p", Fraction(fps))
