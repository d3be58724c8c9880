"""Pixel samples and a recipe -> a net, its checkpoint, its bundle, and a report on sources that it has not seen."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event

import numpy as np

from tinyvmaf.bundles.bundle import Bundle
from tinyvmaf.bundles.cards import with_figures, write_bundle
from tinyvmaf.bundles.export_pixels import export_pixel_net
from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.documents import Json, to_document, write_json
from tinyvmaf.models.pixel_fit import fit_pixel_net, no_listener, no_watcher
from tinyvmaf.models.pixel_nets import FittedPixelNet
from tinyvmaf.models.pixel_recipe import PixelRecipe
from tinyvmaf.models.pixel_training import PixelEpoch
from tinyvmaf.progress import Progress, silent
from tinyvmaf.runs.fit import BUNDLE, CHECKPOINT, FitOptions
from tinyvmaf.runs.judged import REPORT
from tinyvmaf.runs.sample_baselines import baselines_of
from tinyvmaf.scores.evaluate import EvalReport
from tinyvmaf.scores.evaluate_samples import FilterReport, clip_scores, evaluate_filter, evaluate_samples
from tinyvmaf.scores.figures import clip_figures, figures_of
from tinyvmaf.scores.paired import Differences, paired_differences
from tinyvmaf.scores.quoted import evaluations_of, latency_of
from tinyvmaf.table.sample_rows import SampleRows
from tinyvmaf.table.sample_splits import SampleSplit, split_samples
from tinyvmaf.table.targets import MOS


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelFitReport:
    """What a fit on pixel samples made, and where it lies."""

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
    train_samples: int
    """Samples that trained."""
    stop_samples: int
    """Samples that picked the epoch."""
    val_samples: int
    """Samples that judged."""
    protocol: str
    """How those were held out."""
    val_sources: tuple[str, ...]
    """``corpus/source`` of every source that judged."""
    smoke: bool
    """True for a net that was never trained."""
    checkpoint: Path
    """The file that ``tinyvmaf export`` takes."""
    bundle: Path
    """The folder that ``tinyvmaf register`` takes."""
    evaluation: EvalReport | None
    """How a score's ONNX does on the samples held out, beside its baselines; None: the net is a filter."""
    less_baselines: dict[str, Differences]
    """By baseline the figures of clips less the baseline's, with what is more than chance."""
    filtering: FilterReport | None
    """How a filter's ONNX does on the pairs held out; None: the net scores."""
    elapsed_seconds: float
    """Of the whole run."""


