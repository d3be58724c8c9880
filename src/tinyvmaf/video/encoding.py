"""A reference and a rung -> how ffmpeg makes the distorted video, what that will be, and the video itself as a file."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import numpy as np

from tinyvmaf.errors import FfmpegError, VideoError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.video.encode import EncodeFacts, Rung
from tinyvmaf.video.ffmpeg import check_whole, require_encoders, run_ffmpeg
from tinyvmaf.video.filters import SOURCE, chain, conversion_filters, input_arguments, tag_filter
from tinyvmaf.video.formats import MeasuredFormat
from tinyvmaf.video.pixel_format import Subsampling
from tinyvmaf.video.probe import Video, probe
from tinyvmaf.video.times import FrameTimes, frame_times

_RGB_MATRIX = "bt709"
"""The matrix by which RGB becomes YUV."""
_PASSTHROUGH = ("-fps_mode", "passthrough")
"""No frame is dropped or doubled for the sake of its stamp."""
_LOSSLESS_ENCODER = "libvpx-vp9"
_LOSSLESS = ("-c:v", _LOSSLESS_ENCODER, "-lossless", "1", "-cpu-used", "8", "-threads", "2")
"""What keeps a degradation as a file: VP9 takes odd sizes and full range. FFV1 would silently make that limited."""


@dataclass(frozen=True, slots=True)
class EncodePlan:
    """How a reference becomes the distorted video of one rung."""

    reference: Video
    """What is encoded."""
    rung: Rung
    """The encode setting."""
    form: Video
    """The encode as a probe would see it, were it a file."""
    filters: str
    """From the reference's frames to those that the encoder takes; of a degradation, to its own."""
    arguments: tuple[str, ...]
    """The output arguments of ffmpeg that encode; a degradation's keep it without loss."""

    def facts(self, *, byte_count: int | None, frame_count: int) -> EncodeFacts:
        """The table's columns on this encode; ``byte_count`` is of all its packets (None: nothing was encoded)."""
        rung, fps = self.rung, float(self.reference.fps)
        bits = None if byte_count is None else 8 * byte_count
        return EncodeFacts(
            codec=rung.standard,
            encoder=rung.encoder,
            preset=rung.preset,
            quality=rung.quality,
            bitrate_kbps=None if bits is None else bits * fps / frame_count / 1000,
            encode_height=self.form.height,
            width=self.reference.width,
            height=self.reference.height,
            fps=fps,
        )


@dataclass(frozen=True, slots=True)
class Encode:
    """The distorted video of one rung, and what is known of how it was made."""

    video: Video
    """The file."""
    facts: EncodeFacts
    """The table's columns on it."""


def encode(video: Video, rung: Rung, output: Path, *, cancel: Event | None = None) -> Video:
    """The distorted video of one rung as a file; as ``make_encode``."""
    return make_encode(video, rung, output, cancel=cancel).video


def make_encode(
    video: Video, rung: Rung, output: Path, *, progress: Progress = silent, cancel: Event | None = None
) -> Encode:
    """The distorted video of one rung as a file, whole or not at all; a file there is replaced.

    Its container follows from the name: MKV holds every codec, and a degradation's lossless VP9.

    Raises:
        VideoError: the video is broken or ends early, or has a variable rate that the encoder does not keep.
        ToolError: ffmpeg is missing, lacks the encoder, or failed: the container does not hold the codec, the disk is
            full.
        CancelledError: ``cancel`` was set.
    """
    require_encoders([rung.encoder or _LOSSLESS_ENCODER])
    times = frame_times(video)
    if not rung.parameters.keeps_uneven_stamps and not is_steady(times, video):
        raise VideoError(f"{video.path} has a variable frame rate, which {rung.encoder} does not keep in a file")
    plan = plan_encode(video, rung, times)
    temporary = output.with_name(f".{output.stem}.{os.getpid()}.tmp{output.suffix}")
    graph = f"{SOURCE}{plan.filters}[encode]"
    try:
        outcome = run_ffmpeg(
            [
                *("-y", *input_arguments(video), "-filter_complex", graph, "-map", "[encode]"),
                *(*plan.arguments, f"file:{temporary.absolute()}"),
            ],
            on_frame=lambda frame: progress(frame, times.count, f"encode by {rung}"),
            cancel=cancel,
        )
        check_whole(video.path, outcome, 0, frame_count=times.count)
        made = frame_times(probe(temporary)).count
        if made != times.count:
            raise FfmpegError(f"{rung} made {made} frames out of {times.count}")
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)
    byte_count = outcome.outputs[0].byte_count if rung.encoder else None
    return Encode(probe(output), plan.facts(byte_count=byte_count, frame_count=times.count))


def plan_encode(reference: Video, rung: Rung, times: FrameTimes) -> EncodePlan:
    """How ``reference``, whose stamps are ``times``, is encoded by ``rung``.

    A steady video is stamped anew, frame n at n / fps: an encoder's choices depend on the stamps, and a container that
    rounds them would change the encode. One with a variable rate keeps its stamps, on its own time base, where the
    encoder can.
    """
    form = encoded_form(reference, rung)
    target = MeasuredFormat(form.width, form.height, form.pix_fmt, form.color_range, form.color_matrix)
    steady = is_steady(times, reference) or not rung.parameters.keeps_uneven_stamps
    filters = chain(
        _steady_stamps(reference) if steady else "setpts=PTS-STARTPTS",
        conversion_filters(reference, target),
        rung.degradation_filter or "",
        tag_filter(target),
        f"setsar={reference.sample_aspect_ratio.numerator}/{reference.sample_aspect_ratio.denominator}",
    )
    time_base = () if steady else ("-enc_time_base", "filter")
    encoder = rung.encoder_arguments or _LOSSLESS
    return EncodePlan(reference, rung, form, filters, (*_PASSTHROUGH, *time_base, *encoder))


def encoded_form(reference: Video, rung: Rung) -> Video:
    """The encode as a probe would see it: the reference's form as far as the encoder takes it."""
    width, height = rung.encoded_size(reference.width, reference.height)
    codec = rung.parameters
    wanted: Subsampling = "444" if reference.subsampling == "rgb" else reference.subsampling
    chroma: Subsampling = wanted if wanted in codec.subsamplings else "420"
    depth = next((each for each in codec.bit_depths if each >= reference.bit_depth), codec.bit_depths[-1])
    from_rgb = reference.subsampling == "rgb"
    return replace(
        reference,
        width=width,
        height=height,
        pix_fmt=f"yuv{chroma}p" if depth == 8 else f"yuv{chroma}p{depth}le",
        bit_depth=depth,
        subsampling=chroma,
        has_alpha=False,
        color_range="limited" if from_rgb else reference.color_range,
        color_matrix=_RGB_MATRIX if from_rgb else reference.color_matrix,
        codec=rung.standard if rung.encoder else "vp9",
        frame_count_from_header=None,
    )


def is_steady(times: FrameTimes, video: Video) -> bool:
    """Whether frame n lies nearer to n / fps than to any other frame's place; true of a video without stamps."""
    if not times.stamped:
        return True
    places = (times.seconds - times.seconds[0]) * float(video.fps)
    return bool(np.abs(places - np.arange(len(places))).max() < 0.5)


def _steady_stamps(video: Video) -> str:
    """Frame n at n / fps; the filter ``fps`` has nothing to do but to tell the encoder the rate."""
    rate = f"{video.fps.numerator}/{video.fps.denominator}"
    return f"settb={video.fps.denominator}/{video.fps.numerator},setpts=N,fps={rate}"
