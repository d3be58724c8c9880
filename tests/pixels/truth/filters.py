"""What VIF and motion share: libvmaf's fixed-point Gaussians, and its mirror, which does not repeat the border."""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.int64]

GAUSSIANS: tuple[tuple[int, ...], ...] = (
    (489, 935, 1640, 2640, 3896, 5274, 6547, 7455, 7784, 7455, 6547, 5274, 3896, 2640, 1640, 935, 489),
    (1244, 3663, 7925, 12590, 14692, 12590, 7925, 3663, 1244),
    (3571, 16004, 26386, 16004, 3571),
    (10904, 43728, 10904),
)
"""``vif_filter1d_table`` of integer_vif.h: one per scale, each of sum 65536."""

VERTICAL, HORIZONTAL = 0, 1


def filtered(plane: Plane, taps: tuple[int, ...], axis: int) -> Plane:
    """The plane filtered along one axis, unscaled; index -1 is 1, index n is n - 2."""
    reach = len(taps) // 2
    pad = [(0, 0), (0, 0)]
    pad[axis] = (reach, reach)
    padded = np.pad(plane, pad, mode="reflect")
    size = plane.shape[axis]
    return sum(tap * padded.take(range(k, k + size), axis=axis) for k, tap in enumerate(taps))  # type: ignore[return-value]


def rounded_shift(values: Plane, bits: int) -> Plane:
    """The values over 2**bits, to the nearest, halves upwards."""
    return (values + (1 << bits >> 1)) >> bits
