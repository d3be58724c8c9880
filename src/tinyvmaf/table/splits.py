"""Which rows train and which judge: the validation modes, and leaving one source, codec or size out.

A (corpus, source) is never cut in two. "Picked" sources are the first in the order of sha256(seed, source), so the same
seed picks the same ones on every machine.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import TableError
from tinyvmaf.table.rows import Rows

SourceName = tuple[str, str]
Mask = NDArray[np.bool_]
FoldBy = Literal["source", "codec", "encode_height"]

NETFLIX = "netflix"
KONVID = "konvid-1k"
DEFAULT_NETFLIX_SOURCE = "Tennis"
DEFAULT_KONVID_FRACTION = 0.1
SOURCE_FRACTION = 0.2
FOLDS_BY: tuple[FoldBy, ...] = ("source", "codec", "encode_height")
"""What ``folds_by`` can leave out."""
_NEEDED_CORPORA = {
    "source": (),
    "netflix-source": (NETFLIX,),
    "konvid-holdout": (KONVID,),
    "netflix-source-and-konvid-holdout": (NETFLIX, KONVID),
    "netflix-only": (NETFLIX,),
    "konvid-only": (KONVID,),
}
_TAKES_NETFLIX_SOURCES = ("netflix-source", "netflix-source-and-konvid-holdout", "netflix-only")
_PICKS_KONVID = ("konvid-holdout", "netflix-source-and-konvid-holdout", "konvid-only")
_PLURAL = {"source": "sources", "codec": "codecs", "encode_height": "heights"}
VAL_MODES = tuple(_NEEDED_CORPORA)
"""Every validation mode."""


@dataclass(frozen=True, slots=True)
class Split:
    """Rows that train, and rows of other sources that judge; with the ``-only`` modes some rows do neither."""

    mode: str
    """The validation mode."""
    train: Mask
    """(N,) rows that train."""
    val: Mask
    """(N,) rows that judge."""
    val_sources: tuple[SourceName, ...]
    """The (corpus, source) of every row that judges, sorted."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One source, codec or size left out."""

    corpus: str
    """The first table's corpus that holds it; empty where a codec or size spans several."""
    held_out: str
    """The source, codec or height that training does not see."""
    train: Mask
    """(N,) rows that train."""
    test: Mask
    """(N,) rows of the first table that judge."""
    konvid_val: Mask
    """(N,) rows of ``konvid-1k`` that no fold trains on and that were asked for besides; else all False."""


def default_mode(rows: Rows) -> str:
    """``netflix-source`` where there is a ``netflix`` corpus, else ``source``."""
    return "netflix-source" if NETFLIX in rows.corpora else "source"


def possible_modes(rows: Rows) -> tuple[str, ...]:
    """The validation modes whose corpora are there."""
    return tuple(mode for mode, needed in _NEEDED_CORPORA.items() if set(needed) <= set(rows.corpora))


def split_rows(
    rows: Rows,
    mode: str | None = None,
    *,
    val_sources: Sequence[str] = (),
    konvid_val_fraction: float = DEFAULT_KONVID_FRACTION,
    seed: int = 0,
) -> Split:
    """Rows that train and rows that judge, by a validation mode.

    Args:
        rows: Of one or several tables.
        mode: One of ``VAL_MODES``; None: the default one.
        val_sources: The sources that judge, for the modes that take them.
        konvid_val_fraction: Share of the sources of ``konvid-1k`` that judge (at least one), for modes that pick.
        seed: Another one picks other sources.

    Raises:
        TableError: the mode's corpus or a named source is absent (the message names what there is), or nothing would
            be left to train on.
    """
    mode = default_mode(rows) if mode is None else mode
    _check_mode(rows, mode, val_sources)
    judged = set(rows.source_index[rows.judges].tolist())
    everything = {index: name for index, name in _source_names(rows).items() if index in judged}
    val: set[int] = set()
    if mode == "source":
        val |= _named(everything, val_sources) if val_sources else _picked(everything, SOURCE_FRACTION, seed)
    if mode in _TAKES_NETFLIX_SOURCES:
        val |= _named(_of_corpus(everything, NETFLIX), val_sources or (DEFAULT_NETFLIX_SOURCE,))
    if mode in _PICKS_KONVID:
        val |= _picked(_of_corpus(everything, KONVID), konvid_val_fraction, seed)
    judges = np.isin(rows.source_index, sorted(val))
    trains = ~judges
    if mode.endswith("-only"):
        trains &= rows.corpus == _NEEDED_CORPORA[mode][0]
    if not trains.any():
        raise TableError(f"--val-mode {mode} leaves nothing to train on: all {len(val)} sources would judge")
    return Split(mode, trains, judges & rows.judges, tuple(sorted(everything[index] for index in val)))


def named_sources(rows: Rows, wanted: Sequence[str]) -> Mask:
    """(N,) the rows of these sources, each named as ``source`` or ``corpus/source``.

    Raises:
        TableError: one is absent; the message names those that there are.
    """
    return np.isin(rows.source_index, sorted(_named(_source_names(rows), wanted)))


