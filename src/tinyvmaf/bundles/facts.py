"""The parts of a sidecar: what goes in and out, what made the model, how well and how fast it does."""

import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from tinyvmaf.features import FeatureSet, RowAxis

ACCURACY_BUDGET_PLCC = 0.01
"""How much PLCC quantising may cost, unless told."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of the graph."""

    name: str
    """As the graph spells it."""
    dtype: str
    """``float32``."""
    shape: tuple[int | str, ...]
    """A letter stands for an axis of any length: ``["N", 6]``; of T frames of one clip in display order, T."""
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
    """How often the frame's held on yet other sources, averaged over random partitions of them, 0-1."""
    clip_coverage_measured: float | None = None
    """The same of the clip's; None: not told."""
    judged_on: str | None = None
    """Sources apart from the training's material, on which the bar was checked; None: it was not."""
    frame_coverage_judged: float | None = None
    """How often the frame's held there."""
    clip_coverage_judged: float | None = None
    """How often the clip's held there."""
    command: str | None = None
    """What made it; None: not told."""
    report: str | None = None
    """The file that it stands in; None: not kept."""


@dataclass(frozen=True, slots=True)
class Int8Facts:
    """The int8 form beside a model, ``model.int8.onnx``, and how near it is to the model."""

    mode: Literal["dynamic", "static"]
    """How it was quantised."""
    onnx_sha256: str
    """Of its file."""
    byte_count: int
    """Size of its file."""
    accuracy_budget_plcc: float
    """How much PLCC it might have cost."""
    plcc_to_fp32: float
    """Between what the two forms say."""
    rms_difference: float
    """The same on the output's scale; of a pre-filter in 8-bit code values."""
    judged_on: str
    """What these figures are on."""
    command: str | None = None
    """What made it; None: not told."""


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
    torch: str | None
    """Training and export; None: neither needed it."""
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
    rmse_over_sources: float | None = None
    """The mean of each source's own; None: not told, or of clips."""
    rmse_of_worst_source: float | None = None
    """The largest of them."""
    worst_source: str | None = None
    """Whose that is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was measured of a filter, in a line, with the command that measured it."""

    text: str
    """The line, with its units."""
    command: str
    """What made it."""
    report: str | None
    """The file it stands in; None: not kept."""


@dataclass(frozen=True, slots=True)
class Latency:
    """The model's own time, features apart, per clip of a table."""

    ms_p50_per_clip: float
    """Median."""
    ms_p95_per_clip: float
    """95th percentile."""
    machine: str
    """Where it was measured."""


def head_input(feature_set: FeatureSet, *, row_axis: RowAxis = "N") -> TensorSpec:
    """What a head takes: rows of features, as they were measured."""
    order = "one row per frame" if row_axis == "N" else "the frames of one clip in display order"
    meaning = f"{feature_set.name}, {order}, as measured"
    return TensorSpec("features", "float32", (row_axis, len(feature_set.names)), meaning)


def head_output(target: str, *, row_axis: RowAxis = "N") -> TensorSpec:
    """What a head gives: one score per row."""
    return TensorSpec("score", "float32", (row_axis,), f"{target} of each frame, on its 0-100 scale")


def installed_versions(*, torch: str | None) -> LibraryVersions:
    """The versions in use; whether torch is among them, the caller knows."""
    others = {name: version(name) for name in ("tinyvmaf", "onnx", "onnxruntime", "numpy")}
    return LibraryVersions(torch=torch, **others)


def code_commit() -> str | None:
    """The commit of the checkout that this code runs from, 40 digits; None: it runs from an installed copy."""
    git = Path(__file__).parents[3] / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        commit = (git / head.removeprefix("ref: ")).read_text(encoding="ascii").strip() if " " in head else head
    except (OSError, UnicodeDecodeError):
        return None
    return commit if re.fullmatch(r"[0-9a-f]{40}", commit) else None
