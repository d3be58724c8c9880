"""Decoded frames with another luma -> raw video with exact time stamps, in NUT, for ffmpeg to read from a pipe.

NUT takes every time base finer and none coarser, so that no stamp is rounded; Y4M has no stamps at all.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import IO

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tinyvmaf.errors import VideoError
from tinyvmaf.video.probe import Video

Luma = NDArray[np.uint8 | np.uint16]
"""(H, W) code values."""
Change = Callable[[Luma], Luma]
"""What happens to a picture's luma, (H, W) code values: the result has the same shape and type."""

_BUFFER_BYTES = 1 << 20
_DEEPEST = 16


def raw_pix_fmt(video: Video) -> str:
    """The planar YUV or gray in which the video's frames go through a pipe: its own depth and chroma layout.

    Raises:
        VideoError: the video has no luma plane, or its samples are no whole numbers.
    """
    if video.subsampling == "rgb":
        raise VideoError(
            f"{video.path} is {video.pix_fmt}, which has no luma plane: convert it first, such as by "
            "ffmpeg -i IN -pix_fmt yuv444p OUT"
        )
    if video.bit_depth > _DEEPEST:
        raise VideoError(f"{video.path} is {video.pix_fmt}: samples of {video.bit_depth} bits are not taken")
    planes = "gray" if video.subsampling == "400" else f"yuv{video.subsampling}p"
    return planes if video.bit_depth == 8 else f"{planes}{video.bit_depth}le"


def write_raw(frames: Iterable[VideoFrame], change: Change, pipe: IO[bytes], video: Video) -> None:
    """Writes every frame with its luma changed and its chroma as it is, at its own time.

    Frames of two fields are changed field by field. A frame without a stamp follows the one before by a frame's time.

    Ends early, without a word, where nobody reads any more: why, the reader tells.
    """
    form, sink = _Form(video), _Sink(pipe)
    with av.open(sink, "w", format="nut", buffer_size=_BUFFER_BYTES) as container:
        stream: VideoStream | None = None
        for frame in frames:
            if sink.closed:
                break
            if stream is None:
                stream = container.add_stream("rawvideo", rate=video.fps)
                stream.width, stream.height, stream.pix_fmt = video.width, video.height, form.pix_fmt
                stream.codec_context.time_base = form.start(frame)
            container.mux(stream.encode(form.changed(frame, change)))
        if stream is not None:
            container.mux(stream.encode(None))


class _Sink:
    """A pipe whose reader may go away: PyAV makes an error of its own of what a file raises."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self.closed = False

    def write(self, data: bytes) -> int:
        """All of it, or nothing once nobody reads."""
        if not self.closed:
            try:
                self._pipe.write(data)
            except BrokenPipeError:
                self.closed = True
        return len(data)


class _Form:
    """Brings frames to the pipe's pixel format and puts stamps where there are none."""

    def __init__(self, video: Video) -> None:
        self.pix_fmt = raw_pix_fmt(video)
        self._video = video
        self._same = {self.pix_fmt, self.pix_fmt.replace("yuv", "yuvj")}  # yuvj is the same planes, in full range
        self._reformat = VideoReformatter()
        self._time_base = Fraction(1, 90_000)
        self._last: int | None = None

    def start(self, first: VideoFrame) -> Fraction:
        """The time base of all stamps: the first frame's own."""
        if first.pts is not None and first.time_base:
            self._time_base = Fraction(first.time_base)
        return self._time_base

    def changed(self, frame: VideoFrame, change: Change) -> VideoFrame:
        """A frame of its own with changed luma; the decoder still refers to the one that it gave."""
        source = frame
        if frame.format.name not in self._same:
            source = self._reformat.reformat(frame, format=self.pix_fmt) or frame
        made = VideoFrame(self._video.width, self._video.height, self.pix_fmt)
        for number, (plane, given) in enumerate(zip(made.planes, source.planes, strict=True)):
            samples = _samples(given, self._video.bit_depth)
            there = _samples(plane, self._video.bit_depth)
            there[...] = samples if number else self._changed_luma(np.ascontiguousarray(samples), change)
        made.pts, made.time_base = self._stamp(frame.pts), self._time_base
        return made

    def _changed_luma(self, luma: Luma, change: Change) -> Luma:
        if not self._video.interlaced or len(luma) < 2:
            return change(luma)
        woven = np.empty_like(luma)
        for field in (0, 1):
            woven[field::2] = change(np.ascontiguousarray(luma[field::2]))
        return woven

    def _stamp(self, stamp: int | None) -> int:
        """Rising throughout, since no container takes anything else."""
        frame_ticks = max(round(1 / (self._video.fps * self._time_base)), 1)
        if self._last is None:
            self._last = 0 if stamp is None else stamp
        else:
            following = self._last + frame_ticks
            self._last = max(following if stamp is None else stamp, self._last + 1)
        return self._last


def _samples(plane: VideoPlane, bit_depth: int) -> Luma:
    """(H, W) code values of a plane, in place."""
    dtype = np.dtype(np.uint8 if bit_depth == 8 else "<u2")
    rows = np.frombuffer(memoryview(plane), dtype).reshape(-1, plane.line_size // dtype.itemsize)  # padded
    return rows[: plane.height, : plane.width]
