"""A video -> a short one made of samples of it, without loss: what an encoder's setting can be tried on.

The samples lie evenly over the length, and follow each other in one file, so that one encode tries them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tinyvmaf.errors import VideoError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.encoding import encoded_form
from tinyvmaf.video.ffmpeg import require_encoders, run_ffmpeg
from tinyvmaf.video.filters import chain, conversion_filters, input_arguments, tag_filter
from tinyvmaf.video.formats import MeasuredFormat
from tinyvmaf.video.probe import Video, probe
from tinyvmaf.video.times import FrameTimes, frame_times

_LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-threads", "4")
_FORM = Rung("x264", "ultrafast", 0)
"""x264 without loss takes the chroma layouts, depths and ranges that the encoders under trial do."""
_NEARLY_ALL = 0.8
"""Beyond this share of the frames, samples save nothing."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One stretch of consecutive frames."""

    start_seconds: float
    """Of its first frame, from the video's first."""
    frame_count: int
    """Its frames; at least 1."""


def choose_samples(times: FrameTimes, *, count: int, seconds: float) -> tuple[Sample, ...]:
    """``count`` samples of ``seconds`` each, evenly over the video; the whole video as one where they would fill it.

    Raises:
        ValueError: no sample, or one without length.
    """
    if count < 1 or seconds <= 0:
        raise ValueError(f"{count} samples of {seconds} seconds hold nothing")
    total = times.count
    length = float(times.seconds[-1]) * total / max(total - 1, 1)
    each = max(round(seconds * total / length), 1) if length else total
    if count * each > _NEARLY_ALL * total:
        return (Sample(0.0, total),)
    starts = [round((index + 0.5) / count * total - each / 2) for index in range(count)]
    return tuple(Sample(float(times.seconds[start]), each) for start in starts)


def make_reel(
    video: Video,
    samples: Sequence[Sample],
    output: Path,
    *,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> Video:
    """The samples as one MKV file, frame n at n / fps; a file there is replaced.

    Raises:
        VideoError: the file cannot be entered at these places, or is broken there.
        ToolError: ffmpeg is missing or failed: the disk may be full.
        CancelledError: ``cancel`` was set.
    """
    require_encoders(["libx264"])
    expected = sum(sample.frame_count for sample in samples)
    inputs = [part for sample in samples for part in _entered(video, sample)]
    run_ffmpeg(
        ["-y", *inputs, "-filter_complex", _graph(video, samples), "-map", "[reel]", *_LOSSLESS, f"file:{output}"],
        on_frame=lambda frame: progress(frame, expected, "samples"),
        cancel=cancel,
    )
    reel = probe(output)
    made = frame_times(reel).count
    if made != expected:
        raise VideoError(
            f"{video.path}: {len(samples)} samples hold {made} frames where {expected} were expected: it cannot be "
            "entered in its middle; try on the whole of it, by --samples 0"
        )
    return reel


def _entered(video: Video, sample: Sample) -> list[str]:
    """From half a frame before the first one on, so that no rounding of a stamp loses it."""
    seconds = sample.start_seconds - 0.5 / float(video.fps)
    return ["-ss", f"{seconds:.6f}", *input_arguments(video)] if seconds > 0 else input_arguments(video)


def _graph(video: Video, samples: Sequence[Sample]) -> str:
    """Each sample ends by its number of frames, in one form and at one steady rate."""
    form = encoded_form(video, _FORM)
    target = MeasuredFormat(form.width, form.height, form.pix_fmt, form.color_range, form.color_matrix)
    shape = f"setsar={video.sample_aspect_ratio.numerator}/{video.sample_aspect_ratio.denominator}"
    tick, rate = f"{video.fps.denominator}/{video.fps.numerator}", f"{video.fps.numerator}/{video.fps.denominator}"
    parts = []
    for index, sample in enumerate(samples):
        cut = f"trim=end_frame={sample.frame_count},settb={tick},setpts=N,fps={rate}"
        parts.append(
            f"[{index}:V:0]{chain(cut, conversion_filters(video, target), tag_filter(target), shape)}[s{index}]"
        )
    pads = "".join(f"[s{index}]" for index in range(len(samples)))
    return ";".join([*parts, f"{pads}concat=n={len(samples)},settb={tick},setpts=N,fps={rate}[reel]"])
