"""Which rows train and which judge: the validation modes, and leaving one source, codec or size out.

A (corpus, source) is never cut in two. "Picked" sources are the first in the order of sha256(seed, source), so the same
seed picks the same ones on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.table.rows import Rows

Mask = NDArray[np.bool_]
FoldBy = Literal["source", "codec", "encode_height"]

FOLDS_BY: tuple[FoldBy, ...] = ("source", "codec", "encode_height")
"""What ``folds_by`` can leave out."""
VAL_MODES = (
    "source",
    "netflix-source",
    "konvid-holdout",
    "netflix-source-and-konvid-holdout",
    "netflix-only",
    "konvid-only",
)
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
    val_sources: tuple[tuple[str, str], ...]
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
    return "netflix-source" if "netflix" in rows.corpora else "source"


def split_rows(
    rows: Rows,
    mode: str | None = None,
    *,
    val_sources: Sequence[str] = (),
    konvid_val_fraction: float = 0.1,
    seed: int = 0,
) -> Split:
    """Rows that train and rows that judge, by a validation mode (None: the default one).

    Raises:
        TableError: the mode's corpus or a named source is absent (the message names what there is), or nothing would
            be left to train on.
        ValueError: no such mode.
    """
    raise NotImplementedError


def folds_by(
    rows: Rows, *, by: FoldBy = "source", konvid_val_fraction: float | None = None, seed: int = 0
) -> tuple[Fold, ...]:
    """One fold per source (codec, encode height) of the first table, sorted.

    Further tables stay in training, less what is held out where they hold it too.

    Raises:
        TableError: there are not two of them, or some row does not tell its codec or height.
    """
    raise NotImplementedError
