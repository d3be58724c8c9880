"""Motion, as libvmaf's ``integer_motion.c`` defines it: how much the blurred reference changes from frame to frame."""

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.compiling import at, compiled, f32
from tinyvmaf.pixels.rows import PAD, mirror_pads, mirrored

_WINDOW = np.array((26386, 16004, 3571), np.float32) / np.float32(65536)
"""From the centre outwards: the window of VIF's scale 2."""


def motion2(motion: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) the lesser of the change to the frame before and that to the frame after; 0 for the first frame.

    Args:
        motion: (T,) each frame's change from the one before; the first is not used. The last has no frame after it.
    """
    least = np.array(motion, np.float64)
    least[1:-1] = np.minimum(least[1:-1], least[2:])
    least[:1] = 0
    return least


@compiled
def _vertical(previous, current, rows, out, width):
    """The window over five rows of the difference; columns from PAD on."""
    for j in range(width):
        total = _WINDOW[0] * (f32(current[at(rows[2]), at(j)]) - f32(previous[at(rows[2]), at(j)]))
        for k in range(1, 3):
            above, below = at(rows[2 - k]), at(rows[2 + k])
            now = f32(current[above, at(j)]) + f32(current[below, at(j)])
            before = f32(previous[above, at(j)]) + f32(previous[below, at(j)])
            total += _WINDOW[k] * (now - before)
        out[at(PAD + j)] = total


@compiled
def _sum_absolute(row, width):
    """The sum of the absolute values of the row under the window."""
    total = f32(0)
    for j in range(width):
        blurred = _WINDOW[0] * row[at(PAD + j)]
        for k in range(1, 3):
            blurred += _WINDOW[k] * (row[at(PAD + j - k)] + row[at(PAD + j + k)])
        total += abs(blurred)
    return np.float64(total)


@compiled
def mean_motion(previous, current, height, width, first, step, rows, row):
    """The mean absolute change of the blurred picture over rows ``first``, ``first + step``, ..., in code values.

    Args:
        previous: (H, stride) the frame before.
        current: (H, stride) the frame.
        height: Rows.
        width: Columns that count.
        first: The first row.
        step: From one row to the next.
        rows: (5,) scratch.
        row: (width + 2 PAD,) scratch.
    """
    total = 0.0
    count = 0
    for i in range(first, height, step):
        for k in range(5):
            rows[k] = mirrored(i + k - 2, height)
        _vertical(previous, current, rows, row, width)
        mirror_pads(row, 0, width, width, 2)
        total += _sum_absolute(row, width)
        count += 1
    return total / (count * width)
