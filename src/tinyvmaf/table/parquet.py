"""Parquet files in and out: read from one set of bytes, written by temp + rename."""

import io
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import polars as pl
from polars.exceptions import PanicException, PolarsError

from tinyvmaf.errors import TableError


def read_parquet(path: Path, *, key: str) -> tuple[pl.DataFrame, str | None]:
    """The rows of a file, and the text under that key of its metadata (None: there is none).

    Raises:
        TableError: it is missing, a folder, or not whole.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}); a clip table is a Parquet file") from error
    try:
        metadata = pl.read_parquet_metadata(io.BytesIO(content))
        return pl.read_parquet(io.BytesIO(content)), metadata.get(key)
    except (PolarsError, OSError, PanicException, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TableError(f"{path}: not a whole Parquet file ({reason}); make it again") from error


def write_parquet(rows: pl.DataFrame, path: Path, *, metadata: Mapping[str, str]) -> None:
    """Writes zstd Parquet by temp + rename, so that a reader, even in another process, never sees half of it.

    Raises:
        OSError: the place cannot be written.
    """
    temporary = path.with_name(f".{uuid4().hex}.tmp")
    content = io.BytesIO()
    rows.write_parquet(content, compression="zstd", metadata=dict(metadata))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        temporary.write_bytes(content.getbuffer())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
