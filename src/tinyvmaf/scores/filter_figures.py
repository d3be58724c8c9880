"""What pre-filters did to sources -> mean BD-rates, gains and costs over sources, each with its interval.

Sources are drawn whole (bootstrap), since the encodes of one resemble each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tinyvmaf.errors import CurveError
from tinyvmaf.metrics import FEWEST_GROUPS, INTERVAL_LEVEL, Interval
from tinyvmaf.scores.bd_rate import RatePoint, bjontegaard_delta

IDENTITY = "identity"
"""The filter that leaves all as it is: what the others are compared with."""
DECIDING = ("vmaf_neg", "vmaf_v1", "ssim")
"""What a filter must be good by, all at once: plain VMAF can be raised by sharpening alone."""
HARM_PERCENT = 1.0
"""More bits than this by any deciding metric is harm, where its interval lies above 0."""

_DRAWS = 4000


@dataclass(frozen=True, slots=True)
class FilteredEncode:
    """One rung of a filtered source, judged against the clean source."""

    quality: float
    """CRF."""
    bitrate_kbps: float
    """Of the encode."""
    scores: Mapping[str, float]
    """By metric: VMAF and its kin 0-100, SSIM in dB."""
    encode_seconds: float
    """Time that encoding took."""


@dataclass(frozen=True, slots=True)
class FilteredSource:
    """One source, degraded in one way, through one filter."""

    source: str
    """Its name."""
    degradation: str
    """What was done to it before."""
    filter: str
    """Which filter, by its name."""
    setting: str
    """At which strength."""
    frame_count: int
    """Frames that were filtered."""
    filter_seconds: float
    """Time that filtering took."""
    psnr_y: float
    """Of the filtered luma against the clean, in dB, before any encoding."""
    ladders: Mapping[str, tuple[FilteredEncode, ...]]
    """By ladder."""


@dataclass(frozen=True, slots=True)
class MeanOverSources:
    """A figure of several sources."""

    mean: float | None
    """None: no source has it."""
    interval: Interval | None
    """95 %, by bootstrap over sources; None below five of them."""
    per_source: Mapping[str, float]
    """By source."""


@dataclass(frozen=True, slots=True)
class FilterDelta:
    """Bits that a filter costs (or below 0 saves) at equal quality, against the same source without it."""

    degradation: str
    """What was done to the sources before."""
    ladder: str
    """The encodes."""
    filter: str
    """The filter."""
    metric: str
    """What equal quality means."""
    bd_rate_percent: MeanOverSources
    """Over sources."""
    problems: Mapping[str, str]
    """By source: why it has no BD-rate."""


@dataclass(frozen=True, slots=True)
class FilterGain:
    """How much nearer to the clean picture a filter brings the degraded one, before any encoding."""

    degradation: str
    """What was done to the sources before."""
    filter: str
    """The filter."""
    psnr_gain_db: MeanOverSources
    """Luma PSNR less that without the filter."""


@dataclass(frozen=True, slots=True)
class FilterCost:
    """What a filter adds to encoding, in time."""

    degradation: str
    """What was done to the sources before."""
    ladder: str
    """The encodes."""
    filter: str
    """The filter."""
    filter_ms_per_frame: float
    """Filtering alone, mean over all sources' frames."""
    encode_ms_per_frame: float
    """Encoding what it filtered, mean over all rungs' frames."""
    overhead_percent: float | None
    """Filtering once and encoding one rung, against that rung without the filter; None: encoding took no time."""


@dataclass(frozen=True, slots=True)
class FilterFigures:
    """All of it."""

    deltas: tuple[FilterDelta, ...]
    """Per degradation, ladder, filter and metric."""
    gains: tuple[FilterGain, ...]
    """Per degradation and filter."""
    costs: tuple[FilterCost, ...]
    """Per degradation, ladder and filter."""


def filter_figures(made: Sequence[FilteredSource]) -> FilterFigures:
    """The figures of everything that was made; every source must have gone through ``identity`` too."""
    degradations = list(dict.fromkeys(each.degradation for each in made))
    ladders = list(dict.fromkeys(ladder for each in made for ladder in each.ladders))
    filters = [name for name in dict.fromkeys(each.filter for each in made) if name != IDENTITY]
    metrics = list(dict.fromkeys(m for each in made for e in each.ladders.values() for x in e for m in x.scores))
    by_name = {(each.degradation, each.filter, each.source): each for each in made}
    pairs = {
        (degradation, name): [
            (by_name[degradation, IDENTITY, source], each)
            for (of, filtered, source), each in by_name.items()
            if (of, filtered) == (degradation, name)
        ]
        for degradation in degradations
        for name in filters
    }
    return FilterFigures(
        deltas=tuple(
            _delta(pair, key, ladder, metric) for key, pair in pairs.items() for ladder in ladders for metric in metrics
        ),
        gains=tuple(_gain(pair, key) for key, pair in pairs.items()),
        costs=tuple(_cost(pair, key, ladder) for key, pair in pairs.items() for ladder in ladders),
    )


