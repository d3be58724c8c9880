"""What a leave-one-out study says: records, free of torch, so that a kept report is read where nothing trains."""

from collections.abc import Mapping
from dataclasses import dataclass

from tinyvmaf.runs.fold_figures import NetFigures
from tinyvmaf.table.splits import FoldBy


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxCheck:
    """One fold's net beside its ONNX file, on the rows that judge the fold."""

    architecture: str
    """Which net."""
    held_out: str
    """Of which fold."""
    rows: int
    """Frames compared."""
    largest_difference: float
    """Between the two scores of a frame, on the 0-100 scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LosoReport:
    """How nets do on what they have not seen, fold by fold."""

    by: FoldBy
    """What a fold leaves out."""
    folds: int
    """How many."""
    rows: int
    """Frames of all tables."""
    target: str
    """What the nets predict."""
    architectures: Mapping[str, NetFigures]
    """The nets, by architecture."""
    baselines: Mapping[str, NetFigures] | None
    """Simpler ways to the same number on the same folds, by name; None: not asked for."""
    konvid_holdout: Mapping[str, Mapping[str, float | None]] | None
    """Mean over folds and seeds on the part of KoNViD-1k that no fold trains on, by architecture; None: there is none.
    """
    onnx_check: OnnxCheck
    """That the stacked nets are what an export would ship."""
    training_seconds: Mapping[str, float]
    """Time to train all folds and seeds, by architecture."""
    elapsed_seconds: float
    """Of the whole run."""
