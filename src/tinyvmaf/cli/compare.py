"""The command that compares models on the same rows."""

from typing import TYPE_CHECKING, Annotated

import typer

from tinyvmaf.cli.judging_options import (
    AsJson,
    Corpus,
    KonvidValFraction,
    MosScale,
    Part,
    Seed,
    Tables,
    ValMode,
    ValSources,
    tables_for,
)
from tinyvmaf.cli.options import GATE_NOT_MET
from tinyvmaf.cli.report import ReportFile, save_page

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from tinyvmaf.scores.comparison import Comparison, ComparisonReport
    from tinyvmaf.scores.paired import Difference


def compare_models(
    model: Annotated[list[str], typer.Argument(help="Models of the shelf by their ids, or paths of bundles.")],
    table: Tables,
    split: Part = "all",
    val_mode: ValMode = None,
    val_source: ValSources = None,
    konvid_val_fraction: KonvidValFraction = 0.1,
    seed: Seed = 0,
    corpus: Corpus = None,
    mos_scale: MosScale = None,
    target: Annotated[str | None, typer.Option(help="What judges them; default: what they all predict.")] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit with 3 when the last is not better than the first.")
    ] = False,
    page: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Says of each model whether it is better or worse than the first one, or not separable from it.

    Differences carry 95 % intervals (paired bootstrap over sources) and the share of swaps of sources that differ as
    much. The RMSE of frames decides; where people's opinions judge (mos), the mean of PLCC and SROCC of clips does.

    Example: `tinyvmaf compare-models fr_svr fr_mlp_small --table judge.parquet --gate`
    """
    if len(set(model)) < max(2, len(model)):
        raise typer.BadParameter("name two models or more, each once", param_hint="MODEL")
    from tinyvmaf.bundles.session import open_model
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.training_view import command_line
    from tinyvmaf.documents import to_document
    from tinyvmaf.scores.compare import compare_tables
    from tinyvmaf.scores.judged_rows import RowChoice
    from tinyvmaf.scores.report.compare_page import compare_page

    choice = RowChoice(split, val_mode, tuple(val_source or ()), konvid_val_fraction, seed, corpus)
    models = {name: open_model(name) for name in model}
    report = compare_tables(models, tables_for(table, mos_scale), choice, target=target, command=command_line())
    answer(to_document("compare-models", report), as_json=as_json, text=_view(report))
    save_page(page, lambda: compare_page(report))
    if gate and not report.last_is_better:
        raise typer.Exit(GATE_NOT_MET)


def _view(report: "ComparisonReport") -> "RenderableType":
    """The verdicts with their reasons, the models' figures, and all differences."""
    from rich.console import Group
    from rich.text import Text

    head = f"against {report.target}, {report.sources} sources; {report.criterion} decides"
    verdicts = [Text(f"{c.other} is {_VERDICT[c.verdict]} {c.first}: {c.reason}") for c in report.comparisons]
    return Group(Text(head, style="bold"), *verdicts, Text(), _figures(report), Text(), _differences(report))


_VERDICT = {"better": "better than", "worse": "worse than", "not separable": "not separable from"}
_METRICS = ("plcc", "srocc", "rmse")


def _figures(report: "ComparisonReport") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("", "level", "n", "PLCC", "SROCC", "RMSE", "rows", box=None, pad_edge=False)
    for model in report.models:
        for level, found in (("frames", model.frames), ("clips", model.clips)):
            if found is not None:
                values = [getattr(found, metric) for metric in _METRICS]
                cells = ["constant" if value is None else f"{value:.5f}" for value in values]
                table.add_row(Text(model.name), level, f"{found.n:,}", *cells, Text(model.protocol, style="dim"))
    return table


def _differences(report: "ComparisonReport") -> "Table":
    from rich.table import Table

    table = Table("", "level", "PLCC", "SROCC", "RMSE", box=None, pad_edge=False)
    for comparison in report.comparisons:
        for level, cells in _difference_cells(comparison):
            table.add_row(f"{comparison.other} - {comparison.first}", level, *cells)
    return table


def _difference_cells(comparison: "Comparison") -> "list[tuple[str, list[str]]]":
    levels = (("frames", comparison.frames), ("clips", comparison.clips))
    return [(name, [_difference(getattr(found, m)) for m in _METRICS]) for name, found in levels if found is not None]


def _difference(found: "Difference") -> str:
    interval = "" if found.interval is None else f" [{found.interval[0]:+.2g}, {found.interval[1]:+.2g}]"
    chance = "" if found.p_value is None else f" {found.p_value:.1%}"
    value = "constant" if found.value is None else f"{found.value:+.3g}"
    return f"{value}{interval}{chance}"
