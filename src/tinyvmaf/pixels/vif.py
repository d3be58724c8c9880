"""Visual information fidelity (VIF) of rows, as libvmaf's ``integer_vif.c`` defines it, at one scale.

Sheikh and Bovik, "Image information and visual quality", IEEE Transactions on Image Processing 15 (2006), doi
10.1109/TIP.2005.859378. The reference's neighbourhood of a pixel is taken as a Gaussian source of variance s1; the
distorted one as that times a gain g, plus noise of variance sv. Either is seen through the eye's own noise, of variance
2. VIF is the information about the source that is left, by what there was:

    sum of log2(1 + g^2 s1 / (sv + 2))  /  sum of log2(1 + s1 / 2)

All values are in units of 8 bit code values.
"""

import numpy as np

from tinyvmaf.pixels.compiling import at, compiled, f32
from tinyvmaf.pixels.rows import PAD, mirror_pads, mirrored, sum_log2

_TAPS = (
    (489, 935, 1640, 2640, 3896, 5274, 6547, 7455, 7784),
    (1244, 3663, 7925, 12590, 14692),
    (3571, 16004, 26386),
    (10904, 43728),
)
"""Half of each scale's Gaussian window, from its border to its centre, in 1/65536 (``vif_filter1d_table``)."""

RADIUS = tuple(len(taps) - 1 for taps in _TAPS)
"""Of the window, by scale."""

WINDOWS = tuple(np.array(taps[::-1], np.float32) / np.float32(65536) for taps in _TAPS)
"""From the centre outwards, by scale."""

_EYE = f32(2)
"""Variance of the eye's own noise (``sigma_nsq``)."""
_FLAT = f32(4 / 65025)
"""By how much a distorted variance lowers the information in a flat neighbourhood."""


def _vertical_moments(scale: int):
    """The vertical pass of all five moments, for the window of one scale."""
    window, radius = WINDOWS[scale], RADIUS[scale]
    centre = window[0]

    @compiled
    def moments(reference, distorted, rows, mu1, mu2, xx, yy, xy, width, unit):
        """Weighted sums over ``rows`` (2 * radius + 1 of them) of x, y, x^2, y^2 and xy; columns from PAD on."""
        grain = f32(256) * unit
        rounded = f32(1) / grain
        for j in range(width):
            x = f32(reference[at(rows[radius]), at(j)])
            y = f32(distorted[at(rows[radius]), at(j)])
            m1, m2 = centre * x, centre * y
            s1, s2, s12 = m1 * x, m2 * y, m1 * y
            for k in range(radius):
                above, below = at(rows[radius - 1 - k]), at(rows[radius + 1 + k])
                tap = window[k + 1]
                x, y = f32(reference[above, at(j)]), f32(distorted[above, at(j)])
                u, v = f32(reference[below, at(j)]), f32(distorted[below, at(j)])
                m1 += tap * (x + u)
                m2 += tap * (y + v)
                s1 += tap * (x * x + u * u)
                s2 += tap * (y * y + v * v)
                s12 += tap * (x * y + u * v)
            mu1[at(PAD + j)] = np.floor(m1 * grain + f32(0.5)) * rounded
            mu2[at(PAD + j)] = np.floor(m2 * grain + f32(0.5)) * rounded
            xx[at(PAD + j)] = s1
            yy[at(PAD + j)] = s2
            xy[at(PAD + j)] = s12

    return moments


def _horizontal(scale: int):
    """The horizontal pass over one row, for the window of one scale."""
    window, radius = WINDOWS[scale], RADIUS[scale]
    centre = window[0]

    @compiled
    def blur(row, out, width):
        """The weighted sums of a row with mirrored pads; columns from 0 on."""
        for j in range(width):
            total = centre * row[at(PAD + j)]
            for k in range(1, radius + 1):
                total += window[k] * (row[at(PAD + j - k)] + row[at(PAD + j + k)])
            out[at(j)] = total

    return blur


@compiled
def _information(mu1, mu2, xx, yy, xy, there, left, width, unit, gain_limit):
    """The flat pixels' part of the sums; writes the arguments of the others' logarithms to ``there`` and ``left``.

    Where the reference is flat (``s1`` below the eye's noise) there is one unit of information, and what the distorted
    picture has of its own is taken off. ``unit`` is that of the squares: 1 for 8 bit code values.

    Returns:
        how many pixels are flat, and how much is taken off for them.
    """
    flat = f32(0)
    lost = f32(0)
    for j in range(width):
        m1, m2 = mu1[at(j)], mu2[at(j)]
        s1 = (xx[at(j)] - m1 * m1) * unit
        s2 = max((yy[at(j)] - m2 * m2) * unit, f32(0))
        s12 = (xy[at(j)] - m1 * m2) * unit
        is_flat = s1 < _EYE
        s1 = max(s1, _EYE)
        gain = s12 / s1
        noise = max(s2 - gain * s12, f32(0)) + _EYE
        gain = min(gain, gain_limit)
        is_lost = is_flat or s12 <= f32(0) or s2 <= f32(0)
        there[at(j)] = f32(1) if is_flat else f32(1) + s1 * f32(0.5)
        left[at(j)] = f32(1) if is_lost else f32(1) + gain * gain * s1 / noise
        flat += f32(1) if is_flat else f32(0)
        lost += s2 * _FLAT if is_flat else f32(0)
    return np.float64(flat), np.float64(lost)


def _vif(scale: int):
    """VIF of one scale: the two passes of its window, and the sums over the sampled rows."""
    vertical, horizontal, radius = _vertical_moments(scale), _horizontal(scale), RADIUS[scale]

    @compiled
    def vif(reference, distorted, height, width, unit, gain_limit, first, step, rows, scratch):
        """The information that is left by what there was, over rows ``first``, ``first + step``, ...

        Args:
            reference: (H, stride) luma.
            distorted: (H, stride) luma.
            height: Rows.
            width: Columns that count.
            unit: Of a value, in 8 bit code values.
            gain_limit: 100, or 1 where enhancement is not to be rewarded (NEG).
            first: The first row.
            step: From one row to the next.
            rows: (17,) scratch.
            scratch: (12, width + 2 PAD) scratch.
        """
        left, there = 0.0, 0.0
        for i in range(first, height, step):
            for k in range(2 * radius + 1):
                rows[k] = mirrored(i + k - radius, height)
            vertical(
                reference, distorted, rows, scratch[0], scratch[1], scratch[2], scratch[3], scratch[4], width, unit
            )
            for moment in range(5):
                mirror_pads(scratch[moment], width, radius)
                horizontal(scratch[moment], scratch[5 + moment], width)
            mu1, mu2, xx, yy, xy = scratch[5], scratch[6], scratch[7], scratch[8], scratch[9]
            flat, lost = _information(mu1, mu2, xx, yy, xy, scratch[10], scratch[11], width, unit * unit, gain_limit)
            left += sum_log2(scratch[11], width) + flat - lost
            there += sum_log2(scratch[10], width) + flat
        return left / there

    return vif


vif_0, vif_1, vif_2, vif_3 = (_vif(scale) for scale in range(4))
"""VIF by scale: 0 is the full picture, 3 an eighth of its size."""
