"""Measured errors -> the half width of an error bar, and how often it holds on sources that did not set it.

Frames of one source resemble each other; whole sources can be exchanged for one another. So each of the G sources
has the weight 1 / (G + 1), which its rows share evenly, and the same weight stands at infinity for the source to come
(Lee, Barber and Willett, 2023, arXiv:2306.06342). The quantile of these weights at the level itself holds at least
that part, and far more where errors differ within a source, since it takes the source to come for the worst.

So the quantile is a lower one, which leaving out finds: the one at which the bar of all other sources holds a source,
on average over the sources, as often as the level says. Dunn, Wasserman and Ramdas (2018, arXiv:1809.07441) take the
quantile of the sources' mean distribution without any such step, which holds a few percent less than it claims.
Coverage is therefore about the level **on average** over what sets the bar and what comes; it is no guarantee for a
finite number of sources, as the quantile at the level was, and a source unlike the others may lie outside entirely.
In simulations (9 to 50 sources, 1 to 90 rows each, scales of a lognormal distribution with sigma 0.5 to 1.5) 90 % held
88 to 92 %, where the quantile at the level held 90 to 99 %. That one is to be had too (``guaranteed``).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-9
"""Weights are sums of fractions: 9 tenths may miss 0.9 by a little."""

Numbers = NDArray[np.float64]


def conformal_half_width(errors: ArrayLike, groups: ArrayLike, level: float, *, guaranteed: bool = False) -> float:
    """The half width of an error bar that holds rows of new sources as often as ``level`` on average, 0 or more.

    Args:
        errors: (N,) signed or absolute, of frames or of clips' means.
        groups: (N,) which source a row is of, any values.
        level: Between 0 and 1; needs ``fewest_sources(level)`` sources.
        guaranteed: Take the quantile at the level itself, which holds at least that part.

    Raises:
        ValueError: too few sources for the level; or errors and groups that do not match, or are not finite.
    """
    sizes, source = _checked(errors, groups)
    count = int(source.max()) + 1
    if count < fewest_sources(level):
        raise ValueError(f"{count} sources for an error bar of {level:g}: at least {fewest_sources(level)} are needed")
    rising = np.argsort(sizes, kind="stable")
    weights = np.cumsum(1 / (np.bincount(source)[source] * (count + 1))[rising])  # (N,)
    if guaranteed:
        return float(sizes[rising][np.searchsorted(weights, level - _ROUNDING)])
    quantile = _quantile(_left_out(sizes, source), level)
    return float(np.interp(quantile, np.append(0, weights), np.append(0, sizes[rising])))


def coverage(errors: ArrayLike, groups: ArrayLike, half_width: float) -> float:
    """The part of rows inside the error bar, 0-1: the mean over sources of each source's part."""
    sizes, source = _checked(errors, groups)
    inside = np.bincount(source, weights=(sizes <= half_width).astype(np.float64))
    return float(np.mean(inside / np.bincount(source)))


def partition_coverage(
    errors: ArrayLike,
    groups: ArrayLike,
    level: float,
    *,
    partitions: int = 100,
    seed: int = 0,
    guaranteed: bool = False,
) -> float:
    """How often the bar holds on sources that did not set it, 0-1, on average over random partitions of the sources.

    One part of each partition sets the half width: half of the sources, or ``fewest_sources(level)`` where that is
    more. The other part judges it. So it tells of bars that fewer sources set than there are. ``guaranteed`` as of
    ``conformal_half_width``.

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
        half_width = conformal_half_width(sizes[sets], source[sets], level, guaranteed=guaranteed)
        covered.append(coverage(sizes[~sets], source[~sets], half_width))
    return float(np.mean(covered))


def fewest_sources(level: float) -> int:
    """How many sources an error bar of that level needs: with fewer, all rows of theirs may hold less of the next one.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"an error bar of {level:g}: the level lies between 0 and 1")
    return math.ceil(level / (1 - level) - _ROUNDING)


@dataclass(frozen=True, slots=True, eq=False)
class _LeftOut:
    """What the bar of all other sources holds of each source, by its quantile; V different sizes, rising."""

    reached: Numbers
    """(G, V + 1) the part of a source's rows up to a size; the last is infinity."""
    others: Numbers
    """(G * V,) the weight of the other sources up to a size, where their number and one more make 1; the i-th source's
    plus 2 i, so that all of them rise together and one search finds a place in each."""

    def held(self, quantile: float) -> float:
        """The part held, 0-1, on average over the sources."""
        if quantile <= 0:
            return 0.0
        count, width = self.reached.shape
        source = np.arange(count)
        place = np.searchsorted(self.others, quantile - _ROUNDING + 2 * source) - (width - 1) * source
        return float(np.mean(self.reached[source, place]))

    def crossing(self, part: float) -> tuple[float, float]:
        """Two quantiles next to each other: at the lower one less than that part is held, at the upper one as much."""
        low, high = 0.0, 1.0
        while high - low > _ROUNDING:
            middle = (low + high) / 2
            low, high = (low, middle) if self.held(middle) >= part else (middle, high)
        return low, high


def _left_out(sizes: Numbers, source: NDArray[np.intp]) -> _LeftOut:
    counts = np.bincount(source)
    values, place = np.unique(sizes, return_inverse=True)
    cells = np.bincount(source * len(values) + place, weights=1 / counts[source], minlength=len(counts) * len(values))
    reached = np.cumsum(cells.reshape(len(counts), len(values)), axis=1, dtype=np.float64)  # (G, V)
    others = (reached.sum(axis=0) - reached) / len(counts) + 2 * np.arange(len(counts))[:, np.newaxis]
    return _LeftOut(np.hstack([reached, np.ones((len(counts), 1))]), others.ravel())


def _quantile(left_out: _LeftOut, level: float) -> float:
    """The quantile at which the others' bar holds a source as often as ``level``, on average over the sources.

    That average climbs in steps, since rows are few: it is taken along the line through the upper ends of the two
    steps around the level. With one row per source the quantile is the level itself.
    """
    below, above = left_out.crossing(level - _ROUNDING)
    low, high = left_out.held(below), left_out.held(above)
    end, _ = left_out.crossing(high + _ROUNDING)
    return below + (level - low) / (high - low) * (end - below)


def _checked(errors: ArrayLike, groups: ArrayLike) -> tuple[Numbers, NDArray[np.intp]]:
    """(N,) absolute errors, and (N,) sources counted from 0."""
    sizes = np.abs(np.asarray(errors, dtype=np.float64))
    _, source = np.unique(np.asarray(groups), return_inverse=True)
    if sizes.ndim != 1 or sizes.shape != source.shape or len(sizes) == 0:
        raise ValueError(f"errors {sizes.shape} and groups {source.shape} must be of one shape (N,), N at least 1")
    if not np.isfinite(sizes).all():
        raise ValueError("an error is infinite or not a number")
    return sizes, source
