"""Error bars set on material of one role, and how often they hold on material of the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy_figures import class_of, clip_errors, errors, parted
from benchmarks.accuracy_kernel import Judged
from benchmarks.accuracy_material import TEACHERS
from tinyvmaf.pixels.conformal import conformal_half_width, coverage, partition_coverage
from tinyvmaf.pixels.intervals import LEVEL, HalfWidths

_PARTITIONS = 100
_GUARANTEED = ("fast",)
"""Samplings whose bars of clips hold the level at least: what a sample of rows errs by hangs on the content, and bars
that hold on average over contents held as little as 77 % on those that judge."""


@dataclass(frozen=True, slots=True)
class Check:
    """How one error bar, of frames or of clips' means, does on material that has not set it."""

    coverage: float
    """Part inside, 0-1, each content with equal weight."""
    coverage_partitions: float
    """The same of bars set on some of the judging contents and checked on the others, over 100 random partitions."""
    width: float
    """From end to end."""
    width_over_rmse: float
    """Over the RMSE on the judging material."""


@dataclass(frozen=True, slots=True)
class BarReport:
    """One record of the bars that ship, and what was found of it."""

    half_widths: HalfWidths
    """As shipped."""
    contents: tuple[int, int]
    """Contents that set it, and that judge it."""
    frame: Check
    """Of the bar around a frame's score."""
    clip: Check
    """Of the bar around a clip's mean."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """Errors (N,) and the content (N,) that each is of."""

    errors: np.ndarray
    contents: np.ndarray


def bars(train: Sequence[Judged], judging: Sequence[Judged], *, sampling: str) -> Iterator[BarReport]:
    """The error bars by size class and teacher: set on the train role, checked on the judge role."""
    setting, checking = parted(train, class_of), parted(judging, class_of)
    for size in checking:
        for teacher in TEACHERS:
            yield _bar(setting[size], checking[size], sampling=sampling, teacher=teacher)


def _bar(train: Sequence[Judged], judging: Sequence[Judged], *, sampling: str, teacher: str) -> BarReport:
    found = errors(judging, teacher)
    frame_half, frame = _check(_frames(train, teacher), _frames(judging, teacher), found.frame_rmse)
    clip_half, clip = _check(
        *(_clips(train, teacher), _clips(judging, teacher), found.clip_rmse), guaranteed=sampling in _GUARANTEED
    )
    contents = tuple(len({each.clip.content for each in clips}) for clips in (train, judging))
    half_widths = HalfWidths(
        teacher=teacher,
        sampling=sampling,
        size_class=class_of(judging[0]),
        level=LEVEL,
        frame_half_width=frame_half,
        clip_half_width=clip_half,
        calibrated_on=f"{contents[0]} contents, {len(train)} clips, {sum(len(each.scores) for each in train)} frames",
        coverage_frame=frame.coverage,
        coverage_clip=clip.coverage,
    )
    return BarReport(half_widths, (contents[0], contents[1]), frame, clip)


def _check(train: _Sample, judging: _Sample, rmse: float, *, guaranteed: bool = False) -> tuple[float, Check]:
    half_width = round(conformal_half_width(train.errors, train.contents, LEVEL, guaranteed=guaranteed), 4)
    return half_width, Check(
        coverage=coverage(judging.errors, judging.contents, half_width),
        coverage_partitions=partition_coverage(judging.errors, judging.contents, LEVEL, partitions=_PARTITIONS),
        width=2 * half_width,
        width_over_rmse=2 * half_width / rmse,
    )


def _frames(judged: Sequence[Judged], teacher: str) -> _Sample:
    found = [each.errors[:, TEACHERS.index(teacher)] for each in judged]
    contents = [each.clip.content for each in judged]
    return _Sample(np.concatenate(found), np.repeat(contents, [len(each) for each in found]))


def _clips(judged: Sequence[Judged], teacher: str) -> _Sample:
    return _Sample(clip_errors(judged, teacher), np.array([each.clip.content for each in judged]))
