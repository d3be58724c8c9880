"""Two videos -> the score of the distorted one, by frame and pooled.

The features come from our own kernel, on a sample of rows or on every row, or from libvmaf; the score from the teacher
itself or from a head on its features.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import BundleError
from tinyvmaf.features import FEATURE_SETS, FeatureSet
from tinyvmaf.pixels import measure
from tinyvmaf.progress import Progress, silent
from tinyvmaf.scores.error_bars import OWN_EXTRACTOR, ErrorBar, head_error_bar, kernel_error_bar
from tinyvmaf.scores.pixels import score_pixels
from tinyvmaf.scores.pooling import pool
from tinyvmaf.scores.result import FrameScore, FurtherMetric, PairingFacts, Score
from tinyvmaf.table.schema import KERNEL_EXTRACTORS, LIBVMAF_EXTRACTOR
from tinyvmaf.video import libvmaf
from tinyvmaf.video.crop import Crop
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.measurement import Measurement, MeasureOptions
from tinyvmaf.video.pairing import PairingRule, PairPlan, plan_pair
from tinyvmaf.video.probe import probe
from tinyvmaf.video.psnr_ssim import METRICS, measure_metrics
from tinyvmaf.video.teachers import teacher as teacher_named

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model  # 0.3 s of ONNX that a score without a head does not need

Mode = Literal["fast", "full", "exact"]
PlanOf = Callable[[Score], PairPlan]


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What to score with, and how the frames of the two videos belong together."""

    mode: Mode = "fast"
    """``fast``: our kernel on a sample of rows; ``full``: on every row; ``exact``: libvmaf. A model that sees pixels
    measures by itself."""
    teacher: str = "vmaf"
    """Which VMAF is computed; with a model, unused."""
    model: "Model | None" = None
    """The head that fuses the features; None: the teacher itself."""
    pair: PairingRule = "time"
    """The pairing rule; ``index`` for streams with broken time stamps."""
    offset: int = 0
    """Frames by which the distorted video lags behind the reference."""
    shortest: bool = False
    """Compare the common part of videos of different length."""
    reference_crop: Crop | None = None
    """The part of the reference's pictures to compare; None: the whole."""
    distorted_crop: Crop | None = None
    """The same of the distorted video's."""
    threads: int = 0
    """Threads that measure; 0: one per core."""
    also: tuple[str, ...] = ()
    """Further metrics, by ffmpeg's own filters in a pass of their own: ``psnr``, ``ssim``."""

    def __post_init__(self) -> None:
        teacher_named(self.teacher)  # refuses one that nobody knows
        if self.threads < 0:
            raise ValueError(f"{self.threads} threads cannot work; 0 means one per core")
        if unknown := sorted(set(self.also) - set(METRICS)):
            raise ValueError(f"unknown metric {', '.join(unknown)}; known are: {', '.join(METRICS)}")
        if self.mode != "exact" and not _sees_pixels(self):
            _kernel_options(self)  # refuses what only libvmaf computes


