"""What a net must be better than, on the very rows that judge it: simpler ways from the same features to the score."""

from collections.abc import Sequence
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.svr import SVR_IDS
from tinyvmaf.models.folds import fit_folds
from tinyvmaf.models.fr import NETS, layer_widths
from tinyvmaf.models.layers import parameter_count
from tinyvmaf.models.recipe import Recipe, read_recipe
from tinyvmaf.pixels.svr import KERNEL_TEACHERS, Svr, svr_of
from tinyvmaf.progress import Progress, silent
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.splits import Fold
from tinyvmaf.video.teachers import TEACHERS

Scores = NDArray[np.float64]

TRAINED = {"linear": "fr_linear", "record_c1": "record/c1"}
"""The baselines that are trained nets, with their recipes."""


def baseline_scores(
    rows: Rows, folds: Sequence[Fold], recipe: Recipe, *, progress: Progress = silent, cancel: Event | None = None
) -> dict[str, list[Scores]]:
    """Per baseline the scores of each fold's test rows, by what it learned from that fold's training rows.

    - ``train_mean``: the mean of the training rows;
    - ``ols``: ordinary least squares on the features;
    - ``linear``: the 7-parameter net by its own recipe;
    - ``record_c1``: the recipe of record;
    - ``fr_svr``, ``fr_svr_neg`` or ``fr_svr_4k``: libvmaf's own regression of these features, that learns nothing here:
      the floor of what a head of its teacher can reach, and of opinions what VMAF itself says.

    Args:
        rows: The rows of all folds.
        folds: What trains and what judges.
        recipe: Of the net that they are compared with: they take its features, its target and its seed.
        progress: Told how far the trained ones are.
        cancel: Stops the work.
    """
    found: dict[str, list[Scores]] = {
        "train_mean": [_mean(rows, fold) for fold in folds],
        "ols": [_least_squares(rows, fold) for fold in folds],
    }
    for name, trained in trained_baselines(recipe).items():
        nets = fit_folds(rows, folds, trained, progress=progress, cancel=cancel)
        found[name] = [net.predict(net.fold.test).astype(np.float64) for net in nets]
    svr = own_svr(recipe)
    if svr is not None:
        found[SVR_IDS[svr.teacher]] = [svr.predict(rows.features[fold.test]) for fold in folds]
    return found


def own_svr(recipe: Recipe) -> Svr | None:
    """The regression of the recipe's target, or where that is no teacher, of its features; None: there is none."""
    teacher = recipe.target if recipe.target in TEACHERS else recipe.features.teacher
    if teacher not in KERNEL_TEACHERS:
        return None
    svr = svr_of(teacher)
    return svr if svr.feature_set == recipe.features else None


def trained_baselines(recipe: Recipe) -> dict[str, Recipe]:
    """The recipes of the baselines that are nets, on the features, target and seed of another recipe."""
    same = {"feature_set": recipe.feature_set, "target": recipe.target, "seed": recipe.seed}
    return {name: read_recipe(path).override(**same) for name, path in TRAINED.items()}


def fitted_numbers(name: str, recipe: Recipe) -> int:
    """How many numbers a baseline holds, for the features of a recipe."""
    features = len(recipe.features.names)
    if name in TRAINED:
        trained = trained_baselines(recipe)[name]
        return parameter_count(layer_widths(NETS[trained.architecture], feature_count=features))
    svr = own_svr(recipe)
    if svr is not None and name == SVR_IDS[svr.teacher]:
        return svr.parameter_count
    return 1 if name == "train_mean" else features + 1


def _mean(rows: Rows, fold: Fold) -> Scores:
    return np.full(np.count_nonzero(fold.test), rows.target[fold.train].mean(dtype=np.float64))


def _least_squares(rows: Rows, fold: Fold) -> Scores:
    train, test = (_with_ones(rows.features[mask]) for mask in (fold.train, fold.test))
    weights, *_ = np.linalg.lstsq(train, rows.target[fold.train].astype(np.float64), rcond=None)
    return test @ weights


def _with_ones(features: NDArray[np.float32]) -> Scores:
    return np.column_stack([features.astype(np.float64), np.ones(len(features))])  # (n, F + 1)
