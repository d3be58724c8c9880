"""Which frame of one video belongs to which of the other, and whether two formats may be compared.

One rule for libvmaf and for our own decoding.
"""

from dataclasses import dataclass
from typing import Literal

from tinyvmaf.video.probe import ColorRange, Video

PairingRule = Literal["time", "index"]


@dataclass(frozen=True, slots=True)
class MeasuredFormat:
    """The common form that both videos are brought to before they are compared."""

    width: int
    """Luma samples per line."""
    height: int
    """Lines."""
    pix_fmt: str
    """As ffmpeg spells it."""
    color_range: ColorRange
    """Code values that black and white have."""
    color_matrix: str | None
    """RGB to YUV matrix, as ffmpeg spells it; None: not tagged, and nothing is converted."""


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
    """``time``: the stamps were compared; ``index``: frames were counted only."""
    reference_start: int
    """The reference's first frame that is compared, 0-based."""
    distorted_start: int
    """The distorted video's first frame that is compared, 0-based."""
    frame_count: int
    """Pairs that are compared; at least 1."""
    largest_difference_seconds: float | None
    """Between the stamps of two paired frames, from the first pair on; None where a file carries no stamps."""
    offset: int
    """Frames by which the distorted video lags, as asked."""
    scaled_from: tuple[int, int] | None
    """The distorted video's own width and height where it is scaled to the reference's; else None."""
    warnings: tuple[str, ...]
    """What a reader of the score should know."""
