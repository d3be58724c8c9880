"""A video -> the luma of its frames at equal steps of time, each with the frame before; memory of a few frames."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame

from tinyvmaf.video.decode import Conversion, checked_frames, luma_plane
from tinyvmaf.video.formats import measured_format
from tinyvmaf.video.probe import Video

_ROUNDING_SECONDS = 1e-3
"""Matroska rounds stamps to this: a frame that is that much too early is the one that is meant."""


@dataclass(frozen=True, slots=True, eq=False)
class SampledFrame:
    """One frame of a video."""

    index: int
    """0-based, in display order."""
    seconds: float
    """When it is shown, from the first frame on."""
    luma: np.ndarray
    """(H, W) code values, uint8 or (above 8 bits) uint16."""
    previous: np.ndarray
    """The luma of the frame before; of the first frame its own."""


def sampled_luma(video: Video, *, per_second: float, threads: int = 0) -> Iterator[SampledFrame]:
    """The first frame, and from then on the first in every 1 / ``per_second`` seconds.

    Args:
        video: What to decode.
        per_second: Frames to take of each second; as many as there are, where the video has fewer.
        threads: Threads of the decoder; 0: one per core and one more.

    Raises:
        VideoError: a frame cannot be decoded whole, or the file breaks off; the message names the frame.
    """
    measured = measured_format(video, video)
    convert = Conversion(video, measured, None)
    clock = _Clock(video)
    before: VideoFrame | None = None
    due = 0.0
    for index, frame in enumerate(checked_frames(video, threads)):
        seconds = clock.seconds(frame, index)
        if seconds + _ROUNDING_SECONDS >= due:
            luma = luma_plane(convert(frame, index), measured)
            previous = luma if before is None else luma_plane(convert(before, index), measured)
            yield SampledFrame(index, seconds, luma, previous)
            due = (int((seconds + _ROUNDING_SECONDS) * per_second) + 1) / per_second
        before = frame


class _Clock:
    """When frames are shown, by their stamps, else by their number."""

    def __init__(self, video: Video) -> None:
        self._fps = float(video.fps)
        self._first: float | None = None

    def seconds(self, frame: VideoFrame, index: int) -> float:
        """From the first frame on."""
        if frame.time is None:
            return index / self._fps
        if self._first is None:
            self._first = frame.time - index / self._fps
        return frame.time - self._first
