"""The parts of a sidecar: what goes in and out, what made the model, how well and how fast it does."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of the graph."""

    name: str
    """As the graph spells it."""
    dtype: str
    """``float32``."""
    shape: tuple[int | str, ...]
    """A letter stands for an axis of any length: ``["N", 6]``."""
    meaning: str
    """What its numbers are, with their unit."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Half widths of the error bar around a score, calibrated on sources that training did not see."""

    extractor: str
    """What made the features it holds for."""
    sampling: str
    """How much of each frame that extractor looked at."""
    size_class: str
    """The frame sizes it holds for."""
    level: float
    """The probability it claims, 0-1."""
    frame_half_width: float
    """Around the score of a frame, on the output's scale."""
    clip_half_width: float
    """Around the mean of a clip."""
    calibrated_on: str
    """The rows it was calibrated on."""
    coverage_measured: float
    """How often it held on yet other sources, 0-1."""


@dataclass(frozen=True, slots=True)
class RecipeStamp:
    """The recipe of the training."""

    name: str
    """Its file under recipes/, without the suffix."""
    sha256: str
    """Of all that it says, overrides included."""


@dataclass(frozen=True, slots=True)
class LibraryVersions:
    """What trained and exported the net."""

    tinyvmaf: str
    """This package."""
    torch: str
    """Training and export."""
    onnx: str
    """The file format."""
    onnxruntime: str
    """The parity check."""
    numpy: str
    """Arrays."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How the shipped ONNX did, once, with the command that made the figures."""

    protocol: str
    """``held out ...``, ``unseen table`` or ``training-fit``."""
    level: Literal["frame", "clip"]
    """Whether a sample is a frame, or a clip's mean over frames."""
    data: str
    """The rows it was judged on."""
    command: str
    """What made the figures."""
    report: str | None
    """The file they stand in; None: not kept."""
    n_samples: int
    """Frames or clips."""
    plcc: float | None
    """Pearson's correlation; None: one side is constant."""
    plcc_interval: tuple[float, float] | None
    """95 %, over sources; None: fewer than 5 sources."""
    srocc: float | None
    """Spearman's correlation."""
    srocc_interval: tuple[float, float] | None
    """95 %, over sources."""
    krocc: float | None
    """Kendall's correlation."""
    krocc_interval: tuple[float, float] | None
    """95 %, over sources."""
    rmse: float
    """On the 0-100 scale, nothing fitted."""
    rmse_interval: tuple[float, float] | None
    """95 %, over sources."""


@dataclass(frozen=True, slots=True)
class Latency:
    """The model's own time, features apart, per clip of a table."""

    ms_p50_per_clip: float
    """Median."""
    ms_p95_per_clip: float
    """95th percentile."""
    machine: str
    """Where it was measured."""
