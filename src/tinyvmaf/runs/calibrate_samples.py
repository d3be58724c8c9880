"""A no-reference bundle and the samples of its training -> error bars that hold on sources it has not seen.

The sources that its training held out set the bars (split-conformal); others, apart, may check them. An error bar is
the distance to the target's own number: libvmaf's, where a teacher is the target; people's for a net of opinions.

Such a score errs by whole sources, and few set its bar. So it is a bar that holds at least as often as it says: one
that holds so on average over the sources that set it, here eleven, held 77 % of 32 others' clips instead of 90.
"""

import time

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.bundle import Bundle
from tinyvmaf.bundles.cards import write_bundle
from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.documents import to_document, write_json
from tinyvmaf.errors import TableError
from tinyvmaf.models.fitted import facts_of
from tinyvmaf.models.pixel_checkpoint import load_pixel_checkpoint
from tinyvmaf.models.pixel_recipe import PixelRecipe
from tinyvmaf.runs.bar_figures import PARTITIONS, bars_of
from tinyvmaf.runs.calibrate import REPORT, CalibrateOptions, CalibrationReport, with_bars
from tinyvmaf.runs.fit import CHECKPOINT
from tinyvmaf.runs.out_of_fold import BarClass, Judged
from tinyvmaf.scores.error_bars import ALL_SIZES, OWN_EXTRACTOR
from tinyvmaf.scores.evaluate_samples import check_samples, predict_samples
from tinyvmaf.table.sample_rows import SampleRows
from tinyvmaf.table.sample_splits import split_samples

Places = NDArray[np.int64]


def run_calibrate_samples(
    bundle: Bundle,
    samples: SampleRows,
    options: CalibrateOptions,
    *,
    on: SampleRows | None = None,
    judges: SampleRows | None = None,
) -> CalibrationReport:
    """Calibrates the model; its bars go into sidecar and card, ``calibration_report.json`` stands beside the bundle.

    Args:
        bundle: A score without a reference that ``fit`` made, its checkpoint beside it.
        samples: The set of its training.
        options: How; groups mean nothing here.
        on: Samples whose errors set the bars, of those of their sources that its training held out; None: ``samples``.
        judges: Samples of other sources, which check the bars.

    Raises:
        FitError: there is no checkpoint.
        TableError: the samples are not those of its training, none of ``on`` was held out, or a source of the
            training's is to check the bars.
    """
    started = time.monotonic()
    model = open_model(bundle.directory)
    recipe = load_pixel_checkpoint(bundle.directory.parent / CHECKPOINT).recipe
    what = BarClass(OWN_EXTRACTOR, model.sidecar.inputs[0].name, ALL_SIZES)
    held_out = _held_out(model, samples, recipe)
    on = on or samples
    setting = {what: _judged(model, on, _places_of(on, set(samples.rows.source[held_out])))}
    checking = {}
    if judges is not None:
        _check_apart(samples, judges)
        checking = {what: _judged(model, judges, np.arange(len(judges)))}
    bars, short = bars_of(
        setting,
        checking,
        level=options.level,
        span=model.sidecar.output_range or (0.0, 100.0),
        provenance=f"which its training held out; held over {PARTITIONS} random partitions of them",
        command=options.command,
        guaranteed=True,
    )
    report = CalibrationReport(
        model=model.sidecar.id,
        model_sha256=model.sha256,
        target=model.sidecar.target,
        recipe_sha256=recipe.sha256,
        groups=0,
        level=options.level,
        bars=bars,
        left_out=short,
        command=options.command,
        elapsed_seconds=time.monotonic() - started,
    )
    path = bundle.directory.parent / REPORT
    write_json(path, to_document("calibrate", report))
    write_bundle(bundle.directory, bundle.onnx.read_bytes(), with_bars(model.sidecar, report, kept_in=path.name))
    return report


def _held_out(model: Model, samples: SampleRows, recipe: PixelRecipe) -> Places:
    """The samples of sources that the training did not see."""
    split = split_samples(
        samples,
        val_sources=recipe.val_sources,
        val_fraction=recipe.val_fraction,
        stop_fraction=recipe.stop_fraction,
        hold_out=recipe.hold_out,
        seed=recipe.seed,
    )
    if facts_of(samples.rows, split.train) != model.sidecar.trained_on:
        trained = ", ".join(f"{facts.corpus} ({facts.table_key[:12]})" for facts in model.sidecar.trained_on)
        raise TableError(f"{model.sidecar.id} was trained on {trained}; --samples gives others ({samples.key[:12]})")
    return np.flatnonzero(split.val)


def _places_of(samples: SampleRows, sources: set[str]) -> Places:
    places = np.flatnonzero(np.isin(samples.rows.source, sorted(sources)))
    if not len(places):
        raise TableError(
            f"the training held out {', '.join(sorted(sources))}: no sample that is to set a bar is of these"
        )
    return places


def _check_apart(samples: SampleRows, judges: SampleRows) -> None:
    seen = sorted(set(judges.rows.source) & set(samples.rows.source))
    if seen:
        raise TableError(f"the training's samples hold {', '.join(seen)}: those sources cannot check its error bars")


def _judged(model: Model, samples: SampleRows, places: Places) -> Judged:
    check_samples(model.sidecar, samples, places)
    predicted, _ = predict_samples(model, samples, places)
    rows = samples.rows
    return Judged(
        predicted, rows.target[places].astype(np.float64), rows.source[places], rows.clip_index[places].astype(np.int64)
    )
