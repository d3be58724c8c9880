"""A video and a rung -> the finished encode of the whole file: other streams, chapters and time stamps as they were."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import av

from tinyvmaf.errors import FfmpegError, VideoError
from tinyvmaf.progress import Progress, silent, stop_if_cancelled
from tinyvmaf.video.carried import Carried, carried_streams, carrying_arguments
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.encoding import encoded_form, is_steady
from tinyvmaf.video.ffmpeg import check_whole, require_encoders, run_ffmpeg
from tinyvmaf.video.file import open_container, video_stream
from tinyvmaf.video.filters import SOURCE, chain, conversion_filters, input_arguments, tag_filter
from tinyvmaf.video.formats import MeasuredFormat
from tinyvmaf.video.probe import Video, probe
from tinyvmaf.video.times import FrameTimes, frame_times


@dataclass(frozen=True, slots=True)
class Delivered:
    """A finished encode."""

    video: Video
    """The file."""
    elapsed_seconds: float
    """Wall time of ffmpeg."""
    warnings: tuple[str, ...]
    """Streams that the container cannot hold."""


def deliver(
    video: Video,
    rung: Rung,
    output: Path,
    *,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> Delivered:
    """The whole file with its video encoded by ``rung``, written whole or not at all; a file there is replaced.

    Unlike a ladder's encodes it keeps the video's own time stamps, and all other streams beside it.

    Raises:
        VideoError: the video is broken or ends early, or has a variable rate that the encoder does not keep; or
            ``output`` is the video itself, or a container that does not hold the codec.
        ToolError: ffmpeg is missing, lacks the encoder, or failed: the disk is full.
        CancelledError: ``cancel`` was set.
    """
    times = frame_times(video)
    check_delivery(video, rung, times, output)
    carried = _carried(video, output)
    temporary = _temporary(output)
    started = time.perf_counter()
    try:
        outcome = run_ffmpeg(
            ["-y", *input_arguments(video), *_arguments(video, rung, times, carried), f"file:{temporary.absolute()}"],
            on_frame=lambda frame: progress(frame, times.count, f"{output.name} by {rung}"),
            cancel=cancel,
        )
        check_whole(video.path, outcome, 0, frame_count=times.count)
        made = frame_times(probe(temporary)).count
        if made != times.count:
            raise FfmpegError(f"{rung} made {made} frames out of {times.count}")
        stop_if_cancelled(cancel)
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)
    return Delivered(probe(output), time.perf_counter() - started, carried.warnings)


def check_delivery(video: Video, rung: Rung, times: FrameTimes, output: Path) -> None:
    """Checks what can be told before the video is encoded; to that end one small picture is.

    Raises:
        VideoError: the output is the video itself, names no container or one that does not hold the codec, or lies in
            no folder or a closed one; or the encoder does not keep a variable rate.
        ToolError: ffmpeg lacks the encoder.
    """
    require_encoders([rung.encoder or ""])
    if output.exists() and output.samefile(video.path):
        raise VideoError(f"{output} is the video that would be encoded: name another file")
    if not _names_container(output):
        raise VideoError(f"{output} names no container: end it in .mp4, .mkv or another that ffmpeg knows")
    if not output.absolute().parent.is_dir():
        raise VideoError(f"the folder {output.absolute().parent} does not exist: make it, or name another output")
    _try_writing(output)
    if not rung.parameters.keeps_uneven_stamps and not is_steady(times, video):
        raise VideoError(f"{video.path} has a variable frame rate, which {rung.encoder} does not keep in a file")
    _try_container(rung, output)


def _names_container(output: Path) -> bool:
    """Whether libav knows a container by the name's ending; nothing is opened."""
    try:
        av.open(f"file:{_temporary(output).absolute()}", "w").close()
    except ValueError:
        return False
    return True


def _try_writing(output: Path) -> None:
    temporary = _temporary(output)
    try:
        temporary.touch()
        temporary.unlink()
    except OSError as error:
        raise VideoError(f"{output} cannot be written ({error.strerror}): name another output") from error


def _try_container(rung: Rung, output: Path) -> None:
    """What a container holds is known to its muxer alone, so it is given two frames of the encoder."""
    pictures = ("-f", "lavfi", "-i", "color=size=256x256:rate=25", "-frames:v", "2")
    with TemporaryDirectory(prefix="tinyvmaf-") as folder:
        try:
            run_ffmpeg(["-y", *pictures, *rung.encoder_arguments, f"file:{Path(folder) / f'try{output.suffix}'}"])
        except FfmpegError as error:
            raise VideoError(
                f"what {rung.encoder} makes cannot be written to {output} ({error}): name another, such as an .mkv"
            ) from error


def _temporary(output: Path) -> Path:
    return output.with_name(f".{output.stem}.{os.getpid()}.tmp{output.suffix}")


def delivery_command(video: Video, rung: Rung, output: Path | None) -> tuple[str, ...]:
    """What a person types to encode the whole file by ``rung`` with ffmpeg alone; without an output, to an MKV."""
    raw = video.file.raw
    layout = () if raw is None else ("-f", "rawvideo", "-pixel_format", raw.pix_fmt)
    if raw is not None:
        layout += ("-video_size", f"{raw.width}x{raw.height}", "-framerate", str(raw.fps))
    others = () if raw is not None else ("-map", "0:V:0", "-map", "0:a?", "-map", "0:s?", "-c", "copy")
    target = output or video.path.with_name(f"{video.path.stem}-{rung.slug}.mkv")
    form = ("-pix_fmt", encoded_form(video, rung).pix_fmt)
    return ("ffmpeg", *layout, "-i", _typed(video.path), *others, *rung.encoder_arguments, *form, _typed(target))


def _typed(path: Path) -> str:
    """The path as ffmpeg takes it for a file, not for an option (``-a.mkv``) or a protocol (``a:b.mkv``)."""
    text = str(path)
    return f"./{text}" if not path.is_absolute() and (text.startswith("-") or ":" in path.parts[0]) else text


def _carried(video: Video, output: Path) -> Carried:
    with open_container(video.file) as container:
        return carried_streams(container, video_stream(container, video.path).index, output)


def _arguments(video: Video, rung: Rung, times: FrameTimes, carried: Carried) -> list[str]:
    """A variable rate needs the source's own time base; a steady one is told to the encoder as a rate."""
    form = encoded_form(video, rung)
    target = MeasuredFormat(form.width, form.height, form.pix_fmt, form.color_range, form.color_matrix)
    shape = f"setsar={video.sample_aspect_ratio.numerator}/{video.sample_aspect_ratio.denominator}"
    filters = chain(conversion_filters(video, target), tag_filter(target), shape)
    time_base = [] if is_steady(times, video) else ["-enc_time_base", "filter"]
    chosen = ["-fps_mode", "passthrough", *time_base, *rung.encoder_arguments]
    graph = f"{SOURCE}{filters}[encode]"
    return ["-filter_complex", graph, *carrying_arguments(carried, chosen, made="[encode]", rest=0)]
