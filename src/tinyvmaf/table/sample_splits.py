"""Which samples train, which say when to stop, and which only judge: by sources, which are never cut in two."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import FitError
from tinyvmaf.table.sample_rows import SampleRows, held_out
from tinyvmaf.table.splits import named_sources, picked_sources

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SampleSplit:
    """Three parts of the samples, each with sources of its own."""

    train: Mask
    """(N,) samples that train."""
    stop: Mask
    """(N,) samples whose loss picks the best epoch."""
    val: Mask
    """(N,) samples that only judge: every sample of their sources."""
    val_sources: tuple[str, ...]
    """``corpus/source`` of those that judge, sorted."""
    protocol: str
    """In words, how the judging ones were held out."""


def split_samples(
    samples: SampleRows,
    *,
    val_sources: tuple[str, ...] = (),
    val_fraction: float = 0.1,
    stop_fraction: float = 0.1,
    hold_out: str | None = None,
    seed: int = 0,
) -> SampleSplit:
    """The split by source; "picked" sources are the first in the order of sha256(seed, source), as for tables.

    Args:
        samples: What to split.
        val_sources: The sources that judge; none: ``val_fraction`` of them are picked, at least one.
        val_fraction: Share of the sources.
        stop_fraction: Share of the other sources, at least one.
        hold_out: A fact, like ``codec=hevc``, whose samples neither train nor stop; they judge where their source does.
        seed: Another one picks other sources.

    Raises:
        FitError: fewer than three sources, or nothing is left to train on.
        TableError: a source or fact is not there.
    """
    rows = samples.rows
    count = len(np.unique(rows.source_index))
    if count < 3:
        raise FitError(
            f"{count} sources are too few: one trains, another says when to stop, a third judges; give three or more"
        )
    everything = np.ones(len(samples), np.bool_)
    val = named_sources(rows, val_sources) if val_sources else picked_sources(rows, everything, val_fraction, seed)
    stop = picked_sources(rows, ~val, stop_fraction, seed) if (~val).any() else ~val
    train = ~(val | stop)
    protocol = "held out by source"
    if hold_out is not None:
        absent = held_out(samples, hold_out)
        train, stop = train & ~absent, stop & ~absent
        protocol = f"held out by source, {hold_out} held out of training"
    if not (train.any() and stop.any()):
        raise FitError("nothing is left to train on, or to say when to stop: hold out fewer sources")
    texts = {f"{corpus}/{source}" for corpus, source in zip(rows.corpus[val], rows.source[val], strict=True)}
    return SampleSplit(train, stop, val, tuple(sorted(texts)), protocol)
