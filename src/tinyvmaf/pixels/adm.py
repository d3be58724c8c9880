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

from tinyvmaf.pixels.compiling import at, compiled, f32
from tinyvmaf.pixels.rows import PAD, split_row
from tinyvmaf.pixels.wavelet import RING, mirrored_band, wavelet_row, wavelet_row_finest

LEVELS = 4
"""Of the wavelet transform."""
_COS_1_DEGREE_SQUARED = f32(math.cos(math.pi / 180) ** 2)
_MASKED = f32(1 / 30)
"""Of the impairment's contrast in the 3 x 3 neighbourhood, which hides detail; the centre counts twice."""
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
def _restored(original, distorted, gain):
    """What of a detail is left in the distorted one: between 0 and ``gain`` times the original."""
    limit = gain * original
    return min(max(distorted, min(limit, f32(0))), max(limit, f32(0)))


@compiled
def decouple_row(original, distorted, restored, impairment, straight, diagonal, gain_limit, start, stop):
    """Takes one row of the distorted detail apart into restored detail and added impairment.

    Detail whose direction differs by less than a degree is not limited to the original: contrast was enhanced.

    Args:
        original: (3, width) bands of the reference.
        distorted: (3, width) bands of the distorted picture.
        restored: (3, width + 2 PAD) its visible strength by band, written.
        impairment: (width + 2 PAD,) the visible strength of the impairment, all bands, written.
        straight: Sensitivity to horizontal and vertical detail.
        diagonal: Sensitivity to diagonal detail.
        gain_limit: How far enhanced detail may exceed the original: 100, or 1.
        start: The first column.
        stop: The column after the last.
    """
    for j in range(start, stop):
        oh, ov, od = original[0, at(j)], original[1, at(j)], original[2, at(j)]
        th, tv, td = distorted[0, at(j)], distorted[1, at(j)], distorted[2, at(j)]
        dot = oh * th + ov * tv
        norms = (oh * oh + ov * ov) * (th * th + tv * tv)
        is_parallel = (dot >= f32(0)) & (dot * dot >= _COS_1_DEGREE_SQUARED * norms)
        gain = gain_limit if is_parallel else f32(1)
        rh, rv, rd = _restored(oh, th, gain), _restored(ov, tv, gain), _restored(od, td, gain)
        restored[0, at(PAD + j)] = straight * abs(rh)
        restored[1, at(PAD + j)] = straight * abs(rv)
        restored[2, at(PAD + j)] = diagonal * abs(rd)
        impairment[at(PAD + j)] = straight * (abs(th - rh) + abs(tv - rv)) + diagonal * abs(td - rd)


@compiled
def sum_cubes(row, start, stop):
    """The sum of the absolute cubes of columns ``start`` to ``stop``."""
    total = f32(0)
    for j in range(start, stop):
        value = abs(row[at(j)])
        total += value * value * value
    return np.float64(total)


@compiled
def mask_row(above, centre, below, mask, start, stop):
    """What the impairment around each column hides; the impairment's rows have mirrored pads."""
    for j in range(start, stop):
        k = PAD + j
        total = f32(2) * centre[at(k)] + centre[at(k - 1)] + centre[at(k + 1)]
        total += above[at(k - 1)] + above[at(k)] + above[at(k + 1)]
        total += below[at(k - 1)] + below[at(k)] + below[at(k + 1)]
        mask[at(PAD + j)] = _MASKED * total


@compiled
def sum_visible_cubes(restored, mask, start, stop):
    """The sum of the cubes of what of the restored detail exceeds the mask."""
    total = f32(0)
    for j in range(start, stop):
        value = max(restored[at(PAD + j)] - mask[at(PAD + j)], f32(0))
        total += value * value * value
    return np.float64(total)


@compiled
def _pool_row(restored, above, centre, below, mask, sums, start, stop):
    """Adds what is left of one row's restored detail to the sums by band."""
    mask_row(above, centre, below, mask, start, stop)
    for band in range(3):
        sums[band] += sum_visible_cubes(restored[band], mask, start, stop)


