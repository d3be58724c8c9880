"""Rows and a recipe -> a net, its checkpoint, its bundle, and a report on it beside its baselines."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event

import numpy as np

from tinyvmaf.bundles.export import export
from tinyvmaf.documents import Json, to_document, write_json
from tinyvmaf.errors import FitError
from tinyvmaf.models.fit import Epoch, fit_net, no_listener, no_watcher
from tinyvmaf.models.fitted import FittedNet
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.progress import Progress, silent
from tinyvmaf.runs.baselines import baseline_scores
from tinyvmaf.runs.judged import REPORT, judge_bundle
from tinyvmaf.scores.evaluate import EvalReport
from tinyvmaf.scores.figures import Scores, clip_figures, figures_of
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.splits import Fold, Mask, Split, split_rows
from tinyvmaf.table.targets import MOS

CHECKPOINT = "checkpoint.pt"
BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How a fit is run; nothing of it changes the weights."""

    baselines: bool = True
    """Whether the baselines are made too."""
    restart: bool = False
    """Whether to start anew where a checkpoint lies."""
    command: str = "tinyvmaf fit"
    """What a reader types to make the figures again; it stands in the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitReport:
    """What a fit made, and where it lies."""

    model: str
    """Id of the model."""
    architecture: str
    """Which net."""
    parameter_count: int
    """How many numbers were trained."""
    recipe: str
    """Name of the recipe."""
    recipe_sha256: str
    """Hash of every entry of it, overrides included."""
    seed: int
    """Of weights and batches."""
    train_rows: int
    """Frames that trained."""
    val_rows: int
    """Frames that judged."""
    val_mode: str
    """The validation mode."""
    val_sources: tuple[str, ...]
    """``corpus/source`` of every source that judged."""
    smoke: bool
    """True for a net that was never trained on real rows."""
    checkpoint: Path
    """The file that ``tinyvmaf export`` takes."""
    bundle: Path
    """The folder that ``tinyvmaf register`` takes."""
    evaluation: EvalReport
    """How the bundle's ONNX does on the rows held out, beside its baselines."""
    elapsed_seconds: float
    """Of the whole run."""


def run_fit(
    rows: Rows,
    recipe: Recipe,
    out_dir: Path,
    options: FitOptions,
    *,
    on_epoch: Callable[[Epoch], None] = no_watcher,
    on_start: Callable[[str], None] = no_listener,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> FitReport:
    """Trains one net and writes ``checkpoint.pt``, ``bundle/`` and ``eval_report.json`` into ``out_dir``.

    Args:
        rows: On the recipe's features and target.
        recipe: How to train, and which rows judge.
        out_dir: Made where it does not exist; a training that was cut off there is gone on with.
        options: What to make.
        on_epoch: Told how the training goes.
        on_start: Told in words whether a training is gone on with.
        progress: Told how far the baselines are.
        cancel: Stops the work.

    Raises:
        FitError: the rows are of one source only, or the training runs away.
        TableError: the recipe's validation mode does not fit the tables.
        CancelledError: ``cancel`` was set.
    """
    started = time.monotonic()
    split = split_of(rows, recipe)
    out_dir.mkdir(parents=True, exist_ok=True)
    fitted = fit_net(
        rows,
        split.train,
        split.val,
        recipe,
        checkpoint=out_dir / CHECKPOINT,
        restart=options.restart,
        on_epoch=on_epoch,
        on_start=on_start,
        cancel=cancel,
    )
    bundle = export(fitted, out_dir / BUNDLE)
    protocol = f"held out by {split.mode}"
    evaluation = judge_bundle(bundle, rows, command=options.command, mask=split.val, protocol=protocol)
    if options.baselines:
        baselines = _baselines(rows, split, recipe, progress=progress, cancel=cancel)
        evaluation = replace(evaluation, baselines=baselines)
    write_json(out_dir / REPORT, to_document("eval", evaluation))
    return _report(fitted, split, out_dir, evaluation, elapsed_seconds=time.monotonic() - started)


def split_of(rows: Rows, recipe: Recipe) -> Split:
    """The rows that train and those that judge, as the recipe says.

    Raises:
        FitError: the rows are of one source only.
        TableError: the recipe's validation mode does not fit the tables.
    """
    if len(np.unique(rows.source_index)) < 2:
        raise FitError(
            f"the rows are all of one source, {rows.source[0]}, and a net is judged on sources that it has not seen: "
            "at least two are needed"
        )
    return split_rows(
        rows,
        recipe.val_mode,
        val_sources=recipe.val_sources,
        konvid_val_fraction=recipe.konvid_val_fraction,
        seed=recipe.seed,
    )


def _report(
    fitted: FittedNet, split: Split, out_dir: Path, evaluation: EvalReport, *, elapsed_seconds: float
) -> FitReport:
    return FitReport(
        model=evaluation.model,
        architecture=fitted.architecture,
        parameter_count=fitted.parameter_count,
        recipe=fitted.recipe.name,
        recipe_sha256=fitted.recipe.sha256,
        seed=fitted.seed,
        train_rows=int(np.count_nonzero(split.train)),
        val_rows=int(np.count_nonzero(split.val)),
        val_mode=split.mode,
        val_sources=tuple("/".join(source) for source in split.val_sources),
        smoke=fitted.smoke,
        checkpoint=out_dir / CHECKPOINT,
        bundle=out_dir / BUNDLE,
        evaluation=evaluation,
        elapsed_seconds=elapsed_seconds,
    )


def _baselines(
    rows: Rows, split: Split, recipe: Recipe, *, progress: Progress, cancel: Event | None
) -> dict[str, dict[str, Json]]:
    fold = Fold("", split.mode, split.train, split.val, np.zeros(len(rows), dtype=bool))
    scores = baseline_scores(rows, (fold,), recipe, progress=progress, cancel=cancel)
    return {name: _figures(rows, split.val, predicted) for name, (predicted,) in scores.items()}


def _figures(rows: Rows, val: Mask, predicted: Scores) -> dict[str, Json]:
    true, groups = rows.target[val].astype(np.float64), rows.source_index[val]
    frames = asdict(figures_of(predicted, true, groups))
    clips, opinions = rows.clip_index[val], rows.target_name == MOS
    by_clip = clip_figures(predicted, true, clips=clips, groups=groups, opinions=opinions)
    return {**frames, "clip_level": asdict(by_clip)}
