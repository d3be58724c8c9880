"""Two videos, or one and its rungs -> per-frame features and teacher scores, in one ffmpeg process with libvmaf."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

from tinyvmaf.errors import FfmpegError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.video.encode import EncodeFacts, Rung
from tinyvmaf.video.encoding import EncodePlan, plan_encode
from tinyvmaf.video.ffmpeg import available_cores, check_whole, require_encoders, run_ffmpeg
from tinyvmaf.video.ffmpeg_log import OutputCounts
from tinyvmaf.video.filters import input_arguments, measured_chain
from tinyvmaf.video.formats import common_format
from tinyvmaf.video.ladder import LadderStep, ladder_arguments, ladder_memory_bytes
from tinyvmaf.video.measurement import Measurement, MeasureOptions, libvmaf_filter, read_measurement
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.probe import Video
from tinyvmaf.video.teachers import model_versions
from tinyvmaf.video.times import frame_times

__all__ = ["MeasureOptions", "Measurement", "ladder_memory_bytes", "measure_ladder", "measure_pair"]


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
    graph = _pair_graph(plan, libvmaf_filter(versions, threads=threads, log_name=_log_name(0)))
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-") as folder:
        outcome = run_ffmpeg(
            [
                *("-threads", str(threads), *input_arguments(plan.distorted)),
                *("-threads", str(threads), *input_arguments(plan.reference)),
                *("-filter_complex", graph, "-map", "[scored]", "-fps_mode", "passthrough", "-f", "null", "-"),
            ],
            folder=Path(folder),
            on_frame=lambda frame: progress(frame, plan.frame_count, plan.distorted.path.name),
            cancel=cancel,
        )
        check_whole(plan.distorted.path, outcome, 0, frame_count=plan.distorted_start + plan.frame_count)
        check_whole(plan.reference.path, outcome, 1, frame_count=plan.reference_start + plan.frame_count)
        return read_measurement(
            Path(folder) / _log_name(0), options, frame_count=plan.frame_count, warnings=plan.warnings, encode=None
        )


def measure_ladder(
    reference: Video,
    rungs: Sequence[Rung],
    options: MeasureOptions,
    *,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> list[Measurement]:
    """The features and teacher scores of a video's encodes by each of the rungs, in their order.

    One process decodes the source once, encodes, decodes and measures, without a file in between. Every frame of the
    source is encoded and measured.

    Raises:
        VideoError: the file is broken or ends early, with the numbers; or its frames are too small for a teacher.
        ToolError: ffmpeg is missing, lacks libvmaf or an encoder, or failed.
        CancelledError: ``cancel`` was set.
    """
    if not rungs:
        return []
    require_encoders([rung.encoder for rung in rungs if rung.encoder])
    times = frame_times(reference)
    threads = options.threads or available_cores()
    plans = [plan_encode(reference, rung, times) for rung in rungs]
    steps = [
        _step(plan, options, threads=-(-threads // len(plans)), log_name=_log_name(index))
        for index, plan in enumerate(plans)
    ]
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-") as folder:
        outcome = run_ffmpeg(
            ladder_arguments(reference, steps, threads=threads),
            folder=Path(folder),
            on_frame=lambda frame: progress(frame, times.count, reference.path.name),
            cancel=cancel,
        )
        check_whole(reference.path, outcome, 0, frame_count=times.count)
        encodes = iter(outcome.outputs)
        return [
            read_measurement(
                Path(folder) / _log_name(index),
                options,
                frame_count=times.count,
                warnings=step.warnings,
                encode=_facts(step, encodes, frame_count=times.count),
            )
            for index, step in enumerate(steps)
        ]


def _pair_graph(plan: PairPlan, libvmaf: str) -> str:
    """Both inputs are cut to the planned frames, so a video that goes on longer is no matter."""
    count = plan.frame_count
    distorted = measured_chain(
        plan.distorted, plan.measured, start=plan.distorted_start, count=count, crop=plan.distorted_crop
    )
    reference = measured_chain(
        plan.reference, plan.measured, start=plan.reference_start, count=count, crop=plan.reference_crop
    )
    return f"[0:V:0]{distorted}[distorted];[1:V:0]{reference}[reference];[distorted][reference]{libvmaf}[scored]"


def _step(plan: EncodePlan, options: MeasureOptions, *, threads: int, log_name: str) -> LadderStep:
    measured, warnings = common_format(plan.reference, plan.form)
    versions = model_versions(options.models, width=measured.width, height=measured.height, fps=plan.reference.fps)
    return LadderStep(plan, measured, libvmaf_filter(versions, threads=threads, log_name=log_name), warnings)


def _log_name(index: int) -> str:
    """A name and no path: a path would need a filter's own quoting."""
    return f"log{index}.csv"


def _facts(step: LadderStep, encodes: Iterator[OutputCounts], *, frame_count: int) -> EncodeFacts:
    """The facts of one rung; takes its output from the encodes, if it is one."""
    if not step.is_encoded:
        return step.plan.facts(byte_count=None, frame_count=frame_count)
    output = next(encodes)
    if output.frames != frame_count:
        raise FfmpegError(f"{step.plan.rung.encoder} made {output.frames} frames out of {frame_count}")
    return step.plan.facts(byte_count=output.byte_count, frame_count=frame_count)
