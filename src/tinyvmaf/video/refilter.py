"""A video file -> the same with another luma: decoded here, changed, and encoded by ffmpeg, which reads it from a pipe.

All else goes along as it is: chroma, sound, subtitles, chapters, words, time stamps, colour tags, rotation, shape.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO

import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tinyvmaf.errors import FfmpegError, VideoError
from tinyvmaf.progress import Progress, silent, stop_if_cancelled
from tinyvmaf.video.carried import Carried, carried_streams, carrying_arguments
from tinyvmaf.video.decode import checked_frames
from tinyvmaf.video.ffmpeg import run_ffmpeg
from tinyvmaf.video.file import open_container, video_stream
from tinyvmaf.video.filters import chain
from tinyvmaf.video.hdr import hdr_arguments
from tinyvmaf.video.probe import Video, probe
from tinyvmaf.video.raw_pipe import Change, Luma, raw_pix_fmt, write_raw
from tinyvmaf.video.times import frame_times

DEFAULT_ENCODER = ("-c:v", "libx264", "-preset", "medium", "-crf", "20")
"""What encodes where nothing else is chosen."""

_INTERLACED_CODING = ("-flags", "+ildct+ilme")
_ENCODER_OPTIONS = frozenset({"-c:v", "-codec:v", "-vcodec", "-c:v:0", "-codec:v:0", "-c", "-codec"})
_FILTER_OPTIONS = frozenset({"-vf", "-filter:v", "-filter:v:0"})
_RATE_OPTIONS = frozenset({"-r", "-r:v", "-fps_mode", "-fps_mode:v", "-vsync", "-fpsmax"})
_BOTTOM_FIRST = frozenset({3, 4})  # AV_FIELD_BB, AV_FIELD_TB: which field is shown first
_MICROSECONDS = 1_000_000
_ROUNDED_SECONDS = 2e-3
"""Matroska rounds stamps to half of this."""


@dataclass(frozen=True, slots=True)
class Refiltered:
    """What became of a file."""

    frame_count: int
    """Frames that were changed and encoded."""
    byte_count: int
    """Of the output file."""
    changing_seconds: float
    """Time that changing the luma took."""
    elapsed_seconds: float
    """Wall time of all."""
    warnings: tuple[str, ...]
    """What a user of the output should know."""
    broken: VideoError | None
    """Why the output ends early: the input is broken there; None: it is whole."""


def refilter(
    video: Video,
    output: Path,
    change: Change,
    *,
    encoder: Sequence[str] = (),
    progress: Progress = silent,
    cancel: Event | None = None,
) -> Refiltered:
    """Writes ``output``, whose container follows from its name; it appears when it is whole, a file there is replaced.

    Of an input that breaks off, what could be decoded is written, and the result says so.

    Args:
        video: What is decoded.
        output: Where to; its folder exists.
        change: What happens to the luma of each frame, (H, W) code values.
        encoder: Output options of ffmpeg; without an encoder among them, x264 takes part too.
        progress: Told the frames that were changed.
        cancel: Set from elsewhere to stop.

    Raises:
        VideoError: no frame can be decoded, there is no luma, or the output is the input.
        ToolError: ffmpeg is missing, or failed: an unknown option, a full disk.
        CancelledError: ``cancel`` was set.
    """
    _check_output(video, output)
    started = time.perf_counter()
    job = _Job(video, change, progress, cancel)
    with open_container(video.file) as container:
        stream = video_stream(container, video.path)
        carried = carried_streams(container, stream.index, output)
        shift = -(container.start_time or 0) / _MICROSECONDS
        fields = _fields(stream) if video.interlaced else "prog"
    temporary = output.with_name(f".{output.stem}.{os.getpid()}.tmp{output.suffix}")
    arguments = _arguments(video, temporary, carried, encoder, shift=shift, fields=fields)
    try:
        run_ffmpeg(arguments, feed=job.feed, cancel=cancel)
        if job.count == 0:
            raise job.broken or VideoError(f"{video.path} holds no frame that can be decoded")
        warnings = (*_warnings(video), *carried.warnings, *_checked_stamps(temporary, job, encoder))
        byte_count = temporary.stat().st_size
        temporary.replace(output)
    except FfmpegError as error:
        raise _explained(error, video, output, job) from error
    finally:
        temporary.unlink(missing_ok=True)
    return Refiltered(
        frame_count=job.count,
        byte_count=byte_count,
        changing_seconds=job.changing_seconds,
        elapsed_seconds=time.perf_counter() - started,
        warnings=warnings,
        broken=job.broken,
    )


class _Job:
    """Decodes and changes frames on the thread that feeds ffmpeg, and remembers how far it came."""

    def __init__(self, video: Video, change: Change, progress: Progress, cancel: Event | None) -> None:
        self._video = video
        self._change = change
        self._progress = progress
        self._cancel = cancel
        self.count = 0
        self.seconds: list[float] = []
        self.changing_seconds = 0.0
        self.broken: VideoError | None = None

    def feed(self, pipe: IO[bytes]) -> None:
        """Writes all frames; of a broken video those before the break."""
        write_raw(self._frames(), self._timed, pipe, self._video)

    def _frames(self) -> Iterator[VideoFrame]:
        try:
            for frame in checked_frames(self._video, 0):
                stop_if_cancelled(self._cancel)
                if frame.pts is not None and frame.time_base:
                    self.seconds.append(float(frame.pts * frame.time_base))
                yield frame
                self.count += 1
                self._progress(self.count, self._video.frame_count_from_header, self._video.path.name)
        except VideoError as error:
            self.broken = error

    def _timed(self, luma: Luma) -> Luma:
        started = time.perf_counter()
        changed = self._change(luma)
        self.changing_seconds += time.perf_counter() - started
        return changed


def _check_output(video: Video, output: Path) -> None:
    raw_pix_fmt(video)
    if output.exists() and output.samefile(video.path):
        raise VideoError(f"{output} is the input itself: name another output")
    if not output.suffix:
        raise VideoError(f"{output} names no container: end it in .mp4, .mkv or another that ffmpeg knows")
    if not output.absolute().parent.is_dir():
        raise VideoError(f"the folder {output.absolute().parent} does not exist: make it, or name another output")


def _arguments(
    video: Video, output: Path, carried: Carried, encoder: Sequence[str], *, shift: float, fields: str
) -> list[str]:
    """The whole command. Both inputs are moved by the start of the file, so that no stream moves against another."""
    moved = ("-itsoffset", f"{shift:.6f}")
    source = ("-protocol_whitelist", "file", "-i", f"file:{video.path.absolute()}")
    turned = ("-display_rotation", str(video.rotation)) if video.rotation else ()
    chosen, filters = _split_filters(encoder)
    place = carried.video_position
    return [
        *("-y", "-copyts", "-noautorotate", *turned, *hdr_arguments(video), *moved, "-f", "nut", "-i", "pipe:0"),
        *(*moved, *source, *carrying_arguments(carried, _encoder(video, chosen))),
        *(f"-filter:{place}", chain(_tags(video, fields), filters)),
        *(() if _RATE_OPTIONS & set(chosen) else (f"-fps_mode:{place}", "passthrough")),
        *(() if "-enc_time_base" in chosen else (f"-enc_time_base:{place}", "demux")),
        f"file:{output.absolute()}",
    ]


def _encoder(video: Video, chosen: Sequence[str]) -> tuple[str, ...]:
    if _ENCODER_OPTIONS & set(chosen):
        return tuple(chosen)
    return (*DEFAULT_ENCODER, *(_INTERLACED_CODING if video.interlaced else ()), *chosen)


def _split_filters(encoder: Sequence[str]) -> tuple[list[str], str]:
    """The options without a filter of video, and that filter: it comes after the tags, not instead of them."""
    rest, filters = [], ""
    remaining = iter(encoder)
    for option in remaining:
        if option in _FILTER_OPTIONS:
            filters = next(remaining, "")
        else:
            rest.append(option)
    return rest, filters


def _tags(video: Video, fields: str) -> str:
    """Raw video carries no tags, so they are put on again."""
    parts = [
        f"range={video.color_range}",
        f"color_primaries={video.color_primaries or 'unknown'}",
        f"color_trc={video.color_transfer or 'unknown'}",
        f"colorspace={video.color_matrix or 'unknown'}",
        f"field_mode={fields}",
    ]
    shape = video.sample_aspect_ratio
    return f"setparams={':'.join(parts)},setsar={shape.numerator}/{shape.denominator}"


def _fields(stream: VideoStream) -> str:
    return "bff" if stream.codec_context.field_order in _BOTTOM_FIRST else "tff"


def _checked_stamps(output: Path, job: _Job, encoder: Sequence[str]) -> tuple[str, ...]:
    """What is to be said of frames and times; where the user chose an encoder, another rate may be what they want."""
    made = frame_times(probe(output))
    if made.count != job.count:
        if not encoder:
            raise FfmpegError(f"ffmpeg made {made.count} frames out of {job.count}")
        return (f"{made.count} frames were made out of {job.count}",)
    given = np.sort(job.seconds)
    if len(given) != made.count or not made.stamped:
        return ()
    difference = float(np.abs(made.seconds - (given - given[0])).max())
    if difference < _ROUNDED_SECONDS:
        return ()
    return (
        f"frames are shown up to {difference:.3f} s off: the encoder or the container does not keep the time stamps",
    )


def _warnings(video: Video) -> tuple[str, ...]:
    found = []
    if video.interlaced:
        found.append(
            f"{video.path} is interlaced: its fields are filtered one by one; deinterlace it first for a better picture"
        )
    if video.has_alpha:
        found.append(f"the transparency of {video.path} is lost")
    return tuple(found)


def _explained(error: FfmpegError, video: Video, output: Path, job: _Job) -> FfmpegError | VideoError:
    """A full disk, and a file without a frame, look to ffmpeg like any other failure."""
    said = f"{error}\n{error.stderr_tail}"
    if "No space left on device" in said or "File too large" in said:
        return VideoError(f"the disk of {output.absolute().parent} is full after {job.count} frames: make room there")
    if job.count == 0 and job.broken is not None:
        return job.broken
    return FfmpegError(f"{video.path} cannot be encoded: {error}", argv=error.argv, stderr_tail=error.stderr_tail)
