"""The score of a video as a record: by frame and pooled, with all that it was made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from tinyvmaf.scores.pooling import Pooled
from tinyvmaf.video.pairing import PairingRule


@dataclass(frozen=True, slots=True)
class FrameScore:
    """One frame of the distorted video."""

    frame_index: int
    """0-based among the compared frames (without a reference: of the video), in display order."""
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
class FurtherMetric:
    """Another metric of the same frames, which the score was not made from."""

    mean: float
    """Arithmetic mean over frames."""
    frames: tuple[float, ...]
    """One per frame; empty when left out."""


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
    """``exact``: libvmaf's own number; ``fr``: an estimate of it, by our kernel or a full-reference head; ``nr``: what
    a model says that sees no reference."""
    reference: Path | None
    """As given; None: scored without one."""
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
    """Pairs of frames that were compared; without a reference, frames that were looked at."""
    extractor: str
    """What computed the features: ``libvmaf-integer``, ``kernel-full``, ``kernel-fast``, or the ``model`` itself."""
    frames: tuple[FrameScore, ...]
    """One per pair; empty when left out."""
    pairing: PairingFacts | None
    """How frames were paired; None: there is nothing to pair with."""
    scaled_from: tuple[int, int] | None
    """The distorted video's own size where it was scaled to the reference's."""
    elapsed_seconds: float
    """Wall time of probing, decoding, features and score."""
    frames_per_second: float
    """Pairs per second of that time."""
    warnings: tuple[str, ...]
    """What a reader of the score should know."""
    also: Mapping[str, FurtherMetric] = field(default_factory=dict)
    """Further metrics that were asked for, by name: PSNR in dB, SSIM 0-1."""

    def without_frames(self) -> "Score":
        """The same with everything pooled, and no frame."""
        short = {name: replace(metric, frames=()) for name, metric in self.also.items()}
        return replace(self, frames=(), also=short)
