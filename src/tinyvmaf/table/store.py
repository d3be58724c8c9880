"""Clip tables in and out: one row per frame, as Parquet, with what the file tells of itself.

A foreign table, of which only the clip, the frame, the canonical features and the teacher are known, is accepted too.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import polars as pl

from tinyvmaf.errors import TableError
from tinyvmaf.table.conform import conform
from tinyvmaf.table.metadata import metadata_text, parse_metadata
from tinyvmaf.table.parquet import read_parquet, write_parquet
from tinyvmaf.table.schema import COLUMNS, METADATA_KEY, TableFacts, TableMeta

_NAMED = re.compile(r"(?P<name>[^=/\\]+)=(?P<path>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ClipTable:
    """The rows of one clip table, and what its file tells of itself."""

    rows: pl.DataFrame
    """One row per frame, the columns of ``schema.COLUMNS`` that the table has, checked."""
    meta: TableMeta
    """What the file tells of itself."""
    name: str = "table"
    """What messages call it."""

    @property
    def key(self) -> str:
        """SHA-256, in hex, over the rows and the metadata; the same on every machine."""
        digest = hashlib.sha256(metadata_text(self.meta).encode())
        digest.update(rows_digest(self.rows).encode())
        return digest.hexdigest()

    @property
    def corpora(self) -> tuple[str, ...]:
        """The corpora, in the order of first appearance."""
        return tuple(self.rows["corpus"].unique(maintain_order=True))

    def sources(self) -> tuple[tuple[str, str], ...]:
        """Every (corpus, source), sorted."""
        return tuple(self.rows.select("corpus", "source").unique().sort("corpus", "source").rows())

    def facts(self) -> tuple[TableFacts, ...]:
        """What a card says of each corpus, sorted by corpus."""
        key = self.key
        counted = self.rows.group_by("corpus").agg(
            pl.col("source").n_unique(), pl.col("key").n_unique(), pl.len().alias("frames")
        )
        return tuple(
            TableFacts(corpus, sources, clips, frames, self.meta.extractor, key)
            for corpus, sources, clips, frames in counted.sort("corpus").rows()
        )


@dataclass(frozen=True, slots=True)
class TableArgument:
    """A clip table as ``--table`` names it."""

    path: Path
    """Its file."""
    name: str | None = None
    """What its corpus is called; None: what the file says, or its stem."""


def parse_table_argument(text: str) -> TableArgument:
    """The file, and the name where the text is ``NAME=F.parquet``; a file whose name has such a form is that file."""
    match = _NAMED.fullmatch(text)
    if match is None or Path(text).exists():
        return TableArgument(Path(text))
    return TableArgument(Path(match["path"]), match["name"])


def read_tables(arguments: Sequence[str], *, mos_scale: tuple[float, float] | None = None) -> tuple[ClipTable, ...]:
    """The tables of several ``--table`` arguments, ``F.parquet`` or ``NAME=F.parquet``, in their order.

    Args:
        arguments: What was given.
        mos_scale: Worst and best value of the scale of ``mos`` where a file does not tell it.

    Raises:
        TableError: one cannot be read, or breaks the schema.
    """
    parsed = [parse_table_argument(text) for text in arguments]
    return tuple(read_table(argument.path, name=argument.name, mos_scale=mos_scale) for argument in parsed)


def load_table(which: str | Path, *, mos_scale: tuple[float, float] | None = None) -> ClipTable:
    """The clip table that ``--table`` names by that text, ``F.parquet`` or ``NAME=F.parquet``, checked.

    Example:
        >>> import tinyvmaf
        >>> table = tinyvmaf.load_table("table.parquet")
        >>> {"source", "key", "frame_index", "vmaf"} <= set(table.rows.columns)
        True
        >>> tinyvmaf.load_table("mine=table.parquet").corpora
        ('mine',)

    Args:
        which: A Parquet file; with a name in front, its corpus is called so.
        mos_scale: Worst and best value of the scale of ``mos`` where the file does not tell it.

    Raises:
        TableError: the file cannot be read, or breaks the schema; the message names the column.
    """
    return read_tables([str(which)], mos_scale=mos_scale)[0]


def read_table(path: Path, *, name: str | None = None, mos_scale: tuple[float, float] | None = None) -> ClipTable:
    """The clip table in a file, checked.

    Args:
        path: Parquet.
        name: What its corpus is called; default: what the file says, or its stem.
        mos_scale: Worst and best value of the scale of ``mos`` where the file does not tell it.

    Raises:
        TableError: the file cannot be read, or breaks the schema; the message names the column.
    """
    frame, text = read_parquet(path, key=METADATA_KEY)
    meta = TableMeta() if text is None else parse_metadata(text, name=str(path))
    rows = conform(frame, name=name or path.stem)
    if name is not None:
        rows, meta = _renamed(rows, meta, name)
    if mos_scale is not None and meta.mos_scale is None:
        rows, meta = with_mos_100(rows, mos_scale), replace(meta, mos_scale=mos_scale)
    return ClipTable(rows, meta, name or path.stem)


def write_table(table: ClipTable, path: Path) -> None:
    """Writes the table as zstd Parquet by temp + rename.

    Raises:
        TableError: the place cannot be written.
    """
    try:
        write_parquet(table.rows, path, metadata={METADATA_KEY: metadata_text(table.meta)})
    except OSError as error:
        raise TableError(
            f"{path}: cannot be written ({error.strerror or error}); free space there, or choose another place"
        ) from error


def with_mos_100(rows: pl.DataFrame, scale: tuple[float, float]) -> pl.DataFrame:
    """The rows with ``mos_100``, which maps the scale's worst value to 0 and its best to 100."""
    if "mos" not in rows.columns:
        return rows
    worst, best = scale
    mapped = (pl.col("mos").cast(pl.Float64) - worst) * (100 / (best - worst))
    rows = rows.with_columns(mapped.cast(pl.Float32).alias("mos_100"))
    return rows.select(column.name for column in COLUMNS.every if column.name in rows.columns)


def rows_digest(rows: pl.DataFrame) -> str:
    """SHA-256, in hex, over the column names and values, row by row; the same on every machine."""
    digest = hashlib.sha256()
    for name, series in zip(rows.columns, rows.get_columns(), strict=True):
        digest.update(json.dumps([name, str(series.dtype), len(series)]).encode())
        if series.dtype == pl.String:
            runs = [(value, sum(1 for _ in run)) for value, run in groupby(series.to_list())]
            digest.update(json.dumps(runs).encode())
        else:
            digest.update(series.to_numpy().tobytes())
    return digest.hexdigest()


def _renamed(rows: pl.DataFrame, meta: TableMeta, name: str) -> tuple[pl.DataFrame, TableMeta]:
    corpora = rows["corpus"].unique().to_list()
    if len(corpora) > 1:
        raise TableError(
            f"{name}: the table holds {len(corpora)} corpora ({', '.join(sorted(corpora))}), which one name would "
            "mix; leave the name out"
        )
    clips = tuple(replace(origin, corpus=name) for origin in meta.clips)
    return rows.with_columns(pl.lit(name).alias("corpus")), replace(meta, clips=clips)
