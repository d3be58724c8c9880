"""The command that compares two sets of encodes by their Bjontegaard delta."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyvmaf.cli.options import one_of
from tinyvmaf.cli.score_options import AsJson, Exact, Fast, Full, Teacher

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.scores.rate_curves import BdReport
    from tinyvmaf.scores.score import ScoreOptions


def bd_rate(
    results: Annotated[
        list[Path],
        typer.Argument(help="Results of rank --json or score --json-lines, the first is the anchor; or the reference."),
    ],
    anchor: Annotated[
        list[Path] | None, typer.Option(help="An encode to compare with, a folder or a quoted pattern; repeatable.")
    ] = None,
    test: Annotated[
        list[Path] | None, typer.Option(help="An encode that is compared, a folder or a quoted pattern; repeatable.")
    ] = None,
    fast: Fast = False,
    full: Full = False,
    exact: Exact = False,
    teacher: Teacher = "vmaf",
    pool: Annotated[str, typer.Option(help="How frames make one score: mean, harmonic_mean, p1, p5, ...")] = "mean",
    as_json: AsJson = False,
) -> None:
    """How many more bits one set of encodes needs than another for the same score, in percent (below 0: it saves).

    Interpolated by Akima's rule over the scores that both reach, with the number by PCHIP beside it. Each set needs
    four encodes or more.

    Example: `tinyvmaf bd-rate reference.mp4 --anchor 'x264/*.mp4' --test 'x265/*.mp4' --teacher vmaf_neg`
    """
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.score_view import Paired, mode_from, options_from
    from tinyvmaf.documents import to_document
    from tinyvmaf.scores.pooling import POOLS
    from tinyvmaf.scores.rate_curves import compare_results

    one_of(pool, POOLS, option="--pool")
    mode = mode_from(fast=fast, full=full, exact=exact)
    if anchor or test:
        options = options_from(mode, Paired(), teacher=teacher, model=None, threads=0)
        report = _of_videos(results, anchor or (), test or (), options, pool=pool)
    elif len(results) > 1:
        report = compare_results(results, pool=pool)
    else:
        raise typer.BadParameter("name two results or more, or a reference with --anchor and --test")
    answer(to_document("bd-rate", report), as_json=as_json, text=_view(report))


def _of_videos(
    results: Sequence[Path], anchor: Sequence[Path], test: Sequence[Path], options: "ScoreOptions", *, pool: str
) -> "BdReport":
    """Both sets scored against the one reference."""
    if not anchor or not test:
        raise typer.BadParameter("encodes of a reference are compared with both --anchor and --test")
    if len(results) != 1:
        raise typer.BadParameter(
            f"{results[1]} stands without an option: write --anchor A --anchor B, or a quoted pattern like "
            "--anchor 'x264/*.mp4'"
        )
    from tinyvmaf.cli.output import progress_bar
    from tinyvmaf.corpora.named_files import named_videos
    from tinyvmaf.scores.rate_curves import compare_videos
    from tinyvmaf.video.file import VideoFile

    reference = results[0]
    first, second = (
        [VideoFile(path) for path in named_videos(names, apart_from=reference)] for names in (anchor, test)
    )
    with progress_bar() as progress:
        return compare_videos(VideoFile(reference), first, second, options, pool=pool, progress=progress)


def _view(report: "BdReport") -> "RenderableType":
    """A line per compared set, then the encodes themselves."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    lines = []
    for test in report.tests:
        delta = test.delta
        score = "no bitrate in common" if delta.bd_score is None else f"{delta.bd_score:+.2f} at equal bitrate"
        low, high = delta.score_range
        lines.append(
            Text.assemble(
                (f"{delta.bd_rate_percent:+.2f} %", "bold"),
                f"  bits of {test.name} against {report.anchor.name} at equal {report.metric}, {report.pool}, from "
                f"{low:.1f} to {high:.1f} (PCHIP {delta.bd_rate_pchip_percent:+.2f} %); {score}",
            )
        )
        lines += [Text(f"warning: {warning}", style="yellow") for warning in delta.warnings]
    table = Table("set", "encode", box=None, pad_edge=False, header_style="bold")
    for heading in ("kbit/s", "score"):
        table.add_column(heading, justify="right")
    for curve in (report.anchor, *report.tests):
        for point in curve.points:
            table.add_row(Text(curve.name), Text(point.name), f"{point.bitrate_kbps:.0f}", f"{point.score:.2f}")
    return Group(*lines, Text(), table)
