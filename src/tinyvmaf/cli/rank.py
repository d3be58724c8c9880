"""The command that ranks encodes of one reference."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyvmaf.cli.options import SOME_FAILED, one_of, raw_format
from tinyvmaf.cli.report import ReportFile, save_ranking
from tinyvmaf.cli.score_options import (
    AsJson,
    Exact,
    Fast,
    Full,
    ModelName,
    NoFrames,
    Offset,
    Pair,
    PixFmt,
    Reference,
    Shortest,
    Size,
    Teacher,
    Threads,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.scores.rank import RankedEncode, Ranking


def rank(
    reference: Reference,
    encodes: Annotated[list[Path], typer.Argument(help="Its encodes: files, folders, patterns.")],
    fast: Fast = False,
    full: Full = False,
    exact: Exact = False,
    teacher: Teacher = "vmaf",
    model: ModelName = None,
    size: Size = None,
    pix_fmt: PixFmt = None,
    pair: Pair = "time",
    offset: Offset = 0,
    shortest: Shortest = False,
    threads: Threads = 0,
    pool: Annotated[str, typer.Option(help="What decides: mean, harmonic_mean, min, p1, p5, p10, median.")] = "mean",
    no_frames: NoFrames = False,
    page: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Encodes of one reference, worst first: what each costs, what it is worth, and where its worst frame is.

    Size is of the file, the bitrate of its video alone; 1 % low is the score that 99 of 100 frames exceed. An encode
    that cannot be scored is listed as failed, and the others are ranked all the same.

    Example: `tinyvmaf rank reference.mp4 encodes/*.mp4`
    """
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.cli.score_view import Paired, mode_from, options_from
    from tinyvmaf.corpora.named_files import named_videos
    from tinyvmaf.documents import to_document
    from tinyvmaf.scores.pooling import POOLS
    from tinyvmaf.scores.rank import rank as rank_encodes
    from tinyvmaf.scores.score import planned_by
    from tinyvmaf.video.file import VideoFile

    raw, mode = raw_format(size, pix_fmt), mode_from(fast=fast, full=full, exact=exact)
    one_of(pool, POOLS, option="--pool")
    paired = Paired(pair, offset, shortest)
    options = options_from(mode, paired, teacher=teacher, model=model, threads=threads)
    files = [VideoFile(path, raw) for path in named_videos(encodes, apart_from=reference)]
    with progress_bar() as progress:
        result = rank_encodes(VideoFile(reference, raw), files, options, pool=pool, progress=progress)
    short = result.without_frames() if no_frames else result
    answer(to_document("rank", short), as_json=as_json, text=_view(result))
    save_ranking(page, result, planned_by(VideoFile(reference, raw), files, options))
    _end(result)


def _view(result: "Ranking") -> "RenderableType":
    """A row per encode, worst first."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if not result.encodes:
        return Text("no encode could be scored")
    pooled = [] if result.pool in {"mean", "p1"} else [result.pool]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("encode", overflow="fold")
    for heading in ("size", "kbit/s", "score", *pooled, "1 % low", "worst frame", "took"):
        table.add_column(heading, justify="right", overflow="fold")  # on narrow terminals nothing is cut off
    for encode in result.encodes:
        further = [f"{getattr(encode.score.pooled, name):.2f}" for name in pooled]
        table.add_row(Text(str(encode.distorted)), *_cells(encode, further))
    warnings = [
        Text(f"warning: {encode.distorted.name}: {warning}", style="yellow")
        for encode in result.encodes
        for warning in encode.score.warnings
    ]
    return Group(table, Text(_words(result), style="dim"), *warnings)


def _cells(encode: "RankedEncode", further: list[str]) -> list[str]:
    from tinyvmaf.cli.output import file_size

    score = encode.score
    bar = (
        ""
        if score.interval is None
        else f" ±{max(score.score - score.interval[0], score.interval[1] - score.score):.2f}"
    )
    return [
        file_size(encode.byte_count),
        f"{encode.bitrate_kbps:.0f}",
        f"{score.score:.2f}{bar}",
        *further,
        f"{score.pooled.p1:.2f}",
        f"{score.pooled.min:.2f} at {encode.worst_seconds:.2f} s",
        f"{score.elapsed_seconds:.1f} s",
    ]


def _words(result: "Ranking") -> str:
    """What the numbers are."""
    score = result.encodes[0].score
    what = score.teacher if score.model is None else f"{score.teacher} by {score.model}"
    bar = "" if score.interval_level is None else f", ± the {score.interval_level:.0%} error bar"
    return f"{what} ({score.kind}, {score.extractor}){bar}; worst {result.pool} first"


def _end(result: "Ranking") -> None:
    """Says which encodes failed, and ends with 1 when some did."""
    from tinyvmaf.cli.output import say

    for failed in result.failed:
        named = str(failed.distorted) in failed.error
        say(f"failed: {failed.error}" if named else f"failed: {failed.distorted}: {failed.error}")
    if result.failed:
        raise typer.Exit(SOME_FAILED)
