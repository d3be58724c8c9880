"""The command that makes rows at the edges of what videos give."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def edge_rows(
    out: Annotated[Path, typer.Option("--out", "-o", help="The clip table to write.")],
    teacher: Annotated[
        Literal["vmaf", "vmaf_neg", "vmaf_4k", "vmaf_v1"], typer.Option(help="Whose score the rows have.")
    ] = "vmaf",
    rows: Annotated[int, typer.Option(min=1, help="Rows of each kind of edge.")] = 250,
    seed: Annotated[int, typer.Option(help="Of the drawing.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """A clip table of made-up rows where no video lies (nothing lost, ruined, enhanced), to train heads there too.

    The score is that of libvmaf's own regression. Give it to `fit` as a further --table.

    Example: `tinyvmaf edge-rows -o edges.parquet`
    """
    from tinyvmaf.cli.output import answer
    from tinyvmaf.documents import to_document
    from tinyvmaf.table.edges import edge_table
    from tinyvmaf.table.store import write_table

    table = edge_table(teacher, rows_per_kind=rows, seed=seed)
    write_table(table, out)
    (facts,) = table.facts()
    document = to_document("edge-rows", {"path": out, "teacher": teacher, "table": facts})
    answer(document, as_json=as_json, text=f"{out}: {facts.frames} rows of {facts.clips} kinds, {teacher}")
