"""Draws rows of the features of ``vmaf_v1``, (N, 4), over all that libvmaf can give: what ``table.edges`` labels.

Each feature has ends that libvmaf clips to: cambi 0-17, the chroma loss 0-45, adm3 0.5-1, motion3 0-18. Real rows lie
along a few lines in that box: banding is rare and then may be strong, chroma is lost with detail, and gray videos have
a chroma loss of exactly 0. So half of the kinds are near those lines, and the others fill the box:

- ``between``: between two support vectors of the regression; ``gray``: the same without chroma;
- ``banded``: the same with much banding; ``still``, ``fast``: the same at either end of motion;
- ``identical``: next to nothing lost; ``ruined``: next to nothing left;
- ``uneven``: features that disagree, each from end to end; ``gray_uneven``: the same without chroma.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.svr import Svr

Draw = np.random.Generator
Rows = NDArray[np.float64]

LOWEST = np.array([0, 0, 0.5, 0])
"""(4,) of cambi, chroma loss, adm3 and motion3: where libvmaf clips them."""
HIGHEST = np.array([17.0, 45, 1, 18])
"""(4,) the same."""
_CAMBI, _CHROMA, _DETAIL, _MOTION = range(4)


def _between(draw: Draw, svr: Svr, count: int) -> Rows:
    one, other = svr.support_vectors[draw.integers(len(svr.weights), size=(2, count))]
    scaled = one + draw.uniform(-0.1, 1.1, size=(count, 1)) * (other - one)
    rows = np.clip((scaled - svr.intercepts) / svr.slopes, LOWEST, HIGHEST)
    rows[:, _CAMBI] = np.where(draw.uniform(size=count) < 0.5, _skewed(draw, count, HIGHEST[_CAMBI]), rows[:, _CAMBI])
    return rows


def _gray(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with(_between(draw, svr, count), _CHROMA, np.zeros(count))


def _banded(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with(_between(draw, svr, count), _CAMBI, draw.uniform(0.5, HIGHEST[_CAMBI], count))


def _still(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with(_between(draw, svr, count), _MOTION, draw.exponential(0.3, count))


def _fast(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with(_between(draw, svr, count), _MOTION, draw.uniform(12, 20, count))


def _identical(draw: Draw, svr: Svr, count: int) -> Rows:
    rows = _uneven(draw, svr, count)
    rows[:, _CHROMA] = np.where(draw.uniform(size=count) < 0.5, 0, draw.exponential(1, count))
    return _with(rows, _DETAIL, 1 - draw.exponential(0.01, count))


def _ruined(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with(_uneven(draw, svr, count), _DETAIL, draw.uniform(0.5, 0.8, count))


def _uneven(draw: Draw, svr: Svr, count: int) -> Rows:
    rows = np.column_stack([_skewed(draw, count, highest) for highest in HIGHEST])
    return _with(rows, _DETAIL, 1 - _skewed(draw, count, 0.5, least=1e-3))


def _gray_uneven(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with(_uneven(draw, svr, count), _CHROMA, np.zeros(count))


KINDS_V1: Mapping[str, Callable[[Draw, Svr, int], Rows]] = {
    "between": _between,
    "gray": _gray,
    "banded": _banded,
    "still": _still,
    "fast": _fast,
    "identical": _identical,
    "ruined": _ruined,
    "uneven": _uneven,
    "gray_uneven": _gray_uneven,
}
"""Every kind of edge, and what draws rows of it."""


def _skewed(draw: Draw, count: int, highest: float, *, least: float = 0.01) -> NDArray[np.float64]:
    """From 0 to the end: half of them evenly, half as often little as much, and a few at the very ends."""
    even, skewed = draw.uniform(0, highest, count), np.exp(draw.uniform(np.log(least), np.log(highest), count))
    values = np.where(draw.uniform(size=count) < 0.5, even, skewed)
    ends = np.where(draw.uniform(size=count) < 0.5, 1e-6, highest)
    return np.where(draw.uniform(size=count) < 0.05, ends, values)


def _with(rows: Rows, column: int, values: NDArray[np.float64]) -> Rows:
    rows = rows.copy()
    rows[:, column] = values
    return np.clip(rows, LOWEST, HIGHEST)
