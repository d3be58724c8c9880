"""A pair of frames -> the six features, all steps in one call of compiled code; and the memory that it works in.

The full picture is read once, row by row: halved for VIF and taken apart for ADM while its rows are near. What is a
quarter of it or less goes step by step.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.adm import DIAGONAL, LEVELS, adm_level, adm_row_finest, adm_score
from tinyvmaf.pixels.compiling import compiled, f32, source_stamp
from tinyvmaf.pixels.motion import mean_motion
from tinyvmaf.pixels.pyramid import halve_2, halve_3, halve_row_1
from tinyvmaf.pixels.rows import PAD, RING, load_rows
from tinyvmaf.pixels.vif import BLOCK, vif_0, vif_1, vif_2, vif_3

Plane = NDArray[np.float32]
Planes = tuple[NDArray[np.number], NDArray[np.number]]
Index = NDArray[np.int64]


class Scratch(NamedTuple):
    """What one frame is worked on in: about 4 bytes a pixel, used over and over."""

    halves: tuple[Planes, ...]
    """VIF's planes at a half, a quarter and an eighth of the size: of the reference and of the distorted picture."""
    lows: tuple[Planes, ...]
    """ADM's approximations on four levels, likewise; the finest in whole numbers."""
    rings: tuple[Plane, Plane]
    """Each (2, RING, W / 2 + 2 PAD): rows of either picture, split into even and odd columns."""
    halving: tuple[Index, Plane]
    """For ``halve_row``: rows of the ring, and a split row."""
    vif: tuple[Index, Plane, Plane]
    """For ``vif``: rows of the picture, a block's moments, a row's arguments of logarithms."""
    adm: tuple[Plane, Plane, Plane, Plane, Plane, Index]
    """For ``adm_row``: split rows, bands of either picture, restored detail, impairment, rows of the ring."""
    sums: NDArray[np.float64]
    """(4, 2, 3): ADM's sums by level."""

    @classmethod
    def of(cls, width: int, height: int, *, level_sizes: Index) -> Self:
        """For frames of that size; ``level_sizes`` (4, 2) are the heights and widths of ADM's levels."""
        half = (width + 1) // 2 + 2 * PAD
        finest, *coarser = level_sizes.tolist()
        return cls(
            halves=tuple(_pair((height >> scale, width >> scale), np.uint16) for scale in (1, 2, 3)),
            lows=(_pair(finest, np.int16), *(_pair(size, np.float32) for size in coarser)),
            rings=(_zeros(2, RING, half), _zeros(2, RING, half)),
            halving=(np.zeros(9, np.int64), _zeros(2, half)),
            vif=(np.zeros(17, np.int64), _zeros(10, BLOCK + 2 * PAD), _zeros(3, width + 2 * PAD)),
            adm=(
                _zeros(4, half),
                _zeros(3, half),
                _zeros(3, half),
                _zeros(3, 3, half),
                _zeros(3, half),
                np.zeros(4, np.int64),
            ),
            sums=np.zeros((LEVELS, 2, 3)),
        )


def _zeros(*shape: int) -> Plane:
    return np.zeros(shape, np.float32)


def _pair(size: Sequence[int], dtype: type[np.number]) -> Planes:
    """A plane of the reference and one of the distorted picture. Whole numbers of 16 bits spare half the memory."""
    return np.zeros(size, dtype), np.zeros(size, dtype)


