"""The picture at half its size and less, as VIF sees it: libvmaf's ``integer_vif.c``, ``subsample_rd``."""

import numpy as np

from tinyvmaf.pixels.compiling import at, compiled, compiled_as, f32
from tinyvmaf.pixels.rows import PAD, RING, load_rows, mirrored
from tinyvmaf.pixels.vif import RADIUS, WINDOWS


def _halve_row(scale: int, *, unit: float):
    """Halving of scale ``scale - 1`` by that scale's window; the ring is in ``unit`` / 256 of a code value."""
    window, radius = WINDOWS[scale] * f32(unit), RADIUS[scale]
    centre = window[0]
    unscaled = WINDOWS[scale]
    middle = unscaled[0]
    reach = (radius + 1) // 2

    @compiled_as(f"scale{scale}")
    def vertical(ring, slots, out, width):
        """The window over rows of the ring; columns from PAD on."""
        for j in range(width):
            total = centre * ring[at(slots[radius]), at(PAD + j)]
            for k in range(radius):
                pair = ring[at(slots[radius - 1 - k]), at(PAD + j)] + ring[at(slots[radius + 1 + k]), at(PAD + j)]
                total += window[k + 1] * pair
            out[at(PAD + j)] = np.floor(total + f32(0.5))

    @compiled_as(f"scale{scale}")
    def horizontal(even, odd, out, width):
        """The window over the even columns; odd distances lie in the odd ones."""
        for j in range(width):
            total = middle * even[at(PAD + j)]
            for k in range(1, radius + 1):
                if k % 2:
                    pair = odd[at(PAD + j - (k + 1) // 2)] + odd[at(PAD + j + (k - 1) // 2)]
                else:
                    pair = even[at(PAD + j - k // 2)] + even[at(PAD + j + k // 2)]
                total += unscaled[k] * pair
            out[at(j)] = np.uint16(np.int32(total + f32(0.5)))  # not negative: cut off is rounded down

    @compiled_as(f"scale{scale}")
    def halve_row(ring, i, half, height, width, slots, split):
        """Writes row ``i`` of the halved plane, in whole 1/256 of an 8 bit code value.

        Args:
            ring: (2, RING, W / 2 + 2 PAD) rows of the plane, those under the window at least.
            i: The row.
            half: (W // 2,) written, uint16.
            height: Rows of the plane.
            width: Columns of it.
            slots: (9,) scratch.
            split: (2, W / 2 + 2 PAD) scratch.
        """
        for k in range(2 * radius + 1):
            slots[k] = mirrored(2 * i + k - radius, height) & (RING - 1)
        vertical(ring[0], slots, split[0], (width + 1) // 2)
        vertical(ring[1], slots, split[1], width // 2)
        _mirror_split_pads(split, width, reach)
        horizontal(split[0], split[1], half, width // 2)

    return halve_row


def _halve(scale: int):
    """Halving of a whole plane."""
    halve_row, radius = _halve_row(scale, unit=1), RADIUS[scale]

    @compiled_as(f"scale{scale}")
    def halve(plane, half, height, width, ring, slots, split):
        """Writes every second row and column of a plane under the window.

        Args:
            plane: (H, W) of 1/256 of a code value.
            half: (H // 2, W // 2) written, uint16.
            height: Rows of the plane.
            width: Columns of it.
            ring: (2, RING, W / 2 + 2 PAD) scratch.
            slots: (9,) scratch.
            split: (2, W / 2 + 2 PAD) scratch.
        """
        loaded = 0
        for i in range(height // 2):
            stop = min(2 * i + radius + 1, height)
            load_rows(plane, ring, loaded, stop, width, f32(1))
            loaded = stop
            halve_row(ring, i, half[i], height, width, slots, split)

    return halve


@compiled
def _mirror_split_pads(split, width, reach):
    """The columns beyond the border, of a row that is split into even and odd ones."""
    for beyond in range(1, 2 * reach + 1):
        for column in (-beyond, width - 1 + beyond):
            stands = mirrored(column, width)
            split[column % 2, PAD + column // 2] = split[stands % 2, PAD + stands // 2]


halve_row_1 = _halve_row(1, unit=2)
"""From the picture itself to its half: the ring is in 1/128 of an 8 bit code value, as the wavelet wants it."""

halve_2, halve_3 = _halve(2), _halve(3)
"""From scale 1 to 2, and from 2 to 3."""
