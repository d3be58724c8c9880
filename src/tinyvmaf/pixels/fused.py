"""A pair of frames -> the six features, all steps in one call of compiled code; and the memory that it works in.

The full picture is read once, row by row: halved for VIF and taken apart for ADM while its rows are near. What works on
the rows at half the size follows at their heels, so that no more than the last few of them are ever held. What is a
quarter of the size or less goes step by step.
"""

import math
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.adm import DIAGONAL, LEVELS, adm_level, adm_row_finest, adm_score
from tinyvmaf.pixels.compiling import compiled, f32, source_stamp
from tinyvmaf.pixels.motion import mean_motion
from tinyvmaf.pixels.pyramid import halve_2, halve_3, halve_two_rows_1
from tinyvmaf.pixels.rows import PAD, RING, load_rows
from tinyvmaf.pixels.vif import BLOCK, vif_0, vif_1, vif_2, vif_3

Plane = NDArray[np.float32]
Halves = NDArray[np.uint16]
Index = NDArray[np.int64]
AdmRows = tuple[Plane, Plane, Plane, Plane, Plane, Index]
"""Filtered rows, bands of either picture, restored detail, impairment, rows of the ring."""


_LINE = 64
"""Bytes of the processor's cache that go together."""


class Scratch(NamedTuple):
    """What one frame is worked on in, over and over: a byte a pixel, and some rows. Planes come in pairs.

    The last axis of each array is as long as is said here, or a little longer. A pair of planes is one
    array: every further array is handed through all functions, and costs time to compile.
    """

    halves: tuple[Halves, Halves, Halves]
    """Each (2, H, W): VIF's planes at a half (the last RING rows), a quarter and an eighth of the size."""
    lows: tuple[Plane, Plane, Plane, Plane]
    """Each (2, H, W): ADM's approximations on four levels; of the finest the last RING rows."""
    ring: Plane
    """(2, 2, RING, W / 2 + 2 PAD): rows of the full pictures, split into even and odd columns."""
    vif_ring: Plane
    """(2, 2, RING, W / 4 + 2 PAD): of VIF's smaller planes that are halved."""
    halving: tuple[Index, Plane]
    """For ``halve_two_rows``: rows of the ring, and two split rows."""
    vif: tuple[Index, Plane, Plane]
    """For ``vif``: rows of the picture, a block's moments, a row's arguments of logarithms."""
    vif_sums: NDArray[np.float64]
    """(4, 2): VIF's sums by scale."""
    adm: tuple[AdmRows, AdmRows]
    """For ``adm_row``, on the finest level and on the others."""
    adm_sums: NDArray[np.float64]
    """(4, 2, 3): ADM's sums by level."""

    @classmethod
    def of(cls, width: int, height: int, *, level_sizes: Index) -> Self:
        """For frames of that size; ``level_sizes`` (4, 2) are the heights and widths of ADM's levels."""
        full, half = ((columns + 1) // 2 + 2 * PAD for columns in (width, (width + 1) // 2))  # of split rows
        (_, low_width), second, third, coarsest = level_sizes.tolist()
        return cls(
            halves=(
                _zeros(2, RING, width // 2, dtype=np.uint16),
                _zeros(2, height // 4, width // 4, dtype=np.uint16),
                _zeros(2, height // 8, width // 8, dtype=np.uint16),
            ),
            lows=(_zeros(2, RING, low_width), _zeros(2, *second), _zeros(2, *third), _zeros(2, *coarsest)),
            ring=_zeros(2, 2, RING, full),
            vif_ring=_zeros(2, 2, RING, half),
            halving=(np.zeros(11, np.int64), _zeros(2, 2, full)),
            vif=(np.zeros(17, np.int64), _zeros(10, BLOCK + 2 * PAD), _zeros(3, width + 2 * PAD)),
            vif_sums=np.zeros((4, 2)),
            adm=(_adm_rows(full, filtered=(4, full)), _adm_rows(half, filtered=(2, low_width + 2 * PAD))),
            adm_sums=np.zeros((LEVELS, 2, 3)),
        )


def _zeros(*shape: int, dtype: type[np.generic] = np.float32) -> NDArray[Any]:
    """Zeros from the start of a cache line on, as is each of the rows: a vector that lies in two lines costs twice."""
    in_line = _LINE // np.dtype(dtype).itemsize
    *outer, columns = shape
    whole = (*outer, -(-columns // in_line) * in_line)
    memory = np.zeros(math.prod(whole) * np.dtype(dtype).itemsize + _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    return memory[start : start + len(memory) - _LINE].view(dtype).reshape(whole)


def _adm_rows(half: int, *, filtered: tuple[int, int]) -> AdmRows:
    return (
        *(_zeros(*filtered), _zeros(3, half), _zeros(3, half), _zeros(3, 3, half), _zeros(3, half)),
        np.zeros(4, np.int64),
    )


@compiled
def _finer(reference, distorted, size, unit, gain_limit, steps, offsets, spans, scratch):
    """The full pictures, and all that works on rows of half their size, in one pass."""
    height, width = size
    down, across = spans
    half, quarter = scratch.halves[0], scratch.halves[1]
    ring = scratch.vif_ring
    seen, quartered, taken_apart = offsets[1], 0, down[1, 1]
    for i in range(0, (height + 1) // 2, 2):
        _finest(
            *(reference, distorted, i, size, unit, gain_limit, down[0], across[0], half, scratch.lows[0]),
            *(scratch.ring, scratch.halving, scratch.adm_sums[0], scratch.adm[0]),
        )
        there = min(i + 2, height // 2)
        seen = vif_1(
            *(half[0], half[1], seen, there, steps[1], height // 2, width // 2),
            *(f32(1 / 256), gain_limit, scratch.vif_sums[1], *scratch.vif),
        )
        halve_2(half[0], quarter[0], quartered, there, height // 2, width // 2, ring[0], *scratch.halving)
        quartered = halve_2(half[1], quarter[1], quartered, there, height // 2, width // 2, ring[1], *scratch.halving)
        taken_apart = adm_level(
            *(1, scratch.lows[0], scratch.lows[1], taken_apart, i + 2, gain_limit, down, across),
            *(scratch.adm_sums[1], scratch.adm[1]),
        )


@compiled
def _finest(reference, distorted, i, size, unit, gain_limit, rows, columns, half, low, ring, halving, sums, scratch):
    """Rows ``i`` and ``i + 1`` of the halved pictures, and of ADM's finest level."""
    height, width = size
    loaded, stop = (2 * i + 3 if i else 0), min(2 * i + 7, height)
    load_rows(reference, ring[0], loaded, stop, width, f32(128) * unit)
    load_rows(distorted, ring[1], loaded, stop, width, f32(128) * unit)
    if i < height // 2:
        first = min(i, height // 2 - 2)  # of an odd number the last but one is made twice
        halve_two_rows_1(ring[0], first, half[0], height, width, *halving)
        halve_two_rows_1(ring[1], first, half[1], height, width, *halving)
    for row in range(max(i, rows[1]), min(i + 2, rows[2])):
        adm_row_finest(
            *(ring[0], ring[1], row, low[0], low[1], height, width),
            *(DIAGONAL[0], gain_limit, rows, columns, sums, scratch),
        )


@compiled
def _coarser(size, gain_limit, steps, offsets, spans, scratch):
    """What works on a quarter of the size and less."""
    height, width = size[0] // 4, size[1] // 4
    down, across = spans
    kept = f32(1 / 256)
    quarter, eighth, ring = scratch.halves[1], scratch.halves[2], scratch.vif_ring
    halve_3(quarter[0], eighth[0], 0, height, height, width, ring[0], *scratch.halving)
    halve_3(quarter[1], eighth[1], 0, height, height, width, ring[1], *scratch.halving)
    vif_2(
        *(quarter[0], quarter[1], offsets[2], height, steps[2], height, width),
        *(kept, gain_limit, scratch.vif_sums[2], *scratch.vif),
    )
    height, width = height // 2, width // 2
    vif_3(
        *(eighth[0], eighth[1], offsets[3], height, steps[3], height, width),
        *(kept, gain_limit, scratch.vif_sums[3], *scratch.vif),
    )
    _, second, third, coarsest = scratch.lows
    adm_level(
        *(2, second, third, down[2, 1], down[1, 0], gain_limit, down, across),
        *(scratch.adm_sums[2], scratch.adm[1]),
    )
    adm_level(
        *(3, third, coarsest, down[3, 1], down[2, 0], gain_limit, down, across),
        *(scratch.adm_sums[3], scratch.adm[1]),
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
        scratch.vif_sums[:] = 0
        scratch.adm_sums[:] = 0
        vif_0(
            *(reference, distorted, offsets[0], height, steps[0], height, width, unit, gain_limit, scratch.vif_sums[0]),
            *scratch.vif,
        )
        _finer(reference, distorted, size, unit, gain_limit, steps, offsets, spans, scratch)
        _coarser(size, gain_limit, steps, offsets, spans, scratch)
        rows, row = scratch.vif[0], scratch.vif[2][0]
        out[5] = unit * mean_motion(previous, reference, height, width, offsets[4], steps[4], rows, row)
        out[0] = adm_score(scratch.adm_sums, down, across)
        for scale in range(4):
            out[1 + scale] = scratch.vif_sums[scale, 0] / scratch.vif_sums[scale, 1]

    return frame_features


frame_features = _compiled_features(source_stamp())
