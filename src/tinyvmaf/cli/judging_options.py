"""Options of the commands that judge models on clip tables."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tinyvmaf.table.store import ClipTable

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
MosScale = Annotated[
    str | None, typer.Option(help="The worst and the best value of the MOS, such as 1:5, where a table does not tell.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def tables_for(arguments: "Sequence[str]", mos_scale: str | None) -> "tuple[ClipTable, ...]":
    """The tables of ``--table``, with ``--mos-scale`` where a file does not tell the scale of its opinions."""
    from tinyvmaf.corpora.opinions import parse_scale
    from tinyvmaf.table.store import read_tables

    return read_tables(arguments, mos_scale=parse_scale(mos_scale) if mos_scale else None)
