"""A video -> frames as people see them: RGB of single frames, and a coarse view of every frame on the way to them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from tinyvmaf.errors import VideoError
from tinyvmaf.video.crop import Crop
from tinyvmaf.video.decode import Conversion, checked_frames
from tinyvmaf.video.filters import rgb_filters
from tinyvmaf.video.formats import MeasuredFormat
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.probe import Video

_COARSE = 64, 36
_HD_LINES = 720
"""From here on an untagged picture is taken for BT.709, below for BT.601, as players do."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame that was passed."""

    index: int
    """0-based among the compared frames."""
    coarse: np.ndarray
    """(36, 64) uint8, the brightness in small."""
    picture: np.ndarray | None
    """(H, W, 3) uint8 RGB as it is compared, turned as a player turns it; None: not asked for."""


def reference_seen(plan: PairPlan, wanted: Collection[int]) -> Iterator[Seen]:
    """The reference's frames of a plan, one after the other, with pictures of those that are wanted.

    Raises:
        VideoError: a frame cannot be decoded whole, or there are fewer than planned.
    """
    return _seen(plan, plan.reference, wanted, crop=plan.reference_crop, start=plan.reference_start)


def distorted_seen(plan: PairPlan, wanted: Collection[int]) -> Iterator[Seen]:
    """The same of the distorted video, in the reference's size."""
    return _seen(plan, plan.distorted, wanted, crop=plan.distorted_crop, start=plan.distorted_start)


def _seen(plan: PairPlan, video: Video, wanted: Collection[int], *, crop: Crop | None, start: int) -> Iterator[Seen]:
    convert = Conversion(video, plan.measured, crop, then=rgb_filters(_tagged(plan.measured)))
    shrink = VideoReformatter()
    index = -1
    for index, frame in enumerate(islice(checked_frames(video, 0), start, start + plan.frame_count)):
        picture = None
        if index in wanted:
            picture = _turned(convert(frame, index).to_ndarray(), plan.reference.rotation)
        yield Seen(index, _coarse(shrink, frame), picture)
    if index + 1 < plan.frame_count:
        raise VideoError(f"{video.path} ends after frame {start + index}: {start + plan.frame_count} were expected")


def _coarse(shrink: VideoReformatter, frame: VideoFrame) -> np.ndarray:
    width, height = _COARSE
    small = shrink.reformat(frame, width, height, "gray", interpolation=Interpolation.FAST_BILINEAR)
    if small is None:
        raise ValueError("no frame to look at")
    return small.to_ndarray()


def _tagged(measured: MeasuredFormat) -> MeasuredFormat:
    guess = "bt709" if measured.height >= _HD_LINES else "smpte170m"
    return replace(measured, color_matrix=measured.color_matrix or guess)


def _turned(picture: np.ndarray, degrees: int) -> np.ndarray:
    """By quarters only; other angles stay as they are coded."""
    return np.ascontiguousarray(np.rot90(picture, degrees // 90)) if degrees % 90 == 0 else picture
