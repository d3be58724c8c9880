"""A video -> luma, frame by frame, as numpy arrays: the very code values that libvmaf is given under the same plan."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame

from tinyvmaf.errors import VideoError
from tinyvmaf.video.crop import Crop, cropped
from tinyvmaf.video.filters import chain, conversion_filters
from tinyvmaf.video.formats import MeasuredFormat, measured_format
from tinyvmaf.video.frames import decoded_frames
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.probe import Video


def decode_luma(
    video: Video,
    *,
    measured: MeasuredFormat | None = None,
    crop: Crop | None = None,
    start: int = 0,
    count: int | None = None,
    threads: int = 0,
) -> Iterator[np.ndarray]:
    """The luma of each frame: (H, W), uint8 or (above 8 bits) uint16 code values, read-only.

    Frames are streamed: the memory of a few is held, however long the video. A frame may be kept.

    Args:
        video: What to decode.
        measured: The form to bring it to, out of a pair's plan; None: its own, in what libvmaf would take.
        crop: The part of the picture to take; None: the whole.
        start: The first frame, 0-based.
        count: How many frames; None: all.
        threads: Threads of the decoder; 0: one per core and one more.

    Raises:
        VideoError: a frame cannot be decoded whole, or there are fewer than ``count``; the message names the frame.
    """
    seen = cropped(video, crop)
    measured = measured or measured_format(seen, seen)
    stop = None if count is None else start + count
    convert = Conversion(video, measured, crop)
    number = start
    for number, frame in enumerate(islice(checked_frames(video, threads), start, stop), start + 1):
        yield luma_plane(convert(frame, number - 1), measured)
    if stop is not None and number < stop:
        raise VideoError(f"{video.path} ends after frame {number - 1}: {stop} frames were expected")


def reference_luma(plan: PairPlan, *, threads: int = 0) -> Iterator[np.ndarray]:
    """The luma of the reference's frames of a plan, as ``decode_luma`` yields it."""
    return decode_luma(
        plan.reference,
        measured=plan.measured,
        crop=plan.reference_crop,
        start=plan.reference_start,
        count=plan.frame_count,
        threads=threads,
    )


def distorted_luma(plan: PairPlan, *, threads: int = 0) -> Iterator[np.ndarray]:
    """The luma of the distorted video's frames of a plan, as ``decode_luma`` yields it."""
    return decode_luma(
        plan.distorted,
        measured=plan.measured,
        crop=plan.distorted_crop,
        start=plan.distorted_start,
        count=plan.frame_count,
        threads=threads,
    )


def checked_frames(video: Video, threads: int) -> Iterator[VideoFrame]:
    """Decoded frames that all look as the first one did.

    Raises:
        VideoError: size or pixel format change, or a frame cannot be decoded whole.
    """
    expected = f"{video.width}x{video.height} {video.pix_fmt}"
    for number, frame in enumerate(decoded_frames(video, threads=threads)):
        found = f"{frame.width}x{frame.height} {frame.format.name}"
        if found != expected:
            raise VideoError(f"{video.path} changes from {expected} to {found} at frame {number}: cut it there")
        yield frame


class Conversion:
    """ffmpeg's own filters, as they stand in front of libvmaf, on single frames."""

    def __init__(self, video: Video, measured: MeasuredFormat, crop: Crop | None, *, then: str = "") -> None:
        """Prepares them; ``then`` are further filters."""
        self._video = video
        steps = chain(conversion_filters(video, measured, crop), then).split(",")
        self._filters = [step.partition("=") for step in steps if step]
        self._graph: Graph | None = None

    def __call__(self, frame: VideoFrame, number: int) -> VideoFrame:
        """The frame converted; ``number`` counts them."""
        if not self._filters:
            return frame
        try:
            self._graph = self._graph or self._new_graph(frame)
            frame.pts = number
            self._graph.vpush(frame)
            return self._graph.vpull()
        except FFmpegError as error:
            raise VideoError(f"{self._video.path}: frame {number} cannot be converted ({error.strerror})") from error

    def _new_graph(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        size, pix_fmt = f"{frame.width}x{frame.height}", frame.format.name
        source = f"video_size={size}:pix_fmt={pix_fmt}:time_base=1/25:pixel_aspect=1/1"
        tags = f"colorspace={int(frame.colorspace)}:range={int(frame.color_range)}"
        steps = [graph.add("buffer", f"{source}:{tags}")]
        steps += [graph.add(name, arguments) for name, _, arguments in self._filters]
        graph.link_nodes(*steps, graph.add("buffersink"))
        graph.configure()
        return graph


def luma_plane(frame: VideoFrame, measured: MeasuredFormat) -> np.ndarray:
    """The luma (H, W) of a frame that has the measured form: a view into it, read-only."""
    plane = frame.planes[0]
    dtype = np.dtype(np.uint8 if measured.pix_fmt.endswith("p") else "<u2")
    rows = np.frombuffer(memoryview(plane), dtype).reshape(-1, plane.line_size // dtype.itemsize)  # padded
    luma = rows[: measured.height, : measured.width]
    luma.flags.writeable = False
    return luma
