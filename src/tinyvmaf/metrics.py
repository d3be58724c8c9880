"""PLCC, SROCC, KROCC and RMSE of predicted against true scores (N,), and their intervals by bootstrap over sources.

Frames of one source are not independent, so a draw takes whole sources, with replacement (cluster bootstrap; Field and
Welsh, 2007, doi:10.1111/j.1467-9868.2007.00593.x). No draw looks at single rows: each metric is a function of how
often each of the G sources was drawn, w (G,), through sums that are made once:

- PLCC and RMSE: sums of values, squares and products per source;
- KROCC: a form of second degree in w, from concordant less discordant pairs between any two sources;
- SROCC: a form of third degree in w, since a row's rank in a draw is the sum over sources of how many of their rows
  lie below it.

This gives the same numbers as drawing rows, at a cost that does not depend on the number of draws times rows.
"""

from dataclasses import dataclass
from threading import Event

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tinyvmaf.progress import stop_if_cancelled

Scores = NDArray[np.float64]
Interval = tuple[float, float]

FEWEST_GROUPS = 5
"""Below so many sources an interval would be fiction, and is None."""
INTERVAL_LEVEL = 0.95

_DRAWS = 1000
_CHUNK_NUMBERS = 4_000_000
_ZERO = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """How near predictions are to the truth; intervals are 95 %, None below five sources or without the metric."""

    n: int
    """How many rows."""
    plcc: float | None
    """Pearson's correlation; None: one side is constant."""
    plcc_interval: Interval | None
    """Its interval."""
    srocc: float | None
    """Spearman's rank correlation; None: one side is constant."""
    srocc_interval: Interval | None
    """Its interval."""
    krocc: float | None
    """Kendall's rank correlation, tau-b; None: one side is constant."""
    krocc_interval: Interval | None
    """Its interval."""
    rmse: float
    """Root of the mean squared error, in the unit of the scores, nothing fitted."""
    rmse_interval: Interval | None
    """Its interval."""


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Metrics of D draws of sources; NaN where one side of a draw is constant."""

    plcc: Scores
    """(D,) Pearson's correlation."""
    srocc: Scores
    """(D,) Spearman's."""
    rmse: Scores
    """(D,) root of the mean squared error."""


def plcc(predicted: ArrayLike, true: ArrayLike) -> float | None:
    """Pearson's correlation, -1 to 1; None where one side is constant."""
    x, y = _pair(predicted, true)
    x, y = x - x.mean(), y - y.mean()
    if _is_constant(x) or _is_constant(y):
        return None
    return float(np.clip((x @ y) / (np.sqrt(x @ x) * np.sqrt(y @ y)), -1, 1))


def srocc(predicted: ArrayLike, true: ArrayLike) -> float | None:
    """Spearman's rank correlation, -1 to 1, ties sharing their mean rank; None where one side is constant."""
    x, y = _pair(predicted, true)
    return plcc(_ranks(x), _ranks(y))


def krocc(predicted: ArrayLike, true: ArrayLike) -> float | None:
    """Kendall's rank correlation tau-b, -1 to 1; None where one side is constant. O(N log N)."""
    x, y = _pair(predicted, true)
    return _nan_to_none(_kendall(x, y, np.zeros(len(x), dtype=np.int64), np.ones((1, 1)))[0])


def rmse(predicted: ArrayLike, true: ArrayLike) -> float:
    """Root of the mean squared error, 0 or more, in the unit of the scores."""
    x, y = _pair(predicted, true)
    return float(np.sqrt(np.mean((x - y) ** 2)))


def judge(
    predicted: ArrayLike,
    true: ArrayLike,
    groups: ArrayLike,
    *,
    draws: int = _DRAWS,
    seed: int = 0,
    cancel: Event | None = None,
) -> Metrics:
    """All four metrics with their intervals.

    Args:
        predicted: (N,) scores.
        true: (N,) scores.
        groups: (N,) which source a row is of, any values.
        draws: How many bootstrap samples.
        seed: Of the draws.
        cancel: Set from elsewhere to stop.

    Raises:
        CancelledError: ``cancel`` was set.
    """
    x, y = _pair(predicted, true)
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    if len(group) != len(x):
        raise ValueError(f"{len(group)} groups for {len(x)} rows")
    weights = np.zeros((0, len(names)))
    if len(names) >= FEWEST_GROUPS:
        evenly = np.full(len(names), 1 / len(names))
        weights = np.random.default_rng(seed).multinomial(len(names), evenly, size=draws).astype(np.float64)  # (D, G)
    kroccs = _kendall(
        x, y, group, np.concatenate([np.ones((1, len(names))), weights]), cancel
    )  # the sample itself first
    plccs, rmses = _pearson(x, y, group, weights)
    return Metrics(
        n=len(x),
        plcc=plcc(x, y),
        plcc_interval=_interval(plccs),
        srocc=srocc(x, y),
        srocc_interval=_interval(_spearman(x, y, group, weights, cancel)),
        krocc=_nan_to_none(kroccs[0]),
        krocc_interval=_interval(kroccs[1:]),
        rmse=rmse(x, y),
        rmse_interval=_interval(rmses),
    )