def score_pair(
    reference: VideoFile,
    distorted: VideoFile,
    options: ScoreOptions,
    *,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> Score:
    """The score of ``distorted`` against ``reference``, 0-100.

    Raises:
        VideoError: a file that cannot be read, is broken, or is too small for the teacher.
        PairingError: the two may not be compared frame by frame; the message has the numbers and the way out.
        BundleError: the model is no full-reference head on features that libvmaf yields.
    """
    started = time.perf_counter()
    plan = plan_for(reference, distorted, options)
    measurement = _measurement(plan, options, progress=progress, cancel=cancel)
    frame_scores = _frame_scores(measurement, options.model)
    elapsed = time.perf_counter() - started
    also = measure_metrics(plan, options.also, threads=options.threads, progress=progress, cancel=cancel)
    return _score(plan, options, measurement, frame_scores, also=also, elapsed=elapsed)


def plan_for(reference: VideoFile, distorted: VideoFile, options: ScoreOptions) -> PairPlan:
    """How the frames of the two videos belong together under the options.

    Raises:
        VideoError: a file that cannot be read, or is broken.
        PairingError: the two may not be compared frame by frame; the message has the numbers and the way out.
    """
    return plan_pair(
        probe(reference),
        probe(distorted),
        rule=options.pair,
        offset=options.offset,
        shortest=options.shortest,
        reference_crop=options.reference_crop,
        distorted_crop=options.distorted_crop,
    )


def planned_by(reference: VideoFile, distorted: Sequence[VideoFile], options: ScoreOptions) -> PlanOf:
    """Plans as they were made for the scores of these videos, by score."""
    by_path = {file.path: file for file in distorted}
    return lambda score: plan_for(reference, by_path[score.distorted], options)


def _sees_pixels(options: ScoreOptions) -> bool:
    return options.model is not None and options.model.sees_pixels


def _kernel_options(options: ScoreOptions) -> measure.KernelOptions:
    return measure.KernelOptions((_measured_teacher(options),), sampling=options.mode, threads=options.threads)


def _measured_teacher(options: ScoreOptions) -> str:
    """The teacher that is computed, or the one whose features the head takes."""
    return options.teacher if options.model is None else _feature_set(options.model).teacher


def _feature_set(model: "Model") -> FeatureSet:
    sidecar = model.sidecar
    if sidecar.kind != "fr" or sidecar.feature_set not in FEATURE_SETS:
        raise BundleError(
            f"model {sidecar.id} is of kind {sidecar.kind} on {sidecar.feature_set}: scoring a pair needs kind fr on "
            f"one of {', '.join(FEATURE_SETS)}"
        )
    return FEATURE_SETS[sidecar.feature_set]


def _measurement(plan: PairPlan, options: ScoreOptions, *, progress: Progress, cancel: Event | None) -> Measurement:
    """The features of the teacher, and its scores."""
    if options.model is not None and _sees_pixels(options):
        return score_pixels(plan, options.model, progress=progress, cancel=cancel)
    if options.mode == "exact":
        teacher = _measured_teacher(options)
        feature_set = FEATURE_SETS[teacher_named(teacher).feature_set]
        exactly = MeasureOptions(teachers=(teacher,), feature_set=feature_set, threads=options.threads)
        return libvmaf.measure_pair(plan, exactly, progress=progress, cancel=cancel)
    return measure.measure_pair(plan, _kernel_options(options), progress=progress, cancel=cancel)


def _frame_scores(measurement: Measurement, model: "Model | None") -> NDArray[np.float64]:
    """Scores (T,) of the frames."""
    if model is None or model.sees_pixels:
        return measurement.teacher_scores[:, 0]
    return model.predict(measurement.features).astype(np.float64)


def _score(
    plan: PairPlan,
    options: ScoreOptions,
    measurement: Measurement,
    frame_scores: NDArray[np.float64],
    *,
    also: dict[str, NDArray[np.float64]],
    elapsed: float,
) -> Score:
    model = options.model
    pooled = pool(frame_scores)
    bar = _error_bar(plan, options)
    return Score(
        model=model.name if model else None,
        teacher=model.sidecar.target if model else options.teacher,
        kind="exact" if model is None and options.mode == "exact" else "fr",
        reference=plan.reference.path,
        distorted=plan.distorted.path,
        score=pooled.mean,
        pooled=pooled,
        interval=bar.around_clip(pooled.mean) if bar else None,
        interval_level=bar.level if bar else None,
        frame_count=plan.frame_count,
        extractor=_extractor(options),
        frames=_frames(plan, measurement, frame_scores, bar),
        pairing=PairingFacts(plan.rule, plan.offset / float(plan.distorted.fps), plan.largest_difference_seconds),
        scaled_from=plan.scaled_from,
        elapsed_seconds=elapsed,
        frames_per_second=plan.frame_count / elapsed,
        warnings=measurement.warnings,
        also={name: FurtherMetric(float(column.mean()), tuple(column.tolist())) for name, column in also.items()},
    )


def _extractor(options: ScoreOptions) -> str:
    if _sees_pixels(options):
        return OWN_EXTRACTOR
    return LIBVMAF_EXTRACTOR if options.mode == "exact" else KERNEL_EXTRACTORS[options.mode]


def _error_bar(plan: PairPlan, options: ScoreOptions) -> ErrorBar | None:
    """None where it is libvmaf's own number, or nobody has measured how far off it is."""
    height, sampling = plan.measured.height, None if options.mode == "exact" else options.mode
    if options.model is not None:
        return head_error_bar(options.model.sidecar, sampling, height=height)
    return None if sampling is None else kernel_error_bar(options.teacher, sampling, height=height)


def _frames(
    plan: PairPlan, measurement: Measurement, scores: NDArray[np.float64], bar: ErrorBar | None
) -> tuple[FrameScore, ...]:
    names = measurement.feature_names
    rows = zip(plan.seconds.tolist(), scores.tolist(), measurement.features.tolist(), strict=True)
    frames = []
    for index, (seconds, score, features) in enumerate(rows):
        lower, upper = bar.around_frame(score) if bar else (None, None)
        frames.append(FrameScore(index, seconds, score, lower, upper, dict(zip(names, features, strict=True))))
    return tuple(frames)
