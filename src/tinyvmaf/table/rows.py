"""Clip tables -> the numbers that models and reports take: features, one target, and where each row comes from."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tinyvmaf.errors import TableError
from tinyvmaf.features import CANONICAL_6, FeatureSet
from tinyvmaf.table.grouping import runs_of
from tinyvmaf.table.schema import TableFacts
from tinyvmaf.table.store import ClipTable
from tinyvmaf.table.targets import HYBRID, MOS, OPINION_TARGETS, opinions_of, target_values

_LOG = logging.getLogger(__name__)

SMOKE_CORPUS_SOURCES = {
    "netflix": (
        *("BigBuckBunny", "BirdsInCage", "CrowdRun", "ElFuente1", "ElFuente2", "FoxBird", "OldTownCross", "Seeking"),
        "Tennis",
    ),
    "konvid-1k": tuple(f"{number:04d}" for number in range(1, 11)),
}
"""Sources of the zero-filled rows: the nine of Netflix Public by their names, and ten numbers for KoNViD-1k."""

Texts = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Rows:
    """N frames of one or several clip tables, row by row, in the tables' order."""

    features: NDArray[np.float32]
    """(N, F) raw features, columns in the feature set's order."""
    target: NDArray[np.float32]
    """(N,) what is to be predicted, 0-100."""
    corpus: Texts
    """(N,) str."""
    source: Texts
    """(N,) str, the content; known only together with the corpus."""
    key: Texts
    """(N,) str, the clip; unique in its corpus."""
    frame_index: NDArray[np.int32]
    """(N,) from 0, in display order."""
    codec: Texts
    """(N,) str, the standard or degradation; empty: not known."""
    encode_height: NDArray[np.int32]
    """(N,) lines; 0: not known."""
    table_index: NDArray[np.int32]
    """(N,) which of the given tables the row is from, from 0."""
    source_index: NDArray[np.int32]
    """(N,) one number per (corpus, source), from 0 in the order of first appearance."""
    clip_index: NDArray[np.int32]
    """(N,) one number per (table, corpus, key), from 0 in the order of first appearance."""
    feature_set: FeatureSet
    """Names the columns of ``features``."""
    target_name: str
    """What a net of these rows predicts: the teacher, or ``mos``."""
    facts: tuple[TableFacts, ...]
    """One per table and corpus."""
    smoke: bool = False
    """The rows are made up, to check the harness."""
    of_clip: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    """(N,) the target is of the row's whole clip, as an opinion is, not of its frame; not given: none is."""
    weight: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    """(N,) how much the row's target counts in training; not given: 1."""

    def __post_init__(self) -> None:
        if not len(self.of_clip):
            object.__setattr__(self, "of_clip", np.zeros(len(self), np.bool_))
        if not len(self.weight):
            object.__setattr__(self, "weight", np.ones(len(self), np.float32))
        if self.features.shape != (len(self), len(self.feature_set.names)):
            raise ValueError(f"features of shape {self.features.shape} for {len(self)} rows of {self.feature_set.name}")

    def __len__(self) -> int:
        return len(self.target)

    @property
    def judges(self) -> NDArray[np.bool_]:
        """(N,) rows that may judge a net: for opinions those that have one."""
        return self.of_clip if self.target_name == MOS else np.ones(len(self), np.bool_)

    @property
    def corpora(self) -> tuple[str, ...]:
        """The corpora, in the order of first appearance."""
        return tuple(dict.fromkeys(self.corpus))


