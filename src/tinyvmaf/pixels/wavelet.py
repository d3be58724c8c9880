"""One row of a plane's wavelet transform, as libvmaf's ``integer_adm.c`` makes it (``adm_dwt2``)."""

import numpy as np

from tinyvmaf.pixels.compiling import at, compiled, compiled_as, f32
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


def _wavelet(*, is_finest: bool):
    """The transform of a row, as libvmaf makes it on the finest level or on the others.

    On the finest it keeps integers: 1/128 of an 8 bit code value between the passes, 1/64 behind them. That decides
    which details point the same way in both pictures. Further down it keeps so much more that rounding does not show.
    """
    behind = f32(0.5 if is_finest else 1)

    @compiled_as("finest" if is_finest else "coarse")
    def vertical(ring, slots, low, high, start, stop):
        """Both filters over four rows of the ring."""
        for j in range(start, stop):
            a, b = ring[at(slots[0]), at(PAD + j)], ring[at(slots[1]), at(PAD + j)]
            c, d = ring[at(slots[2]), at(PAD + j)], ring[at(slots[3]), at(PAD + j)]
            smooth = _LOW[0] * a + _LOW[1] * b + _LOW[2] * c + _LOW[3] * d
            detail = _HIGH[0] * a + _HIGH[1] * b + _HIGH[2] * c + _HIGH[3] * d
            low[at(PAD + j)] = np.floor(smooth + _MID_GREY) if is_finest else smooth
            high[at(PAD + j)] = np.floor(detail + f32(0.5)) if is_finest else detail

    @compiled_as("finest" if is_finest else "coarse")
    def horizontal(even, odd, low, high, start, stop):
        """Both filters over columns 2j - 1 to 2j + 2 of a row that is split into even and odd ones."""
        for j in range(start, stop):
            a, b = odd[at(PAD + j - 1)], even[at(PAD + j)]
            c, d = odd[at(PAD + j)], even[at(PAD + j + 1)]
            smooth = behind * (_LOW[0] * a + _LOW[1] * b + _LOW[2] * c + _LOW[3] * d)
            detail = behind * (_HIGH[0] * a + _HIGH[1] * b + _HIGH[2] * c + _HIGH[3] * d)
            low[at(j)] = np.floor(smooth + f32(0.5)) if is_finest else smooth
            high[at(j)] = np.floor(detail + f32(0.5)) if is_finest else detail

    @compiled_as("finest" if is_finest else "coarse")
    def wavelet_row(ring, i, approximation, bands, height, width, needed, detailed, slots, split):
        """One row of the four bands.

        Args:
            ring: (2, RING, W / 2 + 2 PAD) rows of the plane, 2i - 1 to 2i + 2 at least.
            i: The row.
            approximation: (W / 2,) low-pass both ways, written where it is needed; whole numbers on the finest
                level.
            bands: (3, W / 2) horizontal, vertical and diagonal detail, written where it counts.
            height: Rows of the plane.
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
        vertical(ring[0], slots, split[0], split[1], first, last)
        vertical(ring[1], slots, split[2], split[3], first, min(last, width // 2))
        _mirror_split_pads(split[0], split[2], width)
        _mirror_split_pads(split[1], split[3], width)
        horizontal(split[0], split[2], approximation, bands[1], start, stop)
        horizontal(split[1], split[3], bands[0], bands[2], detailed[0], detailed[1])

    return wavelet_row


wavelet_row_finest, wavelet_row = _wavelet(is_finest=True), _wavelet(is_finest=False)
