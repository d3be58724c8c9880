"""Every column of the clip table, and what its file tells of itself: names, types, units, and the rule for its version.

One row per frame of one clip. ``SCHEMA_VERSION`` grows when a column changes its meaning, its unit or its type, or goes
away, or when a metadata entry does; a new nullable column leaves it as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tinyvmaf.features import CANONICAL_6, FEATURE_SETS
from tinyvmaf.pixels.sampling import SAMPLINGS

SCHEMA_VERSION = 1
METADATA_KEY = "tinyvmaf"
UNKNOWN_EXTRACTOR = "unknown"
LIBVMAF_EXTRACTOR = "libvmaf-integer"
KERNEL_EXTRACTOR = "kernel"
KERNEL_EXTRACTORS = {name: f"{KERNEL_EXTRACTOR}-{name}" for name in SAMPLINGS}
"""The kernel with each of its samplings."""

ColumnType = Literal["string", "int32", "float32"]
ColumnRole = Literal["identity", "feature", "teacher", "opinion", "encode"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the clip table."""

    name: str
    """As the file spells it."""
    dtype: ColumnType
    """Its type in the file."""
    role: ColumnRole
    """What it is for."""
    unit: str
    """Unit and range; empty for text."""
    meaning: str
    """What it says."""
    nullable: bool = True
    """Whether a row may leave it empty, and a table leave it out."""


@dataclass(frozen=True, slots=True)
class ClipOrigin:
    """Which measurement a clip's rows are."""

    corpus: str
    """The clip's corpus."""
    key: str
    """The clip's key in it."""
    content_key: str
    """SHA-256, in hex, over all that the measurement depends on."""


@dataclass(frozen=True, slots=True)
class TableMeta:
    """What a clip table's file tells of itself, as JSON under the metadata key ``tinyvmaf``."""

    feature_set: str = CANONICAL_6.name
    """The feature set that was asked for; ``canonical-6`` is always there besides."""
    extractor: str = UNKNOWN_EXTRACTOR
    """``libvmaf-integer``, ``libvmaf-float``, ``kernel-full``, ``kernel-fast``, or ``unknown``."""
    teachers: tuple[str, ...] = ("vmaf",)
    """The teacher columns that were measured."""
    pairing: str | None = None
    """How frames were paired, ``time`` or ``index``; None: not known."""
    mos_scale: tuple[float, float] | None = None
    """Worst and best value of the scale of ``mos``; None: there are no opinions, or the scale is not known."""
    ffmpeg_version: str | None = None
    """The ffmpeg that decoded; None: not known."""
    libvmaf_version: str | None = None
    """The libvmaf that measured; None: not known."""
    clips: tuple[ClipOrigin, ...] = ()
    """Per clip its content key, sorted; empty for a table that was made elsewhere."""
    schema_version: int = SCHEMA_VERSION
    """Version of the columns and of this record."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a model card says of one corpus that a model was trained on: one row of the sidecar's ``trained_on``."""

    corpus: str
    """As in the table's rows."""
    sources: int
    """Number of contents."""
    clips: int
    """Number of distorted versions."""
    frames: int
    """Number of rows."""
    extractor: str
    """Who made the features."""
    table_key: str
    """SHA-256, in hex, over the table's rows and metadata."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of the clip table, in the order in which a file holds them, by their role."""

    every: tuple[Column, ...]
    """All of them."""
    by_name: Mapping[str, Column] = field(init=False)
    """The same by their names."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.every})

    def of(self, *roles: ColumnRole) -> tuple[str, ...]:
        """Names of the columns of these roles, in file order."""
        return tuple(column.name for column in self.every if column.role in roles)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that every table has and that are never empty, in file order."""
        return tuple(column.name for column in self.every if not column.nullable)


def _feature_columns() -> tuple[Column, ...]:
    """A float32 column per feature of every set; only the canonical ones are never empty."""
    features = {feature.name: feature for feature_set in FEATURE_SETS.values() for feature in feature_set.features}
    return tuple(
        Column(name, "float32", "feature", "", feature.meaning, nullable=name not in CANONICAL_6.names)
        for name, feature in features.items()
    )


_SCORE = "score, 0-100"

COLUMNS = Columns(
    (
        Column("corpus", "string", "identity", "", "the corpus, or the folder's or manifest's name", nullable=False),
        Column(
            "source", "string", "identity", "", "the content; no split cuts a (corpus, source) in two", nullable=False
        ),
        Column("key", "string", "identity", "", "the clip: one distorted version of one source", nullable=False),
        Column("frame_index", "int32", "identity", "frames, from 0", "in display order", nullable=False),
        *_feature_columns(),
        Column("vmaf", "float32", "teacher", _SCORE, "VMAF v0.6.1, clipped as libvmaf clips it", nullable=False),
        Column("vmaf_neg", "float32", "teacher", _SCORE, "VMAF v0.6.1 NEG: no gain from enhancement"),
        Column("vmaf_v1", "float32", "teacher", _SCORE, "VMAF v1 at three picture heights"),
        Column("vmaf_4k", "float32", "teacher", _SCORE, "VMAF 4K v0.6.1"),
        Column("mos", "float32", "opinion", "the corpus's own scale", "mean opinion score of the clip"),
        Column("mos_ci", "float32", "opinion", "the corpus's own scale", "half width of its 95 % interval"),
        Column("mos_100", "float32", "opinion", "0-100", "`mos`, mapped linearly from its scale"),
        Column("codec", "string", "encode", "", "the standard (h264, hevc, vp9, av1, vvc), or noise, blur, sharpen"),
        Column("encoder", "string", "encode", "", "by ffmpeg's name"),
        Column("preset", "string", "encode", "", "of the encoder"),
        Column("quality", "float32", "encode", "CRF, QP or strength", "the setting of the encoder or degradation"),
        Column("bitrate_kbps", "float32", "encode", "1000 bits per second", "of the encoded video"),
        Column("encode_height", "int32", "encode", "lines", "at which it was encoded"),
        Column("width", "int32", "encode", "columns", "of the measured pictures"),
        Column("height", "int32", "encode", "lines", "of the measured pictures"),
        Column("fps", "float32", "encode", "frames per second", "of the measured video"),
    )
)
"""Every column of the clip table."""


def column_page() -> str:
    """The column table of docs/table.md, in Markdown."""
    lines = ["| column | type | unit, range | meaning |", "|---|---|---|---|"]
    for column in COLUMNS.every:
        dtype = f"{column.dtype}, nullable" if column.nullable else column.dtype
        lines.append(f"| `{column.name}` | {dtype} | {column.unit} | {column.meaning} |")
    return "\n".join(lines) + "\n"
