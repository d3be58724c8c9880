"""What a score without a reference must be better than, on the very samples that judge it: the mean, and statistics."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.metrics import rmse
from tinyvmaf.pixels.naturalness import naturalness
from tinyvmaf.pixels.patches import NO_DIFFERENCE
from tinyvmaf.progress import Progress, silent
from tinyvmaf.table.sample_rows import SampleRows
from tinyvmaf.table.sample_splits import SampleSplit

Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]

TRAIN_MEAN, STATISTICS = "train_mean", "naturalness_ridge"
"""The baselines."""
_AT_ONCE = 64
_STRENGTHS = tuple(10.0**power for power in range(-3, 4))
"""Of the ridge; the one with the least error on the sources that say when to stop is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Ridge:
    """Weights of standardised statistics."""

    mean: Scores
    """(F,) of the statistics of the training."""
    deviation: Scores
    """(F,)."""
    weights: Scores
    """(F,)."""
    offset: float
    """Mean target of the training."""

    def predict(self, statistics: Scores) -> Scores:
        """Scores (n,), 0-100."""
        return np.clip((statistics - self.mean) / self.deviation @ self.weights + self.offset, 0, 100)


def baselines_of(
    samples: SampleRows, split: SampleSplit, *, progress: Progress = silent
) -> dict[str, Callable[[SampleRows, Places], Scores]]:
    """By name a predictor that has learned from the samples that train; it takes any samples of the same kind.

    - ``train_mean``: the mean of the targets;
    - ``naturalness_ridge``: BRISQUE's statistics of each place, their mean over places, and the mean change since the
      frame before; a ridge on them, its strength chosen by the sources that say when to stop.
    """
    train, stop = np.flatnonzero(split.train), np.flatnonzero(split.stop)
    target = samples.rows.target.astype(np.float64)
    mean = float(target[train].mean())
    found = statistics_of(samples, np.concatenate([train, stop]), progress=progress)
    fits = [_ridge(found[: len(train)], target[train], strength) for strength in _STRENGTHS]
    best = min(fits, key=lambda fit: rmse(fit.predict(found[len(train) :]), target[stop]))
    return {
        TRAIN_MEAN: lambda other, places: np.full(len(places), mean),
        STATISTICS: lambda other, places: best.predict(statistics_of(other, places)),
    }


def statistics_of(samples: SampleRows, places: Places, *, progress: Progress = silent) -> Scores:
    """(n, F) statistics of samples: the means over their places."""
    parts = []
    for at in range(0, len(places), _AT_ONCE):
        pixels = samples.take(places[at : at + _AT_ONCE])  # (n, P, C, S, S)
        count, places_each, _, side, _ = pixels.shape
        luma = naturalness(pixels[:, :, 0].reshape(-1, side, side)).reshape(count, places_each, -1).mean(axis=1)
        change = np.abs(pixels[:, :, 1:].astype(np.float32) - NO_DIFFERENCE).mean(axis=(1, 3, 4))  # (n, C - 1)
        parts.append(np.column_stack([luma, change]))
        progress(min(at + _AT_ONCE, len(places)), len(places), "statistics of natural pictures")
    return np.concatenate(parts)


def _ridge(statistics: Scores, target: Scores, strength: float) -> Ridge:
    mean, deviation = statistics.mean(axis=0), np.maximum(statistics.std(axis=0), 1e-9)
    standard = (statistics - mean) / deviation
    square = standard.T @ standard + strength * len(target) / 1000 * np.eye(standard.shape[1])
    weights = np.linalg.solve(square, standard.T @ (target - target.mean()))
    return Ridge(mean, deviation, weights, float(target.mean()))
