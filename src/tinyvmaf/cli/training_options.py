"""Options that the commands which train have in common."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyvmaf.cli.judging_options import tables_for
from tinyvmaf.cli.options import frame_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tinyvmaf.models.recipe import Recipe
    from tinyvmaf.table.rows import Rows

Tables = Annotated[
    list[str] | None, typer.Option("--table", help="A clip table, F.parquet or NAME=F.parquet; repeatable.")
]
RecipeName = Annotated[
    str | None,
    typer.Option("--recipe", help="A recipe that came along (like record/c1) or a TOML file; default: the net's own."),
]
Features = Annotated[str | None, typer.Option(help="Feature set; default: the recipe's.")]
Target = Annotated[
    str | None,
    typer.Option(help="What to predict: vmaf, another teacher, mos, or hybrid (mos where there is one, else vmaf)."),
]
NoBaselines = Annotated[bool, typer.Option("--no-baselines", help="Leave the baselines out.")]
KonvidValFraction = Annotated[float | None, typer.Option(help="Part of KoNViD-1k's sources to hold out.")]
Epochs = Annotated[int | None, typer.Option(help="Budget in epochs, in place of the recipe's.")]
BatchSize = Annotated[int | None, typer.Option(help="Rows per step.")]
LearningRate = Annotated[float | None, typer.Option("--lr", help="The highest learning rate.")]
Seed = Annotated[int | None, typer.Option(help="Of the weights, of the order of the rows, and of picked sources.")]
OutDir = Annotated[Path, typer.Option("--out-dir", help="The folder to write to; made where it does not exist.")]
SampleSets = Annotated[
    list[Path] | None,
    typer.Option(help="Pixel samples instead of a table, a folder of `extract-samples`; repeatable."),
]
ModelArch = Annotated[
    str | None,
    typer.Option(
        help="The net, like mlp_small or temporal_cnn; on samples nr_mobilenet, nr_patch, residual_cnn or "
        "prefilter_lite; default: the recipe's."
    ),
]
ValMode = Annotated[
    str | None,
    typer.Option(
        help="How rows are held out: source, netflix-source, konvid-holdout, netflix-source-and-konvid-holdout, "
        "netflix-only or konvid-only; default: as the tables suggest."
    ),
]
ValSources = Annotated[list[str] | None, typer.Option(help="A source to hold out; repeatable.")]
HoldOut = Annotated[
    str | None,
    typer.Option(help="With --samples: a fact that nothing trains on, like codec=hevc; its sources still judge it."),
]
AssumeDims = Annotated[
    str | None, typer.Option(help="WxH; with --epochs 0 and no table: checks the harness on rows made of zeros.")
]
Restart = Annotated[bool, typer.Option("--restart", help="Start anew where a training was cut off.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def rows_for(
    tables: "Sequence[str]", recipe: "Recipe", *, mos_scale: str | None = None, assume_dims: str | None = None
) -> "Rows":
    """The rows of the tables, or made-up rows where ``--assume-dims`` stands in for a table.

    Raises:
        typer.BadParameter: neither or both are given, or made-up rows are to be trained on.
    """
    if bool(tables) == (assume_dims is not None):
        raise typer.BadParameter("give one or more --table; or --epochs 0 and --assume-dims WxH, to check the harness")
    from tinyvmaf.table.rows import rows_of, smoke_rows

    if assume_dims is None:
        return rows_of(tables_for(tables, mos_scale), feature_set=recipe.features, target=recipe.target)
    frame_size(assume_dims, option="--assume-dims")
    if recipe.epochs != 0:
        raise typer.BadParameter("made-up rows teach nothing: --assume-dims needs --epochs 0", param_hint="--epochs")
    return smoke_rows(feature_set=recipe.features, target=recipe.target)
