"""The score of a video as a record: by frame and pooled, with all that it was made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyvmaf.scores.pooling import Pooled
from tinyvmaf.video.pairing import PairingRule


@dataclass(frozen=True, slots=True)
class FrameScore:
    """One frame of the distorted video."""

    frame_index: int
    """0-based among the compared frames, in display order."""
    time_seconds: float
    """From the first compared frame."""
    score: float
    """0-100."""
    lower: float | None
    """Lower end of the interval; None: the score has none."""
    upper: float | None
    """Upper end of the interval."""
    features: Mapping[str, float]
    """The features the score was made from, by name."""


@dataclass(frozen=True, slots=True)
class PairingFacts:
    """How the frames were paired, for the reader of a score."""

    rule: PairingRule
    """``time`` or ``index``."""
    offset_seconds: float
    """What of the distorted video's start was skipped (negative: of the reference's)."""
    largest_difference_seconds: float | None
    """Between the stamps of two paired frames; None where a file carries no stamps."""


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one distorted video, with all that it was made from."""

    model: str | None
    """Id of the head; None: the teacher itself."""
    teacher: str
    """The VMAF that was computed, or that the head learned."""
    kind: Literal["exact", "fr", "nr"]
    """``exact``: libvmaf's own number; ``fr``: an estimate of it, by our kernel or a full-reference head."""
    reference: Path
    """As given."""
    distorted: Path
    """As given."""
    score: float
    """Mean over frames, 0-100."""
    pooled: Pooled
    """The other poolings."""
    interval: tuple[float, float] | None
    """Where libvmaf's number lies with the probability ``interval_level``; None: not measured, or it is that number."""
    interval_level: float | None
    """Between 0 and 1."""
    frame_count: int
    """Pairs of frames that were compared."""
    extractor: str
    """What computed the features: ``libvmaf-integer``, ``kernel-full``, ``kernel-fast``, or the ``model`` itself."""
    frames: tuple[FrameScore, ...]
    """One per pair; empty when left out."""
    pairing: PairingFacts
    """How frames were paired."""
    scaled_from: tuple[int, int] | None
    """The distorted video's own size where it was scaled to the reference's."""
    elapsed_seconds: float
    """Wall time of probing, decoding, features and score."""
    frames_per_second: float
    """Pairs per second of that time."""
    warnings: tuple[str, ...]
    """What a reader of the score should know."""
