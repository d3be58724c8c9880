"""The scores that each fold's net gives to what it has not seen -> the figures of a leave-one-out study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.metrics import FEWEST_GROUPS, Interval
from tinyvmaf.scores.figures import (
    METRICS,
    Figures,
    GroupFigures,
    Scores,
    clip_figures,
    figures_of,
    group_figures,
    mean_figures,
)
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.splits import Fold
from tinyvmaf.table.targets import MOS

_DRAWS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class FoldScores:
    """What one net gave to the rows that its fold holds out."""

    fold: Fold
    """The fold."""
    seed: int
    """Of the net."""
    predicted: Scores
    """(n,) the scores of ``fold.test``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldFigures(GroupFigures):
    """One net on what its fold holds out."""

    corpus: str
    """Of the source; empty where a codec or size of several corpora is left out."""
    held_out: str
    """What the net has not seen."""
    seed: int
    """Of the net."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetFigures:
    """All folds and seeds of one net or baseline."""

    parameter_count: int
    """How many numbers were fitted."""
    recipe: str | None
    """Name of the recipe; None: there is none."""
    recipe_sha256: str | None
    """Hash of the recipe with its overrides."""
    seeds: int
    """Nets per fold."""
    folds: tuple[FoldFigures, ...]
    """One per fold and seed."""
    mean: Mapping[str, float | None]
    """Over folds and seeds; None: no fold has the metric."""
    std: Mapping[str, float | None]
    """Over folds and seeds, of the population."""
    worst: FoldFigures
    """The fold with the largest error."""
    seed_std: Mapping[str, float | None] | None
    """Between the seeds' means over folds, of the population; None: one seed only."""
    intervals: Mapping[str, Interval | None]
    """95 % of the mean, by bootstrap over folds; None: fewer than 5 folds."""
    pooled: Figures
    """All held-out frames together, by the nets of the first seed."""
    clip_level: Figures
    """The same over clips."""
    clip_mean: Mapping[str, float | None]
    """Over folds and seeds, of each fold's figures over its clips; None: no fold has the metric."""


def net_figures(
    rows: Rows,
    scores: Sequence[FoldScores],
    *,
    parameter_count: int,
    recipe: str | None = None,
    recipe_sha256: str | None = None,
) -> NetFigures:
    """The figures of all folds and seeds of one net; ``scores`` hold every seed of every fold."""
    folds = tuple(_fold(rows, each) for each in scores)
    seeds = sorted({each.seed for each in scores})
    values = {name: np.array([_number(getattr(fold, name)) for fold in folds]) for name in METRICS}
    first = [each for each in scores if each.seed == seeds[0]]
    place = np.concatenate([np.flatnonzero(each.fold.test) for each in first])
    predicted, true = np.concatenate([each.predicted for each in first]), rows.target[place].astype(np.float64)
    clips, groups = rows.clip_index[place], rows.source_index[place]
    return NetFigures(
        parameter_count=parameter_count,
        recipe=recipe,
        recipe_sha256=recipe_sha256,
        seeds=len(seeds),
        folds=folds,
        mean=mean_figures(folds),
        std={name: _std(mine) for name, mine in values.items()},
        worst=max(folds, key=lambda fold: fold.rmse),
        seed_std=_seed_std(folds, seeds, values) if len(seeds) > 1 else None,
        intervals={name: _interval(folds, mine) for name, mine in values.items()},
        pooled=figures_of(predicted, true, groups),
        clip_level=clip_figures(predicted, true, clips=clips, groups=groups, opinions=rows.target_name == MOS),
        clip_mean=mean_figures([_clips(rows, each) for each in scores]),
    )


def _fold(rows: Rows, scores: FoldScores) -> FoldFigures:
    found = group_figures(scores.predicted, rows.target[scores.fold.test].astype(np.float64))
    figures = {field.name: getattr(found, field.name) for field in fields(found)}
    return FoldFigures(corpus=scores.fold.corpus, held_out=scores.fold.held_out, seed=scores.seed, **figures)


def _clips(rows: Rows, scores: FoldScores) -> GroupFigures:
    """What ``_fold`` says, over the means of clips."""
    _, clip = np.unique(rows.clip_index[scores.fold.test], return_inverse=True)
    frames, true = np.bincount(clip), rows.target[scores.fold.test].astype(np.float64)
    return group_figures(np.bincount(clip, scores.predicted) / frames, np.bincount(clip, true) / frames)


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _std(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.std()) if len(known) else None


def _seed_std(
    folds: Sequence[FoldFigures], seeds: Sequence[int], values: Mapping[str, NDArray[np.float64]]
) -> dict[str, float | None]:
    seed = np.array([fold.seed for fold in folds])
    return {name: _std(np.array([_number(_mean(mine[seed == one])) for one in seeds])) for name, mine in values.items()}


def _interval(folds: Sequence[FoldFigures], values: NDArray[np.float64]) -> Interval | None:
    """The middle 95 % of the mean over folds, folds drawn with replacement; a fold's seeds stay together."""
    names = {name: number for number, name in enumerate(dict.fromkeys((f.corpus, f.held_out) for f in folds))}
    group = np.array([names[fold.corpus, fold.held_out] for fold in folds])
    known = ~np.isnan(values)
    if len(set(group[known].tolist())) < FEWEST_GROUPS:
        return None
    sums = np.bincount(group[known], weights=values[known], minlength=len(names))
    counts = np.bincount(group[known], minlength=len(names))
    drawn = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), size=_DRAWS)
    held = drawn @ counts > 0
    low, high = np.quantile((drawn @ sums)[held] / (drawn @ counts)[held], [0.025, 0.975])
    return float(low), float(high)
