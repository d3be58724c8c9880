"""Scores beside the truth -> the error bars that a sidecar states, and how they do on what set and what checks them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tinyvmaf.bundles.facts import Interval
from tinyvmaf.metrics import rmse
from tinyvmaf.pixels.conformal import conformal_half_width, coverage, fewest_sources, partition_coverage
from tinyvmaf.runs.out_of_fold import BarClass, Judged

PARTITIONS = 100
"""How many random partitions of the sources a coverage is averaged over."""
_DIGITS = 1e4
_ROUNDING = 1e-3
"""Of the last digit: what is a whole number of them but for rounding stays it."""

Ends = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class BarSample:
    """The frames behind one error bar, or those that check it, and how the bar does on them."""

    sources: int
    """How many."""
    clips: int
    """How many."""
    frames: int
    """How many."""
    frame_rmse: float
    """Of the scores, by nets that have not seen the source."""
    clip_rmse: float
    """Of clips' means."""
    frame_mean_width: float
    """Of the bar around a frame's score, from end to end, cut at the ends of the scale."""
    clip_mean_width: float
    """Of the bar around a clip's mean."""
    frame_coverage: float
    """How often the frame's bar holds here, 0-1, each source with equal weight."""
    clip_coverage: float
    """How often the clip's does."""
    frame_coverage_partitions: float | None
    """Of bars set on some of these sources and checked on the others, averaged over random partitions; None: too few.
    """
    clip_coverage_partitions: float | None
    """The same of the clip's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarReport:
    """One error bar."""

    interval: Interval
    """As the sidecar states it."""
    calibrated: BarSample
    """What set it."""
    judged: BarSample | None
    """What checked it: sources apart from all of the training's tables; None: not asked for."""


def bars_of(
    setting: Mapping[BarClass, Judged],
    checking: Mapping[BarClass, Judged],
    *,
    level: float,
    span: Ends,
    provenance: str,
    command: str,
    guaranteed: bool = False,
) -> tuple[tuple[BarReport, ...], tuple[str, ...]]:
    """The bars, and in words what has too few sources for one: as many as the level asks for set it, one more checks.

    Args:
        setting: Scores by nets that have not seen the source.
        checking: The same of sources apart, by the model; may lack any class.
        level: The probability that a bar claims.
        span: Ends of the scores' scale.
        provenance: How ``setting`` was scored, in words.
        command: What a reader types to make the bars again.
        guaranteed: Take the quantile at the level itself, as ``conformal_half_width`` does.
    """
    rule = _Rule(level, guaranteed)
    needed, bars, short = fewest_sources(level) + 1, [], []
    for bar, judged in setting.items():
        sources = len(set(judged.content))
        if sources < needed:
            name = f"{bar.extractor}, {bar.sampling}, {bar.size_class}"
            short.append(f"{name}: {sources} sources, and a bar of {level:.0%} needs {needed}")
        else:
            report = _bar(bar, judged, checking.get(bar), rule, span=span)
            words = f"{report.interval.calibrated_on}, {provenance}"
            bars.append(replace(report, interval=replace(report.interval, calibrated_on=words, command=command)))
    return tuple(bars), tuple(short)


@dataclass(frozen=True, slots=True)
class _Rule:
    """How a half width is taken of errors."""

    level: float
    guaranteed: bool

    def half_width(self, judged: Judged) -> float:
        width = conformal_half_width(judged.errors, judged.content, self.level, guaranteed=self.guaranteed)
        return _rounded_up(width)

    def in_partitions(self, judged: Judged) -> float:
        return partition_coverage(
            judged.errors, judged.content, self.level, partitions=PARTITIONS, guaranteed=self.guaranteed
        )


def _bar(bar: BarClass, setting: Judged, checking: Judged | None, rule: _Rule, *, span: Ends) -> BarReport:
    clips = setting.of_clips()
    halves = (rule.half_width(setting), rule.half_width(clips))
    calibrated = _sample(setting, halves, rule, span=span)
    judged = None if checking is None else _sample(checking, halves, rule, span=span)
    interval = Interval(
        extractor=bar.extractor,
        sampling=bar.sampling,
        size_class=bar.size_class,
        level=rule.level,
        frame_half_width=halves[0],
        clip_half_width=halves[1],
        calibrated_on=_words(calibrated),
        coverage_measured=rule.in_partitions(setting),
        clip_coverage_measured=rule.in_partitions(clips),
        judged_on=judged and _words(judged),
        frame_coverage_judged=judged and judged.frame_coverage,
        clip_coverage_judged=judged and judged.clip_coverage,
    )
    return BarReport(interval=interval, calibrated=calibrated, judged=judged)


def _sample(judged: Judged, halves: Ends, rule: _Rule, *, span: Ends) -> BarSample:
    clips = judged.of_clips()
    enough = len(set(judged.content)) > fewest_sources(rule.level)
    return BarSample(
        sources=len(set(judged.content)),
        clips=len(clips.true),
        frames=len(judged.true),
        frame_rmse=rmse(judged.predicted, judged.true),
        clip_rmse=rmse(clips.predicted, clips.true),
        frame_mean_width=_mean_width(judged, halves[0], span),
        clip_mean_width=_mean_width(clips, halves[1], span),
        frame_coverage=coverage(judged.errors, judged.content, halves[0]),
        clip_coverage=coverage(clips.errors, clips.content, halves[1]),
        frame_coverage_partitions=rule.in_partitions(judged) if enough else None,
        clip_coverage_partitions=rule.in_partitions(clips) if enough else None,
    )


def _mean_width(judged: Judged, half_width: float, span: Ends) -> float:
    low, high = np.maximum(judged.predicted - half_width, span[0]), np.minimum(judged.predicted + half_width, span[1])
    return float(np.mean(high - low))


def _rounded_up(half_width: float) -> float:
    return math.ceil(half_width * _DIGITS - _ROUNDING) / _DIGITS


def _words(sample: BarSample) -> str:
    return f"{sample.sources} sources, {sample.clips} clips, {sample.frames} frames"
