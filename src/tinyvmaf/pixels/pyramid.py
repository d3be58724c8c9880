"""The picture at half its size and less, as VIF sees it: libvmaf's ``integer_vif.c``, ``subsample_rd``."""

import numpy as np

from tinyvmaf.pixels.compiling import at, compiled, compiled_as, f32
from tinyvmaf.pixels.rows import PAD, RING, load_rows, mirrored
from tinyvmaf.pixels.vif import RADIUS, WINDOWS


def _halve_two_rows(scale: int, *, unit: float):
    """Halving of scale ``scale - 1`` by that scale's window; the ring is in ``unit`` / 256 of a code value."""
    window, radius = WINDOWS[scale] * f32(unit), RADIUS[scale]
    centre = window[0]
    unscaled = WINDOWS[scale]
    middle = unscaled[0]
    reach = (radius + 1) // 2

    @compiled_as(f"scale{scale}")
    def vertical(ring, slots, first, second, width):
        """The window over rows of the ring, for two rows, which share most of what they read; columns from PAD on."""
        for j in range(width):
            total = centre * ring[at(slots[radius]), at(PAD + j)]
            after = centre * ring[at(slots[radius + 2]), at(PAD + j)]
            for k in range(radius):
                pair = ring[at(slots[radius - 1 - k]), at(PAD + j)] + ring[at(slots[radius + 1 + k]), at(PAD + j)]
                total += window[k + 1] * pair
                pair = ring[at(slots[radius + 1 - k]), at(PAD + j)] + ring[at(slots[radius + 3 + k]), at(PAD + j)]
                after += window[k + 1] * pair
            first[at(PAD + j)] = np.floor(total + f32(0.5))
            second[at(PAD + j)] = np.floor(after + f32(0.5))

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
    def halve_two_rows(ring, i, half, height, width, slots, split):
        """Writes rows ``i`` and ``i + 1`` of the halved plane, in whole 1/256 of an 8 bit code value.

        Args:
            ring: (2, RING, W / 2 + 2 PAD) rows of the plane, those under the window at least.
            i: The first row.
            half: (H // 2, W // 2) written, uint16; or only its last rows, row i at i % its length.
            height: Rows of the plane.
            width: Columns of it.
            slots: (11,) scratch.
            split: (2, 2, W / 2 + 2 PAD) scratch.
        """
        for k in range(2 * radius + 3):
            slots[k] = mirrored(2 * i + k - radius, height) % RING
        vertical(ring[0], slots, split[0, 0], split[1, 0], (width + 1) // 2)
        vertical(ring[1], slots, split[0, 1], split[1, 1], width // 2)
        for row in range(2):
            _mirror_split_pads(split[row], width, reach)
            horizontal(split[row, 0], split[row, 1], half[(i + row) % half.shape[0]], width // 2)

    return halve_two_rows


def _halve(scale: int):
    """Halving of a plane, as far as its rows are there."""
    halve_two_rows, radius = _halve_two_rows(scale, unit=1), RADIUS[scale]

    @compiled_as(f"scale{scale}")
    def halve(plane, half, first, there, height, width, ring, slots, split):
        """Writes every second row and column of a plane under the window; returns the first row that is missing.

        Args:
            plane: (H, W) of 1/256 of a code value; or only its last rows, row i at i % its length.
            half: (H // 2, W // 2) written, uint16; two rows at least.
            first: The first row to write: 0, or what the last call returned, which may be one beyond the last.
            there: How many rows of the plane are there.
            height: Rows of the plane when it is whole.
            width: Columns of it.
            ring: (2, RING, W / 2 + 2 PAD) scratch, kept until the next call.
            slots: (11,) scratch.
            split: (2, 2, W / 2 + 2 PAD) scratch.
        """
        while first < height // 2 and min(2 * first + radius + 3, height) <= there:
            loaded = 2 * first + radius - 1 if first else 0
            load_rows(plane, ring, loaded, min(2 * first + radius + 3, height), width, f32(1))
            row = min(first, height // 2 - 2)  # of an odd number the last but one is made twice
            halve_two_rows(ring, row, half, height, width, slots, split)
            first += 2
        return first

    return halve


@compiled
def _mirror_split_pads(split, width, reach):
    """The columns beyond the border, of a row that is split into even and odd ones."""
    for beyond in range(1, 2 * reach + 1):
        for column in (-beyond, width - 1 + beyond):
            stands = mirrored(column, width)
            split[column % 2, PAD + column // 2] = split[stands % 2, PAD + stands // 2]


halve_two_rows_1 = _halve_two_rows(1, unit=2)
"""From the picture itself to its half: the ring is in 1/128 of an 8 bit code value, as the wavelet wants it."""

halve_2, halve_3 = _halve(2), _halve(3)
"""From scale 1 to 2, and from 2 to 3."""
