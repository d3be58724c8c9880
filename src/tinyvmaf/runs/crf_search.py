"""Where a falling curve, known at a few places only, crosses a height: which CRF to try next.

Scores fall as the CRF rises. The answer is the largest CRF on the grid whose own probe reaches the target; it is never
a number that was only interpolated.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

_USUAL_FALL = 75.0
"""Points that a score would lose over an encoder's whole range, at the slope that is usual where scores matter."""
_USUAL_HALVINGS = 8.0
"""How often the bitrate would be halved over that range."""
_OVERSHOOT = 1.25
"""Steps beyond what is known go farther, and each time by more, so that the answer soon lies between two probes."""
_LONGEST_STEP = 0.3
"""Of an encoder's range, beyond what is known: what a curve does far away, nobody knows."""
_FAR_OFF = 1.0
"""Points that a probe may miss the target by before the curve behind it is mistrusted."""
_LEAST_SLOPE = 0.1
"""Of the usual one: curves are flat near the top, and a step must end somewhere."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The settings that an encoder takes."""

    low: float
    """The best quality."""
    high: float
    """The worst quality."""
    step: float
    """Between two settings."""

    def at(self, quality: float) -> float:
        """The setting at or just below that quality."""
        steps = math.floor((quality - self.low) / self.step + 1e-6)
        return round(min(max(self.low + steps * self.step, self.low), self.high), 6)


@dataclass(frozen=True, slots=True)
class Point:
    """One probe."""

    quality: float
    """CRF."""
    score: float
    """Pooled."""


def next_quality(
    points: Sequence[Point], target: float, grid: Grid, *, tolerance: float, remaining: int
) -> float | None:
    """The setting to try next; None: the best of the points is the answer, or none can reach the target.

    Args:
        points: All probes so far.
        target: The score to reach.
        grid: The settings there are.
        tolerance: How far above the target a score may be for the search to end.
        remaining: How many probes are left.
    """
    if remaining < 1:
        return None
    if not points:
        return grid.at((grid.low + grid.high) / 2)
    reached, missed = best_of(points, target), _nearest_miss(points, target)
    if reached is None:
        return _lower(points, target, grid, remaining)
    if missed is None and reached.score - target > tolerance:
        return _higher(points, target, grid)
    if missed is None or reached.score - target <= tolerance or missed.quality - reached.quality < grid.step * 1.5:
        return None
    wanted = _crossing(points, reached, missed, target + tolerance / 2)
    if _same_side_twice(points, target):
        wanted = (reached.quality + missed.quality) / 2
    return grid.at(min(max(wanted, reached.quality + grid.step), missed.quality - grid.step))


def best_of(points: Sequence[Point], target: float) -> Point | None:
    """The point with the largest setting that reaches the target; None: none does."""
    return max((point for point in points if point.score >= target), key=lambda point: point.quality, default=None)


def quality_for_bitrate(costs: Sequence[tuple[float, float]], limit: float, grid: Grid) -> float:
    """The setting whose bitrate should lie just within the limit, by what (setting, bitrate) pairs tell; at least one.

    Bitrates fall by a constant share per step of the setting, nearly.
    """
    qualities, halvings = np.array(sorted((quality, -math.log2(bitrate)) for quality, bitrate in costs)).T
    wanted = -math.log2(limit * 0.98)
    nearest = np.argsort(np.abs(halvings - wanted))[:2]
    usual = _USUAL_HALVINGS / (grid.high - grid.low)
    slope = usual
    if len(nearest) == 2:
        slope = float(np.diff(halvings[nearest])[0] / np.diff(qualities[nearest])[0])
    slope = slope if slope > _LEAST_SLOPE * usual else usual
    first = nearest[0]
    return grid.at(float(qualities[first]) + (wanted - float(halvings[first])) / slope + grid.step)


def _nearest_miss(points: Sequence[Point], target: float) -> Point | None:
    """The point with the smallest setting beyond the best one that misses the target; None: none does."""
    best = best_of(points, target)
    beyond = [point for point in points if point.score < target and (best is None or point.quality > best.quality)]
    return min(beyond, key=lambda point: point.quality, default=None)


def _lower(points: Sequence[Point], target: float, grid: Grid, remaining: int) -> float | None:
    lowest = min(points, key=lambda point: point.quality)
    if lowest.quality <= grid.low:
        return None
    if remaining == 1:
        return grid.low
    move = _OVERSHOOT ** len(points) * (target - lowest.score) / _slope(points, lowest, grid)
    return grid.at(lowest.quality - _bounded(move, grid))


def _higher(points: Sequence[Point], target: float, grid: Grid) -> float | None:
    highest = max(points, key=lambda point: point.quality)
    if highest.quality >= grid.high:
        return None
    move = _OVERSHOOT ** len(points) * (highest.score - target) / _slope(points, highest, grid)
    return grid.at(highest.quality + _bounded(move, grid))


def _bounded(move: float, grid: Grid) -> float:
    return min(max(move, grid.step), _LONGEST_STEP * (grid.high - grid.low))


def _same_side_twice(points: Sequence[Point], target: float) -> bool:
    """Whether two interpolations in a row were far off on one side: the curve is not what it was taken for."""
    before, last = points[:-2], [point.score - target for point in points[-2:]]
    if best_of(before, target) is None or _nearest_miss(before, target) is None:
        return False
    return min(last) > _FAR_OFF or max(last) < -_FAR_OFF


def _slope(points: Sequence[Point], end: Point, grid: Grid) -> float:
    """Points lost per unit of the setting at that end of the points, positive."""
    usual = _USUAL_FALL / (grid.high - grid.low)
    others = [point for point in points if point.quality != end.quality]
    if not others:
        return usual
    other = min(others, key=lambda point: abs(point.quality - end.quality))
    return max((other.score - end.score) / (end.quality - other.quality), _LEAST_SLOPE * usual)


def _crossing(points: Sequence[Point], reached: Point, missed: Point, height: float) -> float:
    """Where a curve through all points that rises nowhere has that height; linear where the points do not fall."""
    rising = sorted(points, key=lambda point: point.score)
    scores = np.array([point.score for point in rising])
    qualities = np.array([point.quality for point in rising])
    if len(rising) > 2 and (np.diff(scores) > 0).all() and (np.diff(qualities) < 0).all():
        return float(PchipInterpolator(scores, qualities)(height))
    share = (reached.score - height) / (reached.score - missed.score)
    return reached.quality + share * (missed.quality - reached.quality)
