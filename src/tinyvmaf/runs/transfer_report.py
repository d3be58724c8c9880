"""What a transfer from table to table says: records alone, so that its page needs nothing that trains."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tinyvmaf.runs.loso_report import OnnxCheck
from tinyvmaf.scores.figures import Figures

TrainedOn = Literal["other", "own", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFigures(Figures):
    """How scores of a whole table, none by a net that has seen its source, do."""

    clip_level: Figures
    """Over clips: the means over their frames."""
    mean_over_sources: Mapping[str, float | None]
    """Per metric the mean over sources, each with equal weight; None: no source has it."""
    worst_source: str
    """The source with the largest error."""
    worst_rmse: float
    """Its error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTable:
    """One table, judged by nets of the other, of its own, and of both."""

    judged_on: str
    """Name of the table."""
    other: str
    """Name of the other."""
    sources: int
    """Of the table that judges."""
    shared_sources: int
    """That the other table holds too, and that its net therefore does not train on."""
    nets: Mapping[TrainedOn, TransferFigures]
    """By what they were trained on; ``own`` and ``both`` without the source that they judge."""
    baselines: Mapping[str, TransferFigures] | None
    """Simpler ways to the same number, fitted to the other table; None: not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReport:
    """How well a net does on the other table."""

    architecture: str
    """Which net."""
    parameter_count: int
    """How many numbers a net holds."""
    recipe: str
    """Name of the recipe."""
    recipe_sha256: str
    """Hash of the recipe with its overrides."""
    target: str
    """What the nets predict."""
    folds: int
    """Over the sources of each table; 0: none."""
    judged: tuple[JudgedTable, ...]
    """The first table, then the second."""
    onnx_check: OnnxCheck
    """That the stacked nets are what an export would ship."""
    elapsed_seconds: float
    """Of the whole run."""