def mean_over(values: Mapping[str, float], *, seed: int = 0) -> MeanOverSources:
    """The mean over sources, with its interval."""
    if not values:
        return MeanOverSources(None, None, {})
    array = np.array(list(values.values()))
    return MeanOverSources(float(array.mean()), _interval(array, seed), dict(values))


_Pairs = Sequence[tuple[FilteredSource, FilteredSource]]


def _delta(pairs: _Pairs, key: tuple[str, str], ladder: str, metric: str) -> FilterDelta:
    found, problems = {}, {}
    for plain, filtered in pairs:
        curves = [_points(each.ladders[ladder], metric) for each in (plain, filtered)]
        try:
            names = {"anchor_name": "without the filter", "test_name": "with it"}
            found[plain.source] = bjontegaard_delta(*curves, **names).bd_rate_percent
        except CurveError as error:
            problems[plain.source] = str(error)
    return FilterDelta(key[0], ladder, key[1], metric, mean_over(found), problems)


def _points(encodes: Sequence[FilteredEncode], metric: str) -> list[RatePoint]:
    return [RatePoint(e.bitrate_kbps, e.scores[metric], f"CRF {e.quality:g}") for e in encodes if metric in e.scores]


def _gain(pairs: _Pairs, key: tuple[str, str]) -> FilterGain:
    gains = {plain.source: filtered.psnr_y - plain.psnr_y for plain, filtered in pairs}
    return FilterGain(*key, mean_over(gains))


def _cost(pairs: _Pairs, key: tuple[str, str], ladder: str) -> FilterCost:
    frames = sum(filtered.frame_count for _, filtered in pairs)
    filtering = sum(filtered.filter_seconds for _, filtered in pairs)
    rungs = len(pairs[0][1].ladders[ladder])
    plain, encoding = (
        sum(encode.encode_seconds for pair in pairs for encode in pair[side].ladders[ladder]) / rungs for side in (0, 1)
    )
    overhead = None if plain == 0 else 100 * ((filtering + encoding) / plain - 1)
    return FilterCost(
        *(key[0], ladder, key[1]),
        filter_ms_per_frame=1000 * filtering / frames,
        encode_ms_per_frame=1000 * encoding / frames,
        overhead_percent=overhead,
    )


def _interval(values: np.ndarray, seed: int) -> Interval | None:
    if len(values) < FEWEST_GROUPS:
        return None
    drawn = np.random.default_rng(seed).choice(values, (_DRAWS, len(values))).mean(axis=1)
    tail = (1 - INTERVAL_LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def verdicts(figures: FilterFigures, name: str) -> tuple[str, ...]:
    """Per degradation and ladder a sentence: whether the filter pays, by all deciding metrics at once."""
    said = []
    cells = list(dict.fromkeys((d.degradation, d.ladder) for d in figures.deltas if d.filter == name))
    for degradation, ladder in cells:
        rates = {
            delta.metric: delta.bd_rate_percent
            for delta in figures.deltas
            if (delta.degradation, delta.ladder, delta.filter) == (degradation, ladder, name)
            and delta.metric in DECIDING
        }
        said.append(f"{degradation}, {ladder}: {_verdict(rates)}")
    return tuple(said)


def _verdict(rates: Mapping[str, MeanOverSources]) -> str:
    """Neither harm nor gain is what chance may have made; below five sources, without an interval, means decide."""
    known = {metric: rate.mean for metric, rate in rates.items() if rate.mean is not None}
    numbers = ", ".join(f"{mean:+.1f} % by {metric}" for metric, mean in known.items())
    if len(known) < len(DECIDING):
        missing = ", ".join(metric for metric in DECIDING if metric not in known)
        return f"not decided, since there is no BD-rate by {missing}{f' ({numbers})' if numbers else ''}"
    spans = {metric: rates[metric].interval or (mean, mean) for metric, mean in known.items()}
    if any(known[metric] > HARM_PERCENT and low > 0 for metric, (low, _) in spans.items()):
        return f"does harm: {numbers}"
    if max(known.values()) >= 0:
        return f"does not pay: {numbers}"
    return f"{'pays' if all(high < 0 for _, high in spans.values()) else 'is not shown to pay'}: {numbers}"
