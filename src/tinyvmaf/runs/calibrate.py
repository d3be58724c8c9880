"""A bundle and the tables of its training -> error bars that hold on sources it has not seen, in its sidecar and card.

An error bar here is the distance to the target's own number: libvmaf's, where a teacher is the target.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event

from tinyvmaf.bundles.bundle import Bundle, Sidecar
from tinyvmaf.bundles.cards import write_bundle
from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.documents import to_document, write_json
from tinyvmaf.errors import BundleError, TableError
from tinyvmaf.models.checkpoint import read_checkpoint
from tinyvmaf.models.fitted import facts_of
from tinyvmaf.models.recipe import Recipe, read_recipe
from tinyvmaf.models.recipe_files import recipe_names
from tinyvmaf.pixels.intervals import LEVEL
from tinyvmaf.progress import Progress, silent
from tinyvmaf.runs.bar_figures import PARTITIONS, BarReport, bars_of
from tinyvmaf.runs.fit import CHECKPOINT, split_of
from tinyvmaf.runs.out_of_fold import JudgedClasses, Scorer, judged_by_class, nets_without_each
from tinyvmaf.table.rows import Rows, rows_of
from tinyvmaf.table.splits import Mask
from tinyvmaf.table.store import ClipTable
from tinyvmaf.table.truth import is_of_kernel

REPORT = "calibration_report.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateOptions:
    """How error bars are calibrated."""

    groups: int = 9
    """Groups of sources; a net is trained without each."""
    level: float = LEVEL
    """The probability that a bar claims."""
    command: str = "tinyvmaf calibrate"
    """What a reader types to make the bars again; it stands in the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationReport:
    """The error bars of a model."""

    model: str
    """Its id."""
    model_sha256: str
    """Of its ``model.onnx``."""
    target: str
    """What the bars are the distance to."""
    recipe_sha256: str
    """Of the nets that were trained without a group, and of the model."""
    groups: int
    """Groups of sources; 0: what the training held out sets the bars."""
    level: float
    """The probability that the bars claim."""
    bars: tuple[BarReport, ...]
    """By extractor, sampling and size class."""
    left_out: tuple[str, ...]
    """In words: what has no bar, and why."""
    command: str
    """What makes the report again."""
    elapsed_seconds: float
    """Of the whole run."""


def run_calibrate(
    bundle: Bundle,
    tables: Sequence[ClipTable],
    options: CalibrateOptions,
    *,
    on: Sequence[ClipTable] = (),
    judges: Sequence[ClipTable] = (),
    progress: Progress = silent,
    cancel: Event | None = None,
) -> CalibrationReport:
    """Calibrates the model; its bars go into sidecar and card, ``calibration_report.json`` stands beside the bundle.

    Args:
        bundle: A head that ``fit`` made, on no shelf.
        tables: Those of its training, in their order.
        options: How.
        on: The tables whose errors set the bars; none: ``tables``. The kernel's need libvmaf's of the same clips.
        judges: Tables of other sources, which check the bars.
        progress: Told how far the trainings are.
        cancel: Stops the work.

    Raises:
        BundleError: the model's recipe is not to be found.
        TableError: the tables are not those of its training, a source that trains is to judge, or a frame of the
            kernel's has no true score.
        FitError: there is one source only.
        CancelledError: ``cancel`` was set.
    """
    started = time.monotonic()
    model = open_model(bundle.directory)
    recipe = recipe_of(bundle, model.sidecar)
    rows = rows_of(tables, feature_set=recipe.features, target=recipe.target)
    train = _trained_rows(rows, recipe, model.sidecar)
    on = on or tables
    contents = _contents(on) & set(rows.source[train])
    nets = nets_without_each(rows, train, recipe, contents, groups=options.groups, progress=progress, cancel=cancel)
    setting = judged_by_class(on, _truths(tables, on), Scorer(model, rows, train, nets), recipe)
    checking = _checking(model, rows, train, judges, recipe)
    report = _report(model, recipe, setting, checking, options)
    report = replace(report, elapsed_seconds=time.monotonic() - started)
    path = bundle.directory.parent / REPORT
    write_json(path, to_document("calibrate", report))
    write_bundle(bundle.directory, bundle.onnx.read_bytes(), with_bars(model.sidecar, report, kept_in=path.name))
    return report


