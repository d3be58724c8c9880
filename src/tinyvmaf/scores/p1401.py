"""PLCC and RMSE after the mapping of ITU-T P.1401: predictions (N,) through a rising cubic that is fitted to opinions.

A cubic rises over the predictions when its slope, a parabola, is nowhere negative there. Such parabolas are a cone, so
the best one is either the plain least-squares fit or lies on the cone's faces: a slope that is 0 at one end, or that
touches 0 in between. Each face is solved in closed form from sums of powers of the predictions, made once per source,
so an interval by bootstrap over sources costs no second look at the rows.

For a fit by least squares with a constant term, the error is what the fit does not explain: with the explained share
R^2 of the opinions' variance V, PLCC is R and RMSE is root of V (1 - R^2).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.metrics import FEWEST_GROUPS, INTERVAL_LEVEL, Interval

Scores = NDArray[np.float64]

_DRAWS = 1000
_ZERO = 1e-12
_SLOPES = np.array([1, 1 / 2, 1 / 3])
"""A slope of t^0, t^1, t^2 integrates to t, t^2 / 2, t^3 / 3."""


@dataclass(frozen=True, slots=True)
class MappedFigures:
    """How near predictions are to opinions once they are mapped; intervals are 95 %, None below five sources."""

    plcc: float | None
    """Pearson's correlation of the mapped predictions, 0 to 1; None: opinions or mapped predictions are constant."""
    plcc_interval: Interval | None
    """Its interval, the mapping fitted anew to each draw."""
    rmse: float
    """Root of the mean squared error of the mapped predictions."""
    rmse_interval: Interval | None
    """Its interval."""


def mapped_figures(
    predicted: Scores, true: Scores, groups: NDArray[np.int32], *, draws: int = _DRAWS, seed: int = 0
) -> MappedFigures:
    """PLCC and RMSE after the best rising cubic; ``groups`` (N,) tells the sources apart."""
    names, group = np.unique(groups, return_inverse=True)
    sums = _sums(_unit(predicted), true - true.mean(), group)  # (G, 12)
    plcc, rmse = _figures(sums.sum(axis=0))
    if len(names) < FEWEST_GROUPS:
        return MappedFigures(plcc, None, rmse, None)
    evenly = np.full(len(names), 1 / len(names))
    weights = np.random.default_rng(seed).multinomial(len(names), evenly, size=draws)  # (D, G)
    found = [_figures(drawn) for drawn in weights @ sums]
    plccs = [value for value, _ in found if value is not None]
    return MappedFigures(plcc, _interval(plccs), rmse, _interval([value for _, value in found]))


def _unit(predicted: Scores) -> Scores:
    """The predictions brought to 0-1, lowest to highest."""
    low, high = predicted.min(), predicted.max()
    return (predicted - low) / (high - low) if high > low else np.zeros_like(predicted)


def _sums(t: Scores, y: Scores, group: NDArray[np.int64]) -> Scores:
    """(G, 12) per source the sums of t^0 to t^6, of y, y t, y t^2, y t^3, and of y^2."""
    powers = t[:, np.newaxis] ** np.arange(7)  # (N, 7)
    columns = [*powers.T, *(y * power for power in powers.T[:4]), y * y]
    return np.stack([np.bincount(group, weights=column) for column in columns], axis=1).astype(np.float64)


def _figures(sums: Scores) -> tuple[float | None, float]:
    """PLCC and RMSE of the best rising cubic, from sums (12,) over the rows."""
    count, power, cross = sums[0], sums[:7] / sums[0], sums[7:11] / sums[0]
    variance = sums[11] / count - cross[0] ** 2
    orders = np.arange(1, 4)
    gram = (power[orders[:, np.newaxis] + orders] - np.outer(power[orders], power[orders])) * np.outer(_SLOPES, _SLOPES)
    explained = _explained(gram, (cross[orders] - cross[0] * power[orders]) * _SLOPES)
    if variance <= _ZERO or explained <= _ZERO * variance:
        return None, float(np.sqrt(max(0.0, variance)))
    share = min(1.0, explained / variance)
    return float(np.sqrt(share)), float(np.sqrt(variance * (1 - share)))


def _explained(gram: Scores, cross: Scores) -> float:
    """The largest variance that a slope b0 + b1 t + b2 t^2, never negative on 0-1, explains: 2 b c - b G b, at most."""
    free = np.linalg.lstsq(gram, cross, rcond=1e-12)[0].astype(np.float64)
    if _rises(free):
        return float(free @ cross)
    arch, up, down = np.array([0.0, 1, -1]), np.array([0.0, 0, 1]), np.array([1.0, -2, 1])
    return max(
        _of_face(gram, cross, np.stack([arch, up])),
        _of_face(gram, cross, np.stack([arch, down])),
        *(_of_ray(gram, cross, np.array([root * root, -2 * root, 1])) for root in _touching(gram, cross)),
    )


def _rises(slope: Scores) -> bool:
    """Whether a parabola is nowhere negative on 0-1."""
    lowest = np.clip(-slope[1] / (2 * slope[2]), 0, 1) if slope[2] > 0 else 0.0
    return all(slope @ np.array([1, t, t * t]) >= 0 for t in (0.0, 1.0, lowest))


def _of_face(gram: Scores, cross: Scores, rays: Scores) -> float:
    """What the best mixture of two rays (2, 3) explains, both shares 0 or more."""
    inner, outer = rays @ gram @ rays.T, rays @ cross
    if np.linalg.det(inner) > _ZERO * inner[0, 0] * inner[1, 1]:
        shares = np.linalg.solve(inner, outer)
        if (shares >= 0).all():
            return float(shares @ outer)
    return max(_of_ray(gram, cross, ray) for ray in rays)


def _of_ray(gram: Scores, cross: Scores, ray: Scores) -> float:
    """What the best multiple, 0 or more, of one slope explains."""
    scale, gain = float(ray @ gram @ ray), float(ray @ cross)
    return gain * gain / scale if gain > 0 and scale > _ZERO else 0.0


def _touching(gram: Scores, cross: Scores) -> Scores:
    """Where a slope (t - r)^2 that explains most may touch 0: the stationary r of (v c)^2 / (v G v), and none other.

    With v = (r^2, -2 r, 1), n = v c and d = v G v are polynomials of r, and the stationary points are 2 n' d = n d'.
    """
    n = np.array([cross[0], -2 * cross[1], cross[2]])
    d = np.array([gram[0, 0], -4 * gram[0, 1], 4 * gram[1, 1] + 2 * gram[0, 2], -4 * gram[1, 2], gram[2, 2]])
    roots = np.roots(np.polysub(2 * np.polymul(np.polyder(n), d), np.polymul(n, np.polyder(d))))
    real = roots.real[np.abs(roots.imag) < 1e-6].astype(np.float64)
    return real[(real >= 0) & (real <= 1)]


def _interval(values: list[float]) -> Interval | None:
    if not values:
        return None
    low, high = np.quantile(values, [(1 - INTERVAL_LEVEL) / 2, (1 + INTERVAL_LEVEL) / 2])
    return float(low), float(high)
