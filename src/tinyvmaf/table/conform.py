"""Any table of per-frame numbers -> the columns of the clip table, checked: types, missing and double values."""

import numpy as np
import polars as pl

from tinyvmaf.errors import TableError
from tinyvmaf.table.grouping import runs_of
from tinyvmaf.table.schema import COLUMNS, Column, ColumnType

DTYPES: dict[ColumnType, type[pl.DataType]] = {"string": pl.String, "int32": pl.Int32, "float32": pl.Float32}
"""The schema's types as polars names them."""
_FILLED_IN = ("corpus", "source")


def conform(frame: pl.DataFrame, *, name: str) -> pl.DataFrame:
    """The table with the schema's columns only, in its order and its types; further columns are left out.

    Where there is no ``corpus``, ``name`` is; where there is no ``source``, the clip's key is.

    Raises:
        TableError: a column is missing or of a type that does not fit; a value is missing, NaN, infinite or double.
    """
    missing = [column for column in COLUMNS.required if column not in frame.columns and column not in _FILLED_IN]
    if missing:
        raise TableError(f"{name}: no column {', '.join(missing)}; a clip table has {', '.join(COLUMNS.required)}")
    columns = {
        column.name: _cast(frame[column.name], column, name=name)
        for column in COLUMNS.every
        if column.name in frame.columns
    }
    columns.setdefault("source", columns["key"])
    columns.setdefault("corpus", pl.repeat(name, len(frame), dtype=pl.String, eager=True))
    conformed = pl.DataFrame({column.name: columns[column.name] for column in COLUMNS.every if column.name in columns})
    check_rows(conformed, name=name)
    return conformed


def check_rows(frame: pl.DataFrame, *, name: str) -> None:
    """Checks a table of the schema's columns and types.

    Raises:
        TableError: a value is missing, NaN, infinite, negative or double, or a clip has two sources.
    """
    if frame.is_empty():
        raise TableError(f"{name}: no rows")
    for column in frame.columns:
        _check_values(frame, COLUMNS.by_name[column], name=name)
    _check_identity(frame, name=name)


def _cast(series: pl.Series, column: Column, *, name: str) -> pl.Series:
    target = DTYPES[column.dtype]
    fits = series.dtype in (pl.String, pl.Categorical, pl.Enum) if target == pl.String else series.dtype.is_numeric()
    if column.name in ("key", "source") and series.dtype.is_integer():
        fits = True
    if not (fits or series.dtype == pl.Null):
        raise TableError(f"{name}: column {column.name} is of type {series.dtype}, which is no {column.dtype}")
    if target == pl.Int32 and series.dtype.is_float() and not (series.drop_nulls() % 1 == 0).all():
        raise TableError(f"{name}: column {column.name} holds numbers that are not whole")
    try:
        return series.cast(target, strict=True)
    except pl.exceptions.PolarsError as error:
        raise TableError(f"{name}: column {column.name} does not fit {column.dtype}") from error


def _check_values(frame: pl.DataFrame, column: Column, *, name: str) -> None:
    series = frame[column.name]
    if not column.nullable and series.null_count():
        raise TableError(f"{name}: column {column.name} is empty {_where(frame, series.is_null())}")
    if series.dtype == pl.Float32:
        wrong = ~series.is_finite().fill_null(True)
        if wrong.any():
            raise TableError(f"{name}: column {column.name} is NaN or infinite {_where(frame, wrong)}")


def _check_identity(frame: pl.DataFrame, *, name: str) -> None:
    negative = frame["frame_index"] < 0
    if negative.any():
        raise TableError(f"{name}: column frame_index is negative {_where(frame, negative)}")
    clips = runs_of(frame, "corpus", "key").numbers()
    by_source = runs_of(frame, "corpus", "source", "key").numbers()
    if clips.max() != by_source.max():
        double = pl.Series(clips != by_source)
        raise TableError(f"{name}: one key in two sources {_where(frame, double)}; a clip has one source")
    frames = clips.astype(np.int64) << 32 | frame["frame_index"].to_numpy()
    _, first = np.unique(frames, return_index=True)
    if len(first) != len(frame):
        again = np.ones(len(frame), dtype=bool)
        again[first] = False
        raise TableError(f"{name}: double rows (corpus, key, frame_index) {_where(frame, pl.Series(again))}")


def _where(frame: pl.DataFrame, rows: pl.Series) -> str:
    """The first of these rows, by its clip and frame, and how many more there are."""
    corpus, key, index = frame.filter(rows).select("corpus", "key", "frame_index").row(0)
    rest = int(rows.sum()) - 1
    return f"in ({corpus}, {key}, frame {index})" + (f" and {rest} more rows" if rest else "")
