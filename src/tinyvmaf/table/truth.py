"""Rows of the kernel beside libvmaf's number: what the score of a head on the kernel's features is judged by.

A table of the kernel holds the teacher's regression on the kernel's own features, not what libvmaf says of the frame.
"""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from tinyvmaf.errors import TableError
from tinyvmaf.table.schema import KERNEL_EXTRACTORS
from tinyvmaf.table.store import ClipTable

_FRAME = ("corpus", "key", "frame_index")


def is_of_kernel(table: ClipTable) -> bool:
    """Whether the kernel made the table's features."""
    return table.meta.extractor in KERNEL_EXTRACTORS.values()


def with_truth(table: ClipTable, truths: Sequence[ClipTable], target: str) -> ClipTable:
    """The table with another table's ``target`` for each of its frames, by corpus, key and frame.

    Args:
        table: Keeps its features.
        truths: One of them holds each frame; where several do, the first is taken.
        target: A teacher's column.

    Raises:
        TableError: a frame is in none of them, or none has the target.
    """
    known = [truth.rows.select(*_FRAME, target) for truth in truths if target in truth.rows.columns]
    if not known:
        raise TableError(f"{table.name}: no table with {target} is given beside it")
    there = pl.concat(known).unique(_FRAME, keep="first", maintain_order=True)
    rows = table.rows.drop(target, strict=False).join(there, on=_FRAME, how="left", maintain_order="left")
    missing = rows.filter(pl.col(target).is_null())
    if len(missing):
        corpus, key, frame = missing.select(_FRAME).row(0)
        names = ", ".join(truth.name for truth in truths)
        raise TableError(
            f"{table.name}: {len(missing)} of {len(rows)} rows have no {target} in {names}, "
            f"the first is ({corpus}, {key}, frame {frame}); measure the same clips by libvmaf"
        )
    return replace(table, rows=rows)


def clip_heights(table: ClipTable) -> dict[tuple[str, str], int]:
    """The height of the measured pictures of each (corpus, key) that tells it."""
    if "height" not in table.rows.columns:
        return {}
    known = table.rows.select("corpus", "key", "height").drop_nulls().unique(("corpus", "key"), keep="first")
    return {(corpus, key): height for corpus, key, height in known.rows()}
