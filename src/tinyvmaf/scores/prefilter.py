"""A video -> the same through a learned pre-filter, encoded: luma by the model, all else as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from tinyvmaf.errors import BundleError, VideoError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.probe import Video, probe
from tinyvmaf.video.raw_pipe import Change, Luma
from tinyvmaf.video.refilter import refilter

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model

DEFAULT_MODEL = "prefilter_lite"
"""The id of the filter that is used where none is named."""
SMALLEST_SIDE = 16
"""Pixels on either side (of a field, where a frame holds two)."""


@dataclass(frozen=True, slots=True)
class Prefiltered:
    """A filtered and encoded video."""

    input: Path
    """As given."""
    output: Path
    """As given."""
    model: str
    """Id of the filter."""
    strength: float
    """Share of the filter's change that was applied, 0-1."""
    encoder: tuple[str, ...]
    """Output options of ffmpeg, as given; empty: x264 at CRF 20."""
    frame_count: int
    """Frames that were filtered and encoded."""
    byte_count: int
    """Of the output file."""
    elapsed_seconds: float
    """Wall time of decoding, filtering and encoding, which overlap."""
    filter_seconds: float
    """Time that the filter itself took."""
    frames_per_second: float
    """Frames per second of the wall time."""
    warnings: tuple[str, ...]
    """What a user of the output should know."""


@dataclass(frozen=True, slots=True)
class PrefilterOutcome:
    """What became of a file."""

    prefiltered: Prefiltered
    """What was written."""
    ended_by: VideoError | None
    """Why the output ends early; None: it is whole."""


def prefilter(
    source: VideoFile,
    output: Path,
    model: "Model",
    *,
    strength: float = 1.0,
    encoder: Sequence[str] = (),
    progress: Progress = silent,
    cancel: Event | None = None,
) -> PrefilterOutcome:
    """Filters a video and encodes it; the output appears when it is whole.

    Args:
        source: The video; one that breaks half way is filtered up to there.
        output: Where to; its ending tells the container.
        model: Of kind ``filter``.
        strength: Share of the filter's change to apply, 0 (none) to 1 (all).
        encoder: Output options of ffmpeg; without an encoder among them x264 at CRF 20.
        progress: Told frames.
        cancel: Set from elsewhere to stop.

    Raises:
        BundleError: the model is of another kind, or fails on the frames.
        VideoError: the file is no video, has no luma, or is smaller than 16x16; or the output cannot be written.
        ToolError: ffmpeg is missing, or refuses the options.
        CancelledError: ``cancel`` was set.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"a strength of {strength} lies outside 0-1")
    if model.sidecar.kind != "filter":
        raise BundleError(
            f"model {model.sidecar.id} is of kind {model.sidecar.kind}: a pre-filter needs a model of kind filter; "
            "`tinyvmaf models list` shows them"
        )
    video = probe(source)
    _check_size(video)
    done = refilter(
        video, output, luma_filter(model, video, strength=strength), encoder=encoder, progress=progress, cancel=cancel
    )
    made = Prefiltered(
        input=source.path,
        output=output,
        model=model.name,
        strength=strength,
        encoder=tuple(encoder),
        frame_count=done.frame_count,
        byte_count=done.byte_count,
        elapsed_seconds=done.elapsed_seconds,
        filter_seconds=done.changing_seconds,
        frames_per_second=done.frame_count / done.elapsed_seconds,
        warnings=done.warnings,
    )
    return PrefilterOutcome(made, done.broken)


def luma_filter(model: "Model", video: Video, *, strength: float = 1.0) -> Change:
    """What the model does to the luma of one picture of the video, in its own code values."""
    largest = np.float32(2**video.bit_depth - 1)
    share = np.float32(strength)

    def change(luma: Luma) -> Luma:
        """(H, W) code values, filtered and rounded; in place, since new memory would cost a tenth of the time."""
        values = np.multiply(luma, 1 / largest, dtype=np.float32)  # (H, W)
        mixed = model.filter(values[np.newaxis, np.newaxis])[0, 0]
        if strength != 1:
            mixed = values + share * (mixed - values)
        np.clip(mixed, 0, 1, out=mixed)
        mixed *= largest
        mixed += 0.5  # what is cut off below is then rounded
        return mixed.astype(luma.dtype)

    return change


def _check_size(video: Video) -> None:
    lines = video.height // 2 if video.interlaced else video.height
    if min(video.width, lines) < SMALLEST_SIDE:
        raise VideoError(
            f"{video.path} is {video.width}x{video.height}: a pre-filter needs {SMALLEST_SIDE} pixels or more on "
            "either side"
        )
