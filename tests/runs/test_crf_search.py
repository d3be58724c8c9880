"""Which CRF to try next, on curves that are known in advance."""

import math
from collections.abc import Callable

import pytest

from tinyvmaf.runs.crf_search import Grid, Point, best_of, next_quality, quality_for_bitrate

X264 = Grid(0, 51, 0.1)
AV1 = Grid(1, 63, 1)
TOLERANCE = 0.2
CURVES: dict[str, tuple[Callable[[float], float], Grid]] = {
    "straight": (lambda crf: 100 - 0.9 * max(crf - 15, 0), X264),
    "steep": (lambda crf: 100 - 4 * max(crf - 10, 0), X264),
    "bent": (lambda crf: 99.5 - 0.035 * crf**2, X264),
    "flat top": (lambda crf: 97.5 - max(crf - 25, 0) ** 1.5, X264),
    "sigmoid": (lambda crf: 98 / (1 + math.exp((crf - 38) / 5)), X264),
    "whole numbers": (lambda crf: 99 - 0.012 * crf**2, AV1),
    "steps": (lambda crf: 99 - 0.5 * (crf // 2), AV1),
}


def search(curve: Callable[[float], float], target: float, grid: Grid, *, probes: int = 6) -> list[Point]:
    points: list[Point] = []
    while True:
        quality = next_quality(points, target, grid, tolerance=TOLERANCE, remaining=probes - len(points))
        if quality is None:
            return points
        assert quality not in [point.quality for point in points], "the same setting twice"
        assert grid.low <= quality <= grid.high
        assert grid.at(quality) == quality
        points.append(Point(quality, curve(quality)))


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("target", [70.0, 90.0, 95.0, 97.0])
def test_answer_is_close_to_the_largest_setting_that_reaches_the_target(name: str, target: float) -> None:
    curve, grid = CURVES[name]
    points = search(curve, target, grid)
    steps = round((grid.high - grid.low) / grid.step)
    true = max(q for q in (grid.at(grid.low + i * grid.step) for i in range(steps + 1)) if curve(q) >= target)
    best = best_of(points, target)
    assert len(points) <= 6
    assert best is not None
    assert best.score >= target
    assert best.score - target <= TOLERANCE or true - best.quality < 1.5 * grid.step


def test_what_no_setting_reaches_ends_with_the_best_one_tried() -> None:
    points = search(lambda crf: 96 - crf / 10, 97, X264)
    assert best_of(points, 97) is None
    assert min(point.quality for point in points) == 0
    assert len(points) <= 6


def test_what_every_setting_reaches_ends_at_the_worst() -> None:
    points = search(lambda crf: 99 - crf / 100, 95, AV1)
    assert best_of(points, 95) == Point(63, pytest.approx(98.37))


def test_a_curve_that_rises_somewhere_does_not_end_in_a_loop() -> None:
    def wavy(crf: float) -> float:
        return 100 - 0.5 * crf + 3 * math.sin(crf)

    points = search(wavy, 90, X264)
    best = best_of(points, 90)
    assert best is not None
    assert wavy(best.quality) >= 90


def test_few_probes_still_answer_by_one_of_them() -> None:
    points = search(CURVES["bent"][0], 95, X264, probes=2)
    assert len(points) == 2


@pytest.mark.parametrize("limit", [200.0, 1000.0, 4000.0])
def test_setting_for_a_bitrate_lies_just_within_it(limit: float) -> None:
    def bitrate(crf: float) -> float:
        return 8000 * 2 ** (-(crf - 15) / 5.5)

    for known in ([20.0, 24.0], [18.0, 22.5, 30.0]):
        found = quality_for_bitrate([(crf, bitrate(crf)) for crf in known], limit, X264)
        assert 0.94 * limit <= bitrate(found) <= limit
    alone = quality_for_bitrate([(20.0, bitrate(20))], limit, X264)
    assert bitrate(alone) == pytest.approx(limit, rel=0.5)