def resampled(
    predicted: ArrayLike, true: ArrayLike, groups: ArrayLike, weights: Scores, *, cancel: Event | None = None
) -> Resampled:
    """PLCC, SROCC and RMSE of draws of groups of rows, each draw given by how often it holds each group.

    Args:
        predicted: (N,) scores.
        true: (N,) scores.
        groups: (N,) which group a row is of, from 0.
        weights: (D, G) copies of each group in each draw, 0 or more.
        cancel: Set from elsewhere to stop.

    Raises:
        CancelledError: ``cancel`` was set.
    """
    x, y = _pair(predicted, true)
    group = np.asarray(groups, dtype=np.int64)
    if group.shape != x.shape or weights.ndim != 2 or group.max() >= weights.shape[1]:
        raise ValueError(f"groups {group.shape} and weights {weights.shape} do not fit {len(x)} rows")
    plccs, rmses = _pearson(x, y, group, weights)
    return Resampled(plccs, _spearman(x, y, group, weights, cancel), rmses)


def _pair(predicted: ArrayLike, true: ArrayLike) -> tuple[Scores, Scores]:
    x, y = np.asarray(predicted, dtype=np.float64), np.asarray(true, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1 or len(x) == 0:
        raise ValueError(f"predicted {x.shape} and true {y.shape} must be of one shape (N,), N at least 1")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("a score is infinite or not a number")
    return x, y


def _is_constant(centred: Scores) -> bool:
    return bool(np.abs(centred).max() <= _ZERO)


def _ranks(values: Scores) -> Scores:
    """(N,) ranks from 1, ties sharing their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def _nan_to_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _interval(samples: Scores) -> Interval | None:
    """The middle 95 % of the draws that have the metric; None where none has."""
    known = samples[~np.isnan(samples)]
    if len(known) == 0:
        return None
    low, high = np.quantile(known, [(1 - INTERVAL_LEVEL) / 2, (1 + INTERVAL_LEVEL) / 2])
    return float(low), float(high)


def _ratio(covariance: Scores, variance_x: Scores, variance_y: Scores, *, scale: Scores) -> Scores:
    """(D,) correlations; NaN where a variance is nothing but rounding, by the ``scale`` of what it was made from."""
    constant = (variance_x <= _ZERO * scale) | (variance_y <= _ZERO * scale)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlations = covariance / np.sqrt(variance_x * variance_y)
    return np.where(constant, np.nan, np.clip(correlations, -1, 1))


def _pearson(x: Scores, y: Scores, group: NDArray[np.int64], weights: Scores) -> tuple[Scores, Scores]:
    """PLCC and RMSE (D,) of draws with so many copies (D, G) of each source."""
    if len(weights) == 0:
        return np.empty(0), np.empty(0)
    u, v = x - x.mean(), y - y.mean()
    numbers = (np.ones_like(u), u, v, u * u, v * v, u * v, (x - y) ** 2)
    sums = np.stack([np.bincount(group, weights=number) for number in numbers], axis=1)  # (G, 7)
    count, su, sv, suu, svv, suv, errors = (weights @ sums).T  # (D,) each
    mean_u, mean_v = su / count, sv / count
    variances = suu / count - mean_u**2, svv / count - mean_v**2
    plccs = _ratio(suv / count - mean_u * mean_v, *variances, scale=np.array(u @ u + v @ v) / len(u) + 1)
    return plccs, np.sqrt(errors / count)


def _spearman(x: Scores, y: Scores, group: NDArray[np.int64], weights: Scores, cancel: Event | None) -> Scores:
    """SROCC (D,) of draws with so many copies (D, G) of each source.

    In a draw, a row's rank less 1/2 is the sum over sources t of w_t B(row, t), where B counts the rows of t below it,
    ties by half. So the sum over rows of the product of two ranks is of third degree in w, with coefficients (G, G, G).
    """
    if len(weights) == 0:
        return np.empty(0)
    sources = weights.shape[1]
    coefficients = np.zeros((3, sources, sources * sources))  # xy, xx, yy
    by_source = [np.flatnonzero(group == source) for source in range(sources)]
    columns = [[np.sort(values[rows]) for rows in by_source] for values in (x, y)]
    length = max(1, _CHUNK_NUMBERS // sources)
    for source, mine in enumerate(by_source):
        for rows in (mine[at : at + length] for at in range(0, len(mine), length)):
            stop_if_cancelled(cancel)
            below_x, below_y = (_below(v[rows], c) for v, c in zip((x, y), columns, strict=True))  # (n, G)
            for number, (a, b) in enumerate(((below_x, below_y), (below_x, below_x), (below_y, below_y))):
                coefficients[number, source] += (a.T @ b).ravel()
    total = weights @ np.array([len(rows) for rows in by_source], dtype=np.float64)  # (D,)
    sums = np.empty((3, len(weights)))
    for at in range(0, len(weights), step := max(1, _CHUNK_NUMBERS // sources**2)):
        stop_if_cancelled(cancel)
        part = weights[at : at + step]  # (d, G)
        pairs = (part[:, :, np.newaxis] * part[:, np.newaxis, :]).reshape(len(part), -1)  # (d, G x G)
        sums[:, at : at + step] = np.einsum("dg,ngp,dp->nd", part, coefficients, pairs, optimize=True)
    xy, xx, yy = sums / total**3 - 1 / 4  # the mean of rank - 1/2 is half the number of rows
    return _ratio(xy, xx, yy, scale=np.ones(1))


def _below(values: Scores, columns: list[Scores]) -> Scores:
    """(n, G) how many of each sorted column lie below each value, ties by half."""
    order = np.argsort(values)
    rising = values[order]  # looked up in rising order, neighbours find their place in the same few cache lines
    below = np.empty((len(values), len(columns)))
    for number, column in enumerate(columns):
        sides = [np.searchsorted(column, rising, side=side) for side in ("left", "right")]
        below[order, number] = (sides[0] + sides[1]) / 2
    return below


def _kendall(x: Scores, y: Scores, group: NDArray[np.int64], weights: Scores, cancel: Event | None = None) -> Scores:
    """KROCC (D,) of draws with so many copies (D, G) of each source.

    Over ordered pairs of rows, with n rows in the draw: concordant less discordant pairs, over the root of
    (n^2 - pairs tied in x) (n^2 - pairs tied in y); a row and its own copies are tied in both.
    """
    place_x, place_y = (np.unique(values, return_inverse=True)[1] for values in (x, y))
    sources = weights.shape[1]
    concordant, discordant = (_pairs_in_order(place_x, y, group, sources, cancel) for y in (place_y, -place_y))
    above = concordant - discordant
    agreement = np.einsum("ds,st,dt->d", weights, above + above.T, weights, optimize=True)
    total = (weights @ np.bincount(group, minlength=sources)) ** 2
    untied = [total - _tied_pairs(place, group, weights) for place in (place_x, place_y)]
    return _ratio(agreement / total, untied[0] / total, untied[1] / total, scale=np.ones(1))


def _tied_pairs(place: NDArray[np.int64], group: NDArray[np.int64], weights: Scores) -> Scores:
    """(D,) ordered pairs of rows of a draw that share their place."""
    sources = weights.shape[1]
    cells, counts = np.unique(place * sources + group, return_counts=True)
    values, source = np.divmod(cells, sources)
    alone = np.bincount(values)[values] == 1  # values of one source only: their pairs need no table
    own = np.bincount(source[alone], weights=counts[alone].astype(np.float64) ** 2, minlength=sources)
    shared_values, row = np.unique(values[~alone], return_inverse=True)
    table = np.zeros((len(shared_values), sources))
    table[row, source[~alone]] = counts[~alone]
    return weights**2 @ own + np.einsum("ds,st,dt->d", weights, table.T @ table, weights, optimize=True)


def _pairs_in_order(
    x: NDArray[np.int64], y: NDArray[np.int64], group: NDArray[np.int64], sources: int, cancel: Event | None
) -> NDArray[np.float64]:
    """(G, G) how many pairs of a row of s and a row of t have both x and y strictly greater in s.

    Counted as a merge sort counts inversions (Knight, 1966, doi:10.1080/01621459.1966.10480879): rows stand in the
    order of x; at each level, every row of a right half-block counts the rows of its left half-block with a lesser y.
    """
    order = np.lexsort((-y, x))  # rows of one x in falling y, so that none of them counts another
    y, group = y[order], group[order]
    position = np.lexsort((-np.arange(len(y)), y))  # rows of one y from right to left, for the same reason
    counts = np.zeros((sources, sources))
    for level in range(max(0, int(len(y) - 1).bit_length())):
        half = position >> level
        walk = np.argsort(half >> 1, kind="stable")  # block by block, each in the order of y
        half, source = half[walk], group[position[walk]]
        is_left = half & 1 == 0
        rights = np.flatnonzero(~is_left)
        starts, counting = half[rights] >> 1 << level + 1, source[rights]
        lefts = np.zeros(len(y) + 1, dtype=np.int32)
        for t in range(sources):
            stop_if_cancelled(cancel)
            np.cumsum(is_left & (source == t), out=lefts[1:])
            lesser = lefts[rights] - lefts[starts]
            counts[:, t] += np.bincount(counting, weights=lesser, minlength=sources)
    return counts
