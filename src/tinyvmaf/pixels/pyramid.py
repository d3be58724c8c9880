"""The picture at half its size and less, as VIF sees it: libvmaf's ``integer_vif.c``, ``subsample_rd``."""

import numpy as np

from tinyvmaf.pixels.compiling import at, compiled, f32
from tinyvmaf.pixels.rows import PAD, mirrored, split_row
from tinyvmaf.pixels.vif import RADIUS, WINDOWS

RING = 16
"""Split rows that are held: a power of two, and more than a window's nine."""


def _halve(scale: int):
    """Halving of scale ``scale - 1``, by that scale's window."""
    window, radius = WINDOWS[scale], RADIUS[scale]
    centre = window[0]
    reach = (radius + 1) // 2

    @compiled
    def vertical(ring, slots, out, width):
        """The window over rows of the ring; columns from PAD on."""
        for j in range(width):
            total = centre * ring[at(slots[radius]), at(PAD + j)]
            for k in range(radius):
                pair = ring[at(slots[radius - 1 - k]), at(PAD + j)] + ring[at(slots[radius + 1 + k]), at(PAD + j)]
                total += window[k + 1] * pair
            out[at(PAD + j)] = np.floor(total + f32(0.5))

    @compiled
    def horizontal(even, odd, out, width):
        """The window over the even columns; odd distances lie in the odd ones."""
        for j in range(width):
            total = centre * even[at(PAD + j)]
            for k in range(1, radius + 1):
                if k % 2:
                    pair = odd[at(PAD + j - (k + 1) // 2)] + odd[at(PAD + j + (k - 1) // 2)]
                else:
                    pair = even[at(PAD + j - k // 2)] + even[at(PAD + j + k // 2)]
                total += window[k] * pair
            out[at(j)] = np.floor(total + f32(0.5))

    @compiled
    def halve(plane, half, height, width, unit, ring, slots, split):
        """Writes every second row and column of the picture under the window, in whole 1/256 of an 8 bit code value.

        Args:
            plane: (H, stride) luma.
            half: (H // 2, W // 2) float32, written.
            height: Rows of ``plane``.
            width: Columns of it that count.
            unit: Of a value, in 1/256 of an 8 bit code value.
            ring: (2, RING, W / 2 + 2 PAD) scratch for even and odd columns.
            slots: (9,) scratch.
            split: (2, W / 2 + 2 PAD) scratch.
        """
        loaded = 0
        for i in range(height // 2):
            while loaded < min(2 * i + radius + 1, height):
                split_row(plane[loaded], ring[0, loaded % RING], ring[1, loaded % RING], width, unit)
                loaded += 1
            for k in range(2 * radius + 1):
                slots[k] = mirrored(2 * i + k - radius, height) % RING
            vertical(ring[0], slots, split[0], (width + 1) // 2)
            vertical(ring[1], slots, split[1], width // 2)
            _mirror_split_pads(split, width, reach)
            horizontal(split[0], split[1], half[i], width // 2)

    return halve


@compiled
def _mirror_split_pads(split, width, reach):
    """The columns beyond the border, of a row that is split into even and odd ones."""
    for beyond in range(1, 2 * reach + 1):
        for column in (-beyond, width - 1 + beyond):
            stands = mirrored(column, width)
            split[column % 2, PAD + column // 2] = split[stands % 2, PAD + stands // 2]


halve_1, halve_2, halve_3 = (_halve(scale) for scale in range(1, 4))
"""From scale 0 to 1, 1 to 2, 2 to 3."""