def run_pixel_fit(
    samples: SampleRows,
    recipe: PixelRecipe,
    out_dir: Path,
    options: FitOptions,
    *,
    on_epoch: Callable[[PixelEpoch], None] = no_watcher,
    on_start: Callable[[str], None] = no_listener,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> PixelFitReport:
    """Trains one net and writes ``checkpoint.pt``, ``bundle/`` and ``eval_report.json`` into ``out_dir``.

    Args:
        samples: Of the recipe's kind and target.
        recipe: How to train, and which samples judge.
        out_dir: Made where it does not exist; a training that was cut off there is gone on with.
        options: What to make.
        on_epoch: Told how the training goes.
        on_start: Told in words whether a training is gone on with.
        progress: Told how far training and baselines are.
        cancel: Stops the work.

    Raises:
        FitError: too few sources, or the training runs away.
        TableError: a source or fact that is to be held out is not there.
        CancelledError: ``cancel`` was set.
    """
    started = time.monotonic()
    split = split_samples(
        samples,
        val_sources=recipe.val_sources,
        val_fraction=recipe.val_fraction,
        stop_fraction=recipe.stop_fraction,
        hold_out=recipe.hold_out,
        seed=recipe.seed,
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    fitted = fit_pixel_net(
        samples,
        split,
        recipe,
        out_dir / CHECKPOINT,
        restart=options.restart,
        on_epoch=on_epoch,
        on_start=on_start,
        progress=progress,
        cancel=cancel,
    )
    bundle = export_pixel_net(fitted, out_dir / BUNDLE)
    model = open_model(bundle.directory)
    report = _report(fitted, split, out_dir, model)
    if recipe.is_filter:
        report = replace(report, filtering=_judged_filter(model, samples, split, out_dir, options))
    else:
        report = _judged_score(report, model, samples, split, options, progress=progress)
    return replace(report, elapsed_seconds=time.monotonic() - started)


def _report(fitted: FittedPixelNet, split: SampleSplit, out_dir: Path, model: Model) -> PixelFitReport:
    return PixelFitReport(
        model=model.sidecar.id,
        architecture=fitted.architecture,
        parameter_count=fitted.parameter_count,
        recipe=fitted.recipe.name,
        recipe_sha256=fitted.recipe.sha256,
        seed=fitted.recipe.seed,
        train_samples=int(np.count_nonzero(split.train)),
        stop_samples=int(np.count_nonzero(split.stop)),
        val_samples=int(np.count_nonzero(split.val)),
        protocol=split.protocol,
        val_sources=split.val_sources,
        smoke=fitted.smoke,
        checkpoint=out_dir / CHECKPOINT,
        bundle=out_dir / BUNDLE,
        evaluation=None,
        less_baselines={},
        filtering=None,
        elapsed_seconds=0.0,
    )


def _judged_filter(
    model: Model, samples: SampleRows, split: SampleSplit, out_dir: Path, options: FitOptions
) -> FilterReport:
    found = evaluate_filter(model, samples, mask=split.val, protocol=split.protocol)
    found = replace(found, command=options.command)
    write_json(out_dir / REPORT, to_document("eval-filter", found))
    return found


def _judged_score(
    report: PixelFitReport,
    model: Model,
    samples: SampleRows,
    split: SampleSplit,
    options: FitOptions,
    *,
    progress: Progress,
) -> PixelFitReport:
    found = evaluate_samples(model, samples, mask=split.val, protocol=split.protocol)
    found = replace(found, command=options.command)
    less: dict[str, Differences] = {}
    if options.baselines:
        figures, less = _beside(model, samples, split, progress=progress)
        found = replace(found, baselines=figures)
    write_json(report.checkpoint.parent / REPORT, to_document("eval", found))
    _quote(Bundle(report.bundle), found)
    return replace(report, evaluation=found, less_baselines=less)


def _quote(bundle: Bundle, report: EvalReport) -> None:
    """The bundle's sidecar and card say from now on how it did."""
    sidecar = open_model(bundle.directory).sidecar
    sidecar = with_figures(sidecar, evaluation=evaluations_of(report, kept_in=REPORT), latency=latency_of(report))
    write_bundle(bundle.directory, bundle.onnx.read_bytes(), sidecar)


def _beside(
    model: Model, samples: SampleRows, split: SampleSplit, *, progress: Progress
) -> tuple[dict[str, dict[str, Json]], dict[str, Differences]]:
    """Per baseline its figures on the samples that judge, and the model's less these, over clips."""
    places = np.flatnonzero(split.val)
    rows = samples.rows
    groups = rows.source_index[places]
    mine = clip_scores(samples, places, model.score_samples(samples.take(places)).astype(np.float64))
    figures, less = {}, {}
    for name, predict in baselines_of(samples, split, progress=progress).items():
        predicted = predict(samples, places)
        theirs = clip_scores(samples, places, predicted)
        frames = asdict(figures_of(predicted, rows.target[places].astype(np.float64), groups))
        by_clip = clip_figures(
            predicted,
            samples.clip_target[places],
            clips=rows.clip_index[places],
            groups=groups,
            opinions=rows.target_name == MOS,
        )
        figures[name] = {**frames, "clip_level": asdict(by_clip)}
        less[name] = paired_differences(theirs.predicted, mine.predicted, mine.true, mine.source)
    return figures, less
