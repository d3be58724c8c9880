"""Coarse views of a video's frames -> where its scenes begin."""

from collections.abc import Sequence

import numpy as np

_LEAST_CHANGE = 12.0
"""8-bit code values by which a frame differs on average from the one before, at least, where a scene begins."""
_TIMES_USUAL = 3.0
"""How much more that is than the median of the frames around."""
_AROUND = 12
"""Frames on either side."""


class Changes:
    """Takes every frame's coarse view in order, and keeps one number of each."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._changes: list[float] = []

    def see(self, coarse: np.ndarray) -> None:
        """Takes the next frame: (h, w) uint8."""
        now = coarse.astype(np.int16)
        self._changes.append(0.0 if self._before is None else float(np.abs(now - self._before).mean()))
        self._before = now

    @property
    def cuts(self) -> tuple[int, ...]:
        """The frames, 0-based, at which a scene begins; the first frame of all is none."""
        return cuts_among(self._changes)


def cuts_among(changes: Sequence[float]) -> tuple[int, ...]:
    """The places of sudden changes: large, and far above what the frames around do.

    Of two neighbours the second is none: both ends of a flash would be.
    """
    found: list[int] = []
    values = np.asarray(changes)
    for place in np.flatnonzero(values >= _LEAST_CHANGE).tolist():
        low = max(place - _AROUND, 1)
        around = np.delete(values[low : place + _AROUND + 1], place - low)
        usual = float(np.median(around)) if around.size else 0.0
        if values[place] >= _TIMES_USUAL * usual and (not found or place - found[-1] > 1):
            found.append(place)
    return tuple(found)
