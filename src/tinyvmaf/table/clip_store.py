"""The clip store: one Parquet file per measured clip, ``<corpus>/<source>/<key>.<content key>.parquet``.

A file appears whole or not at all, so a killed run leaves what it finished, and two processes may share a store: both
would write the same rows. Each file tells the digest of its rows; one that does not match is measured again.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import platformdirs
import polars as pl

from tinyvmaf.corpora.clip import Clip
from tinyvmaf.errors import StoreError, TableError
from tinyvmaf.table.conform import check_rows
from tinyvmaf.table.file_hashes import FileHashes
from tinyvmaf.table.parquet import read_parquet, write_parquet
from tinyvmaf.table.schema import COLUMNS
from tinyvmaf.table.store import rows_digest

CACHE_VARIABLE = "VMAF_TINY_AI_CACHE"
"""The environment variable that names the store."""

_LOG = logging.getLogger(__name__)
_APP = "vmaf-tiny-ai"
_ENTRY_KEY = "tinyvmaf-clip"
_LONGEST_NAME_BYTES = 150
_REMEDY = f"free space there, or name another folder by --cache or {CACHE_VARIABLE}"


@dataclass(frozen=True, slots=True)
class StoredClip:
    """One measured clip."""

    rows: pl.DataFrame
    """(T, ...) of the table's columns: the identity, features, teachers and measured facts of the encode."""
    warnings: tuple[str, ...] = ()
    """What a reader of the scores should know."""


class ClipStore:
    """Measured clips by their content keys, in one folder; safe for threads and processes."""

    def __init__(self, root: Path | None = None) -> None:
        """Opens the store in a folder; None: ``$VMAF_TINY_AI_CACHE``, else the platform's cache folder."""
        self.root = default_store_root() if root is None else root.expanduser().absolute()
        self.hashes = FileHashes(self.root / ".hashes")

    def path(self, clip: Clip, content_key: str) -> Path:
        """Where that measurement of the clip lies, or would."""
        folder = self.root / _file_name(clip.corpus) / _file_name(clip.source)
        return folder / f"{_file_name(clip.key)}.{content_key}.parquet"

    def get(self, clip: Clip, content_key: str) -> StoredClip | None:
        """The measurement; None where there is none, or (said in a warning) a damaged one."""
        path = self.path(clip, content_key)
        try:
            if not path.exists():
                return None
            rows, text = read_parquet(path, key=_ENTRY_KEY)
            entry = json.loads(text or "{}")
            _check_entry(rows, entry, content_key, path)
        except (TableError, ValueError) as error:
            _LOG.warning("%s: a damaged clip in the store is measured again (%s)", clip.key, error)
            return None
        except OSError as error:
            raise StoreError(f"{path}: cannot be read ({error.strerror or error}); {_REMEDY}") from error
        return StoredClip(rows, tuple(entry["warnings"]))

    def put(self, clip: Clip, content_key: str, stored: StoredClip) -> None:
        """Keeps the measurement.

        Raises:
            StoreError: the store cannot be written; the message names the place and the remedy.
            TableError: the rows break the schema.
        """
        check_rows(stored.rows, name=clip.key)
        entry = {"content_key": content_key, "rows_sha256": rows_digest(stored.rows), "warnings": stored.warnings}
        path = self.path(clip, content_key)
        try:
            write_parquet(stored.rows, path, metadata={_ENTRY_KEY: json.dumps(entry)})
        except OSError as error:
            raise StoreError(f"{path}: cannot be written ({error.strerror or error}); {_REMEDY}") from error

    def require_writable(self) -> None:
        """Checks that the store takes files, before hours of work go into it.

        Raises:
            StoreError: it does not; the message names the place and the remedy.
        """
        probe = self.root / f".{uuid4().hex}.tmp"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"tinyvmaf")
            probe.unlink()
        except OSError as error:
            raise StoreError(
                f"the clip store {self.root} cannot be written ({error.strerror or error}); {_REMEDY}"
            ) from error


def default_store_root() -> Path:
    """``$VMAF_TINY_AI_CACHE``, else the platform's cache folder."""
    told = os.environ.get(CACHE_VARIABLE)
    return Path(told).expanduser().absolute() if told else Path(platformdirs.user_cache_path(_APP))


def _check_entry(rows: pl.DataFrame, entry: Mapping[str, object], content_key: str, path: Path) -> None:
    if entry.get("content_key") != content_key or entry.get("rows_sha256") != rows_digest(rows):
        raise TableError(f"{path}: its rows are not those that were written")
    if not set(rows.columns) <= set(COLUMNS.by_name) or not isinstance(entry.get("warnings"), list):
        raise TableError(f"{path}: not a measured clip")


def _file_name(text: str) -> str:
    """A file name for any text, readable where it can be; the content key beside it tells two cut-off ones apart."""
    name = "".join(
        letter
        if letter.isprintable() and letter not in '/\\:*?"<>|%'
        else quote(letter, safe="", errors="surrogateescape")
        for letter in text
    )
    name = f"%2E{name[1:]}" if name.startswith(".") else name
    return name.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore")
