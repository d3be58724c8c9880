"""Visual information fidelity (VIF) of rows, as libvmaf's ``integer_vif.c`` defines it, at one scale.

Sheikh and Bovik, "Image information and visual quality", IEEE Transactions on Image Processing 15 (2006), doi
10.1109/TIP.2005.859378. The reference's neighbourhood of a pixel is taken as a Gaussian source of variance s1; the
distorted one as that times a gain g, plus noise of variance sv. Either is seen through the eye's own noise, of variance
2. VIF is the information about the source that is left, by what there was:

    sum of log2(1 + g^2 s1 / (sv + 2))  /  sum of log2(1 + s1 / 2)

All values are in units of 8 bit code values.
"""

import numpy as np

from tinyvmaf.pixels.compiling import at, compiled, compiled_as, f32
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


BLOCK = 256
"""Columns that are taken at once, so that their moments stay in the processor's nearest cache."""


def _vertical_moments(scale: int):
    """The vertical pass of all five moments, for the window of one scale."""
    window, radius = WINDOWS[scale], RADIUS[scale]
    centre = window[0]

    @compiled_as(f"scale{scale}")
    def moments(reference, distorted, rows, mu1, mu2, xx, yy, xy, first, start, stop, unit):
        """Weighted sums over ``rows`` (2 radius + 1) of x, y, x^2, y^2 and xy; column ``first`` goes to PAD.

        The means are rounded to 1/256 of an 8 bit code value, as libvmaf rounds them: what a flat picture's variance
        comes to is decided there.
        """
        grain = f32(256) * unit
        rounded = f32(1) / grain
        for j in range(start, stop):
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
            mu1[at(PAD + j - first)] = np.floor(m1 * grain + f32(0.5)) * rounded
            mu2[at(PAD + j - first)] = np.floor(m2 * grain + f32(0.5)) * rounded
            xx[at(PAD + j - first)] = s1
            yy[at(PAD + j - first)] = s2
            xy[at(PAD + j - first)] = s12

    return moments


def _horizontal(scale: int):
    """The horizontal pass over one row, for the window of one scale."""
    window, radius = WINDOWS[scale], RADIUS[scale]
    centre = window[0]

    @compiled_as(f"scale{scale}")
    def blur(row, out, width):
        """The weighted sums along a row whose first column stands at PAD; those from 0 on."""
        for j in range(width):
            total = centre * row[at(PAD + j)]
            for k in range(1, radius + 1):
                total += window[k] * (row[at(PAD + j - k)] + row[at(PAD + j + k)])
            out[at(j)] = total

    return blur


@compiled
def _information(mu1, mu2, xx, yy, xy, original, seen, noise, width, unit, gain_limit):
    """The flat pixels' part of the sums; writes what the others' logarithms are taken of.

    The information that is left is log2(``seen``) - log2(``noise``), that there was log2(``original``). Where the
    reference is flat (``s1`` below the eye's noise) there is one unit of information, and what the distorted picture
    has of its own is taken off.

    Args:
        mu1: (width,) weighted mean of the reference; so ``mu2`` of the distorted picture.
        mu2: (width,)
        xx: (width,) weighted mean of the squares of the reference; so ``yy``, and ``xy`` of the products.
        yy: (width,)
        xy: (width,)
        original: (width,) written.
        seen: (width,) written.
        noise: (width,) written.
        width: Columns.
        unit: Of the squares: 1 for 8 bit code values.
        gain_limit: 100, or 1.

    Returns:
        how many pixels are flat, and how much is taken off for them.
    """
    flat = f32(0)
    lost = f32(0)
    # Factors of 0 or 1 instead of conditions, with which the loop would stay scalar.
    for j in range(width):
        m1, m2 = mu1[at(j)], mu2[at(j)]
        s1 = (xx[at(j)] - m1 * m1) * unit
        s2 = max((yy[at(j)] - m2 * m2) * unit, f32(0))
        s12 = (xy[at(j)] - m1 * m2) * unit
        textured = f32(0) if s1 < _EYE else f32(1)
        s1 = max(s1, _EYE)
        gain = s12 / s1
        sv = max(s2 - gain * s12, f32(0)) + _EYE
        gain = textured * min(max(gain, f32(0)), gain_limit)
        original[at(j)] = f32(1) + textured * s1 * f32(0.5)
        noise[at(j)] = sv
        seen[at(j)] = sv + gain * gain * s1
        flat += f32(1) - textured
        lost += s2 * _FLAT * (f32(1) - textured)
    return np.float64(flat), np.float64(lost)


def _vif(scale: int):
    """VIF of one scale: the two passes of its window, and the sums over the sampled rows."""
    moments, blur, radius = _vertical_moments(scale), _horizontal(scale), RADIUS[scale]

    @compiled_as(f"scale{scale}")
    def vif(reference, distorted, first, there, step, height, width, unit, gain_limit, sums, rows, scratch, arguments):
        """Adds the rows ``first``, ``first + step``, ... as far as their windows are there; returns the next one.

        Args:
            reference: (H, stride) luma; or only its last rows, row i at i % their number.
            distorted: (H, stride) luma, likewise.
            first: The first row: the sample's, or what the last call returned.
            there: How many rows of the planes are there.
            step: From one row to the next.
            height: Rows of the planes when they are whole.
            width: Columns that count.
            unit: Of a value, in 8 bit code values.
            gain_limit: 100, or 1 where enhancement is not to be rewarded (NEG).
            sums: (2,) the information that is left, and what there was; added to.
            rows: (17,) scratch.
            scratch: (10, BLOCK + 2 PAD) scratch.
            arguments: (3, W + 8) scratch for what the logarithms are taken of.
        """
        held = reference.shape[0]
        mu1, mu2, xx, yy, xy = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
        blurred = scratch[5], scratch[6], scratch[7], scratch[8], scratch[9]
        original, seen, noise = arguments[0], arguments[1], arguments[2]
        while first < height and min(first + radius + 1, height) <= there:
            for k in range(2 * radius + 1):
                rows[k] = mirrored(first + k - radius, height) % held
            for column in range(0, width, BLOCK):
                count = min(BLOCK, width - column)
                start, stop = max(column - radius, 0), min(column + count + radius, width)
                moments(reference, distorted, rows, mu1, mu2, xx, yy, xy, column, start, stop, unit)
                for moment in range(5):
                    mirror_pads(scratch[moment], column, count, width, radius)
                    blur(scratch[moment], scratch[5 + moment], count)
                flat, lost = _information(
                    *blurred, original[column:], seen[column:], noise[column:], count, unit * unit, gain_limit
                )
                sums[0] += flat - lost
                sums[1] += flat
            sums[0] += sum_log2(seen, width) - sum_log2(noise, width)
            sums[1] += sum_log2(original, width)
            first += step
        return first

    return vif


vif_0, vif_1, vif_2, vif_3 = (_vif(scale) for scale in range(4))
"""VIF by scale: 0 is the full picture, 3 an eighth of its size."""
