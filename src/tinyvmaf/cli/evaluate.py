"""The command that judges a model on clip tables."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyvmaf.cli.judging_options import (
    AsJson,
    Corpus,
    KonvidValFraction,
    MosScale,
    Part,
    Seed,
    ValMode,
    ValSources,
    tables_for,
)
from tinyvmaf.cli.report import ReportFile, save_page
from tinyvmaf.cli.sample_models import SampleJudging, judge_samples, refuse_for_samples

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.scores.evaluate import EvalReport


def evaluate(
    model: Annotated[str, typer.Argument(help="A model of the shelf by its id, or the path of a bundle.")],
    *,
    table: Annotated[
        list[str] | None, typer.Option(help="A clip table, F.parquet or NAME=F.parquet; repeatable.")
    ] = None,
    samples: Annotated[
        list[Path] | None,
        typer.Option(help="Pixel samples instead of a table, for models that see pixels; repeatable."),
    ] = None,
    split: Part = "all",
    val_mode: ValMode = None,
    val_source: ValSources = None,
    konvid_val_fraction: KonvidValFraction = 0.1,
    seed: Seed = 0,
    corpus: Corpus = None,
    mos_scale: MosScale = None,
    truth: Annotated[
        list[str] | None,
        typer.Option(help="A table of the same frames by libvmaf, whose scores are the true ones; repeatable."),
    ] = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Keep predicted and true scores of clips, and of a sample of frames.")
    ] = False,
    page: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """How well a model predicts: correlations and error per frame, per clip, per corpus and per source, and its speed.

    A table of the kernel holds the teacher on the kernel's own features; with --truth, libvmaf's number judges it.

    Example: `tinyvmaf eval fr_mlp_small --table netflix.parquet`

    Example: `tinyvmaf eval nr_vmaf --samples patches`
    """
    sources = tuple(val_source or ())
    if samples:
        refuse_for_samples(table=table, val_mode=val_mode, corpus=corpus, mos_scale=mos_scale, truth=truth)
        judge_samples(SampleJudging(model, tuple(samples), split, sources, seed, pairs), page, as_json=as_json)
        return
    if not table:
        raise typer.BadParameter("give one or more --table, or --samples for a model that sees pixels")
    from tinyvmaf.bundles.session import open_model
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.training_view import command_line
    from tinyvmaf.documents import to_document
    from tinyvmaf.scores.judged_rows import RowChoice, evaluate_tables
    from tinyvmaf.scores.report.model_page import eval_page

    choice = RowChoice(split, val_mode, sources, konvid_val_fraction, seed, corpus)
    tables, truths = tables_for(table, mos_scale), tables_for(truth or (), None)
    opened, keeping = open_model(model), pairs or page is not None
    report = evaluate_tables(opened, tables, choice, truths=truths, pairs=keeping, command=command_line())
    told = report if pairs else replace(report, pairs=None)
    answer(to_document("eval", told), as_json=as_json, text=_view(report))
    save_page(page, lambda: eval_page(report, opened.sidecar))


def _view(report: "EvalReport") -> "RenderableType":
    """The figures with their intervals, and the sources, worst first."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    head = Text(f"{report.model} against {report.target}: {report.protocol}", style="bold")
    figures = Table("", "n", "PLCC", "SROCC", "KROCC", "RMSE", box=None, pad_edge=False)
    for level, found in (("frames", report), ("clips", report.clip_level)):
        pairs = [(getattr(found, name), getattr(found, f"{name}_interval")) for name in _METRICS]
        figures.add_row(level, f"{found.n_samples:,}", *[_with_interval(*pair) for pair in pairs])
    found = report.clip_level
    if found.rmse_p1401 is not None:
        mapped = _with_interval(found.plcc_p1401, found.plcc_p1401_interval)
        error = _with_interval(found.rmse_p1401, found.rmse_p1401_interval)
        figures.add_row("clips, mapped (P.1401)", f"{found.n_samples:,}", mapped, "", "", error)
    means = [_with_interval(report.mean_over_sources[name], None) for name in _METRICS]
    figures.add_row("mean over sources", f"{len(report.per_source)}", *means)
    sources = Table("source", "n", "PLCC", "SROCC", "KROCC", "RMSE", box=None, pad_edge=False)
    for name, found in sorted(report.per_source.items(), key=lambda item: -item[1].rmse):
        sources.add_row(
            Text(name), f"{found.n:,}", *[_with_interval(getattr(found, metric), None) for metric in _METRICS]
        )
    speed = f"{report.latency_ms_p50_per_clip:.3f} ms per clip (median), {report.latency_ms_p95_per_clip:.3f} ms (p95)"
    return Group(head, figures, Text(), sources, Text(), Text(f"the model alone: {speed}"))


_METRICS = ("plcc", "srocc", "krocc", "rmse")


def _with_interval(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "constant"
    return f"{value:.4f}" + ("" if interval is None else f" [{interval[0]:.4f}, {interval[1]:.4f}]")
