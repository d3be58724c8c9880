"""Motion of the reference, as integer_motion.c computes it: the blurred difference to the frame before."""

import numpy as np

from tests.pixels.truth.filters import GAUSSIANS, HORIZONTAL, VERTICAL, Plane, filtered, rounded_shift


def motion_sad(previous: Plane, current: Plane, *, bit_depth: int) -> float:
    """Mean absolute difference of two frames after a blur, on the scale of 8 bits."""
    taps = GAUSSIANS[2]
    column = rounded_shift(filtered(previous - current, taps, VERTICAL), bit_depth)
    blurred = rounded_shift(filtered(column, taps, HORIZONTAL), 16)
    return float(np.abs(blurred).sum()) / 256 / current.size


def motion2(sads: list[float]) -> list[float]:
    """Each frame's smaller motion, to the frame before or after; the first frame's is 0, the last has no frame after.

    Args:
        sads: Of each frame to the one before; the first is not looked at.
    """
    last = len(sads) - 1
    return [0.0 if t == 0 else min(sads[t], sads[min(t + 1, last)]) for t in range(len(sads))]
