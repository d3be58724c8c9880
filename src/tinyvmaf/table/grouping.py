"""Text columns as runs of equal values: a clip table has few clips and many rows, and mostly clip after clip."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Runs:
    """Equal neighbours of one or several columns, taken together."""

    values: tuple[tuple[str | None, ...], ...]
    """Per run the columns' values."""
    lengths: NDArray[np.int64]
    """Per run its rows."""

    def spread(self) -> NDArray[np.object_]:
        """(N,) the first column's values, row by row; empty text where there is none."""
        values = np.empty(len(self.values), dtype=object)
        values[:] = [value[0] or "" for value in self.values]
        return np.repeat(values, self.lengths)

    def numbers(self) -> NDArray[np.int32]:
        """(N,) one number per different value, from 0 in the order of first appearance."""
        seen: dict[tuple[str | None, ...], int] = {}
        numbers = [seen.setdefault(value, len(seen)) for value in self.values]
        return np.repeat(np.array(numbers, dtype=np.int32), self.lengths)


def runs_of(frame: pl.DataFrame, *columns: str) -> Runs:
    """The runs of these columns, first to last."""
    ids = frame.select(pl.struct(columns).rle_id()).to_series().cast(pl.Int64).to_numpy()  # (N,)
    starts = np.flatnonzero(np.diff(ids, prepend=-1))
    values = frame.select(columns)[starts.tolist()].rows()
    return Runs(tuple(values), np.diff(starts, append=len(frame)))
