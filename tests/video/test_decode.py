"""Our decoding yields the very luma that ffmpeg hands to libvmaf, streamed, and never less than was asked for."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Clips, ffmpeg
from tests.video.format_cases import CASES, FormatCase, pair
from tinyvmaf.errors import VideoError
from tinyvmaf.video.decode import decode_luma
from tinyvmaf.video.filters import SOURCE, input_arguments, measured_chain
from tinyvmaf.video.formats import MeasuredFormat, measured_format
from tinyvmaf.video.probe import RawFormat, Video, VideoFile, probe


def _ffmpeg_luma(video: Video, measured: MeasuredFormat, *, start: int = 0, count: int = 4) -> np.ndarray:
    """(T, H, W) what libvmaf would get."""
    graph = f"{SOURCE}{measured_chain(video, measured, start=start, count=count)}[out]"
    tail = ("-filter_complex", graph, "-map", "[out]", "-fps_mode", "passthrough", "-f", "rawvideo", "-")
    dtype = np.dtype(np.uint8 if measured.pix_fmt.endswith("p") else "<u2")
    samples = RawFormat(measured.width, measured.height, measured.pix_fmt).frame_bytes // dtype.itemsize
    frames = np.frombuffer(ffmpeg(*input_arguments(video), *tail), dtype).reshape(-1, samples)
    return frames[:, : measured.width * measured.height].reshape(-1, measured.height, measured.width)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_decoded_luma_is_what_ffmpeg_hands_to_libvmaf(case: FormatCase, clips: Clips) -> None:
    reference, distorted = pair(case, clips)
    measured = measured_format(reference, distorted)
    for video in (reference, distorted):
        if video.color_matrix == "ycgco":  # refused: swscale cannot convert it
            continue
        theirs = _ffmpeg_luma(video, measured)
        ours = np.stack(list(decode_luma(video, measured=measured)))
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        scaled = (video.width, video.height) != (measured.width, measured.height)
        # Two builds of swscale: rounding may differ where a filter has taps.
        assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= (1 if scaled else 0)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("a.mp4", ("-c:v", "libx264", "-bf", "3")),
        ("a.mkv", ("-c:v", "libx265", "-x265-params", "log-level=none")),
        ("a.webm", ("-c:v", "libvpx-vp9", "-cpu-used", "8")),
        ("a.mp4", ("-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "lp=1")),
        ("a.y4m", ()),
        ("a.ts", ("-c:v", "mpeg2video", "-bf", "2")),
        ("a.avi", ("-c:v", "mpeg4", "-bf", "2")),
    ],
    ids=["h264", "hevc", "vp9", "av1", "y4m", "mpeg2", "mpeg4"],
)
def test_part_of_a_video_is_the_same_part_as_ffmpegs(name: str, arguments: tuple[str, ...], clips: Clips) -> None:
    video = probe(clips(name, *arguments))
    measured = measured_format(video, video)
    ours = np.stack(list(decode_luma(video, start=3, count=9)))
    assert np.array_equal(ours, _ffmpeg_luma(video, measured, start=3, count=9))
    assert len(list(decode_luma(video, start=16))) == 0
    assert len(list(decode_luma(video, start=3))) == 13


def test_frames_are_not_turned(clips: Clips) -> None:
    plain = clips()
    turned = clips.derived(plain, "turned.mp4", "-c", "copy", before=("-display_rotation", "90"))
    for one, other in zip(decode_luma(probe(plain)), decode_luma(probe(turned)), strict=True):
        assert np.array_equal(one, other)


def test_frames_can_be_kept_and_not_written(clips: Clips) -> None:
    frames = list(decode_luma(probe(clips())))
    again = [frame.copy() for frame in decode_luma(probe(clips()))]
    assert all(np.array_equal(one, other) for one, other in zip(frames, again, strict=True))
    with pytest.raises(ValueError, match="read-only"):
        frames[0][0, 0] = 0


def test_asking_for_more_frames_than_there_are_is_an_error(clips: Clips) -> None:
    frames = decode_luma(probe(clips()), start=10, count=7)
    with pytest.raises(VideoError, match="after frame 15: 17 frames were expected"):
        list(frames)


def test_damaged_packet_is_an_error_that_names_the_frame(clips: Clips, tmp_path: Path) -> None:
    whole = clips("a.mkv", "-c:v", "libx264", "-bf", "0", "-g", "1", "-x264-params", "slices=1").read_bytes()
    damaged = tmp_path / "damaged.mkv"
    half = len(whole) // 2
    damaged.write_bytes(whole[:half] + bytes(len(whole) // 10) + whole[half + len(whole) // 10 :])
    video = probe(damaged)
    with pytest.raises(VideoError, match=r"damaged|cut off|ends after"):
        list(decode_luma(video, count=16))


def test_truncated_raw_video_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    path.write_bytes(bytes(64 * 48 * 3 // 2 * 4))
    video = probe(VideoFile(path, RawFormat(64, 48, "yuv420p")))
    path.write_bytes(bytes(64 * 48 * 3 // 2 * 3))
    with pytest.raises(VideoError, match="4 frames were expected"):
        list(decode_luma(video, count=4))


def test_change_of_size_midway_is_an_error(clips: Clips, tmp_path: Path) -> None:
    parts = [clips("a.m2v", "-c:v", "mpeg2video", size=size) for size in ("320x180", "160x96")]
    joined = tmp_path / "joined.m2v"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(VideoError, match="from 320x180 yuv420p to 160x96 yuv420p at frame 1"):
        list(decode_luma(probe(joined)))