@compiled
def _finest(reference, distorted, size, unit, gain_limit, rows, columns, scratch):
    """Halves both pictures, and takes them apart on the finest level, in one pass over their rows."""
    height, width = size
    ring1, ring2 = scratch.rings
    slots, split = scratch.halving
    half1, half2 = scratch.halves[0]
    low1, low2 = scratch.lows[0]
    loaded = 0
    for i in range((height + 1) // 2):
        stop = min(2 * i + 5, height)
        load_rows(reference, ring1, loaded, stop, width, f32(128) * unit)
        load_rows(distorted, ring2, loaded, stop, width, f32(128) * unit)
        loaded = stop
        if i < height // 2:
            halve_row_1(ring1, i, half1[i], height, width, slots, split)
            halve_row_1(ring2, i, half2[i], height, width, slots, split)
        if rows[1] <= i < rows[2]:
            adm_row_finest(
                *(ring1, ring2, i, low1, low2, height, width),
                *(DIAGONAL[0], gain_limit, rows, columns, scratch.sums[0], scratch.adm),
            )


@compiled
def _coarser_halves(height, width, scratch):
    """VIF's planes at a quarter and an eighth of the size."""
    ring = scratch.rings[0]
    for picture in range(2):
        whole, half, quarter = scratch.halves[0][picture], scratch.halves[1][picture], scratch.halves[2][picture]
        halve_2(whole, half, height // 2, width // 2, ring, *scratch.halving)
        halve_3(half, quarter, height // 4, width // 4, ring, *scratch.halving)


@compiled
def _vif(reference, distorted, size, unit, gain_limit, steps, offsets, scratch, out):
    """Fills ``out`` (4,): VIF from the full picture to an eighth of its size."""
    height, width = size
    kept = f32(1 / 256)
    (r1, d1), (r2, d2), (r3, d3) = scratch.halves
    out[0] = vif_0(reference, distorted, height, width, unit, gain_limit, offsets[0], steps[0], *scratch.vif)
    out[1] = vif_1(r1, d1, height // 2, width // 2, kept, gain_limit, offsets[1], steps[1], *scratch.vif)
    out[2] = vif_2(r2, d2, height // 4, width // 4, kept, gain_limit, offsets[2], steps[2], *scratch.vif)
    out[3] = vif_3(r3, d3, height // 8, width // 8, kept, gain_limit, offsets[3], steps[3], *scratch.vif)


@compiled
def _coarser_adm(gain_limit, down, across, scratch):
    """ADM's levels behind the finest."""
    finest, second, third, coarsest = scratch.lows
    _adm_level(1, finest, second, gain_limit, down, across, scratch)
    _adm_level(2, second, third, gain_limit, down, across, scratch)
    _adm_level(3, third, coarsest, gain_limit, down, across, scratch)


@compiled
def _adm_level(level, above, below, gain_limit, down, across, scratch):
    """One of them, from the approximations above it."""
    adm_level(
        *(above[0], above[1], below[0], below[1], scratch.rings, down[level], across[level]),
        *(down[level - 1, 0], across[level - 1, 0], DIAGONAL[level], gain_limit),
        *(scratch.sums[level], scratch.adm),
    )


def _compiled_features(stamp: int):
    """The whole work on one pair of frames; kept on disk until a source of one of its parts changes."""

    @compiled
    def frame_features(reference, distorted, previous, size, unit, gain_limit, steps, offsets, spans, scratch, out):
        """Fills ``out`` (6,): ADM2, VIF at four scales, motion against ``previous``.

        Args:
            reference: (H, stride) luma.
            distorted: (H, stride) luma.
            previous: (H, stride) luma of the reference's frame before.
            size: Height and width that count.
            unit: Of a code value, in 8 bit code values.
            gain_limit: 100, or 1.
            steps: (5,) one row in how many: VIF at four scales, motion.
            offsets: (5,) the first row of each.
            spans: ``adm_spans`` of height and width.
            scratch: Scratch for frames of that size.
            out: (6,) written.
        """
        _ = stamp
        height, width = size
        down, across = spans
        scratch.sums[:] = 0
        _finest(reference, distorted, size, unit, gain_limit, down[0], across[0], scratch)
        _coarser_halves(height, width, scratch)
        _vif(reference, distorted, size, unit, gain_limit, steps, offsets, scratch, out[1:5])
        rows, row = scratch.vif[0], scratch.vif[2][0]
        out[5] = unit * mean_motion(previous, reference, height, width, offsets[4], steps[4], rows, row)
        _coarser_adm(gain_limit, down, across, scratch)
        out[0] = adm_score(scratch.sums, down, across)

    return frame_features


frame_features = _compiled_features(source_stamp())
