"""Measured clips -> one clip table: rows in a fixed order, with the opinions and the facts that the corpus tells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tinyvmaf.corpora.clip import Clip, Listing
from tinyvmaf.table.clip_store import StoredClip
from tinyvmaf.table.conform import DTYPES, check_rows
from tinyvmaf.table.content_key import MeasureRule
from tinyvmaf.table.schema import COLUMNS, ClipOrigin, TableMeta
from tinyvmaf.table.store import ClipTable, with_mos_100
from tinyvmaf.video.encode import EncodeFacts

_ORDER = ("corpus", "source", "key", "frame_index")


@dataclass(frozen=True, slots=True)
class MeasuredClip:
    """One clip and its rows."""

    clip: Clip
    """As the corpus lists it."""
    content_key: str
    """Which measurement its rows are."""
    stored: StoredClip
    """The rows."""


def assemble(listing: Listing, measured: Sequence[MeasuredClip], rule: MeasureRule) -> ClipTable:
    """The table of the measured clips, sorted by corpus, source, key and frame.

    What the corpus tells of an encode goes before what was seen of it; opinions are the clip's own, never those of the
    reference that it was encoded from.

    Raises:
        ValueError: nothing was measured.
    """
    if not measured:
        raise ValueError("a table is made of at least one clip")
    rows = pl.concat([one.stored.rows for one in measured], how="vertical")
    clip_index = np.repeat(np.arange(len(measured)), [len(one.stored.rows) for one in measured])  # (N,)
    told = _told([one.clip for one in measured])[clip_index.tolist()]
    facts = [pl.coalesce(told[name], rows[name]).alias(name) for name in COLUMNS.of("encode")]
    rows = rows.with_columns(told[name] for name in told.columns if name not in COLUMNS.of("encode"))
    rows = rows.with_columns(facts).sort(_ORDER)
    if listing.mos_scale is not None:
        rows = with_mos_100(rows, listing.mos_scale)
    else:
        rows = rows.with_columns(pl.lit(None, pl.Float32).alias("mos_100"))
    rows = rows.select(column.name for column in COLUMNS.every if column.name in rows.columns)
    check_rows(rows, name=listing.corpus)
    return ClipTable(rows, _meta(listing, measured, rule), listing.corpus)


def _told(clips: Sequence[Clip]) -> pl.DataFrame:
    """(clips, ...) what the corpus tells of each clip: who it is, the opinion, and facts of the encode."""
    opinions = [clip.opinion for clip in clips]
    facts = [clip.facts or EncodeFacts() for clip in clips]
    values = {
        "corpus": [clip.corpus for clip in clips],
        "source": [clip.source for clip in clips],
        "key": [clip.key for clip in clips],
        "mos": [None if opinion is None else opinion.mos for opinion in opinions],
        "mos_ci": [None if opinion is None else opinion.ci for opinion in opinions],
        **{name: [getattr(fact, name) for fact in facts] for name in COLUMNS.of("encode")},
    }
    schema = {name: DTYPES[COLUMNS.by_name[name].dtype] for name in values}
    return pl.DataFrame(values, schema=schema)


def _meta(listing: Listing, measured: Sequence[MeasuredClip], rule: MeasureRule) -> TableMeta:
    origins = [ClipOrigin(one.clip.corpus, one.clip.key, one.content_key) for one in measured]
    return TableMeta(
        feature_set=rule.feature_set.name,
        extractor=rule.extractor,
        teachers=rule.teachers,
        pairing=rule.pairing,
        mos_scale=listing.mos_scale,
        ffmpeg_version=rule.ffmpeg_version,
        libvmaf_version=rule.libvmaf_version,
        clips=tuple(sorted(origins, key=lambda origin: (origin.corpus, origin.key))),
    )
