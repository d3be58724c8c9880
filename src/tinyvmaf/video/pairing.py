"""Which frame of one video belongs to which of the other, and in which common form they are compared.

One rule for libvmaf and for our own decoding. Frames belong together by time from a common start, the nearest stamp;
a plan stands only where that is pairing by number, so whoever holds a plan pairs by number. (Containers round stamps
differently: Matroska to 1 ms, MP4 not at all. ffmpeg's default pairing by the latest stamp then takes the wrong frame.)
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from tinyvmaf.errors import PairingError
from tinyvmaf.video.crop import Crop, cropped
from tinyvmaf.video.formats import MeasuredFormat, common_format
from tinyvmaf.video.probe import Video
from tinyvmaf.video.times import FrameTimes, frame_times

__all__ = ["MeasuredFormat", "PairPlan", "PairingRule", "common_format", "plan_pair"]

PairingRule = Literal["time", "index"]

_EQUAL_SECONDS = 1e-6
"""Two differences closer than this are equal: stamps are stored in ticks of 1 us or more."""


@dataclass(frozen=True, slots=True)
class PairPlan:
    """Two videos that may be compared frame by frame, and how: pair n is frame start + n of each."""

    reference: Video
    """The video that is taken as perfect."""
    distorted: Video
    """The video that is judged."""
    measured: MeasuredFormat
    """What both are converted to."""
    rule: PairingRule
    """``time``: the stamps agree; ``index``: frames were counted only, as asked or for want of stamps."""
    reference_start: int
    """The reference's first frame that is compared, 0-based."""
    distorted_start: int
    """The distorted video's first frame that is compared, 0-based."""
    frame_count: int
    """Pairs that are compared; at least 1."""
    seconds: np.ndarray = field(compare=False)
    """(T,) when each pair is shown, in the distorted video, the first at zero."""
    largest_difference_seconds: float | None
    """Between the stamps of two paired frames, the first pair at zero; None where a file carries no stamps."""
    offset: int
    """Frames by which the distorted video lags, as asked."""
    reference_crop: Crop | None
    """The part of the reference's pictures that is compared, as asked; None: the whole."""
    distorted_crop: Crop | None
    """The same of the distorted video's."""
    scaled_from: tuple[int, int] | None
    """The distorted video's own width and height where it is scaled to the reference's; else None."""
    warnings: tuple[str, ...]
    """What a reader of the score should know."""


def plan_pair(
    reference: Video,
    distorted: Video,
    *,
    rule: PairingRule = "time",
    offset: int = 0,
    shortest: bool = False,
    reference_crop: Crop | None = None,
    distorted_crop: Crop | None = None,
) -> PairPlan:
    """How the two videos are compared, frame by frame.

    Args:
        reference: The video that is taken as perfect.
        distorted: The video that is judged.
        rule: ``time`` demands that the frames' stamps agree; ``index`` counts frames only.
        offset: Frames by which the distorted video lags: its first ones are left out (the reference's, if negative).
        shortest: Compare the common part where one video is longer.
        reference_crop: The part of the reference's pictures to compare; None: the whole.
        distorted_crop: The same of the distorted video's.

    Raises:
        PairingError: formats, counts or times do not allow it; the message holds the numbers and the way out.
        VideoError: a file is damaged.
    """
    seen = cropped(reference, reference_crop), cropped(distorted, distorted_crop)
    measured, format_warnings = common_format(*seen)
    warnings = list(format_warnings)
    times = frame_times(reference), frame_times(distorted)
    starts = max(-offset, 0), max(offset, 0)
    left = times[0].count - starts[0], times[1].count - starts[1]
    _check_counts(reference, distorted, times, left, offset=offset, shortest=shortest)
    count = min(left)
    if max(left) > count:
        longer = "reference" if left[0] > count else "distorted video"
        warnings.append(f"the last {max(left) - count} of {max(left)} frames of the {longer} are left out")
    stamped = times[0].stamped and times[1].stamped
    largest = _largest_difference(times, starts, count, check=rule == "time") if stamped else None
    for video, each in zip((reference, distorted), times, strict=True):
        if not each.stamped and video.file.raw is None:
            warnings.append(f"frames are paired by number: {video.path} has no time stamps")
    same_size = (seen[0].width, seen[0].height) == (seen[1].width, seen[1].height)
    return PairPlan(
        reference=reference,
        distorted=distorted,
        measured=measured,
        rule=rule if stamped else "index",
        reference_start=starts[0],
        distorted_start=starts[1],
        frame_count=count,
        seconds=times[1].seconds[starts[1] : starts[1] + count] - times[1].seconds[starts[1]],
        largest_difference_seconds=largest,
        offset=offset,
        reference_crop=reference_crop,
        distorted_crop=distorted_crop,
        scaled_from=None if same_size else (seen[1].width, seen[1].height),
        warnings=tuple(warnings),
    )


def _check_counts(
    reference: Video,
    distorted: Video,
    times: tuple[FrameTimes, FrameTimes],
    left: tuple[int, int],
    *,
    offset: int,
    shortest: bool,
) -> None:
    """With an offset, as many frames as it skips may lack a partner at the end."""
    if min(left) < 1:
        raise PairingError(
            f"an offset of {offset} frames leaves nothing to compare: the reference has {times[0].count} frames, the "
            f"distorted video {times[1].count}"
        )
    if abs(left[0] - left[1]) > abs(offset) and not shortest:
        raise PairingError(
            f"frame counts differ: {reference.path} has {times[0].count} ({float(reference.fps):.3f}/s), "
            f"{distorted.path} has {times[1].count} ({float(distorted.fps):.3f}/s); if they start together, compare "
            "the common part by --shortest, else shift by --offset FRAMES"
        )


def _largest_difference(
    times: tuple[FrameTimes, FrameTimes], starts: tuple[int, int], count: int, *, check: bool
) -> float:
    """Seconds between the stamps of two frames of one number, from the first pair on; checked to be the nearest."""
    reference, distorted = (
        each.seconds[start : start + count] - each.seconds[start] for each, start in zip(times, starts, strict=True)
    )
    difference = np.abs(distorted - reference)  # (T,)
    if check and count > 1:
        wrong = np.flatnonzero(difference > _farthest(reference, distorted) + _EQUAL_SECONDS)
        if wrong.size:
            raise PairingError(
                f"frame times differ: frame {wrong[0]} is shown at {reference[wrong[0]]:.3f} s in the reference and at "
                f"{distorted[wrong[0]]:.3f} s in the distorted video, and the largest difference is "
                f"{difference.max():.3f} s; if the stamps are wrong, pair by number with --pair index"
            )
    return float(difference.max())


def _farthest(reference: np.ndarray, distorted: np.ndarray) -> np.ndarray:
    """(T,) how far the distorted frame may be from the reference's of its number: no farther than from its neighbours.

    The first and last frame lack a neighbour: half a frame interval there.
    """
    gaps = np.diff(reference)
    half = max(float(np.median(gaps)), float(gaps[-1])) / 2
    before = np.concatenate([[half], np.abs(distorted[1:] - reference[:-1])])
    after = np.concatenate([np.abs(distorted[:-1] - reference[1:]), [half]])
    return np.minimum(before, after)
