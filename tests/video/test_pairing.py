"""A plan stands only where frame n of one video belongs to frame n of the other; a refusal holds the numbers."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Clips
from tinyvmaf.errors import PairingError
from tinyvmaf.video import pairing
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import RawFormat, Video, VideoFile, probe
from tinyvmaf.video.times import FrameTimes

_X264 = ("-c:v", "libx264", "-preset", "ultrafast")


def _clip(clips: Clips, name: str = "a.mp4", *, frames: int = 16, fps: str = "25", size: str = "320x180") -> Video:
    return probe(clips(name, *_X264, frames=frames, fps=fps, size=size))


def test_equal_videos_pair_frame_by_frame(clips: Clips) -> None:
    plan = plan_pair(_clip(clips), _clip(clips, "a.mkv"))
    assert (plan.rule, plan.frame_count, plan.reference_start, plan.distorted_start) == ("time", 16, 0, 0)
    assert (plan.offset, plan.scaled_from, plan.warnings) == (0, None, ())
    assert plan.largest_difference_seconds == pytest.approx(0, abs=1e-9)


def test_rounded_stamps_pair_with_exact_ones(clips: Clips) -> None:
    exact = _clip(clips, fps="60000/1001", frames=64)
    rounded = probe(clips.derived(exact.path, "a.mkv", "-c", "copy"))
    plan = plan_pair(exact, rounded)
    assert plan.rule == "time"
    assert 0.0001 < (plan.largest_difference_seconds or 0) <= 0.001


def test_different_counts_are_refused_with_both_numbers(clips: Clips) -> None:
    with pytest.raises(PairingError, match=r"has 16 \(25\.000/s\).*has 14 \(25\.000/s\).*--shortest.*--offset"):
        plan_pair(_clip(clips), _clip(clips, frames=14))


def test_shortest_compares_the_common_part_and_says_what_is_left_out(clips: Clips) -> None:
    plan = plan_pair(_clip(clips), _clip(clips, frames=14), shortest=True)
    assert plan.frame_count == 14
    assert plan.warnings == ("the last 2 of 16 frames of the reference are left out",)


@pytest.mark.parametrize(("offset", "starts"), [(2, (0, 2)), (-2, (2, 0))])
def test_offset_skips_frames_of_the_video_that_lags(offset: int, starts: tuple[int, int], clips: Clips) -> None:
    longer, shorter = _clip(clips), _clip(clips, frames=14)
    reference, distorted = (shorter, longer) if offset > 0 else (longer, shorter)
    plan = plan_pair(reference, distorted, offset=offset)
    assert ((plan.reference_start, plan.distorted_start), plan.frame_count, plan.warnings) == (starts, 14, ())
    assert plan.offset == offset


def test_offset_within_equal_counts_leaves_out_the_end_and_says_so(clips: Clips) -> None:
    plan = plan_pair(_clip(clips), _clip(clips, "a.mkv"), offset=3)
    assert plan.frame_count == 13
    assert plan.warnings == ("the last 3 of 16 frames of the reference are left out",)


def test_offset_that_leaves_nothing_is_refused(clips: Clips) -> None:
    with pytest.raises(PairingError, match="offset of 16 frames leaves nothing"):
        plan_pair(_clip(clips), _clip(clips), offset=16)


def test_offset_does_not_excuse_other_counts(clips: Clips) -> None:
    with pytest.raises(PairingError, match="frame counts differ"):
        plan_pair(_clip(clips), _clip(clips, frames=12), offset=1)


def test_other_frame_rate_with_equal_counts_is_caught_by_the_stamps(clips: Clips) -> None:
    reference, distorted = _clip(clips), _clip(clips, fps="30")
    with pytest.raises(
        PairingError, match=r"frame 4 is shown at 0\.160 s .*0\.133 s .*largest.*0\.100 s.*--pair index"
    ):
        plan_pair(reference, distorted)
    plan = plan_pair(reference, distorted, rule="index")
    assert (plan.rule, plan.frame_count) == ("index", 16)
    assert plan.largest_difference_seconds == pytest.approx(0.1)


def test_variable_rate_pairs_with_the_same_variable_rate(clips: Clips) -> None:
    keep = "select='not(eq(mod(n,5),3))',format=yuv420p"
    variable = probe(clips("a.mp4", *_X264, "-fps_mode", "vfr", filters=keep))
    same = probe(clips.derived(variable.path, "a.mkv", "-c", "copy"))
    assert plan_pair(variable, same).frame_count == 16
    with pytest.raises(PairingError, match="frame times differ"):
        plan_pair(variable, _clip(clips))


def test_raw_video_pairs_by_number(clips: Clips, tmp_path: Path) -> None:
    path = tmp_path / "a.yuv"
    path.write_bytes(bytes(16 * 86_400))
    raw = probe(VideoFile(path, RawFormat(320, 180, "yuv420p")))
    plan = plan_pair(_clip(clips, fps="50"), raw)
    assert (plan.rule, plan.largest_difference_seconds, plan.warnings) == ("index", None, ())


def test_stream_without_stamps_pairs_by_number_and_says_so(clips: Clips) -> None:
    plan = plan_pair(_clip(clips), _clip(clips, "a.264"))
    assert plan.rule == "index"
    assert "has no time stamps" in plan.warnings[0]


def test_smaller_distorted_video_is_scaled_and_recorded(clips: Clips) -> None:
    plan = plan_pair(_clip(clips), _clip(clips, size="160x90"))
    assert (plan.scaled_from, plan.measured.width, plan.measured.height) == ((160, 90), 320, 180)
    assert plan.warnings == ()


def test_larger_distorted_video_may_have_been_swapped(clips: Clips) -> None:
    plan = plan_pair(_clip(clips, size="160x90"), _clip(clips))
    assert plan.scaled_from == (320, 180)
    assert "swapped" in plan.warnings[0]


@pytest.mark.parametrize(
    ("stamps", "stands"),
    [
        ([0, 1, 2, 3], True),
        ([0, 1.4, 2.4, 3.4], True),
        ([0, 1.6, 2.6, 3.6], False),
        ([0, 1, 2, 3.6], False),
        ([0, 1, 1.5, 3], True),
        ([0, 1, 1, 3], False),
        ([0, 0.4, 2, 3], False),
    ],
)
def test_nearest_stamp_must_be_the_frame_of_the_same_number(
    stamps: list[float], stands: bool, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, distorted = _clip(clips), _clip(clips, "a.mkv")
    seconds = {reference.path: np.arange(4.0), distorted.path: np.array(stamps, dtype=float)}
    monkeypatch.setattr(pairing, "frame_times", lambda video: FrameTimes(seconds[video.path], stamped=True))
    if stands:
        assert plan_pair(reference, distorted).frame_count == 4
    else:
        with pytest.raises(PairingError, match="frame times differ"):
            plan_pair(reference, distorted)


def test_single_pictures_pair(clips: Clips) -> None:
    picture = probe(clips("a.png", frames=1, filters="format=rgb24"))
    assert plan_pair(picture, picture).frame_count == 1


def test_plan_keeps_the_rate_as_a_fraction(clips: Clips) -> None:
    assert plan_pair(_clip(clips, fps="24000/1001"), _clip(clips, fps="24000/1001")).reference.fps == Fraction(
        24000, 1001
    )
