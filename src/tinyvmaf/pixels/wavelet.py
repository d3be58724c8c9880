"""One row of a plane's wavelet transform, as libvmaf's ``integer_adm.c`` makes it (``adm_dwt2``)."""

import numpy as np

from tinyvmaf.pixels.compiling import at, compiled, f32
from tinyvmaf.pixels.rows import PAD, RING

_LOW = tuple(f32(tap / 32768) for tap in (15826, 27411, 7345, -4240))
"""The low-pass filter of the wavelet (Daubechies, two vanishing moments), as ``dwt2_db2_coeffs_lo``."""
_HIGH = tuple(f32(tap / 32768) for tap in (-4240, -7345, 27411, -15826))
"""Its high-pass filter."""
_MID_GREY = f32(0.5 - 23171)
"""What rounds to the nearest, and takes 128 off the code values: the low-pass filter makes it 181.02, in 1/128."""


@compiled
def mirrored_band(index, count):
    """The row or column that stands for one beyond the border of a wavelet: -1 is 1, but ``count`` is ``count - 1``."""
    if index < 0:
        return -index
    return index if index < count else 2 * count - 1 - index


@compiled
def _mirror_split_pads(even, odd, width):
    """The three columns beyond the border that a wavelet needs: -1 and, as the width is, ``width`` and the next."""
    half = (width + 1) // 2
    odd[at(PAD - 1)] = odd[at(PAD)]
    if width % 2:
        odd[at(PAD + half - 1)] = even[at(PAD + half - 1)]
        even[at(PAD + half)] = odd[at(PAD + half - 2)]
    else:
        even[at(PAD + half)] = odd[at(PAD + half - 1)]


@compiled
def _vertical_finest(ring, slots, low, high, start, stop):
    """Both filters over four rows of the ring, as whole numbers of 1/128 of an 8 bit code value."""
    for j in range(start, stop):
        a, b = ring[at(slots[0]), at(PAD + j)], ring[at(slots[1]), at(PAD + j)]
        c, d = ring[at(slots[2]), at(PAD + j)], ring[at(slots[3]), at(PAD + j)]
        low[at(PAD + j)] = np.floor(_LOW[0] * a + _LOW[1] * b + _LOW[2] * c + _LOW[3] * d + _MID_GREY)
        high[at(PAD + j)] = np.floor(_HIGH[0] * a + _HIGH[1] * b + _HIGH[2] * c + _HIGH[3] * d + f32(0.5))


@compiled
def _horizontal_finest(even, odd, low, high, start, stop):
    """Both filters over columns 2j - 1 to 2j + 2 of a row that is split, as whole numbers of 1/64 of a code value."""
    for j in range(start, stop):
        a, b = odd[at(PAD + j - 1)], even[at(PAD + j)]
        c, d = odd[at(PAD + j)], even[at(PAD + j + 1)]
        smooth = f32(0.5) * (_LOW[0] * a + _LOW[1] * b + _LOW[2] * c + _LOW[3] * d)
        detail = f32(0.5) * (_HIGH[0] * a + _HIGH[1] * b + _HIGH[2] * c + _HIGH[3] * d)
        low[at(j)] = np.floor(smooth + f32(0.5))
        high[at(j)] = np.floor(detail + f32(0.5))


@compiled
def wavelet_row_finest(ring, i, approximation, bands, height, width, needed, detailed, slots, split):
    """One row of the four bands of the picture itself, from rows that are split into even and odd columns.

    libvmaf keeps integers here, which decides what details point the same way in both pictures.

    Args:
        ring: (2, RING, W / 2 + 2 PAD) rows of the picture in 1/128 of a code value, 2i - 1 to 2i + 2 at least.
        i: The row.
        approximation: (W / 2,) low-pass both ways, written where it is needed, in whole 1/64 of a code value.
        bands: (3, W / 2) horizontal, vertical and diagonal detail, written where it counts, likewise.
        height: Rows of the picture.
        width: Columns of it.
        needed: First column of the approximation, and the one after its last.
        detailed: First column of detail, and the one after its last.
        slots: (4,) scratch.
        split: (4, W / 2 + 2 PAD) scratch.
    """
    for k in range(4):
        slots[k] = mirrored_band(2 * i - 1 + k, height) % RING
    start, stop = needed
    first, last = max(start - 1, 0), min(stop + 1, (width + 1) // 2)
    _vertical_finest(ring[0], slots, split[0], split[1], first, last)
    _vertical_finest(ring[1], slots, split[2], split[3], first, min(last, width // 2))
    _mirror_split_pads(split[0], split[2], width)
    _mirror_split_pads(split[1], split[3], width)
    _horizontal_finest(split[0], split[2], approximation, bands[1], start, stop)
    _horizontal_finest(split[1], split[3], bands[0], bands[2], detailed[0], detailed[1])


@compiled
def _mirror_pads(row, width):
    """The three columns beyond the border that a wavelet needs."""
    for column in (-1, width, width + 1):
        row[at(PAD + column)] = row[at(PAD + mirrored_band(column, width))]


@compiled
def _vertical(plane, slots, low, high, start, stop):
    """Both filters over four rows of a plane; column 0 goes to PAD."""
    for j in range(start, stop):
        a, b = plane[at(slots[0]), at(j)], plane[at(slots[1]), at(j)]
        c, d = plane[at(slots[2]), at(j)], plane[at(slots[3]), at(j)]
        low[at(PAD + j)] = _LOW[0] * a + _LOW[1] * b + _LOW[2] * c + _LOW[3] * d
        high[at(PAD + j)] = _HIGH[0] * a + _HIGH[1] * b + _HIGH[2] * c + _HIGH[3] * d


@compiled
def _horizontal(row, low, high, start, stop):
    """Both filters over columns 2j - 1 to 2j + 2 of a row."""
    for j in range(start, stop):
        a, b = row[at(PAD + 2 * j - 1)], row[at(PAD + 2 * j)]
        c, d = row[at(PAD + 2 * j + 1)], row[at(PAD + 2 * j + 2)]
        low[at(j)] = _LOW[0] * a + _LOW[1] * b + _LOW[2] * c + _LOW[3] * d
        high[at(j)] = _HIGH[0] * a + _HIGH[1] * b + _HIGH[2] * c + _HIGH[3] * d


@compiled
def wavelet_row(plane, i, approximation, bands, height, width, needed, detailed, slots, rows):
    """One row of the four bands of an approximation; libvmaf keeps so much more of it that rounding does not show.

    Args:
        plane: (H, W), its rows 2i - 1 to 2i + 2 at least; or only its last rows, row i at i % their number.
        i: The row.
        approximation: (W / 2,) low-pass both ways, written where it is needed.
        bands: (3, W / 2) horizontal, vertical and diagonal detail, written where it counts.
        height: Rows of the plane when it is whole.
        width: Columns of it.
        needed: First column of the approximation, and the one after its last.
        detailed: First column of detail, and the one after its last.
        slots: (4,) scratch.
        rows: (2, W + 2 PAD) scratch.
    """
    for k in range(4):
        slots[k] = mirrored_band(2 * i - 1 + k, height) % plane.shape[0]
    start, stop = needed
    _vertical(plane, slots, rows[0], rows[1], max(2 * start - 1, 0), min(2 * stop + 1, width))
    _mirror_pads(rows[0], width)
    _mirror_pads(rows[1], width)
    _horizontal(rows[0], approximation, bands[1], start, stop)
    _horizontal(rows[1], bands[0], bands[2], detailed[0], detailed[1])
