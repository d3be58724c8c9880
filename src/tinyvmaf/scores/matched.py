"""ffmpeg's own filters set so strong that they change luma as much as another filter does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.video.luma_filters import filtered_luma, mean_squared_change

Luma = NDArray[np.uint8]
"""(H, W) code values."""

_HALVINGS = 12
_NOTHING = "null"


@dataclass(frozen=True, slots=True)
class Matched:
    """One filter of ffmpeg at one strength."""

    name: str
    """``unsharp`` or ``hqdn3d``."""
    text: str
    """As ``-vf`` takes it."""
    mean_squared_change: float
    """Of luma, in squared code values."""


def _unsharp(strength: float) -> str:
    return f"unsharp=luma_msize_x=5:luma_msize_y=5:luma_amount={strength:.4f}:chroma_amount=0"


def _hqdn3d(strength: float) -> str:
    """Temporal strength follows from the spatial one as ffmpeg's defaults do; chroma is left alone, as the nets do."""
    return f"hqdn3d=luma_spatial={strength:.4f}:chroma_spatial=0.0001"


_STRONGEST = {"unsharp": 5.0, "hqdn3d": 60.0}
_FILTERS: dict[str, Callable[[float], str]] = {"unsharp": _unsharp, "hqdn3d": _hqdn3d}


def matched_filters(before: Sequence[Luma], after: Sequence[Luma]) -> list[Matched]:
    """``unsharp`` and ``hqdn3d``, so strong that they change these frames as much as ``after`` differs from ``before``.

    Where even the strongest changes less, it is the strongest; where nothing changed, the filter is none at all.
    """
    wanted = mean_squared_change(before, after)
    return [_matched(name, before, wanted) for name in _FILTERS]


def _matched(name: str, frames: Sequence[Luma], wanted: float) -> Matched:
    if wanted == 0:
        return Matched(name, _NOTHING, 0.0)
    low, high = 0.0, _STRONGEST[name]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _changed(_FILTERS[name](middle), frames) < wanted:
            low = middle
        else:
            high = middle
    text = _FILTERS[name](high)
    return Matched(name, text, _changed(text, frames))


def _changed(text: str, frames: Sequence[Luma]) -> float:
    return mean_squared_change(frames, filtered_luma(frames, text))
