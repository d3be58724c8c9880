"""Pixel samples -> what training and judging take: the pixels, and rows that say where each sample comes from.

The rows are those of clip tables without features, so that splits, figures and reports mean the same for both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tinyvmaf.errors import RecipeError, TableError
from tinyvmaf.features import FeatureSet
from tinyvmaf.table.grouping import runs_of
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.sample_set import Samples
from tinyvmaf.table.targets import MOS

PIXELS = FeatureSet("pixels", (), teacher="vmaf")
"""The feature set of rows whose samples are pixels: none."""
HOLD_OUT_COLUMNS = ("codec", "encoder", "encode_height", "degradation", "corpus")
"""Facts that a training can be kept from."""
CLEAN = "clean"
"""The target of pairs: the picture before it was spoiled."""

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SampleRows:
    """N samples of one or several sets, with what is to be predicted of each."""

    kind: str
    """``frame``, ``patches`` or ``pairs``."""
    sets: tuple[Samples, ...]
    """Where the pixels lie; of one kind and shape."""
    places: Places
    """(N, 2) which of the sets a row is of, and its number there."""
    rows: Rows
    """N rows without features."""
    clip_target: NDArray[np.float64]
    """(N,) the target's mean over all frames of the row's clip."""
    index: pl.DataFrame
    """(N,) rows of all that is known of each sample."""
    key: str
    """SHA-256, in hex, over the sets."""

    def __len__(self) -> int:
        return len(self.places)

    @property
    def shape(self) -> tuple[int, int]:
        """C and S of a sample."""
        pixels = self.sets[0].pixels
        return pixels.shape[2], pixels.shape[4]

    def take(self, rows: Places) -> Pixels:
        """The pixels (n, P, C, S, S) of some rows, read from the disk."""
        return self._read(rows, [each.pixels for each in self.sets])

    def take_clean(self, rows: Places) -> Pixels:
        """The same before they were spoiled.

        Raises:
            ValueError: they are no pairs.
        """
        clean = [each.clean for each in self.sets if each.clean is not None]
        if len(clean) != len(self.sets):
            raise ValueError(f"samples of kind {self.kind} have no clean pictures")
        return self._read(rows, clean)

    def _read(self, rows: Places, arrays: Sequence[Pixels]) -> Pixels:
        """Each set's in rising order, which a disk likes."""
        found = np.empty((len(rows), *arrays[0].shape[1:]), np.uint8)
        order = np.lexsort(self.places[rows].T[::-1])
        which, place = self.places[rows[order]].T
        for number, array in enumerate(arrays):
            mine = which == number
            found[order[mine]] = array[place[mine]]
        return found


def sample_rows(*sets: Samples) -> SampleRows:
    """The samples that have a target: what their set was extracted for, or of pairs the ``clean`` pictures.

    Raises:
        TableError: none has one, or the sets are not of one kind, shape and target.
        ValueError: there is no set.
    """
    if not sets:
        raise ValueError("rows are made of at least one set of samples")
    _check_alike(sets)
    index = pl.concat([_known(each, number) for number, each in enumerate(sets)])
    if index.is_empty():
        names = ", ".join(each.name for each in sets)
        raise TableError(f"{names}: none of {sum(map(len, sets))} samples has a target to learn or to judge by")
    return SampleRows(
        kind=sets[0].kind,
        sets=sets,
        places=index.select("set", "place").to_numpy().astype(np.int64),
        rows=_rows(index, sets),
        clip_target=index["clip_target"].fill_null(0).to_numpy().astype(np.float64),
        index=index.drop("set", "place"),
        key=sets[0].key if len(sets) == 1 else sha256("".join(each.key for each in sets).encode()).hexdigest(),
    )


def target_of(samples: Samples) -> str:
    """What a net learns of the samples, as recipes spell it: ``vmaf``, ``mos`` or ``clean``."""
    return CLEAN if samples.clean is not None else (samples.meta.target or "vmaf").removesuffix("_100")


def parse_hold_out(text: str) -> tuple[str, str]:
    """Column and value of ``codec=hevc``.

    Raises:
        RecipeError: it is not of that form, or no fact that can be held out.
    """
    column, sign, value = text.partition("=")
    if not sign or not value or column not in HOLD_OUT_COLUMNS:
        facts = ", ".join(HOLD_OUT_COLUMNS)
        raise RecipeError(f"{text!r} does not say what to hold out: write FACT=VALUE, like codec=hevc, of {facts}")
    return column, value


def held_out(samples: SampleRows, text: str) -> Mask:
    """(N,) rows whose fact is the one that is to be held out.

    Raises:
        TableError: no sample has it; the message names those that there are.
    """
    column, value = parse_hold_out(text)
    values = samples.index[column].cast(pl.String).fill_null("").to_numpy()
    if value not in values:
        raise TableError(f"no sample has {text}; there are {', '.join(sorted({str(v) for v in values if v}))}")
    return values == value


def _check_alike(sets: Sequence[Samples]) -> None:
    said = [(each.kind, target_of(each), each.pixels.shape[1:]) for each in sets]
    for each, what in zip(sets, said, strict=True):
        if what != said[0]:
            raise TableError(
                f"{each.name} holds {what[0]} for {what[1]} of shape {what[2]}, {sets[0].name} {said[0][0]} for "
                f"{said[0][1]} of shape {said[0][2]}: samples that are taken together must be alike"
            )


def _known(samples: Samples, number: int) -> pl.DataFrame:
    """The index of the samples that have a target, with which set and place they are."""
    index = samples.index.with_row_index("place").with_columns(pl.lit(number, pl.UInt32).alias("set"))
    if samples.clean is not None:
        return index
    return index.filter(pl.col("target").is_finite() & pl.col("clip_target").is_finite())


def _rows(index: pl.DataFrame, sets: Sequence[Samples]) -> Rows:
    count, target = len(index), target_of(sets[0])
    return Rows(
        features=np.zeros((count, 0), np.float32),
        target=index["target"].fill_null(0).to_numpy().astype(np.float32),
        corpus=runs_of(index, "corpus").spread(),
        source=runs_of(index, "source").spread(),
        key=runs_of(index, "key").spread(),
        frame_index=index["frame_index"].to_numpy().astype(np.int32),
        codec=runs_of(index, "codec").spread(),
        encode_height=index["encode_height"].fill_null(0).to_numpy().astype(np.int32),
        table_index=index["set"].to_numpy().astype(np.int32),
        source_index=runs_of(index, "corpus", "source").numbers(),
        clip_index=runs_of(index, "set", "corpus", "key").numbers(),
        feature_set=PIXELS,
        target_name=target,
        facts=tuple(facts for each in sets for facts in each.facts()),
        of_clip=np.full(count, target == MOS),
    )
