"""The command that makes a page of kept results."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyvmaf.cli.options import text_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType

    from tinyvmaf.runs.reports import WrittenReport
    from tinyvmaf.scores.rank import Ranking
    from tinyvmaf.scores.result import Score
    from tinyvmaf.scores.score import PlanOf

ReportFile = Annotated[
    Path | None,
    typer.Option("--report", help="Also write a page of it: one HTML file that needs no network.", callback=text_file),
]


def report(
    result: Annotated[list[Path], typer.Argument(help="What --json printed; several, where all are scores of videos.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file.", callback=text_file)],
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Do not look at the videos again for their worst frames.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """One HTML file of a result, with plots and tables, that needs no network.

    Results of score, rank, eval, loso, transfer, compare-models and eval-prefilter have one. Several scores of
    encodes are laid over one another.

    Example: `tinyvmaf report a.json b.json -o encodes.html`
    """
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.documents import to_document
    from tinyvmaf.runs.reports import report_files

    with progress_bar() as progress:
        written = report_files(result, output, pictures=not no_pictures, progress=progress)
    answer(to_document("report", written), as_json=as_json, text=_view(written))


def save_page(out: Path | None, page: "Callable[[], str]") -> None:
    """Writes a page where one is asked for, and says where it lies."""
    if out is None:
        return
    from tinyvmaf.scores.report.writing import write_page

    _say_where(out, write_page(out, page()))


def save_scores(out: Path | None, scores: "Sequence[Score]", plan_of: "PlanOf | None" = None) -> None:
    """Writes the page of scores, with pictures out of their videos, where one is asked for."""
    if out is None or not scores:
        return
    from tinyvmaf.cli.output import progress_bar
    from tinyvmaf.scores.report.writing import write_score_page
    from tinyvmaf.scores.sights import plan_again

    with progress_bar() as progress:
        byte_count = write_score_page(out, scores, plan_of=plan_of or plan_again, progress=progress)
    _say_where(out, byte_count)


def save_ranking(out: Path | None, ranking: "Ranking", plan_of: "PlanOf") -> None:
    """Writes the page of a ranking, likewise."""
    if out is None or not ranking.encodes:
        return
    from tinyvmaf.cli.output import progress_bar
    from tinyvmaf.scores.report.writing import write_rank_page

    with progress_bar() as progress:
        byte_count = write_rank_page(out, ranking, plan_of=plan_of, progress=progress)
    _say_where(out, byte_count)


def _say_where(out: Path, byte_count: int) -> None:
    from tinyvmaf.cli.output import say

    say(f"report: {out} ({byte_count / 1e6:.1f} MB)")


def _view(written: "WrittenReport") -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    warnings = [Text(f"warning: {words}", style="yellow") for words in written.warnings]
    return Group(*warnings, Text(f"{written.report} ({written.byte_count / 1e6:.1f} MB)"))
