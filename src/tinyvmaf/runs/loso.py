"""Leave one source (codec, size) out: every fold of every net, judged on what that fold has not seen."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np

from tinyvmaf.bundles.export import export
from tinyvmaf.documents import to_document, write_json
from tinyvmaf.errors import FitError
from tinyvmaf.models.folds import FoldNet, fit_folds
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.progress import Progress, silent
from tinyvmaf.runs.baselines import baseline_scores, fitted_numbers, trained_baselines
from tinyvmaf.runs.fold_figures import FoldScores, NetFigures, net_figures
from tinyvmaf.runs.loso_report import LosoReport
from tinyvmaf.runs.onnx_check import onnx_check
from tinyvmaf.scores.figures import group_figures, mean_figures
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.splits import Fold, FoldBy, folds_by

REPORT = "loso_report.json"
FOLDS = "folds"


@dataclass(frozen=True, slots=True)
class LosoOptions:
    """What is left out, and what is made besides the nets."""

    by: FoldBy = "source"
    """What a fold leaves out."""
    seeds: int = 1
    """Nets per fold, with seeds counting up from the recipe's."""
    konvid_val_fraction: float | None = None
    """Share of the sources of KoNViD-1k that no fold trains on; None: none."""
    baselines: bool = True
    """Whether the baselines are made too."""
    export_folds: bool = False
    """Whether each fold's net becomes a bundle."""


def run_loso(
    rows: Rows,
    recipes: Sequence[Recipe],
    out_dir: Path,
    options: LosoOptions,
    *,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> LosoReport:
    """Trains and judges all folds of all recipes, and writes ``loso_report.json`` into ``out_dir``.

    Args:
        rows: On the features and the target of the recipes, which all name the same.
        recipes: One per architecture.
        out_dir: Made where it does not exist.
        options: What to leave out, and what to make.
        progress: Told how far the training of each architecture is.
        cancel: Stops the work.

    Raises:
        FitError: two recipes of one architecture, or of different features or targets; or a loss runs away.
        TableError: the rows cannot be folded so.
        BundleError: a net's ONNX does not compute what the net computes.
        CancelledError: ``cancel`` was set.
    """
    started = time.monotonic()
    _check(recipes)
    folds = folds_by(rows, by=options.by, konvid_val_fraction=options.konvid_val_fraction, seed=recipes[0].seed)
    out_dir.mkdir(parents=True, exist_ok=True)
    nets: dict[str, Sequence[FoldNet]] = {}
    seconds: dict[str, float] = {}
    for recipe in recipes:
        began = time.monotonic()
        nets[recipe.architecture] = fit_folds(
            rows, folds, recipe, seeds=options.seeds, progress=progress, cancel=cancel
        )
        seconds[recipe.architecture] = time.monotonic() - began
    report = LosoReport(
        by=options.by,
        folds=len(folds),
        rows=len(rows),
        target=recipes[0].target,
        architectures={name: _judged(rows, trained) for name, trained in nets.items()},
        baselines=_baselines(rows, folds, recipes[0], progress=progress, cancel=cancel) if options.baselines else None,
        konvid_holdout=_konvid_holdout(rows, nets) if folds[0].konvid_val.any() else None,
        onnx_check=onnx_check(nets[recipes[0].architecture][0]),
        training_seconds=seconds,
        elapsed_seconds=time.monotonic() - started,
    )
    if options.export_folds:
        _export(nets, out_dir / FOLDS)
    write_json(out_dir / REPORT, to_document("loso", report))
    return report


def _check(recipes: Sequence[Recipe]) -> None:
    names = [recipe.architecture for recipe in recipes]
    if len(set(names)) < len(names):
        raise FitError(f"each net once, please: --model-arch names {', '.join(names)}")
    if len({(recipe.feature_set, recipe.target) for recipe in recipes}) > 1:
        raise FitError("the recipes name different features or targets: run loso once for each")


def _judged(rows: Rows, nets: Sequence[FoldNet]) -> NetFigures:
    recipe = nets[0].recipe
    scores = [FoldScores(net.fold, net.recipe.seed, net.predict(net.fold.test).astype(np.float64)) for net in nets]
    return net_figures(
        rows, scores, parameter_count=nets[0].parameter_count, recipe=recipe.name, recipe_sha256=recipe.sha256
    )


def _baselines(
    rows: Rows, folds: Sequence[Fold], recipe: Recipe, *, progress: Progress, cancel: Event | None
) -> dict[str, NetFigures]:
    trained = trained_baselines(recipe)
    found = {}
    for name, predicted in baseline_scores(rows, folds, recipe, progress=progress, cancel=cancel).items():
        scores = [FoldScores(fold, recipe.seed, mine) for fold, mine in zip(folds, predicted, strict=True)]
        by = trained.get(name)
        found[name] = net_figures(
            rows,
            scores,
            parameter_count=fitted_numbers(name, recipe),
            recipe=by and by.name,
            recipe_sha256=by and by.sha256,
        )
    return found


def _konvid_holdout(rows: Rows, nets: Mapping[str, Sequence[FoldNet]]) -> dict[str, Mapping[str, float | None]]:
    true = rows.target[next(iter(nets.values()))[0].fold.konvid_val].astype(np.float64)
    figures = {
        architecture: [group_figures(net.predict(net.fold.konvid_val).astype(np.float64), true) for net in trained]
        for architecture, trained in nets.items()
    }
    return {architecture: mean_figures(mine) for architecture, mine in figures.items()}


def _export(nets: Mapping[str, Sequence[FoldNet]], folder: Path) -> None:
    for architecture, folds in nets.items():
        for net in folds:
            name = re.sub(r"[^\w.-]+", "_", f"{net.fold.corpus}-{net.fold.held_out}-seed{net.recipe.seed}")
            export(net.fitted(), folder / architecture / name)
