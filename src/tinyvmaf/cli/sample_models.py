"""What ``fit --samples`` and ``eval --samples`` do: nets that see pixels, and what of them is shown to people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tinyvmaf.cli.report import save_page

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.models.pixel_training import PixelEpoch
    from tinyvmaf.models.recipe_entries import Value
    from tinyvmaf.runs.calibrate import CalibrationReport
    from tinyvmaf.runs.pixel_fit import PixelFitReport
    from tinyvmaf.scores.evaluate import EvalReport
    from tinyvmaf.scores.evaluate_samples import FilterReport


@dataclass(frozen=True, slots=True)
class SampleFit:
    """A fit on pixel samples as it was typed."""

    directories: tuple[Path, ...]
    """Of the samples."""
    out_dir: Path
    """To write to."""
    model_arch: str | None
    """Which net."""
    recipe: str | None
    """Which recipe."""
    changes: "Mapping[str, Value]"
    """Entries of the recipe that were given, or None."""
    baselines: bool
    """Whether they are made too."""
    restart: bool
    """Whether a training that was cut off is begun anew."""


@dataclass(frozen=True, slots=True)
class SampleJudging:
    """An evaluation on pixel samples as it was typed."""

    model: str
    """Id or path."""
    directories: tuple[Path, ...]
    """Of the samples."""
    part: str
    """``all``, ``train`` or ``val``."""
    val_sources: tuple[str, ...]
    """Sources to hold out."""
    seed: int
    """Of picked sources."""
    pairs: bool
    """Whether the scores are kept beside the truth."""


def refuse_for_samples(**given: object) -> None:
    """A usage error where an option of clip tables stands beside ``--samples``.

    Raises:
        typer.BadParameter: one has a value.
    """
    for name, value in given.items():
        if value:
            raise typer.BadParameter(
                "it is for clip tables, and does not go with --samples", param_hint=f"--{name.replace('_', '-')}"
            )


def fit_samples(fit: SampleFit, *, as_json: bool) -> None:
    """Trains a net on the samples of a folder, and answers with the report."""
    from tinyvmaf.cli.output import answer, progress_bar, say
    from tinyvmaf.cli.training_view import command_line
    from tinyvmaf.documents import to_document
    from tinyvmaf.models.pixel_recipe import pixel_recipe_for
    from tinyvmaf.runs.fit import FitOptions
    from tinyvmaf.runs.pixel_fit import run_pixel_fit
    from tinyvmaf.table.sample_rows import sample_rows, target_of
    from tinyvmaf.table.sample_set import read_samples

    sets = [read_samples(directory) for directory in fit.directories]
    changes = {
        "target": target_of(sets[0]),
        **{name: value for name, value in fit.changes.items() if value is not None},
    }
    recipe = pixel_recipe_for(architecture=fit.model_arch, recipe=fit.recipe, sample_kind=sets[0].kind, changes=changes)
    options = FitOptions(baselines=fit.baselines, restart=fit.restart, command=command_line())
    with progress_bar() as progress:
        report = run_pixel_fit(
            sample_rows(*sets),
            recipe,
            fit.out_dir,
            options,
            on_epoch=lambda epoch: say(epoch_line(epoch)),
            on_start=say,
            progress=progress,
        )
    answer(to_document("fit-samples", report), as_json=as_json, text=fit_view(report))


def judge_samples(judging: SampleJudging, page: Path | None = None, *, as_json: bool) -> None:
    """Judges a model on the samples of a folder, and answers with the report; ``page`` is where its page goes."""
    from tinyvmaf.bundles.session import open_model
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.training_view import command_line
    from tinyvmaf.documents import to_document
    from tinyvmaf.scores.evaluate import EvalReport
    from tinyvmaf.scores.evaluate_samples import SampleChoice, judge_on_samples
    from tinyvmaf.scores.report.filter_page import filter_page
    from tinyvmaf.scores.report.model_page import eval_page
    from tinyvmaf.table.sample_rows import sample_rows
    from tinyvmaf.table.sample_set import read_samples

    choice = SampleChoice(judging.part, judging.val_sources, judging.seed)
    samples = sample_rows(*(read_samples(directory) for directory in judging.directories))
    model = open_model(judging.model)
    keeping = judging.pairs or page is not None
    report = judge_on_samples(model, samples, choice, command=command_line(), pairs=keeping)
    if isinstance(report, EvalReport):
        told = report if judging.pairs else replace(report, pairs=None)
        answer(to_document("eval", told), as_json=as_json, text=judged_view(report))
        save_page(page, lambda: eval_page(report, model.sidecar))
    else:
        answer(to_document("eval-filter", report), as_json=as_json, text=filter_view(report))
        save_page(page, lambda: filter_page(report))


def calibrate_samples(
    model: Path,
    directories: "Sequence[Path]",
    *,
    on: "Sequence[Path]",
    judges: "Sequence[Path]",
    view: "Callable[[CalibrationReport], RenderableType]",
    as_json: bool,
) -> None:
    """Sets the error bars of a model by the samples of its training, and answers with them."""
    from tinyvmaf.bundles.session import bundle_at
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.training_view import command_line
    from tinyvmaf.documents import to_document
    from tinyvmaf.runs.calibrate import CalibrateOptions
    from tinyvmaf.runs.calibrate_samples import run_calibrate_samples
    from tinyvmaf.table.sample_rows import sample_rows
    from tinyvmaf.table.sample_set import read_samples

    samples = sample_rows(*map(read_samples, directories))
    setting, checking = (sample_rows(*map(read_samples, some)) if some else None for some in (on, judges))
    options = CalibrateOptions(command=command_line())
    report = run_calibrate_samples(bundle_at(model), samples, options, on=setting, judges=checking)
    answer(to_document("calibrate", report), as_json=as_json, text=view(report))


def epoch_line(epoch: "PixelEpoch") -> str:
    """One line on where a training is."""
    return (
        f"epoch {epoch.epoch} of {epoch.epochs}: loss {epoch.train_loss:.4f} in training, "
        f"{epoch.stop_loss:.4f} on sources that say when to stop  ({epoch.elapsed_seconds:.1f} s)"
    )


def fit_view(report: "PixelFitReport") -> "RenderableType":
    """How the net does beside its baselines, and where the files lie."""
    from rich.console import Group
    from rich.text import Text

    head = f"{report.val_samples:,} samples of {len(report.val_sources)} sources, {report.protocol}"
    parts: list[RenderableType] = [Text(head, style="bold")]
    if report.evaluation is not None:
        parts.append(score_view(report.evaluation))
        parts += [Text(_verdict(report, name)) for name in report.less_baselines]
    if report.filtering is not None:
        parts.append(filter_view(report.filtering))
    if report.smoke:
        parts.append(Text("a smoke model: it has learned nothing", style="yellow"))
    files = f"{report.checkpoint}\n{report.bundle}\n{report.checkpoint.parent / 'eval_report.json'}"
    return Group(*parts, Text(), Text(files))


def judged_view(report: "EvalReport") -> "RenderableType":
    """The figures of a model, under what it is judged against and whether its training saw that."""
    from rich.console import Group
    from rich.text import Text

    return Group(Text(f"{report.model} against {report.target}: {report.protocol}", style="bold"), score_view(report))


def score_view(report: "EvalReport") -> "RenderableType":
    """Figures of samples and of clips, by codec, and of the baselines."""
    from rich.table import Table
    from rich.text import Text

    table = Table("", "n", "PLCC", "SROCC", "KROCC", "RMSE", box=None, pad_edge=False)
    for level, found in ((f"{report.model}, samples", report), ("clips", report.clip_level)):
        table.add_row(Text(level), f"{found.n_samples:,}", *(_number(getattr(found, name)) for name in _METRICS))
    if report.clip_detail is not None:
        means = report.clip_detail.mean_over_sources
        sources = f"{len(report.clip_detail.per_source)}"
        table.add_row("clips, mean over sources", sources, *(_number(means[name]) for name in _METRICS))
        for codec, found in report.clip_detail.per_codec.items():
            row = [_number(getattr(found, name)) for name in _METRICS]
            table.add_row(Text(f"clips, {codec}"), f"{found.n:,}", *row)
    for name, figures in (report.baselines or {}).items():
        clips = figures["clip_level"]
        if isinstance(clips, Mapping):
            row = [_number(clips[metric]) for metric in _METRICS]
            table.add_row(Text(f"{name}, clips", style="dim"), f"{clips['n_samples']}", *row)
    return table


def filter_view(report: "FilterReport") -> "RenderableType":
    """PSNR before and after by degradation, and the model's speed."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table("", "pictures", "sources", "PSNR before", "after", "gain", "95 %", box=None, pad_edge=False)
    for name, found in report.per_degradation.items():
        low, high = found.gain_interval or (None, None)
        bounds = "" if low is None or high is None else f"{low:+.2f} to {high:+.2f}"
        figures = (f"{found.psnr_before:.2f}", f"{found.psnr_after:.2f}", f"{found.gain_db:+.2f} dB", bounds)
        table.add_row(Text(name), f"{found.n:,}", f"{found.sources}", *figures)
    speed = f"the model alone: {report.milliseconds_per_megapixel:.1f} ms per megapixel, on one thread"
    return Group(Text(f"{report.model}: {report.protocol}", style="bold"), table, Text(speed))


_METRICS = ("plcc", "srocc", "krocc", "rmse")


def _number(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "-"


def _verdict(report: "PixelFitReport", name: str) -> str:
    """Whether the net is better than a baseline, in words."""
    difference = report.less_baselines[name].rmse
    if difference.interval is None or difference.value is None:
        return f"against {name}: too few sources to tell"
    low, high = difference.interval
    more = "" if difference.separable else ", which chance alone may do"
    return f"against {name}: RMSE of clips {difference.value:+.2f} (95 % {low:+.2f} to {high:+.2f}){more}"
