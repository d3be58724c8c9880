"""Bjontegaard deltas: numbers known by arithmetic, what is refused, and what is said."""

import itertools

import numpy as np
import pytest
from scipy.interpolate import Akima1DInterpolator, PchipInterpolator

from tinyvmaf.errors import CurveError
from tinyvmaf.scores.bd_rate import BdRate, RatePoint, bjontegaard_delta

Pairs = list[tuple[float, float]]

ANCHOR: Pairs = [(9487.76, 40.037), (4593.60, 38.615), (2486.44, 36.845), (1358.24, 34.851)]
TEST: Pairs = [(9787.80, 40.121), (4469.00, 38.651), (2451.52, 36.970), (1356.24, 34.987)]
"""x265 at two presets, kbit/s and dB, as the package ``bjontegaard`` gives them for an example."""


def delta(anchor: Pairs, test: Pairs) -> BdRate:
    return bjontegaard_delta(*([RatePoint(rate, score) for rate, score in pairs] for pairs in (anchor, test)))


def test_a_fifth_fewer_bits_everywhere_is_minus_twenty_percent() -> None:
    found = delta(ANCHOR, [(0.8 * rate, score) for rate, score in ANCHOR])
    assert found.bd_rate_percent == pytest.approx(-20, abs=1e-9)
    assert found.bd_rate_pchip_percent == pytest.approx(-20, abs=1e-9)
    assert found.bd_score is not None
    assert found.bd_score > 0
    assert (found.score_range, found.overlap) == ((34.851, 40.037), 1.0)


def test_curves_that_are_straight_in_log_rate_give_what_arithmetic_gives() -> None:
    anchor = [(10 ** (1 + 0.03 * score), score) for score in (50, 62, 75, 81, 90)]
    test = [(10 ** (0.9 + 0.031 * score), score) for score in (60, 70, 84, 95)]
    expected = 10 ** (-0.1 + 0.001 * (60 + 90) / 2) - 1
    found = delta(anchor, test)
    assert found.bd_rate_percent == pytest.approx(100 * expected, abs=1e-6)
    assert found.bd_rate_pchip_percent == pytest.approx(100 * expected, abs=0.2)  # PCHIP bends at the ends
    assert found.score_range == (60, 90)
    assert found.overlap == pytest.approx(30 / 45)


@pytest.mark.parametrize(("interpolator", "field"), [
    (Akima1DInterpolator, "bd_rate_percent"), (PchipInterpolator, "bd_rate_pchip_percent"),
])  # fmt: skip
def test_the_published_example_agrees_with_an_integral_made_here(interpolator: type, field: str) -> None:
    grid = np.linspace(34.987, 40.037, 200_001)
    curves = [
        interpolator([s for _, s in pairs[::-1]], [np.log10(r) for r, _ in pairs[::-1]]) for pairs in (ANCHOR, TEST)
    ]
    mean = np.trapezoid(curves[1](grid) - curves[0](grid), grid) / (grid[-1] - grid[0])
    assert getattr(delta(ANCHOR, TEST), field) == pytest.approx(100 * (10**mean - 1), abs=1e-6)


def test_order_of_encodes_is_no_matter() -> None:
    whole = delta(ANCHOR, TEST)
    assert all(delta(list(order), TEST) == whole for order in itertools.permutations(ANCHOR))


def test_swapping_the_two_turns_the_ratio_over() -> None:
    there, back = (1 + delta(*pair).bd_rate_percent / 100 for pair in ((ANCHOR, TEST), (TEST, ANCHOR)))
    assert there * back == pytest.approx(1, abs=1e-12)


def test_three_encodes_are_too_few() -> None:
    with pytest.raises(CurveError, match="anchor has 3 encodes: a BD-rate needs 4"):
        delta(ANCHOR[:3], TEST)


def test_curves_without_a_common_score_are_refused_with_the_numbers() -> None:
    with pytest.raises(CurveError, match=r"anchor has 34.85 to 40.04, test 54.85 to 60.04"):
        delta(ANCHOR, [(rate, score + 20) for rate, score in ANCHOR])


def test_an_encode_that_does_not_pay_is_left_out_and_named() -> None:
    worse = RatePoint(5000, 38.0, "bad.mp4")
    test = [RatePoint(rate, score) for rate, score in TEST]
    found = bjontegaard_delta([RatePoint(*pair) for pair in ANCHOR], [*test, worse], test_name="x265")
    assert found.bd_rate_percent == delta(ANCHOR, TEST).bd_rate_percent
    assert found.test_points == 4
    assert "x265 does not rise throughout: bad.mp4: 5000 kbps, 38.00 is left out" in found.warnings[0]


def test_too_few_that_pay_are_refused() -> None:
    falling = [(1000.0, 40.0), (2000.0, 39.0), (3000.0, 38.0), (4000.0, 41.0)]
    with pytest.raises(CurveError, match="test has 4 encodes, of which 2 have a better score"):
        delta(ANCHOR, falling)


def test_little_overlap_and_the_top_of_the_scale_are_said() -> None:
    low = [(100.0, 40.0), (200.0, 50.0), (400.0, 60.0), (800.0, 71.0)]
    high = [(700.0, 70.0), (1400.0, 80.0), (2800.0, 90.0), (5600.0, 100.0)]
    found = delta(low, high)
    assert any("only 2% of the scores" in warning for warning in found.warnings)
    assert any("test reaches 100" in warning for warning in found.warnings)


def test_no_common_bitrate_has_no_score_delta() -> None:
    assert delta(ANCHOR, [(100 * rate, score) for rate, score in ANCHOR]).bd_score is None


@pytest.mark.parametrize(("rate", "score"), [(0, 50), (-1, 50), (float("nan"), 50), (100, float("inf"))])
def test_a_point_that_is_no_encode_is_a_callers_bug(rate: float, score: float) -> None:
    with pytest.raises(ValueError, match="is no encode"):
        RatePoint(rate, score)
