"""Luma -> how natural its statistics are: 36 numbers by hand, as BRISQUE has them; a baseline for learned scores.

Mittal, Moorthy and Bovik, "No-reference image quality assessment in the spatial domain", 2012,
doi:10.1109/TIP.2012.2214050. Luma less its local mean, over its local deviation, is near to a Gaussian in a natural
picture; what spoils the picture changes the shape, and that of the products of neighbours.
Here of square parts, each on its own, at their own size and at half of it.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.special import gamma

Values = NDArray[np.floating]
Statistics = NDArray[np.float64]

STATISTICS = 36
"""How many numbers there are for a part."""

_SIGMA = 7 / 6
_RADIUS = 3
_SCALES = 2
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Right, below, and along both diagonals."""
_TINY = 1e-12


def naturalness(luma: NDArray[np.uint8]) -> Statistics:
    """(M, 36) statistics of parts (M, S, S) of 8 bit luma."""
    values = luma.astype(np.float32)
    found = []
    for _ in range(_SCALES):
        normal = _normalised(values)
        found.append(_of_symmetric(normal))
        found += [_of_products(normal, *shift) for shift in _NEIGHBOURS]
        values = _halved(values)
    return np.concatenate(found, axis=1)


def _normalised(values: Values) -> Values:
    """Less the local mean, over the local deviation."""
    mean = _blurred(values)
    deviation = np.sqrt(np.abs(_blurred(values * values) - mean * mean))
    return (values - mean) / (deviation + 1)


def _blurred(values: Values) -> Values:
    for axis in (1, 2):
        values = gaussian_filter1d(values, _SIGMA, axis=axis, mode="nearest", radius=_RADIUS)
    return values


def _halved(values: Values) -> Values:
    even = values[:, : values.shape[1] // 2 * 2, : values.shape[2] // 2 * 2]
    return even.reshape(len(even), even.shape[1] // 2, 2, even.shape[2] // 2, 2).mean(axis=(2, 4))


def _of_symmetric(normal: Values) -> Statistics:
    """(M, 2) shape and variance of a generalised Gaussian, by its moments (Sharifi and Leon-Garcia, 1995)."""
    flat = normal.reshape(len(normal), -1).astype(np.float64)
    variance, absolute = np.square(flat).mean(axis=1), np.abs(flat).mean(axis=1)
    ratio = variance / np.maximum(np.square(absolute), _TINY)
    return np.column_stack([_shape(1 / np.maximum(ratio, _TINY)), variance])


def _of_products(normal: Values, down: int, across: int) -> Statistics:
    """(M, 4) of products of neighbours: shape, mean, and the variances of both sides, of an asymmetric one."""
    height, width = normal.shape[1:]
    here = normal[:, : height - down, max(0, -across) : width - max(0, across)]
    there = normal[:, down:, max(0, across) : width - max(0, -across)]
    flat = (here * there).reshape(len(normal), -1).astype(np.float64)
    left, right = (_side(flat, flat < 0), _side(flat, flat > 0))  # deviations
    absolute = np.abs(flat).mean(axis=1)
    ratio = np.square(absolute) / np.maximum(np.square(flat).mean(axis=1), _TINY)
    skew = left / np.maximum(right, _TINY)
    corrected = ratio * (skew**3 + 1) * (skew + 1) / np.square(skew**2 + 1)
    shape = _shape(corrected)
    mean = (right - left) * gamma(2 / shape) / np.sqrt(gamma(1 / shape) * gamma(3 / shape))
    return np.column_stack([shape, mean, np.square(left), np.square(right)])


def _side(flat: Statistics, mine: NDArray[np.bool_]) -> Statistics:
    """(M,) the deviation from 0 of the values on one side of it."""
    return np.sqrt((np.square(flat) * mine).sum(axis=1) / np.maximum(mine.sum(axis=1), 1))


def _shape(ratio: Statistics) -> Statistics:
    """(M,) the shape whose squared mean absolute value over variance is the ratio, between 0.2 and 10."""
    shapes, ratios = _table()
    return np.interp(ratio, ratios, shapes)


@cache
def _table() -> tuple[Statistics, Statistics]:
    shapes = np.arange(0.2, 10.001, 0.001)
    return shapes, gamma(2 / shapes) ** 2 / (gamma(1 / shapes) * gamma(3 / shapes))
