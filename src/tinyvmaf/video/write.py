"""Frames -> a pristine video file, through PyAV's own x264; what is read back is what was given, to the last bit."""

import os
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from tinyvmaf.errors import VideoError

LOSSLESS = {"preset": "veryfast", "qp": "0"}
_BT709, _LIMITED = 1, 1  # AVCOL_SPC_BT709, AVCOL_RANGE_MPEG


def write_video(frames: Iterable[np.ndarray], path: Path, *, fps: Fraction, x264: Mapping[str, str] = LOSSLESS) -> int:
    """How many frames were written to an MP4 of H.264, 4:2:0, BT.709 limited range.

    The file appears whole or not at all. One thread encodes, so the bytes do not depend on the machine's cores.

    Args:
        frames: (H * 3/2, W) uint8, the planes Y', Cb, Cr one after the other.
        path: Where to; its folder exists, a file there is replaced.
        fps: Frames per second.
        x264: The encoder's options; as they stand, nothing is lost.

    Raises:
        VideoError: the file cannot be written, or there is no frame.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp")
    try:
        count = _encode(frames, temporary, fps, dict(x264))
        if count == 0:
            raise VideoError(f"{path}: no frame to write")
        temporary.replace(path)
    except (FFmpegError, OSError) as error:
        raise VideoError(f"{path}: cannot be written ({error})") from error
    finally:
        temporary.unlink(missing_ok=True)
    return count


def _encode(frames: Iterable[np.ndarray], path: Path, fps: Fraction, options: dict[str, str]) -> int:
    count = 0
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.colorspace, stream.codec_context.color_range = _BT709, _LIMITED
        for count, planes in enumerate(frames, start=1):
            if count == 1:
                stream.height, stream.width = planes.shape[0] * 2 // 3, planes.shape[1]
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = count - 1, 1 / fps
            container.mux(stream.encode(frame))
        if count:
            container.mux(stream.encode(None))
    return count
