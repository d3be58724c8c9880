"""What of the reference's detail is left in a row of the distorted picture, what was added to it, and what that masks.

Li, Zhang, Ma and Ngan (2011), as in ``adm.py``; ``adm_decouple``, ``adm_csf`` and ``adm_cm`` of libvmaf's
``integer_adm.c``. Decoupling needs no division: the quotient of two coefficients, held to [0, 1] and multiplied by the
one below the line, is the other one held between zero and that.
"""

import math

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
def decouple_row(original, distorted, restored, impairment, diagonal, gain_limit, start, stop):
    """Takes one row of the distorted detail apart into restored detail and added impairment.

    Detail whose direction differs by less than a degree is not limited to the original: contrast was enhanced.

    Args:
        original: (3, width) bands of the reference.
        distorted: (3, width) bands of the distorted picture.
        restored: (3, width + 2 PAD) its strength by band, written.
        impairment: (width + 2 PAD,) the visible strength of the impairment, all bands, written; as straight detail.
        diagonal: Sensitivity to diagonal detail, by that to straight.
        gain_limit: How far enhanced detail may exceed the original: 100, or 1.
        start: The first column.
        stop: The column after the last.
    """
    for j in range(start, stop):
        oh, ov, od = original[0, at(j)], original[1, at(j)], original[2, at(j)]
        th, tv, td = distorted[0, at(j)], distorted[1, at(j)], distorted[2, at(j)]
        dot = oh * th + ov * tv
        norms = (oh * oh + ov * ov) * (th * th + tv * tv)
        is_parallel = dot * abs(dot) >= _COS_1_DEGREE_SQUARED * norms
        gain = gain_limit if is_parallel else f32(1)
        rh, rv, rd = _restored(oh, th, gain), _restored(ov, tv, gain), _restored(od, td, gain)
        restored[0, at(PAD + j)] = abs(rh)
        restored[1, at(PAD + j)] = abs(rv)
        restored[2, at(PAD + j)] = abs(rd)
        impairment[at(PAD + j)] = abs(th - rh) + abs(tv - rv) + diagonal * abs(td - rd)


@compiled
def add_cubes(bands, sums, start, stop):
    """Adds to the sums (3,) the absolute cubes of columns ``start`` to ``stop`` of three bands."""
    horizontal, vertical, diagonal = f32(0), f32(0), f32(0)
    for j in range(start, stop):
        h, v, d = abs(bands[0, at(j)]), abs(bands[1, at(j)]), abs(bands[2, at(j)])
        horizontal += h * h * h
        vertical += v * v * v
        diagonal += d * d * d
    sums[0] += horizontal
    sums[1] += vertical
    sums[2] += diagonal


@compiled
def add_visible_cubes(restored, above, centre, below, diagonal, sums, start, stop):
    """Adds to the sums (3,) the cubes of what of a row's restored detail the impairment around it does not hide.

    Args:
        restored: (3, width + 2 PAD) its strength by band.
        above: (width + 2 PAD,) the impairment in the row above; its pads are mirrored, as those of the next two.
        centre: (width + 2 PAD,) in the row itself.
        below: (width + 2 PAD,) in the row below.
        diagonal: Sensitivity to diagonal detail, by that to straight.
        sums: (3,) by band, added to.
        start: The first column.
        stop: The column after the last.
    """
    hides_diagonal = _MASKED / diagonal
    horizontal, vertical, diagonal_sum = f32(0), f32(0), f32(0)
    for j in range(start, stop):
        k = PAD + j
        around = f32(2) * centre[at(k)] + centre[at(k - 1)] + centre[at(k + 1)]
        around += above[at(k - 1)] + above[at(k)] + above[at(k + 1)]
        around += below[at(k - 1)] + below[at(k)] + below[at(k + 1)]
        h = max(restored[0, at(k)] - _MASKED * around, f32(0))
        v = max(restored[1, at(k)] - _MASKED * around, f32(0))
        d = max(restored[2, at(k)] - hides_diagonal * around, f32(0))
        horizontal += h * h * h
        vertical += v * v * v
        diagonal_sum += d * d * d
    sums[0] += horizontal
    sums[1] += vertical
    sums[2] += diagonal_sum
