"""Two videos -> PSNR and SSIM by frame, by ffmpeg's filters of these names, on the very frames that a plan pairs."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import FfmpegError, VideoError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.video.ffmpeg import available_cores, check_whole, run_ffmpeg
from tinyvmaf.video.filters import input_arguments, measured_chain
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.pixel_format import bit_depth

METRICS: dict[str, dict[str, str]] = {
    "psnr": {
        "psnr": "lavfi.psnr.psnr_avg",
        "psnr_y": "lavfi.psnr.psnr.y",
        "psnr_cb": "lavfi.psnr.psnr.u",
        "psnr_cr": "lavfi.psnr.psnr.v",
    },
    "ssim": {
        "ssim": "lavfi.ssim.All",
        "ssim_y": "lavfi.ssim.Y",
        "ssim_cb": "lavfi.ssim.U",
        "ssim_cr": "lavfi.ssim.V",
    },
}
"""The columns of each filter, and the metadata that it gives a frame: of all planes together, then of each."""

_LOG_NAME = "metrics.txt"


def measure_metrics(
    plan: PairPlan,
    metrics: Sequence[str],
    *,
    threads: int = 0,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> dict[str, NDArray[np.float64]]:
    """The columns (T,) of each metric, in the order of ``METRICS``.

    PSNR is in dB and ends where libvmaf's does, at 6 dB per bit and 12 more: that of equal frames is infinite.

    Raises:
        ValueError: an unknown metric.
        VideoError: a file is broken or ends early, with the numbers.
        ToolError: ffmpeg is missing or failed.
        CancelledError: ``cancel`` was set.
    """
    unknown = sorted(set(metrics) - set(METRICS))
    if unknown:
        raise ValueError(f"unknown metric {', '.join(unknown)}; known are: {', '.join(METRICS)}")
    used = [name for name in METRICS if name in metrics]
    if not used:
        return {}
    decoders = ("-threads", str(threads or available_cores()))
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-") as folder:
        outcome = run_ffmpeg(
            [
                *(*decoders, *input_arguments(plan.distorted), *decoders, *input_arguments(plan.reference)),
                *("-filter_complex", _graph(plan, used), "-map", "[measured]"),
                *("-fps_mode", "passthrough", "-f", "null", "-"),
            ],
            folder=Path(folder),
            on_frame=lambda frame: progress(frame, plan.frame_count, " and ".join(used)),
            cancel=cancel,
        )
        check_whole(plan.distorted.path, outcome, 0, frame_count=plan.distorted_start + plan.frame_count)
        check_whole(plan.reference.path, outcome, 1, frame_count=plan.reference_start + plan.frame_count)
        columns = _read(Path(folder) / _LOG_NAME, [key for name in used for key in METRICS[name].values()])
    highest = 6 * bit_depth(plan.measured.pix_fmt) + 12
    found = {}
    for metric in used:
        for column, key in METRICS[metric].items():
            if len(columns[key]) != plan.frame_count:
                raise VideoError(f"{column} holds {len(columns[key])} frames where {plan.frame_count} were expected")
            found[column] = np.minimum(columns[key], highest) if metric == "psnr" else np.array(columns[key])
    return found


def _graph(plan: PairPlan, used: Sequence[str]) -> str:
    """The filters stand in a row: each hands the distorted frame on, with what it found written beside it."""
    count = plan.frame_count
    distorted = measured_chain(
        plan.distorted, plan.measured, start=plan.distorted_start, count=count, crop=plan.distorted_crop
    )
    reference = measured_chain(
        plan.reference, plan.measured, start=plan.reference_start, count=count, crop=plan.reference_crop
    )
    taps = "".join(f"[reference{index}]" for index in range(len(used)))
    parts = [f"[0:V:0]{distorted}[seen0]", f"[1:V:0]{reference},split={len(used)}{taps}"]
    parts += [f"[seen{index}][reference{index}]{name}=shortest=1[seen{index + 1}]" for index, name in enumerate(used)]
    return ";".join([*parts, f"[seen{len(used)}]metadata=mode=print:file={_LOG_NAME}[measured]"])


def _read(log: Path, keys: Sequence[str]) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = {key: [] for key in keys}
    try:
        for line in log.read_text(encoding="ascii").splitlines():
            key, _, value = line.partition("=")
            if key in columns:
                columns[key].append(float(value))
    except (OSError, ValueError) as error:
        raise FfmpegError(f"ffmpeg's log {log} is missing or cut off ({error}): the disk may be full") from error
    return columns