def picked_sources(rows: Rows, among: Mask, fraction: float, seed: int) -> Mask:
    """(N,) the rows of that share of the sources, at least one, of those that the mask holds, picked by the seed.

    Raises:
        TableError: the share is not between 0 and 1.
    """
    sources = {index: name for index, name in _source_names(rows).items() if index in set(rows.source_index[among])}
    return np.isin(rows.source_index, sorted(_picked(sources, fraction, seed)))


def folds_by(
    rows: Rows, *, by: FoldBy = "source", konvid_val_fraction: float | None = None, seed: int = 0
) -> tuple[Fold, ...]:
    """One fold per source (codec, encode height) of the first table, sorted.

    Further tables stay in training, less what is held out where they hold it too.

    Args:
        rows: Of one or several tables.
        by: What a fold holds out.
        konvid_val_fraction: Share of the sources of ``konvid-1k`` that no fold trains on; None: none.
        seed: Another one picks other sources of ``konvid-1k``.

    Raises:
        TableError: there are not two of them, some row does not tell its codec or height, or a fold would have
            nothing to train on.
    """
    konvid_val = _konvid_val(rows, konvid_val_fraction, seed)
    values, names = _fold_values(rows, by)
    first = (rows.table_index == 0) & rows.judges
    folds = []
    for value in sorted(set(values[first].tolist()), key=lambda value: names[value]):
        held_out = values == value
        corpus, name = names[value]
        fold = Fold(corpus, str(name), ~held_out & ~konvid_val, held_out & first, konvid_val & rows.judges)
        if not fold.train.any():
            raise TableError(
                f"leaving out {name} leaves nothing to train on: a table of several {_PLURAL[by]} is needed"
            )
        folds.append(fold)
    return tuple(folds)


def _check_mode(rows: Rows, mode: str, val_sources: Sequence[str]) -> None:
    if mode not in VAL_MODES:
        raise TableError(f"unknown --val-mode {mode!r}; there are {', '.join(VAL_MODES)}")
    absent = [corpus for corpus in _NEEDED_CORPORA[mode] if corpus not in rows.corpora]
    if absent:
        raise TableError(
            f"--val-mode {mode} needs the corpus {' and '.join(absent)}; the tables hold {', '.join(rows.corpora)}, "
            f"so that {', '.join(possible_modes(rows))} would work"
        )
    if val_sources and mode != "source" and mode not in _TAKES_NETFLIX_SOURCES:
        raise TableError(f"--val-mode {mode} picks its sources; leave --val-source out, or use --val-mode source")


def _source_names(rows: Rows) -> dict[int, SourceName]:
    """Per source index its (corpus, source)."""
    _, first = np.unique(rows.source_index, return_index=True)
    return {int(rows.source_index[row]): (str(rows.corpus[row]), str(rows.source[row])) for row in first}


def _of_corpus(sources: Mapping[int, SourceName], corpus: str) -> dict[int, SourceName]:
    return {index: name for index, name in sources.items() if name[0] == corpus}


def _named(sources: Mapping[int, SourceName], wanted: Sequence[str]) -> set[int]:
    """Indices of the sources of these names, in whichever corpus; ``corpus/source`` names one of one corpus."""
    found: set[int] = set()
    for text in wanted:
        matches = {index for index, (corpus, source) in sources.items() if text in (source, f"{corpus}/{source}")}
        if not matches:
            existing = ", ".join(sorted({source for _, source in sources.values()}))
            raise TableError(f"no source {text!r} to validate on (--val-source); there are {existing}")
        found |= matches
    return found


def _picked(sources: Mapping[int, SourceName], fraction: float, seed: int) -> set[int]:
    """The first of the sources in the order of sha256(seed, source): that share of them, at least one."""
    if not 0 < fraction < 1:
        raise TableError(f"a share of {fraction} of the sources is not between 0 and 1")
    order = sorted(sources, key=lambda index: (_pick_order(seed, sources[index][1]), sources[index]))
    return set(order[: max(1, round(fraction * len(order)))])


def _pick_order(seed: int, source: str) -> str:
    return hashlib.sha256(f"{seed}:{source}".encode()).hexdigest()


def _konvid_val(rows: Rows, fraction: float | None, seed: int) -> Mask:
    if fraction is None:
        return np.zeros(len(rows), dtype=bool)
    konvid = _of_corpus(_source_names(rows), KONVID)
    if not konvid:
        raise TableError(f"a share of {KONVID} is to be held out, but the tables hold {', '.join(rows.corpora)}")
    return np.isin(rows.source_index, sorted(_picked(konvid, fraction, seed)))


def _fold_values(rows: Rows, by: FoldBy) -> tuple[NDArray[np.int64], Mapping[int, tuple[str, str | int]]]:
    """(N,) a number for what the row's fold holds out, and per number its corpus and name."""
    if by == "source":
        return rows.source_index.astype(np.int64), _source_names(rows)
    known = rows.codec != "" if by == "codec" else rows.encode_height != 0
    if not known.all():
        raise TableError(f"{(~known).sum()} of {len(rows)} rows do not tell their {by}, so none can be left out")
    texts, numbers = np.unique(rows.codec.astype(str) if by == "codec" else rows.encode_height, return_inverse=True)
    corpora = {str(corpus) for corpus in rows.corpus[rows.table_index == 0]}
    corpus = corpora.pop() if len(corpora) == 1 else ""
    return numbers.astype(np.int64), {number: (corpus, text) for number, text in enumerate(texts.tolist())}