@compiled
def _mirror_pads(row, count):
    """The column beyond either border."""
    row[at(PAD - 1)] = row[at(PAD + 1)]
    row[at(PAD + count)] = row[at(PAD + count - 1)]


def _adm_level(take_apart):
    """One level of the transform, by its function for a row."""

    @compiled
    def adm_level(
        reference, distorted, low1, low2, height, width, unit, sensitivity, gain_limit, rows, columns, sums, scratch
    ):
        """One level: writes the next level's planes, and the sums of cubes of restored and of all detail.

        Args:
            reference: (H, stride) luma, or the level's before.
            distorted: (H, stride) likewise.
            low1: (H / 2, W / 2) the next level's reference, written where it is needed.
            low2: (H / 2, W / 2) the next level's distorted plane, written where it is needed.
            height: Rows.
            width: Columns that count.
            unit: Of a value, in what the level's wavelet keeps.
            sensitivity: (2,) to straight and to diagonal detail.
            gain_limit: 100, or 1.
            rows: (4,) the level's line of ``adm_spans(H)``.
            columns: (4,) the level's line of ``adm_spans(W)``.
            sums: (6,) written: restored horizontal, vertical, diagonal, then those of the reference.
            scratch: the level's buffers.
        """
        ring1, ring2, split, bands1, bands2, restored, impairment, mask, slots = scratch
        count, start, stop, border = rows[0], rows[1], rows[2], rows[3]
        masked_from, masked_to = max(border - 1, 0), min(count - border + 1, count)
        left, right = columns[3], columns[0] - columns[3]
        near, far = max(left - 1, 0), min(right + 1, columns[0])
        sums[:] = 0
        loaded = max(2 * start - 1, 0)
        for i in range(start, stop):
            while loaded < min(2 * i + 3, height):
                split_row(reference[loaded], ring1[0, loaded % RING], ring1[1, loaded % RING], width, unit)
                split_row(distorted[loaded], ring2[0, loaded % RING], ring2[1, loaded % RING], width, unit)
                loaded += 1
            for k in range(4):
                slots[k] = mirrored_band(2 * i - 1 + k, height) % RING
            take_apart(ring1, slots, low1[i], bands1, split, width, columns[1], columns[2])
            take_apart(ring2, slots, low2[i], bands2, split, width, columns[1], columns[2])
            if i < masked_from or i >= masked_to:
                continue
            here = i % 3
            decouple_row(
                bands1, bands2, restored[here], impairment[here], sensitivity[0], sensitivity[1], gain_limit, near, far
            )
            _mirror_pads(impairment[here], columns[0])
            if border <= i < count - border:
                for band in range(3):
                    sums[3 + band] += sum_cubes(bands1[band], left, right)
            if i - 1 >= border:
                above = (i - 2) % 3 if i >= 2 else here
                _pool_row(
                    restored[(i - 1) % 3],
                    impairment[above],
                    impairment[(i - 1) % 3],
                    impairment[here],
                    mask,
                    sums,
                    left,
                    right,
                )
        if border == 0:
            last = (count - 1) % 3
            _pool_row(
                restored[last], impairment[(count - 2) % 3], impairment[last], impairment[last], mask, sums, left, right
            )

    return adm_level


adm_level_finest, adm_level = _adm_level(wavelet_row_finest), _adm_level(wavelet_row)


@compiled
def adm_score(sums, height_spans, width_spans):
    """ADM2 from the sums (4, 6) of all levels: restored detail by the reference's, each pooled by cubes."""
    restored, original = 0.0, 0.0
    for level in range(LEVELS):
        pooled_rows = height_spans[level, 0] - 2 * height_spans[level, 3]
        pooled_columns = width_spans[level, 0] - 2 * width_spans[level, 3]
        noise = (pooled_rows * pooled_columns * _NOISE) ** (1 / 3)
        for band in range(3):
            restored += sums[level, band] ** (1 / 3) + noise
            weight = SENSITIVITIES[level, 1 if band == 2 else 0]
            original += weight * sums[level, 3 + band] ** (1 / 3) + noise
    return restored / original
