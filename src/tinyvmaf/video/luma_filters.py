"""Filters of the ffmpeg binary on luma: what a learned pre-filter is compared with.

PyAV's own filters would do without a process, but its libraries lack those under the GPL, hqdn3d among them.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import FfmpegError
from tinyvmaf.video.ffmpeg import run_ffmpeg

_RAW = ("-f", "rawvideo", "-pix_fmt", "gray")


def filtered_luma(
    frames: Sequence[NDArray[np.uint8]], filters: str, *, cancel: Event | None = None
) -> list[NDArray[np.uint8]]:
    """The luma (H, W) of successive frames through filters, which are spelled as ``-vf`` takes them.

    Raises:
        FfmpegError: a filter is unknown or fails, or gives another number of frames than it takes.
        CancelledError: ``cancel`` was set.
    """
    height, width = frames[0].shape
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-") as folder:
        output = Path(folder) / "filtered.gray"
        size = ("-video_size", f"{width}x{height}")
        run_ffmpeg(
            [*_RAW, *size, "-i", "pipe:0", "-vf", filters, *_RAW, f"file:{output}"],
            feed=lambda pipe: pipe.writelines(frame.tobytes() for frame in frames),
            cancel=cancel,
        )
        filtered = np.frombuffer(output.read_bytes(), np.uint8)
    if filtered.size != len(frames) * height * width:
        raise FfmpegError(f"the filters {filters} do not give one frame for each")
    return list(filtered.reshape(len(frames), height, width))


def mean_squared_change(before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> float:
    """How much luma of some frames was changed, in squared code values."""
    changes = [np.square(late.astype(np.float32) - early).mean() for early, late in zip(before, after, strict=True)]
    return float(np.mean(changes))
