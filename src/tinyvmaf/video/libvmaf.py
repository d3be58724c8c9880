"""Two videos -> per-frame features and teacher scores, through libvmaf, in one ffmpeg process."""

import os
import tempfile
from pathlib import Path
from threading import Event

from tinyvmaf.errors import VideoError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.video.ffmpeg import FfmpegOutcome, InputCounts, find_ffmpeg, run_ffmpeg
from tinyvmaf.video.filters import input_arguments, measured_chain
from tinyvmaf.video.measurement import Measurement, MeasureOptions, libvmaf_filter, read_log
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.probe import Video
from tinyvmaf.video.teachers import model_versions


def measure_pair(
    plan: PairPlan,
    options: MeasureOptions,
    *,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> Measurement:
    """The features and teacher scores of a planned pair, frame by frame.

    Raises:
        VideoError: a file is broken or ends early, with the numbers; or the frames are too small for a teacher.
        ToolError: ffmpeg is missing, lacks libvmaf, or failed.
        CancelledError: ``cancel`` was set.
    """
    measured = plan.measured
    versions = model_versions(options.models, width=measured.width, height=measured.height, fps=plan.reference.fps)
    threads = options.threads or available_cores()
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-") as folder:
        arguments = [
            *("-threads", str(threads), *input_arguments(plan.distorted)),
            *("-threads", str(threads), *input_arguments(plan.reference)),
            *("-filter_complex", _pair_graph(plan, libvmaf_filter(versions, threads=threads, log_name="log.csv"))),
            *("-map", "[scored]", "-fps_mode", "passthrough", "-f", "null", "-"),
        ]
        outcome = run_ffmpeg(
            arguments,
            folder=Path(folder),
            on_frame=lambda frame: progress(frame, plan.frame_count, plan.distorted.path.name),
            cancel=cancel,
        )
        check_whole(plan.distorted, outcome, 0, frame_count=plan.distorted_start + plan.frame_count)
        check_whole(plan.reference, outcome, 1, frame_count=plan.reference_start + plan.frame_count)
        features, scores = read_log(Path(folder) / "log.csv", options, frame_count=plan.frame_count)
    ffmpeg = find_ffmpeg()
    return Measurement(
        feature_names=tuple(feature.name for feature in options.features),
        features=features,
        teacher_names=options.teachers,
        teacher_scores=scores,
        frame_count=plan.frame_count,
        warnings=plan.warnings,
        encode=None,
        ffmpeg_version=ffmpeg.version,
        libvmaf_version=ffmpeg.libvmaf_version,
    )


def check_whole(video: Video, outcome: FfmpegOutcome, index: int, *, frame_count: int) -> None:
    """Checks that ffmpeg decoded at least ``frame_count`` frames of an input, and found nothing broken in it.

    ffmpeg exits 0 on most broken files: it conceals what it cannot decode, and ends where the file ends.

    Raises:
        VideoError: with the numbers, and what ffmpeg said.
    """
    counts = outcome.inputs[index] if index < len(outcome.inputs) else InputCounts(0, 0, 0)
    if counts.frames_decoded >= frame_count and not counts.decode_errors and not outcome.damage:
        return
    said = f"; ffmpeg says: {outcome.damage[0]}" if outcome.damage else ""
    raise VideoError(
        f"{video.path} is broken or ends early: {counts.frames_decoded} frames decoded of {frame_count}, "
        f"{counts.decode_errors} decode errors{said}"
    )


def available_cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _pair_graph(plan: PairPlan, libvmaf: str) -> str:
    """Both inputs are cut to the planned frames, so a video that goes on longer is no matter."""
    distorted = measured_chain(plan.distorted, plan.measured, start=plan.distorted_start, count=plan.frame_count)
    reference = measured_chain(plan.reference, plan.measured, start=plan.reference_start, count=plan.frame_count)
    return f"[0:v:0]{distorted}[distorted];[1:v:0]{reference}[reference];[distorted][reference]{libvmaf}[scored]"
