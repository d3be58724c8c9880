"""Options of the commands that judge models on clip tables."""

from typing import Annotated, Literal

import typer

Tables = Annotated[list[str], typer.Option("--table", help="A clip table, F.parquet or NAME=F.parquet; repeatable.")]
Part = Annotated[
    Literal["all", "train", "val"],
    typer.Option("--split", help="All rows, or what --val-mode trains on, or what it holds out."),
]
ValMode = Annotated[str | None, typer.Option(help="How rows are split; default: as the tables suggest.")]
ValSources = Annotated[list[str] | None, typer.Option("--val-source", help="A source to hold out; repeatable.")]
KonvidValFraction = Annotated[float, typer.Option(help="Part of KoNViD-1k to hold out.")]
Seed = Annotated[int, typer.Option(help="Of the picking of sources; the training's, to get its split.")]
Corpus = Annotated[str | None, typer.Option(help="Only rows of this corpus.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
