"""Two videos -> the score of the distorted one, by frame and pooled: by libvmaf itself, or a head on its features."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import BundleError
from tinyvmaf.features import FEATURE_SETS, FeatureSet
from tinyvmaf.progress import Progress, silent
from tinyvmaf.scores.pooling import Pooled, pool
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.libvmaf import Measurement, MeasureOptions, measure_pair
from tinyvmaf.video.pairing import PairingRule, PairPlan, plan_pair
from tinyvmaf.video.probe import Video, probe
from tinyvmaf.video.teachers import teacher as teacher_named
from tinyvmaf.video.times import frame_times

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model  # 0.3 s of ONNX that a score by libvmaf itself does not need

EXTRACTOR = "libvmaf-integer"


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What to score with, and how the frames of the two videos belong together."""

    teacher: str = "vmaf"
    """Which VMAF libvmaf computes; with a model, unused."""
    model: "Model | None" = None
    """The head that fuses the features; None: the teacher itself."""
    pair: PairingRule = "time"
    """The pairing rule; ``index`` for streams with broken time stamps."""
    offset: int = 0
    """Frames by which the distorted video lags behind the reference."""
    shortest: bool = False
    """Compare the common part of videos of different length."""
    threads: int = 0
    """Threads of libvmaf; 0: one per core."""


@dataclass(frozen=True, slots=True)
class FrameScore:
    """One frame of the distorted video."""

    frame_index: int
    """0-based among the compared frames, in display order."""
    time_seconds: float
    """From the first compared frame."""
    score: float
    """0-100."""
    lower: float | None
    """Lower end of the interval; None: the score has none."""
    upper: float | None
    """Upper end of the interval."""
    features: Mapping[str, float]
    """The features the score was made from, by name."""


@dataclass(frozen=True, slots=True)
class PairingFacts:
    """How the frames were paired, for the reader of a score."""

    rule: PairingRule
    """``time`` or ``index``."""
    offset_seconds: float
    """What of the distorted video's start was skipped (negative: of the reference's)."""
    largest_difference_seconds: float | None
    """Between the stamps of two paired frames; None where a file carries no stamps."""


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one distorted video, with all that it was made from."""

    model: str | None
    """Id of the head; None: libvmaf itself."""
    teacher: str
    """The VMAF that was computed, or that the head learned."""
    kind: Literal["exact", "fr", "nr"]
    """``exact``: libvmaf's own number; ``fr``: a full-reference head."""
    reference: Path
    """As given."""
    distorted: Path
    """As given."""
    score: float
    """Mean over frames, 0-100."""
    pooled: Pooled
    """The other poolings."""
    interval: tuple[float, float] | None
    """Where libvmaf's number lies with the probability ``interval_level``; None: not known for this model."""
    interval_level: float | None
    """Between 0 and 1."""
    frame_count: int
    """Pairs of frames that were compared."""
    extractor: str
    """What computed the features."""
    frames: tuple[FrameScore, ...]
    """One per pair; empty when left out."""
    pairing: PairingFacts
    """How frames were paired."""
    scaled_from: tuple[int, int] | None
    """The distorted video's own size where it was scaled to the reference's."""
    elapsed_seconds: float
    """Wall time of probing, decoding, features and score."""
    frames_per_second: float
    """Pairs per second of that time."""
    warnings: tuple[str, ...]
    """What a reader of the score should know."""


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
    plan = plan_pair(
        probe(reference), probe(distorted), rule=options.pair, offset=options.offset, shortest=options.shortest
    )
    feature_set, teacher = _wanted(options)
    measure_options = MeasureOptions(teachers=(teacher,), feature_set=feature_set, threads=options.threads)
    measurement = measure_pair(plan, measure_options, progress=progress, cancel=cancel)
    frames = _frame_scores(measurement, options.model)
    return _score(plan, options, measurement, frames, teacher=teacher, elapsed=time.perf_counter() - started)


def _wanted(options: ScoreOptions) -> tuple[FeatureSet, str]:
    """The features to measure, and the teacher whose pass yields them."""
    if options.model is None:
        return FEATURE_SETS[teacher_named(options.teacher).feature_set], options.teacher
    sidecar = options.model.sidecar
    if sidecar.kind != "fr" or sidecar.feature_set not in FEATURE_SETS:
        raise BundleError(
            f"model {sidecar.id} is of kind {sidecar.kind} on {sidecar.feature_set}: scoring a pair needs kind fr on "
            f"one of {', '.join(FEATURE_SETS)}"
        )
    feature_set = FEATURE_SETS[sidecar.feature_set]
    return feature_set, feature_set.teacher


def _frame_scores(measurement: Measurement, model: "Model | None") -> NDArray[np.float64]:
    """Scores (T,) of the frames."""
    if model is None:
        return measurement.teacher_scores[:, 0].astype(np.float64)
    return model.predict(measurement.features.astype(np.float32)).astype(np.float64)


def _score(
    plan: PairPlan,
    options: ScoreOptions,
    measurement: Measurement,
    frame_scores: NDArray[np.float64],
    *,
    teacher: str,
    elapsed: float,
) -> Score:
    model = options.model
    pooled = pool(frame_scores)
    return Score(
        model=model.sidecar.id if model else None,
        teacher=model.sidecar.target if model else teacher,
        kind="fr" if model else "exact",
        reference=plan.reference.path,
        distorted=plan.distorted.path,
        score=pooled.mean,
        pooled=pooled,
        interval=None,
        interval_level=None,
        frame_count=plan.frame_count,
        extractor=EXTRACTOR,
        frames=_frames(plan.distorted, plan.distorted_start, measurement, frame_scores),
        pairing=PairingFacts(plan.rule, plan.offset / float(plan.distorted.fps), plan.largest_difference_seconds),
        scaled_from=plan.scaled_from,
        elapsed_seconds=elapsed,
        frames_per_second=plan.frame_count / elapsed,
        warnings=(*plan.warnings, *measurement.warnings),
    )


def _frames(
    distorted: Video, start: int, measurement: Measurement, scores: NDArray[np.float64]
) -> tuple[FrameScore, ...]:
    seconds = frame_times(distorted).seconds[start : start + len(scores)]
    names = measurement.feature_names
    rows = measurement.features.tolist()
    return tuple(
        FrameScore(index, float(moment - seconds[0]), float(score), None, None, dict(zip(names, row, strict=True)))
        for index, (moment, score, row) in enumerate(zip(seconds, scores, rows, strict=True))
    )
