"""The Daubechies-2 wavelet of integer_adm.c, in fixed point: one plane -> four bands of half its size (ceil)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.pixels.truth.filters import Plane, rounded_shift

LOW = (15826, 27411, 7345, -4240)
HIGH = (-4240, -7345, 27411, -15826)
_SHIFTS = {1: (0, 15), 2: (16, 16), 3: (16, 15)}
"""Bits that the vertical and the horizontal pass drop, by scale; of scale 0, the picture's bits and 16."""


@dataclass(frozen=True, slots=True)
class Bands:
    """What one step of the wavelet yields; each (ceil(H / 2), ceil(W / 2))."""

    a: Plane
    """Low in both directions: the next scale's plane."""
    h: Plane
    """High across rows."""
    v: Plane
    """High along rows."""
    d: Plane
    """High in both directions."""

    @property
    def details(self) -> tuple[Plane, Plane, Plane]:
        """The three high bands, in libvmaf's order."""
        return self.h, self.v, self.d


def dwt(plane: Plane, scale: int, *, bit_depth: int) -> Bands:
    """The bands of a plane: of the picture at scale 0, of band a of the scale before at 1 to 3."""
    if scale == 0:
        plane = plane - (1 << bit_depth >> 1)  # both filters are linear: the same as libvmaf's, which subtracts later
        bits, row_bits = bit_depth, 16
    else:
        bits, row_bits = _SHIFTS[scale]
    rows, columns = (taps_at(size) for size in plane.shape)
    low, high = (rounded_shift(_down(plane, rows, taps), bits) for taps in (LOW, HIGH))
    a, v, h, d = (
        rounded_shift(_down(half.T, columns, taps).T, row_bits) for half in (low, high) for taps in (LOW, HIGH)
    )
    return Bands(a=a, h=h, v=v, d=d)


def taps_at(size: int) -> NDArray[np.int64]:
    """(4, ceil(size / 2)) the indices 2i - 1 to 2i + 2, mirrored: -1 is 1, but size is size - 1."""
    index = 2 * np.arange((size + 1) // 2) + np.arange(-1, 3)[:, None]
    return np.where(index < 0, -index, np.where(index >= size, 2 * size - 1 - index, index))


def _down(plane: Plane, rows: NDArray[np.int64], taps: tuple[int, ...]) -> Plane:
    return sum(tap * plane[row] for tap, row in zip(taps, rows, strict=True))  # type: ignore[return-value]
