"""Measured errors -> the half width of an error bar, and how often it holds on sources that did not set it.

Frames of one source resemble each other; whole sources can be exchanged for one another. So each of the G sources
has the weight 1 / (G + 1), which its rows share evenly, and the same weight stands at infinity for the source to come:
hierarchical conformal prediction (Lee, Barber and Willett, 2023, arXiv:2306.06342). A row drawn at random from a new
source then lies inside with at least the probability that the bar claims, whatever the errors' distribution and
however many frames each source has.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-9
"""Weights are sums of fractions: 9 tenths may miss 0.9 by a little."""


def conformal_half_width(errors: ArrayLike, groups: ArrayLike, level: float) -> float:
    """The half width of an error bar that holds a row of a new source with the probability ``level``, 0 or more.

    Args:
        errors: (N,) signed or absolute, of frames or of clips' means.
        groups: (N,) which source a row is of, any values.
        level: Between 0 and 1; needs ``fewest_sources(level)`` sources.

    Raises:
        ValueError: too few sources for the level; or errors and groups that do not match, or are not finite.
    """
    sizes, source = _checked(errors, groups)
    count = int(source.max()) + 1
    if count < fewest_sources(level):
        raise ValueError(f"{count} sources for an error bar of {level:g}: at least {fewest_sources(level)} are needed")
    weights = 1 / (np.bincount(source)[source] * (count + 1))  # (N,)
    rising = np.argsort(sizes, kind="stable")
    reached = np.searchsorted(np.cumsum(weights[rising]), level - _ROUNDING)
    return float(sizes[rising][reached])


def coverage(errors: ArrayLike, groups: ArrayLike, half_width: float) -> float:
    """The part of rows inside the error bar, 0-1: the mean over sources of each source's part."""
    sizes, source = _checked(errors, groups)
    inside = np.bincount(source, weights=(sizes <= half_width).astype(np.float64))
    return float(np.mean(inside / np.bincount(source)))


def partition_coverage(
    errors: ArrayLike, groups: ArrayLike, level: float, *, partitions: int = 100, seed: int = 0
) -> float:
    """How often the bar holds on sources that did not set it, 0-1, on average over random partitions of the sources.

    One part of each partition sets the half width: half of the sources, or ``fewest_sources(level)`` where that is
    more. The other part judges it.

    Raises:
        ValueError: no source is left to judge; or as ``conformal_half_width``.
    """
    sizes, source = _checked(errors, groups)
    count = int(source.max()) + 1
    setting = max(count // 2, fewest_sources(level))
    if setting >= count:
        raise ValueError(f"{count} sources are too few to set an error bar of {level:g} and to judge it")
    draw = np.random.default_rng(seed)
    covered = []
    for _ in range(partitions):
        sets = (draw.permutation(count) < setting)[source]  # (N,)
        half_width = conformal_half_width(sizes[sets], source[sets], level)
        covered.append(coverage(sizes[~sets], source[~sets], half_width))
    return float(np.mean(covered))


def fewest_sources(level: float) -> int:
    """How many sources an error bar of that level needs: with fewer, only an infinite one keeps its word.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"an error bar of {level:g}: the level lies between 0 and 1")
    return math.ceil(level / (1 - level) - _ROUNDING)


def _checked(errors: ArrayLike, groups: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """(N,) absolute errors, and (N,) sources counted from 0."""
    sizes = np.abs(np.asarray(errors, dtype=np.float64))
    _, source = np.unique(np.asarray(groups), return_inverse=True)
    if sizes.ndim != 1 or sizes.shape != source.shape or len(sizes) == 0:
        raise ValueError(f"errors {sizes.shape} and groups {source.shape} must be of one shape (N,), N at least 1")
    if not np.isfinite(sizes).all():
        raise ValueError("an error is infinite or not a number")
    return sizes, source
