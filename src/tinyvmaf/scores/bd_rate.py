"""Two sets of encodes -> their Bjontegaard delta: how many bits one needs more than the other for the same score.

log10 of the bitrate is interpolated over the score, by Akima's rule, and the mean difference over the scores that both
curves reach is the BD-rate (Bjontegaard, VCEG-M33, 2001). Akima is nearer to what further encodes measure than the
cubic of the original and than the PCHIP of the codec committees' sheets (Herglotz et al., 2022,
doi:10.48550/arXiv.2202.12565); the number by PCHIP stands beside it, since the two agree where the curves are well
covered and part where they are not. The package ``bjontegaard`` computes both.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bjontegaard import bd_psnr, bd_rate

from tinyvmaf.errors import CurveError

FEWEST_POINTS = 4
"""Of a curve: Bjontegaard's own number; with fewer an interpolation is fiction."""

Method = Literal["akima", "pchip"]
METHOD: Method = "akima"
"""What the number that is quoted comes from."""

_SMALL_OVERLAP = 0.5
_PARTING_PERCENT = 1.0
_TOP_SCORE = 100.0


@dataclass(frozen=True, slots=True)
class RatePoint:
    """One encode."""

    bitrate_kbps: float
    """Encoded bits per second of video, in thousands."""
    score: float
    """Its quality; higher is better."""
    name: str = ""
    """Which encode it is, for messages."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.bitrate_kbps) and self.bitrate_kbps > 0 and math.isfinite(self.score)):
            raise ValueError(f"a bitrate of {self.bitrate_kbps} kbps with a score of {self.score} is no encode")


@dataclass(frozen=True, slots=True)
class BdRate:
    """How the test's curve lies to the anchor's."""

    bd_rate_percent: float
    """Bits that the test needs more at equal score, on average; below 0: it saves bits. By Akima."""
    bd_rate_pchip_percent: float
    """The same by PCHIP."""
    bd_score: float | None
    """Score that the test has more at equal bitrate, on average; by Akima. None: no bitrate is common to both."""
    score_range: tuple[float, float]
    """The scores that both curves reach, over which the BD-rate is the mean."""
    overlap: float
    """That range over the whole range of both, 0-1."""
    anchor_points: int
    """Encodes of the anchor that count."""
    test_points: int
    """Encodes of the test that count."""
    warnings: tuple[str, ...]
    """What a reader of the number should know."""


def bjontegaard_delta(
    anchor: Sequence[RatePoint], test: Sequence[RatePoint], *, anchor_name: str = "anchor", test_name: str = "test"
) -> BdRate:
    """The Bjontegaard delta of ``test`` against ``anchor``, points in any order.

    An encode that spends as many bits as another one, or more, without a better score is left out, and said.

    Raises:
        CurveError: a curve has fewer than 4 encodes that count, or no score is reached by both; with the numbers.
    """
    curves, warnings = [], []
    for name, points in ((anchor_name, anchor), (test_name, test)):
        rising = _rising(points)
        if len(rising) < len(points):
            warnings.append(_left_out(name, points, rising))
        _check_enough(name, points, rising)
        curves.append(rising)
        if rising[-1].score >= _TOP_SCORE:
            warnings.append(f"{name} reaches {_TOP_SCORE:g}, where VMAF is cut off: encodes of fewer bits tell more")
    low, high = _common_scores(curves[0], curves[1], anchor_name, test_name)
    overlap = (high - low) / _whole_range(curves)
    if overlap < _SMALL_OVERLAP:
        warnings.append(f"only {overlap:.0%} of the scores are reached by both: the number is of these alone")
    akima, pchip = (_percent(curves, method) for method in ("akima", "pchip"))
    if abs(akima - pchip) > _PARTING_PERCENT:
        warnings.append(f"Akima says {akima:+.2f} %, PCHIP {pchip:+.2f} %: more encodes in between would settle it")
    return BdRate(
        bd_rate_percent=akima,
        bd_rate_pchip_percent=pchip,
        bd_score=_score_delta(curves),
        score_range=(low, high),
        overlap=overlap,
        anchor_points=len(curves[0]),
        test_points=len(curves[1]),
        warnings=tuple(warnings),
    )


def _rising(points: Sequence[RatePoint]) -> list[RatePoint]:
    """Those that pay for their bits, by bitrate: each has a higher score than all that spend less or as much."""
    rising: list[RatePoint] = []
    for point in sorted(points, key=lambda each: (each.bitrate_kbps, -each.score)):
        if not rising or (point.score > rising[-1].score and point.bitrate_kbps > rising[-1].bitrate_kbps):
            rising.append(point)
    return rising


def _left_out(name: str, points: Sequence[RatePoint], rising: Sequence[RatePoint]) -> str:
    worse = [point for point in points if point not in rising]
    words = ", ".join(f"{_called(point)}{point.bitrate_kbps:.0f} kbps, {point.score:.2f}" for point in worse)
    return (
        f"{name} does not rise throughout: {words or 'an encode that is there twice'} is left out, since another one "
        "is as good for as many bits or fewer"
    )


def _called(point: RatePoint) -> str:
    return f"{point.name}: " if point.name else ""


def _check_enough(name: str, points: Sequence[RatePoint], rising: Sequence[RatePoint]) -> None:
    if len(rising) >= FEWEST_POINTS:
        return
    kept = "" if len(rising) == len(points) else f", of which {len(rising)} have a better score for more bits"
    raise CurveError(
        f"{name} has {len(points)} encodes{kept}: a BD-rate needs {FEWEST_POINTS} or more; add some at other qualities"
    )


def _common_scores(
    anchor: Sequence[RatePoint], test: Sequence[RatePoint], anchor_name: str, test_name: str
) -> tuple[float, float]:
    low, high = max(anchor[0].score, test[0].score), min(anchor[-1].score, test[-1].score)
    if low >= high:
        raise CurveError(
            f"no score is reached by both: {anchor_name} has {anchor[0].score:.2f} to {anchor[-1].score:.2f}, "
            f"{test_name} {test[0].score:.2f} to {test[-1].score:.2f}; add encodes until they overlap"
        )
    return low, high


def _whole_range(curves: Sequence[Sequence[RatePoint]]) -> float:
    return max(curve[-1].score for curve in curves) - min(curve[0].score for curve in curves)


def _percent(curves: Sequence[Sequence[RatePoint]], method: Method) -> float:
    (rates, scores), (test_rates, test_scores) = (_columns(curve) for curve in curves)
    found = bd_rate(rates, scores, test_rates, test_scores, method=method, require_matching_points=False, min_overlap=0)
    return _number(found)


def _score_delta(curves: Sequence[Sequence[RatePoint]]) -> float | None:
    (rates, scores), (test_rates, test_scores) = (_columns(curve) for curve in curves)
    if max(rates[0], test_rates[0]) >= min(rates[-1], test_rates[-1]):
        return None
    found = bd_psnr(rates, scores, test_rates, test_scores, method=METHOD, require_matching_points=False, min_overlap=0)
    return _number(found)


def _number(found: object) -> float:
    """The package gives interpolators too, where they are asked for."""
    if not isinstance(found, float):
        raise TypeError(f"a delta is a number, not {found}")
    return float(found)


def _columns(curve: Sequence[RatePoint]) -> tuple[list[float], list[float]]:
    return [point.bitrate_kbps for point in curve], [point.score for point in curve]
