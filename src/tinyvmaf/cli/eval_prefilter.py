"""The command that judges a pre-filter by what it saves and costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyvmaf.cli.corpus_options import DataRoot, Root, corpus_request
from tinyvmaf.cli.report import ReportFile, save_page

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from tinyvmaf.runs.eval_prefilter import FilterTrial, PrefilterReport
    from tinyvmaf.scores.filter_figures import FilterFigures, MeanOverSources
    from tinyvmaf.video.file import VideoFile


def eval_prefilter(
    root: Root = None,
    *,
    layout: Annotated[
        str, typer.Option("--layout", help="netflix, konvid-1k, bvi-dvc, folder or manifest.")
    ] = "folder",
    model: Annotated[
        str | None,
        typer.Option(help="A pre-filter by its id or path; default: prefilter_lite."),
    ] = None,
    ladder: Annotated[
        list[str] | None, typer.Option(help="A curve of encodes, four or more, such as x264:22,28,34,40; repeatable.")
    ] = None,
    degradation: Annotated[
        list[str] | None, typer.Option(help="Done to the videos before: none, grain, blur_jpeg; repeatable.")
    ] = None,
    frames: Annotated[int, typer.Option(min=0, help="The first frames of each video; 0: all.")] = 64,
    height: Annotated[int | None, typer.Option(min=64, help="Make the videos so many lines high first.")] = None,
    max_sources: Annotated[int | None, typer.Option(min=1, help="Only the first so many videos.")] = None,
    strength: Annotated[float, typer.Option(min=0, max=1, help="Share of the filter's change to apply.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of the degradations.")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="Threads of the filter; 0: one per core.")] = 0,
    keep: Annotated[
        Path | None, typer.Option(help="A folder for what is measured of each video, to go on there after a stop.")
    ] = None,
    data_root: DataRoot = None,
    page: ReportFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """BD-rate, PSNR gain and time of a pre-filter, beside no filter and ffmpeg's unsharp and hqdn3d as strong as it.

    Quality is judged against the clean video by VMAF-NEG, VMAF v1 and SSIM at once; means are over videos, with 95 %
    intervals from five videos on.

    Example: `tinyvmaf eval-prefilter references --ladder x264:22,26,30,34,38,42 --degradation none --degradation grain`
    """
    from tinyvmaf.bundles.session import open_model
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.cli.training_view import command_line
    from tinyvmaf.documents import to_document
    from tinyvmaf.runs.eval_prefilter import eval_prefilter as judge
    from tinyvmaf.runs.prefilter_page import prefilter_page
    from tinyvmaf.scores.prefilter import DEFAULT_MODEL
    from tinyvmaf.video.ffmpeg import available_cores

    trial = _trial(ladder, degradation, frames=frames, height=height, strength=strength, seed=seed)
    opened = open_model(model or DEFAULT_MODEL, threads=threads or available_cores())
    sources = _sources(layout, root, data_root, max_sources)
    with progress_bar() as progress:
        report = judge(sources, opened, trial, command=command_line(), kept=keep, progress=progress)
    answer(to_document("eval-prefilter", report), as_json=as_json, text=_view(report))
    save_page(page, lambda: prefilter_page(report))


def _trial(
    ladder: list[str] | None,
    degradation: list[str] | None,
    *,
    frames: int,
    height: int | None,
    strength: float,
    seed: int,
) -> "FilterTrial":
    from tinyvmaf.runs.eval_prefilter import DEFAULT_LADDERS, FilterTrial, ladders_from

    try:
        return FilterTrial(
            degradations=tuple(degradation or ("none", "grain")),
            ladders=ladders_from(ladder or DEFAULT_LADDERS),
            frames=frames,
            height=height,
            strength=strength,
            seed=seed,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _sources(layout: str, root: Path | None, data_root: Path | None, most: int | None) -> "dict[str, VideoFile]":
    """The pristine videos of a corpus, by name."""
    from tinyvmaf.corpora.layouts import list_corpus
    from tinyvmaf.video.file import VideoFile

    listing = list_corpus(corpus_request(layout, root, data_root=data_root, ladder=["x264:30"]))
    found = {clip.source: clip.reference for clip in listing.clips if isinstance(clip.reference, VideoFile)}
    return dict(list(found.items())[:most])


def _view(report: "PrefilterReport") -> "RenderableType":
    """The verdicts, then BD-rates, gains and costs."""
    from rich.console import Group
    from rich.text import Text

    head = f"{report.model} at strength {report.strength:g}, {len(report.sources)} videos"
    said = [Text(verdict) for verdict in report.verdicts]
    words = Text(f"unsharp and hqdn3d as strong as it: {report.matching}", style="dim")
    tables = (_deltas(report.figures), Text(), _gains(report.figures), Text(), _costs(report.figures))
    return Group(Text(head, style="bold"), *said, Text(), *tables, words)


def _deltas(figures: "FilterFigures") -> "Table":
    from rich.table import Table
    from rich.text import Text

    metrics = list(dict.fromkeys(delta.metric for delta in figures.deltas))
    table = Table("BD-rate, %", "ladder", "filter", *metrics, box=None, pad_edge=False, header_style="bold")
    for key in dict.fromkeys((each.degradation, each.ladder, each.filter) for each in figures.deltas):
        cells = {e.metric: e for e in figures.deltas if (e.degradation, e.ladder, e.filter) == key}
        table.add_row(
            *(Text(word, overflow="fold") for word in key),
            *(_mean(cells[metric].bd_rate_percent) for metric in metrics),
        )
    return table


def _gains(figures: "FilterFigures") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("PSNR gain, dB", "filter", "gain", box=None, pad_edge=False, header_style="bold")
    for gain in figures.gains:
        table.add_row(gain.degradation, Text(gain.filter), _mean(gain.psnr_gain_db))
    return table


def _costs(figures: "FilterFigures") -> "Table":
    from rich.table import Table
    from rich.text import Text

    headings = ("time", "ladder", "filter", "filter ms/frame", "encode ms/frame", "overhead")
    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for cost in figures.costs:
        times = (
            f"{cost.filter_ms_per_frame:.1f}",
            f"{cost.encode_ms_per_frame:.1f}",
            "-" if cost.overhead_percent is None else f"{cost.overhead_percent:+.0f} %",
        )
        table.add_row(cost.degradation, Text(cost.ladder, overflow="fold"), Text(cost.filter), *times)
    return table


def _mean(found: "MeanOverSources") -> str:
    if found.mean is None:
        return "-"
    interval = "" if found.interval is None else f" [{found.interval[0]:+.2f}, {found.interval[1]:+.2f}]"
    return f"{found.mean:+.2f}{interval} ({len(found.per_source)})"
