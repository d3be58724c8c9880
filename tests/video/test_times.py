"""Frame times come from the container's own stamps, count what a decoder yields, and tell a file that is cut off."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.conftest import Clips, ffmpeg
from tinyvmaf.errors import VideoError
from tinyvmaf.video.frames import decoded_frames
from tinyvmaf.video.probe import RawFormat, VideoFile, probe
from tinyvmaf.video.times import frame_times

_X264 = ("-c:v", "libx264", "-bf", "3", "-g", "8")
_VP9 = ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-auto-alt-ref", "1", "-lag-in-frames", "12")
_STAMPED = [
    ("a.mp4", _X264),
    ("a.mov", _X264),
    ("a.mkv", _X264),
    ("a.ts", _X264),
    ("a.mp4", (*_X264, "-movflags", "frag_keyframe+empty_moov")),
    ("a.mp4", (*_X264, "-flags", "+ildct+ilme", "-x264-params", "tff=1")),
    ("a.mkv", ("-c:v", "libx265", "-x265-params", "log-level=none:open-gop=1:keyint=8")),
    ("a.webm", _VP9),
    ("a.mp4", _VP9),
    ("a.webm", ("-c:v", "libvpx", "-cpu-used", "8")),
    ("a.mkv", ("-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "lp=1")),
    ("a.mpg", ("-c:v", "mpeg2video", "-bf", "2")),
    ("a.avi", ("-c:v", "mpeg4", "-bf", "2")),
    ("a.y4m", ()),
]
_CUT_FILES = {
    "a.mkv": ("-c:v", "libx264"),
    "a.webm": ("-c:v", "libvpx", "-cpu-used", "8"),
    "a.avi": ("-c:v", "mpeg4"),
    "a.y4m": (),
    "fast.mp4": ("-c:v", "libx264", "-movflags", "+faststart"),
    "fragments.mp4": ("-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov"),
}


@pytest.mark.parametrize(("name", "arguments"), _STAMPED, ids=lambda value: " ".join(value)[:40])
def test_stamps_are_steady_and_count_the_decoded_frames(name: str, arguments: tuple[str, ...], clips: Clips) -> None:
    video = probe(clips(name, *arguments, frames=40, fps="30000/1001"))
    times = frame_times(video)
    assert times.stamped
    assert times.count == 40 == sum(1 for _ in decoded_frames(video))
    milliseconds = 1.0 if name.split(".")[1] in {"mkv", "webm"} else 0.05
    assert np.abs(times.seconds - np.arange(40) * 1001 / 30000).max() * 1000 <= milliseconds


def test_stream_without_stamps_is_numbered(clips: Clips, tmp_path: Path) -> None:
    stream = frame_times(probe(clips("a.264", *_X264)))
    path = tmp_path / "a.yuv"
    path.write_bytes(bytes(5 * 86_400))
    raw = frame_times(probe(VideoFile(path, RawFormat(320, 180, "yuv420p", Fraction(50)))))
    assert not stream.stamped
    assert not raw.stamped
    assert stream.seconds == pytest.approx(np.arange(16) / 25)
    assert raw.seconds == pytest.approx(np.arange(5) / 50)


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv"])
def test_frames_before_an_edit_are_not_counted(name: str, clips: Clips) -> None:
    cut = clips.derived(clips("a.mp4", *_X264, frames=40), name, "-c", "copy", before=("-ss", "0.6"))
    video = probe(cut)
    assert frame_times(video).count == sum(1 for _ in decoded_frames(video)) < 40


def test_frames_that_a_cut_left_without_reference_are_not_counted(clips: Clips) -> None:
    whole = clips("a.mkv", "-c:v", "libx265", "-x265-params", "log-level=none:open-gop=1:keyint=8", frames=40)
    video = probe(clips.derived(whole, "cut.mkv", "-c", "copy", before=("-ss", "0.7")))
    assert frame_times(video).count == sum(1 for _ in decoded_frames(video)) < 40


def test_hidden_frames_of_vp8_are_not_counted(clips: Clips, tmp_path: Path) -> None:
    path, passes = tmp_path / "a.webm", ("-passlogfile", str(tmp_path / "log"), "-pass")
    vp8 = ("-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-b:v", "150k", "-cpu-used", "4")
    ffmpeg("-i", str(clips(frames=60)), *vp8, *passes, "1", "-f", "null", "-")
    ffmpeg("-i", str(clips(frames=60)), *vp8, *passes, "2", str(path))
    with av.open(str(path)) as container:
        packets = sum(1 for packet in container.demux(video=0) if packet.size)
    assert packets > 60
    assert frame_times(probe(path)).count == 60


def test_variable_rate_keeps_its_stamps(clips: Clips) -> None:
    dropped = clips(
        "a.mp4", "-c:v", "libx264", "-fps_mode", "vfr", filters="select='not(eq(mod(n,5),3))',format=yuv420p"
    )
    seconds = frame_times(probe(dropped)).seconds
    numbers = [n for n in range(25) if n % 5 != 3][:16]
    assert seconds == pytest.approx(np.array(numbers) / 25)


@pytest.mark.parametrize("name", _CUT_FILES)
def test_file_that_is_cut_off_is_an_error(name: str, clips: Clips, tmp_path: Path) -> None:
    whole = clips(name, *_CUT_FILES[name], frames=20, size="160x90", source="noise").read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(VideoError, match="cut off"):
        frame_times(probe(tmp_path / name))


def test_stream_that_starts_between_key_frames_is_an_error(clips: Clips, tmp_path: Path) -> None:
    whole = clips("a.ts", *_X264, frames=40, source="noise").read_bytes()
    (tmp_path / "late.ts").write_bytes(whole[len(whole) // 188 // 9 * 188 :])
    with pytest.raises(VideoError, match="cut between key frames: frame 0"):
        frame_times(probe(tmp_path / "late.ts"))


def test_sound_that_outlasts_the_picture_is_no_cut(clips: Clips, tmp_path: Path) -> None:
    longer = tmp_path / "longer.mkv"
    ffmpeg("-i", str(clips()), "-f", "lavfi", "-t", "2", "-i", "sine", "-c:v", "copy", str(longer))
    assert frame_times(probe(longer)).count == 16
