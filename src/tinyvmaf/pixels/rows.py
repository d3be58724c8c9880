"""What the kernel's steps share: rows that are split into columns, mirrored at the border, summed as logarithms."""

import numpy as np

from tinyvmaf.pixels.compiling import at, compiled, f32

PAD = 16
"""Columns of scratch to the left of a row's first one, and at least as many to the right of its last."""


RING = 12
"""Rows that are held of a plane, one to spare: eleven lie under two of the widest windows next to each other. As many
are held of the planes of half the size."""


@compiled
def mirrored(index, count):
    """The row or column that stands for one beyond the border: -1 is 1, ``count`` is ``count - 2``."""
    if index < 0:
        index = -index
    return index if index < count else 2 * count - 2 - index


@compiled
def mirror_pads(row, first, count, width, radius):
    """Fills what of ``radius`` columns on either side of a block lies beyond the picture's border.

    Args:
        row: The block, from PAD on, and the picture's columns next to it.
        first: The block's first column in the picture.
        count: The block's columns.
        width: The picture's columns.
        radius: How far the window reaches.
    """
    for column in range(-radius, -first):
        row[at(PAD + column)] = row[at(PAD + mirrored(first + column, width) - first)]
    for column in range(width - first, count + radius):
        row[at(PAD + column)] = row[at(PAD + mirrored(first + column, width) - first)]


@compiled
def split_row(row, even, odd, width, unit):
    """The even and the odd columns of a row, each from PAD on, times ``unit``."""
    for j in range(width // 2):
        even[at(PAD + j)] = f32(row[at(2 * j)]) * unit
        odd[at(PAD + j)] = f32(row[at(2 * j + 1)]) * unit
    if width % 2:
        even[at(PAD + width // 2)] = f32(row[at(width - 1)]) * unit


@compiled
def load_rows(plane, ring, loaded, stop, width, unit):
    """Splits the plane's rows from ``loaded`` up to ``stop`` into the ring.

    Args:
        plane: (H, stride) luma, or what was made of it; or only its last rows, row i at i % its length.
        ring: (2, RING, W / 2 + 2 PAD) even and odd columns; row i stands at i % RING.
        loaded: The first row that is missing.
        stop: The row after the last that is wanted.
        width: Columns that count.
        unit: What a value is multiplied by.
    """
    held = plane.shape[0]
    for i in range(loaded, stop):
        slot = i % RING
        split_row(plane[i % held], ring[0, slot], ring[1, slot], width, unit)


@compiled
def sum_log2(row, width):
    """The sum of log2 over a row of values from 1 to 2**15; writes up to 7 ones behind it.

    The logarithm of a product of eight is taken, so that it costs an eighth.
    """
    while width % 8:
        row[at(width)] = f32(1)
        width += 1
    part = width // 8
    total = f32(0)
    for j in range(part):
        product = f32(1)
        for k in range(8):
            product *= row[at(j + k * part)]
        total += log2(product)
    return np.float64(total)


@compiled
def log2(value):
    """The binary logarithm of a positive float32; error below 2e-6.

    Exponent and mantissa are taken apart; log2(m) of m in [sqrt(1/2), sqrt(2)) is a series in s = (m-1)/(m+1).
    """
    bits = f32(value).view(np.int32)
    exponent = (bits - np.int32(0x3F3504F3)) >> np.int32(23)  # of value / sqrt(1/2)
    mantissa = np.int32(bits - (exponent << np.int32(23))).view(np.float32)
    s = (mantissa - f32(1)) / (mantissa + f32(1))
    square = s * s
    series = f32(0.41219859) * square + f32(0.57707802)
    series = series * square + f32(0.96179669)
    series = series * square + f32(2.88539008)
    return series * s + f32(exponent)
