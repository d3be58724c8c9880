"""The detail loss measure (ADM2), as libvmaf's ``integer_adm.c`` defines it, row by row.

Li, Zhang, Ma and Ngan, "Image quality assessment by separately evaluating detail losses and additive impairments", IEEE
Transactions on Multimedia 13 (2011), doi 10.1109/TMM.2011.2152382. Both pictures are taken apart by wavelets on four
levels. What of the reference's detail is left in the distorted picture (its *restored* part) is weighed by the eye's
contrast sensitivity, less what the added impairment masks, and pooled by cubes over the inner 80 % of the picture:

    sum of restored detail  /  sum of the reference's detail

Wavelet coefficients are in 1/64 of an 8 bit code value.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.compiling import at, compiled, compiled_as
from tinyvmaf.pixels.detail import add_cubes, add_visible_cubes, decouple_row
from tinyvmaf.pixels.rows import PAD
from tinyvmaf.pixels.wavelet import wavelet_row, wavelet_row_finest

LEVELS = 4
"""Of the wavelet transform."""
_NOISE = 1 / 32
"""By pixel: what is added to either sum, so that flat pictures score 1 (``DEFAULT_ADM_NOISE_WEIGHT``)."""


def _sensitivity(level: int, amplitude: float, orientation: float) -> np.float32:
    """The reciprocal of the just visible wavelet amplitude, 3 screen heights away from 1080 lines.

    Watson, Yang, Solomon and Villasenor, "Visibility of wavelet quantization noise", IEEE Transactions on Image
    Processing 6 (1997), doi 10.1109/83.605413: formulas (1), (7) and (9), table IV for luma, ``dwt_quant_step``.

    Args:
        level: 0 for the finest.
        amplitude: Of the level's basis function, table V.
        orientation: 1, or .534 for diagonals.
    """
    pixels_per_degree = 3.0 * 1080 * math.pi / 180
    octaves = math.log10(2 ** (level + 1) * 0.401 * orientation / pixels_per_degree)
    return np.float32(amplitude / (2 * 0.495 * 10 ** (0.466 * octaves * octaves)) / 64)


SENSITIVITIES = np.array(
    [
        [_sensitivity(level, straight, 1.0), _sensitivity(level, diagonal, 0.534)]
        for level, (straight, diagonal) in enumerate(
            ((0.67234, 0.72709), (0.41317, 0.49428), (0.22727, 0.28688), (0.11792, 0.15214))
        )
    ],
    np.float32,
)
"""(4 levels, straight or diagonal) by which detail is weighed, itself in 1/64 of an 8 bit code value."""
DIAGONAL = SENSITIVITIES[:, 1] / SENSITIVITIES[:, 0]
"""(4 levels,) the sensitivity to diagonal detail, by that to straight."""


def adm_spans(size: int) -> NDArray[np.int64]:
    """(4 levels, 4) the rows or columns of each level: size, needed from and up to, pooled from (up to its mirror).

    Pooled are those at least a tenth away from the border (``ADM_BORDER_FACTOR``); needed are these, one more for the
    mask, and those from which the next level's are made.
    """
    sizes = [size]
    for _ in range(LEVELS):
        sizes.append((sizes[-1] + 1) // 2)
    spans = np.zeros((LEVELS, 4), np.int64)
    start, stop = sizes[-1], 0
    for level in reversed(range(LEVELS)):
        count = sizes[level + 1]
        border = max(int(count * 0.1 - 0.5), 0)
        start = max(min(2 * start - 1, border - 1), 0)
        stop = min(max(2 * stop + 1, count - border + 1), count)
        spans[level] = count, start, stop, border
    return spans


@compiled
def _mirror_pads(row, count):
    """The column beyond either border."""
    row[at(PAD - 1)] = row[at(PAD + 1)]
    row[at(PAD + count)] = row[at(PAD + count - 1)]


def _adm_row(wavelet, label: str):
    """One row of a level, by its wavelet."""

    @compiled_as(label)
    def adm_row(plane1, plane2, i, low1, low2, height, width, diagonal, gain_limit, rows, columns, sums, scratch):
        """Row ``i`` of a level: writes the next level's planes, and adds to the sums, one row behind.

        Args:
            plane1: Of the reference what the wavelet takes apart, its rows 2i - 1 to 2i + 2 at least.
            plane2: Likewise of the distorted one.
            i: The row; they come in order, from the first that is needed to the last.
            low1: (H / 2, W / 2) the next level's reference, written where it is needed; or only its last rows, row i
                at i % their number.
            low2: (H / 2, W / 2) the next level's distorted plane, likewise.
            height: Rows of the plane that is taken apart.
            width: Columns of it.
            diagonal: Sensitivity to diagonal detail, by that to straight.
            gain_limit: 100, or 1.
            rows: (4,) the level's line of ``adm_spans(H)``.
            columns: (4,) the level's line of ``adm_spans(W)``.
            sums: (2, 3) of cubes: of restored horizontal, vertical, diagonal detail, and of the reference's.
            scratch: The buffers.
        """
        filtered, bands1, bands2, restored, impairment, slots = scratch
        count, border = rows[0], rows[3]
        left, right = columns[3], columns[0] - columns[3]
        near, far = max(left - 1, 0), min(right + 1, columns[0])
        needed, detailed = (columns[1], columns[2]), (near, far)
        held = low1.shape[0]
        wavelet(plane1, i, low1[i % held], bands1, height, width, needed, detailed, slots, filtered)
        wavelet(plane2, i, low2[i % held], bands2, height, width, needed, detailed, slots, filtered)
        if i < border - 1 or i > count - border:
            return
        here, before = i % 3, (i + 2) % 3
        decouple_row(bands1, bands2, restored[here], impairment[here], diagonal, gain_limit, near, far)
        _mirror_pads(impairment[here], columns[0])
        if border <= i < count - border:
            add_cubes(bands1, sums[1], left, right)
        if i - 1 >= border:
            above = impairment[(i + 1) % 3 if i >= 2 else here]
            add_visible_cubes(
                restored[before], above, impairment[before], impairment[here], diagonal, sums[0], left, right
            )
        if i == count - 1 and border == 0:
            last = impairment[here]
            add_visible_cubes(restored[here], impairment[before], last, last, diagonal, sums[0], left, right)

    return adm_row


adm_row_finest, _adm_row_coarse = _adm_row(wavelet_row_finest, "finest"), _adm_row(wavelet_row, "coarse")
"""A row of the picture itself, in 1/128 of an 8 bit code value; and of a level's approximation."""


