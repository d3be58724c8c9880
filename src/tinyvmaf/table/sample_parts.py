"""The samples of single clips, kept as each is made, and put together when all are: so a run that is stopped goes on.

Parts lie in ``DIR/.parts`` under their content keys until the set is whole. A whole set that is there already serves
as parts too: the same clip with the same options is not made again.
"""

import hashlib
import io
import json
import logging
import shutil
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tinyvmaf.corpora.clip import Clip
from tinyvmaf.errors import StoreError, TableError
from tinyvmaf.table.parquet import write_parquet
from tinyvmaf.table.sample_set import (
    CLEAN,
    INDEX,
    INDEX_COLUMNS,
    METADATA_KEY,
    PIXELS,
    SampleMeta,
    Samples,
    read_samples,
)

_LOG = logging.getLogger(__name__)
_PARTS = ".parts"
_IDENTITY = ("corpus", "source", "key", "content_key")
_REMEDY = "free space there, or choose another folder; what was made is kept, run the same command again"


@dataclass(frozen=True, slots=True, eq=False)
class ClipSamples:
    """The samples of one clip."""

    rows: pl.DataFrame
    """(n, ...) the columns of the index but for those that say whose they are."""
    pixels: NDArray[np.uint8]
    """(n, P, C, S, S)."""
    clean: NDArray[np.uint8] | None = None
    """(n, 1, 1, S, S) of pairs."""


@dataclass(frozen=True, slots=True)
class KeptClip:
    """A clip whose samples are kept."""

    clip: Clip
    """Whose."""
    content_key: str
    """Under which key."""


class SampleParts:
    """Samples of clips by their content keys, in the folder where the set will be; safe for threads."""

    def __init__(self, directory: Path) -> None:
        """Takes the folder; nothing in it is touched yet."""
        self.directory = directory
        """Of the set."""
        self._whole = _whole(directory)
        keys = self._whole.index["content_key"].to_list() if self._whole else []
        self._rows: dict[str, list[int]] = {}
        for row, key in enumerate(keys):
            self._rows.setdefault(key, []).append(row)

    def has(self, content_key: str) -> bool:
        """Whether the clip's samples are there and can be read."""
        return content_key in self._rows or self._read(content_key) is not None

    def get(self, content_key: str) -> ClipSamples:
        """The clip's samples.

        Raises:
            StoreError: they are not there, or no longer readable.
        """
        if self._whole is not None and content_key in self._rows:
            found = self._whole.of(np.array(self._rows[content_key]))
            return ClipSamples(found.index.drop(_IDENTITY), found.pixels, found.clean)
        part = self._read(content_key)
        if part is None:
            raise StoreError(f"{self._path(content_key)}: what was made is gone; run the same command again")
        return part

    def put(self, content_key: str, part: ClipSamples) -> None:
        """Keeps a clip's samples, whole or not at all.

        Raises:
            StoreError: the folder cannot be written; the message names it and the remedy.
        """
        path = self._path(content_key)
        temporary = path.with_name(f".{uuid4().hex}.tmp")
        clean = np.empty(0, np.uint8) if part.clean is None else part.clean
        rows = io.BytesIO()
        part.rows.write_parquet(rows)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                np.savez(file, rows=np.frombuffer(rows.getvalue(), np.uint8), pixels=part.pixels, clean=clean)
            temporary.replace(path)
        except OSError as error:
            raise StoreError(f"{path}: cannot be written ({error.strerror or error}); {_REMEDY}") from error
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def assemble(self, clips: Sequence[KeptClip], meta: SampleMeta) -> Samples:
        """The whole set of these clips, in their order, written; the index last. The parts are then let go.

        Raises:
            StoreError: the folder cannot be written.
        """
        rows = pl.concat([_with_identity(kept, self.get(kept.content_key).rows) for kept in clips])
        arrays = (PIXELS, CLEAN) if meta.kind == "pairs" else (PIXELS,)
        temporaries = [self.directory / f".{name}.{uuid4().hex}.tmp" for name in arrays]
        digest = hashlib.sha256()
        try:
            for name, path in zip(arrays, temporaries, strict=True):
                with path.open("wb") as file:
                    self._write(file, name, clips, count=len(rows), digest=digest)
            self._whole = None  # so that its files can be replaced on every system
            (self.directory / INDEX).unlink(missing_ok=True)
            for name, path in zip(arrays, temporaries, strict=True):
                path.replace(self.directory / name)
            text = json.dumps(asdict(replace(meta, pixels_sha256=digest.hexdigest())))
            write_parquet(rows, self.directory / INDEX, metadata={METADATA_KEY: text})
        except OSError as error:
            raise StoreError(f"{self.directory}: cannot be written ({error.strerror or error}); {_REMEDY}") from error
        finally:
            for path in temporaries:
                path.unlink(missing_ok=True)
        with suppress(OSError):  # the set is whole without them going
            shutil.rmtree(self.directory / _PARTS)
        return read_samples(self.directory)

    def _write(
        self, file: BinaryIO, name: str, clips: Sequence[KeptClip], *, count: int, digest: "hashlib._Hash"
    ) -> None:
        """One array, clip after clip, as NumPy's own file; written, since a full disk kills whoever maps it."""
        for number, kept in enumerate(clips):
            part = self.get(kept.content_key)
            array = part.pixels if name == PIXELS else part.clean
            if array is None:
                raise StoreError(f"{kept.clip.key}: a pair without its clean half; remove {self.directory} and retry")
            if number == 0:
                shape = (count, *array.shape[1:])
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
            content = np.ascontiguousarray(array).data
            digest.update(content)
            file.write(content)

    def _read(self, content_key: str) -> ClipSamples | None:
        path = self._path(content_key)
        try:
            with np.load(path, allow_pickle=False) as file:  # its checksums are tested as it is read
                rows = pl.read_parquet(io.BytesIO(file["rows"].tobytes()))
                return ClipSamples(rows, file["pixels"], file["clean"] if file["clean"].size else None)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, pl.exceptions.PolarsError) as error:
            _LOG.warning("%s: damaged samples are made again (%s)", path.name, error)
            return None

    def _path(self, content_key: str) -> Path:
        return self.directory / _PARTS / f"{content_key}.npz"


def _whole(directory: Path) -> Samples | None:
    try:
        return read_samples(directory)
    except TableError:
        return None


def _with_identity(kept: KeptClip, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with whose they are, and with what the corpus tells of the encode before what was seen of it."""
    clip = kept.clip
    values = {"corpus": clip.corpus, "source": clip.source, "key": clip.key, "content_key": kept.content_key}
    rows = rows.with_columns(pl.lit(value, pl.String).alias(name) for name, value in values.items())
    if clip.facts is not None:
        told = {name: getattr(clip.facts, name) for name in INDEX_COLUMNS if hasattr(clip.facts, name)}
        facts = {name: value for name, value in told.items() if value is not None}
        rows = rows.with_columns(pl.lit(value, INDEX_COLUMNS[name]).alias(name) for name, value in facts.items())
    return rows.select(list(INDEX_COLUMNS))
