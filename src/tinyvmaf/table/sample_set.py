"""Pixel samples as they lie on disk: a folder with an index and the pixels, which are mapped, not read.

::

    DIR/
      index.parquet    one row per sample; written last, so a folder that has it is whole
      pixels.npy       (N, P, C, S, S) uint8, 8-bit code values of luma
      clean.npy        of pairs: what ``pixels`` was before it was degraded

``frame``: the middle of a clip, the whole picture made small (P = C = 1, S = 224). ``patches``: P parts of one time
point at their own size; C = 2: luma, and its difference to the frame before, plus 128. ``pairs``: degraded and clean.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tinyvmaf.errors import TableError
from tinyvmaf.table.conform import DTYPES
from tinyvmaf.table.parquet import read_parquet
from tinyvmaf.table.schema import COLUMNS, TableFacts
from tinyvmaf.table.store import rows_digest

SampleKind = Literal["frame", "patches", "pairs"]
SampleTarget = Literal["vmaf", "mos_100"]
KINDS: tuple[SampleKind, ...] = get_args(SampleKind)
"""Every kind of samples."""
SAMPLES_VERSION = 1
"""Grows when the files, or what is sampled, change their meaning."""
METADATA_KEY = "tinyvmaf-samples"
INDEX, PIXELS, CLEAN = "index.parquet", "pixels.npy", "clean.npy"

INDEX_COLUMNS: Mapping[str, type[pl.DataType]] = {
    **dict.fromkeys(("corpus", "source", "key"), pl.String),
    **dict.fromkeys(("frame_index", "crop"), pl.Int32),
    **dict.fromkeys(("target", "clip_target"), pl.Float32),
    **{name: DTYPES[COLUMNS.by_name[name].dtype] for name in COLUMNS.of("encode")},
    **dict.fromkeys(("degradation", "content_key"), pl.String),
}
"""Columns of the index and their types: whose sample it is, the target of its frame and of its whole clip, facts of
the encode. ``crop`` counts the samples of one time point (of ``frame`` and ``patches`` there is one)."""


@dataclass(frozen=True, slots=True)
class SampleMeta:
    """What a set of samples tells of itself, as JSON in the index's metadata."""

    kind: SampleKind = "patches"
    """What a sample is."""
    target: SampleTarget | None = None
    """What the columns ``target`` and ``clip_target`` hold; None: pairs have none."""
    extractor: str | None = None
    """Who made the features behind a teacher's score; None: there is none."""
    pixels_sha256: str = ""
    """Of the samples' bytes, the clean ones of pairs after the others."""
    seed: int = 0
    """Of the degradations."""
    schema_version: int = SAMPLES_VERSION
    """Of the files."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """N samples, in the order of the index."""

    kind: SampleKind
    """What a sample is."""
    directory: Path
    """Where they lie."""
    index: pl.DataFrame
    """(N, ...) the columns of ``INDEX_COLUMNS``."""
    pixels: NDArray[np.uint8]
    """(N, P, C, S, S) mapped from the disk."""
    clean: NDArray[np.uint8] | None = None
    """(N, 1, 1, S, S) of pairs; None: other kinds have none."""
    meta: SampleMeta = field(default_factory=SampleMeta)
    """What the files tell of themselves."""

    def __len__(self) -> int:
        return len(self.index)

    @property
    def name(self) -> str:
        """What messages call them."""
        return self.directory.name

    @property
    def key(self) -> str:
        """SHA-256, in hex, over index, pixels and metadata; the same on every machine."""
        text = json.dumps(asdict(self.meta), sort_keys=True) + rows_digest(self.index)
        return hashlib.sha256(text.encode()).hexdigest()

    def facts(self) -> tuple[TableFacts, ...]:
        """What a card says of each corpus, sorted by corpus; its frames are time points of clips."""
        key = self.key
        counted = self.index.group_by("corpus").agg(
            pl.col("source").n_unique(), pl.col("key").n_unique(), pl.len().alias("samples")
        )
        return tuple(
            TableFacts(corpus, sources, clips, samples, self.meta.extractor or f"samples-{self.kind}", key)
            for corpus, sources, clips, samples in counted.sort("corpus").rows()
        )

    def of(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "Samples":
        """Some of them, by number or mask (N,), in memory."""
        places = np.arange(len(self))[rows]
        clean = None if self.clean is None else self.clean[places]
        return replace(self, index=self.index[places.tolist()], pixels=self.pixels[places], clean=clean)


def read_samples(directory: Path) -> Samples:
    """The samples in a folder; their pixels stay on disk until they are looked at.

    Raises:
        TableError: there are none, they are of a newer version, or the files do not fit together.
    """
    if not (directory / INDEX).is_file():
        raise TableError(f"{directory}: no whole set of samples; make one by tinyvmaf extract-samples -o {directory}")
    index, text = read_parquet(directory / INDEX, key=METADATA_KEY)
    meta = _meta(text, directory)
    if dict(index.schema) != dict(INDEX_COLUMNS):
        raise TableError(f"{directory}: its index has other columns than those of samples; extract them again")
    pixels = _mapped(directory / PIXELS, len(index))
    clean = _mapped(directory / CLEAN, len(index)) if meta.kind == "pairs" else None
    return Samples(meta.kind, directory, index, pixels, clean, meta)


def draw_flips(count: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """(N, 2) per sample whether it is turned upside down, and whether left to right, at random."""
    return generator.random((count, 2)) < 0.5


def flipped(pixels: NDArray[np.uint8], flips: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Samples (N, ..., H, W), each turned as ``draw_flips`` says; the one change that keeps every artefact as it is."""
    turned = np.array(pixels)
    turned[flips[:, 0]] = turned[flips[:, 0]][..., ::-1, :]
    turned[flips[:, 1]] = turned[flips[:, 1]][..., ::-1]
    return turned


def _meta(text: str | None, directory: Path) -> SampleMeta:
    try:
        meta = SampleMeta(**json.loads(text or "{}"))
    except (ValueError, TypeError) as error:
        raise TableError(f"{directory}: its metadata are not those of samples ({error}); extract them again") from error
    if meta.schema_version > SAMPLES_VERSION or meta.kind not in KINDS:
        raise TableError(
            f"{directory}: samples of version {meta.schema_version}; this tinyvmaf knows {SAMPLES_VERSION}"
        )
    return meta


def _mapped(path: Path, count: int) -> NDArray[np.uint8]:
    try:
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise TableError(f"{path}: cannot be read ({error}); extract the samples again") from error
    if pixels.dtype != np.uint8 or pixels.ndim != 5 or len(pixels) != count:
        found = f"{pixels.dtype} of shape {pixels.shape}"
        raise TableError(f"{path}: holds {found}, where {count} samples (N, P, C, S, S) of uint8 were expected")
    return pixels