@compiled
def adm_level(level, above, below, first, there, gain_limit, down, across, sums, scratch):
    """Rows of a level but the finest from ``first`` on, as far as those above are there; returns the first missing one.

    Args:
        level: 1 or more.
        above: (2, H, W) the approximations of both pictures that are taken apart; or only their last rows, row i at
            i % their number.
        below: (2, H / 2, W / 2) this level's, written where they are needed.
        first: The first row: the first that is needed, or what the last call returned.
        there: Every needed row of ``above`` before this one is there.
        gain_limit: 100, or 1.
        down: (4, 4) ``adm_spans`` of the pictures' height.
        across: (4, 4) ``adm_spans`` of their width.
        sums: (2, 3) added to, as by a row.
        scratch: The buffers of a row, kept until the next call.
    """
    # The last row of a level needs no row that the level above does not: ``adm_spans`` sees to that.
    rows, columns = down[level], across[level]
    height, width = down[level - 1, 0], across[level - 1, 0]
    while first < rows[2] and min(2 * first + 3, height) <= there:
        _adm_row_coarse(
            *(above[0], above[1], first, below[0], below[1], height, width),
            *(DIAGONAL[level], gain_limit, rows, columns, sums, scratch),
        )
        first += 1
    return first


@compiled
def adm_score(sums, height_spans, width_spans):
    """ADM2 from the sums (4, 2, 3) of all levels: restored detail by the reference's, each pooled by cubes."""
    restored, original = 0.0, 0.0
    for level in range(LEVELS):
        pooled_rows = height_spans[level, 0] - 2 * height_spans[level, 3]
        pooled_columns = width_spans[level, 0] - 2 * width_spans[level, 3]
        noise = (pooled_rows * pooled_columns * _NOISE) ** (1 / 3)
        for band in range(3):
            weight = SENSITIVITIES[level, 1 if band == 2 else 0]
            restored += weight * sums[level, 0, band] ** (1 / 3) + noise
            original += weight * sums[level, 1, band] ** (1 / 3) + noise
    return restored / original