def rows_of(tables: Sequence[ClipTable], *, feature_set: FeatureSet = CANONICAL_6, target: str = "vmaf") -> Rows:
    """The rows of the tables that have the target, table after table; rows without it are left out with a warning.

    With ``hybrid`` the rows without an opinion stay and train, by their teacher's score; only the others judge.

    Raises:
        TableError: a table lacks a feature or the target; the message names it.
        ValueError: there is no table.
    """
    if not tables:
        raise ValueError("rows are made of at least one table")
    _warn_of_mixed_extractors(tables)
    parts = [_with_target(table, target) for table in tables]
    frame = pl.concat([_plain(part, feature_set) for part in parts])
    lengths = [len(part.rows) for part in parts]
    opinions = [opinions_of(part, target) for part in parts]
    if target == HYBRID and not any(found.of_clip.any() for found in opinions):
        target_values(tables[0], MOS)  # says what is missing
    table_index = np.repeat(np.arange(len(parts), dtype=np.int32), lengths)
    return Rows(
        features=np.ascontiguousarray(frame.select(feature_set.names).to_numpy(), dtype=np.float32),
        target=np.concatenate([target_values(part, target) for part in parts]).astype(np.float32),
        corpus=runs_of(frame, "corpus").spread(),
        source=runs_of(frame, "source").spread(),
        key=runs_of(frame, "key").spread(),
        frame_index=frame["frame_index"].to_numpy(),
        codec=runs_of(frame, "codec").spread(),
        encode_height=frame["encode_height"].fill_null(0).to_numpy(),
        table_index=table_index,
        source_index=runs_of(frame, "corpus", "source").numbers(),
        clip_index=runs_of(frame.with_columns(pl.Series("table", table_index)), "table", "corpus", "key").numbers(),
        feature_set=feature_set,
        target_name=_predicted(target),
        facts=tuple(
            replace(facts, table_key=table.key)
            for table, part in zip(tables, parts, strict=True)
            for facts in part.facts()
        ),
        of_clip=np.concatenate([found.of_clip for found in opinions]),
        weight=np.concatenate([found.weights for found in opinions]).astype(np.float32),
    )


def smoke_rows(*, feature_set: FeatureSet = CANONICAL_6, target: str = "vmaf", frames: int = 8) -> Rows:
    """Zero-filled rows of both corpora, one clip per source, so that every validation mode works."""
    sources = [(corpus, source) for corpus, names in SMOKE_CORPUS_SOURCES.items() for source in names]
    count = len(sources) * frames
    repeated = np.repeat(np.arange(len(sources), dtype=np.int32), frames)
    texts = np.array(sources, dtype=object)[repeated]  # (N, 2)
    return Rows(
        features=np.zeros((count, len(feature_set.names)), np.float32),
        target=np.zeros(count, np.float32),
        corpus=texts[:, 0],
        source=texts[:, 1],
        key=texts[:, 1],
        frame_index=np.tile(np.arange(frames, dtype=np.int32), len(sources)),
        codec=np.full(count, "h264", dtype=object),
        encode_height=np.full(count, 1080, np.int32),
        table_index=np.repeat(np.arange(2, dtype=np.int32), [len(s) * frames for s in SMOKE_CORPUS_SOURCES.values()]),
        source_index=repeated,
        clip_index=repeated,
        feature_set=feature_set,
        target_name=_predicted(target),
        facts=tuple(
            TableFacts(corpus, len(names), len(names), len(names) * frames, "smoke", "smoke")
            for corpus, names in SMOKE_CORPUS_SOURCES.items()
        ),
        smoke=True,
        of_clip=np.full(count, target in OPINION_TARGETS),
    )


def _predicted(target: str) -> str:
    return MOS if target == HYBRID else target


def _warn_of_mixed_extractors(tables: Sequence[ClipTable]) -> None:
    extractors = {table.meta.extractor for table in tables}
    if len(extractors) > 1:
        per_table = ", ".join(f"{table.name}: {table.meta.extractor}" for table in tables)
        _LOG.warning("features of different extractors are mixed (%s)", per_table)


def _with_target(table: ClipTable, target: str) -> ClipTable:
    """The table less the rows that have no target."""
    known = np.isfinite(target_values(table, target))
    if known.all():
        return table
    _LOG.warning("%s: %d of %d rows have no %s and are left out", table.name, (~known).sum(), len(known), target)
    return replace(table, rows=table.rows.filter(pl.Series(known)))


def _plain(table: ClipTable, feature_set: FeatureSet) -> pl.DataFrame:
    """The columns that rows are made of, where the table lacks a fact of the encode as empty ones."""
    for name in feature_set.names:
        missing = len(table.rows) if name not in table.rows.columns else table.rows[name].null_count()
        if missing:
            raise TableError(
                f"{table.name}: no feature {name} in {missing} of {len(table.rows)} rows; "
                f"extract it again with --features {feature_set.name}"
            )
    facts = {"codec": pl.String, "encode_height": pl.Int32}
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in facts.items() if name not in table.rows.columns]
    return table.rows.with_columns(absent).select("corpus", "source", "key", "frame_index", *feature_set.names, *facts)
