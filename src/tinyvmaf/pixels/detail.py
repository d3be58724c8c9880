"""What of the reference's detail is left in a row of the distorted picture, what was added to it, and what that masks.

Li, Zhang, Ma and Ngan (2011), as in ``adm.py``; ``adm_decouple``, ``adm_csf`` and ``adm_cm`` of libvmaf's
``integer_adm.c``. Decoupling needs no division: the quotient of two coefficients, held to [0, 1] and multiplied by the
one below the line, is the other one held between zero and that.
"""

import math

import numpy as np

from tinyvmaf.pixels.compiling import at, compiled, f32
from tinyvmaf.pixels.rows import PAD

_COS_1_DEGREE_SQUARED = f32(math.cos(math.pi / 180) ** 2)
_MASKED = f32(1 / 30)
"""Of the impairment's contrast in the 3 x 3 neighbourhood, which hides detail; the centre counts twice."""


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
