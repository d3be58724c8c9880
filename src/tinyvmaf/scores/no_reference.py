"""One video -> its score without a reference, by a model that looks at some frames of every second.

Nothing is compared: the model has learned what distorted pictures look like, and what VMAF, or people, say of them.
"""

import time
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from tinyvmaf.errors import BundleError, VideoError
from tinyvmaf.pixels.patches import frame_sample, patch_samples
from tinyvmaf.progress import Progress, silent, stop_if_cancelled
from tinyvmaf.scores.error_bars import OWN_EXTRACTOR, ErrorBar, lone_error_bar
from tinyvmaf.scores.pooling import pool
from tinyvmaf.scores.result import FrameScore, Score
from tinyvmaf.video.colors import HDR_TRANSFERS
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.probe import Video, probe
from tinyvmaf.video.sampled import SampledFrame, sampled_luma

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model  # 0.3 s of ONNX that scores by the kernel do not need

DEFAULT_MODEL = "nr_vmaf"
"""The id of the model that scores where none is named."""
DEFAULT_PER_SECOND = 2.0
"""Frames of each second that are looked at."""
SMALLEST_SIDE = 64
"""Pixels on either side; in less there is too little to judge."""
PATCHES = 8
"""Places of a frame that a model on patches is given: as many as samples hold by default."""


@dataclass(frozen=True, slots=True)
class LoneScore:
    """The score of a video without a reference, perhaps of its first part only."""

    score: Score
    """Of kind ``nr``, of all frames that could be decoded."""
    ended_by: VideoError | None
    """Why the video breaks off; None: it was scored to its end."""


def score_alone(
    distorted: VideoFile,
    model: "Model",
    *,
    per_second: float = DEFAULT_PER_SECOND,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> LoneScore:
    """The score of a video by a no-reference model, 0-100.

    A video that breaks half way is scored up to there.

    Args:
        distorted: The video.
        model: Of kind ``nr``.
        per_second: Frames of each second to look at; above 0.
        progress: Told seconds of video.
        cancel: Set from elsewhere to stop.

    Raises:
        BundleError: the model is of another kind, or fails on the frames.
        VideoError: the file is no video, holds no whole frame, or is smaller than 64x64.
        CancelledError: ``cancel`` was set.
    """
    _check_model(model)
    if not per_second > 0:
        raise ValueError(f"{per_second} frames of each second cannot be looked at: more than 0 are needed")
    started = time.perf_counter()
    video = probe(distorted)
    if min(video.width, video.height) < SMALLEST_SIDE:
        raise VideoError(
            f"{video.path} is {video.width}x{video.height}: a score without a reference needs {SMALLEST_SIDE} pixels "
            "or more on either side"
        )
    bar = lone_error_bar(model.sidecar, height=video.height)
    frames: list[FrameScore] = []
    ended_by = None
    try:
        for sample in sampled_luma(video, per_second=per_second):
            stop_if_cancelled(cancel)
            frames.append(_frame_score(sample, model, bar, video))
            progress(sample.seconds, _seconds(video), video.path.name)
    except VideoError as error:
        if not frames:
            raise
        ended_by = error
    return LoneScore(_score(video, model, frames, bar, ended_by, elapsed=time.perf_counter() - started), ended_by)


def _check_model(model: "Model") -> None:
    sidecar = model.sidecar
    if sidecar.kind != "nr":
        raise BundleError(
            f"model {sidecar.id} is of kind {sidecar.kind}: scoring without a reference needs a model of kind nr; "
            "`tinyvmaf models list` shows them"
        )


def _seconds(video: Video) -> float | None:
    count = video.frame_count_from_header
    return None if count is None else count / float(video.fps)


def _frame_score(sample: SampledFrame, model: "Model", bar: ErrorBar | None, video: Video) -> FrameScore:
    score = float(model.score_samples(_pixels(sample, model, video))[0])
    lower, upper = bar.around_frame(score) if bar else (None, None)
    return FrameScore(sample.index, sample.seconds, score, lower, upper, {})


def _pixels(sample: SampledFrame, model: "Model", video: Video) -> np.ndarray:
    """What the model's input takes, by the shape that its sidecar states: (1, P, C, S, S)."""
    unit = 2.0 ** (8 - min(video.bit_depth, 16))
    shape = model.sidecar.inputs[0].shape
    if len(shape) == len(("N", 1, "S", "S")):
        return frame_sample(sample.luma, unit)[np.newaxis, np.newaxis]
    planes, side = shape[2], shape[3]
    if not isinstance(planes, int) or not isinstance(side, int):
        raise BundleError(f"model {model.sidecar.id} states no fixed size of its patches: {shape}")
    previous = None if planes == 1 else sample.previous
    return patch_samples(sample.luma, previous, count=PATCHES, size=side, unit=unit)[np.newaxis]


def _score(
    video: Video,
    model: "Model",
    frames: list[FrameScore],
    bar: ErrorBar | None,
    ended_by: VideoError | None,
    *,
    elapsed: float,
) -> Score:
    pooled = pool(np.array([frame.score for frame in frames]))
    return Score(
        model=model.name,
        teacher=model.sidecar.target,
        kind="nr",
        reference=None,
        distorted=video.path,
        score=pooled.mean,
        pooled=pooled,
        interval=bar.around_clip(pooled.mean) if bar else None,
        interval_level=bar.level if bar else None,
        frame_count=len(frames),
        extractor=OWN_EXTRACTOR,
        frames=tuple(frames),
        pairing=None,
        scaled_from=None,
        elapsed_seconds=elapsed,
        frames_per_second=len(frames) / elapsed,
        warnings=_warnings(video, ended_by),
    )


def _warnings(video: Video, ended_by: VideoError | None) -> tuple[str, ...]:
    found = [] if ended_by is None else [f"only the part before the break is scored: {ended_by}"]
    if video.interlaced:
        found.append(f"{video.path} is interlaced, and lines of two fields look like damage: deinterlace it first")
    if video.color_transfer in HDR_TRANSFERS:
        found.append(f"{video.path} is HDR ({video.color_transfer}), which the model has not learned from")
    return tuple(found)