def with_bars(sidecar: Sidecar, report: CalibrationReport, *, kept_in: str) -> Sidecar:
    """The same sidecar with the bars of a report, and where that is kept."""
    return replace(sidecar, intervals=tuple(replace(bar.interval, report=kept_in) for bar in report.bars))


def recipe_of(bundle: Bundle, sidecar: Sidecar) -> Recipe:
    """The recipe that a model was trained by: of the checkpoint beside its bundle, else the one that came along.

    Raises:
        BundleError: neither is the one whose hash the sidecar states.
    """
    if sidecar.recipe is None or sidecar.seed is None:
        raise BundleError(
            f"{sidecar.id} was not trained by a recipe, so no net like it can be trained without a source"
        )
    found = []
    checkpoint = bundle.directory.parent / CHECKPOINT
    if checkpoint.exists():
        found.append(read_checkpoint(checkpoint).recipe)
    if sidecar.recipe.name in recipe_names():
        given = {
            "seed": sidecar.seed,
            "feature_set": sidecar.feature_set,
            "target": sidecar.target.removesuffix("_100"),
        }
        found.append(read_recipe(sidecar.recipe.name).override(**given))
    for recipe in found:
        if recipe.sha256 == sidecar.recipe.sha256:
            return recipe
    raise BundleError(
        f"the recipe of {sidecar.id}, {sidecar.recipe.name} with overrides, is not to be found: keep the folder that "
        f"`tinyvmaf fit` wrote as it is, {CHECKPOINT} beside the bundle"
    )


def _trained_rows(rows: Rows, recipe: Recipe, sidecar: Sidecar) -> Mask:
    train = split_of(rows, recipe).train
    if facts_of(rows, train) != sidecar.trained_on:
        trained = ", ".join(f"{facts.corpus} ({facts.table_key[:12]})" for facts in sidecar.trained_on)
        given = ", ".join(f"{facts.corpus} ({facts.table_key[:12]})" for facts in rows.facts)
        raise TableError(f"{sidecar.id} was trained on {trained}; --table gives {given}: give those of its training")
    return train


def _contents(tables: Sequence[ClipTable]) -> set[str]:
    return {source for table in tables for _, source in table.sources()}


def _truths(*tables: Sequence[ClipTable]) -> list[ClipTable]:
    return [table for some in tables for table in some if not is_of_kernel(table)]


def _checking(model: Model, rows: Rows, train: Mask, judges: Sequence[ClipTable], recipe: Recipe) -> JudgedClasses:
    seen = sorted(_contents(judges) & set(rows.source))
    if seen:
        raise TableError(f"the training's tables hold {', '.join(seen)}: those sources cannot check its error bars")
    return judged_by_class(judges, _truths(judges), Scorer(model, rows, train, {}), recipe)


def _report(
    model: Model, recipe: Recipe, setting: JudgedClasses, checking: JudgedClasses, options: CalibrateOptions
) -> CalibrationReport:
    bars, short = bars_of(
        setting.classes,
        checking.classes,
        level=options.level,
        span=model.sidecar.output_range or (-math.inf, math.inf),
        provenance=f"cross-conformal in {options.groups} groups, held over {PARTITIONS} random partitions of them",
        command=options.command,
    )
    return CalibrationReport(
        model=model.sidecar.id,
        model_sha256=model.sha256,
        target=model.sidecar.target,
        recipe_sha256=recipe.sha256,
        groups=options.groups,
        level=options.level,
        bars=bars,
        left_out=(*setting.left_out, *checking.left_out, *short),
        command=options.command,
        elapsed_seconds=0.0,
    )
