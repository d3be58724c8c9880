"""Predictions beside the truth -> the figures that every report quotes, per frame, per clip and per group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.metrics import judge, krocc, plcc, rmse, srocc
from tinyvmaf.scores.p1401 import mapped_figures

Scores = NDArray[np.float64]
Interval = tuple[float, float] | None

METRICS = ("plcc", "srocc", "krocc", "rmse")
"""What every group is judged by, in the order of a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How near the predictions are; intervals are 95 %, by bootstrap over sources, None below 5 sources."""

    n_samples: int
    """Frames, or clips."""
    plcc: float | None
    """Pearson's correlation; None: one side is constant."""
    plcc_interval: Interval
    """Its interval."""
    srocc: float | None
    """Spearman's correlation."""
    srocc_interval: Interval
    """Its interval."""
    krocc: float | None
    """Kendall's correlation."""
    krocc_interval: Interval
    """Its interval."""
    rmse: float
    """On the 0-100 scale, nothing fitted."""
    rmse_interval: Interval
    """Its interval."""
    plcc_p1401: float | None = None
    """PLCC after the third-order monotonic mapping of ITU-T P.1401; None but for opinions on clips."""
    plcc_p1401_interval: Interval = None
    """Its interval."""
    rmse_p1401: float | None = None
    """RMSE after the same mapping."""
    rmse_p1401_interval: Interval = None
    """Its interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """How near the predictions are for one corpus or source."""

    n: int
    """Frames."""
    plcc: float | None
    """Pearson's correlation; None: one side is constant."""
    srocc: float | None
    """Spearman's correlation."""
    krocc: float | None
    """Kendall's correlation."""
    rmse: float
    """On the 0-100 scale."""


def figures_of(predicted: Scores, true: Scores, groups: NDArray[np.int32], *, cancel: Event | None = None) -> Figures:
    """How near the predictions (N,) are to the truth (N,); ``groups`` (N,) tells the sources apart.

    Raises:
        CancelledError: ``cancel`` was set.
    """
    metrics = judge(predicted, true, groups, cancel=cancel)
    return Figures(
        n_samples=len(true),
        plcc=metrics.plcc,
        plcc_interval=metrics.plcc_interval,
        srocc=metrics.srocc,
        srocc_interval=metrics.srocc_interval,
        krocc=metrics.krocc,
        krocc_interval=metrics.krocc_interval,
        rmse=metrics.rmse,
        rmse_interval=metrics.rmse_interval,
    )


def clip_figures(
    predicted: Scores, true: Scores, *, clips: NDArray[np.int32], groups: NDArray[np.int32], opinions: bool = False
) -> Figures:
    """The same over clips, each the mean over its frames.

    Args:
        predicted: (N,) scores of frames.
        true: (N,) scores of frames.
        clips: (N,) which clip a frame is of.
        groups: (N,) which source it is of.
        opinions: The truth is what people said, so that the figures after the mapping of P.1401 stand beside.
    """
    _, first, clip = np.unique(clips, return_index=True, return_inverse=True)
    frames = np.bincount(clip)
    means = [np.bincount(clip, weights=values) / frames for values in (predicted, true)]
    figures = figures_of(means[0], means[1], groups[first])
    return _with_mapping(figures, means[0], means[1], groups[first]) if opinions else figures


def group_figures(predicted: Scores, true: Scores) -> GroupFigures:
    """How near the predictions (n,) of one corpus, source or fold are, without intervals."""
    return GroupFigures(
        n=len(true),
        plcc=plcc(predicted, true),
        srocc=srocc(predicted, true),
        krocc=krocc(predicted, true),
        rmse=rmse(predicted, true),
    )


def mean_figures(figures: Sequence[GroupFigures]) -> dict[str, float | None]:
    """Per metric the mean over those that have it, each with equal weight; None: none has."""
    return {name: _mean([getattr(each, name) for each in figures]) for name in METRICS}


def _with_mapping(figures: Figures, predicted: Scores, true: Scores, groups: NDArray[np.int32]) -> Figures:
    mapped = mapped_figures(predicted, true, groups)
    return replace(
        figures,
        plcc_p1401=mapped.plcc,
        plcc_p1401_interval=mapped.plcc_interval,
        rmse_p1401=mapped.rmse,
        rmse_p1401_interval=mapped.rmse_interval,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
