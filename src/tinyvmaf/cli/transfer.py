"""The command that trains on one table and judges on the other."""

from typing import TYPE_CHECKING, Annotated

import typer

from tinyvmaf.cli.judging_options import MosScale, tables_for
from tinyvmaf.cli.report import ReportFile, save_page
from tinyvmaf.cli.training_options import (
    AsJson,
    BatchSize,
    Epochs,
    Features,
    LearningRate,
    NoBaselines,
    OutDir,
    RecipeName,
    Seed,
    Target,
)

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from tinyvmaf.runs.transfer_report import JudgedTable, TransferReport


def transfer(
    *,
    table: Annotated[
        list[str], typer.Option("--table", help="A clip table, F.parquet or NAME=F.parquet; two of them.")
    ],
    model_arch: Annotated[str | None, typer.Option(help="The net, such as mlp_small; default: the recipe's.")] = None,
    folds: Annotated[
        int, typer.Option(min=0, help="Folds over each table's sources, for nets of its own; 0: none.")
    ] = 5,
    recipe: RecipeName = None,
    features: Features = None,
    target: Target = None,
    mos_scale: MosScale = None,
    no_baselines: NoBaselines = False,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    lr: LearningRate = None,
    seed: Seed = None,
    out_dir: OutDir,
    page: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Trains on one table and judges on the other, both ways: is it more data that helps, or different data?

    Beside each stand nets of the judged table's own sources and of both tables, that have not seen what they judge.

    Example: `tinyvmaf transfer --table references.parquet --table avt.parquet --out-dir runs/transfer`
    """
    if len(table) != 2:
        raise typer.BadParameter("give two of them", param_hint="--table")
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.documents import to_document
    from tinyvmaf.models.recipe import recipe_for
    from tinyvmaf.runs.transfer import TransferOptions, run_transfer
    from tinyvmaf.runs.transfer_page import transfer_page
    from tinyvmaf.table.rows import rows_of

    budget = {"epochs": epochs, "batch_size": batch_size, "learning_rate": lr, "seed": seed}
    chosen = recipe_for(architecture=model_arch, recipe=recipe, feature_set=features, target=target, **budget)
    tables = tables_for(table, mos_scale)
    rows = rows_of(tables, feature_set=chosen.features, target=chosen.target)
    options = TransferOptions(folds, baselines=not no_baselines)
    with progress_bar() as progress:
        report = run_transfer(rows, [each.name for each in tables], chosen, out_dir, options, progress=progress)
    answer(to_document("transfer", report), as_json=as_json, text=_view(report))
    save_page(page, lambda: transfer_page(report))


def _view(report: "TransferReport") -> "RenderableType":
    """A table of figures per judged table: what trained, and how it did."""
    from rich.console import Group
    from rich.text import Text

    head = f"{report.architecture}, {report.parameter_count:,} numbers, {report.target}; every row by a net that has "
    parts = [part for judged in report.judged for part in (Text(), _judged_view(judged))]
    return Group(Text(f"{head}not seen its source", style="bold"), *parts)


def _judged_view(judged: "JudgedTable") -> "Table":
    from rich.table import Table
    from rich.text import Text

    title = f"on {judged.judged_on}, by"
    columns = (title, "PLCC", "SROCC", "RMSE", "of clips", "mean over sources", "worst source")
    table = Table(*columns, box=None, pad_edge=False)
    words = {"other": judged.other, "own": judged.judged_on, "both": "both"}
    baselines = {f"{name} of {judged.other}": found for name, found in (judged.baselines or {}).items()}
    for name, found in [*((words[key], found) for key, found in judged.nets.items()), *baselines.items()]:
        correlations = ("-" if value is None else f"{value:.5f}" for value in (found.plcc, found.srocc))
        errors = (found.rmse, found.clip_level.rmse, found.mean_over_sources["rmse"])
        worst = Text(f"{found.worst_rmse:.3f} {found.worst_source}")
        style = "dim" if name in baselines else ""
        table.add_row(Text(name, style=style), *correlations, *(_error(error) for error in errors), worst)
    return table


def _error(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
