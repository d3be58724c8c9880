"""Encodes of one reference -> which is worst, where, and what each costs; a broken one does not lose the others."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from tinyvmaf.errors import FfmpegError, VideoError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.scores.pooling import POOLS
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.score import ScoreOptions, score_pair
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.packets import stream_weight
from tinyvmaf.video.probe import probe


@dataclass(frozen=True, slots=True)
class RankedEncode:
    """One encode: what it costs, and what it is worth."""

    distorted: Path
    """As given."""
    codec: str
    """As ffmpeg names the standard: ``h264``, ``av1``."""
    width: int
    """Luma samples per line, as coded."""
    height: int
    """Lines, as coded."""
    byte_count: int
    """Of the file, with all its streams."""
    bitrate_kbps: float
    """Of its video stream alone."""
    worst_seconds: float
    """When its worst frame is shown, from the first compared one on."""
    score: Score
    """By frame and pooled, with its interval and the time that it took."""


@dataclass(frozen=True, slots=True)
class FailedEncode:
    """One encode that could not be scored."""

    distorted: Path
    """As given."""
    error: str
    """What is wrong with it, and what to do."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Encodes of one reference, worst first."""

    reference: Path
    """As given."""
    pool: str
    """The pooling of the frame scores that decides the order."""
    encodes: tuple[RankedEncode, ...]
    """Worst first."""
    failed: tuple[FailedEncode, ...]
    """Those that could not be scored, in the order in which they were given."""
    elapsed_seconds: float
    """Wall time of all."""

    def without_frames(self) -> "Ranking":
        """The same with pooled scores only."""
        short = (replace(encode, score=encode.score.without_frames()) for encode in self.encodes)
        return replace(self, encodes=tuple(short))


def rank(
    reference: VideoFile,
    encodes: Sequence[VideoFile],
    options: ScoreOptions,
    *,
    pool: str = "mean",
    progress: Progress = silent,
    cancel: Event | None = None,
) -> Ranking:
    """The encodes of a reference, worst first by ``pool``, with what each costs.

    Raises:
        VideoError: the reference cannot be read. An encode that cannot be is listed as failed.
        ToolError: ffmpeg is missing, where it is needed.
        BundleError: the model cannot score pairs of videos.
        CancelledError: ``cancel`` was set.
    """
    if pool not in POOLS:
        raise ValueError(f"unknown pooling {pool!r}; known are: {', '.join(POOLS)}")
    started = time.perf_counter()
    probe(reference)
    results = [_ranked(reference, encode, options, progress, cancel) for encode in encodes]
    ranked = [result for result in results if isinstance(result, RankedEncode)]
    return Ranking(
        reference=reference.path,
        pool=pool,
        encodes=tuple(sorted(ranked, key=lambda encode: getattr(encode.score.pooled, pool))),
        failed=tuple(result for result in results if isinstance(result, FailedEncode)),
        elapsed_seconds=time.perf_counter() - started,
    )


def score_encode(
    reference: VideoFile,
    encode: VideoFile,
    options: ScoreOptions,
    *,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> Score | FailedEncode:
    """The score of one of several encodes, or what is wrong with that one; other errors are those of ``rank``."""
    try:
        return score_pair(reference, encode, options, progress=progress, cancel=cancel)
    except (VideoError, FfmpegError) as error:
        return FailedEncode(encode.path, str(error))


def _ranked(
    reference: VideoFile, encode: VideoFile, options: ScoreOptions, progress: Progress, cancel: Event | None
) -> RankedEncode | FailedEncode:
    score = score_encode(reference, encode, options, progress=progress, cancel=cancel)
    if isinstance(score, FailedEncode):
        return score
    video = probe(encode)
    return RankedEncode(
        distorted=encode.path,
        codec=video.codec,
        width=video.width,
        height=video.height,
        byte_count=encode.path.stat().st_size,
        bitrate_kbps=stream_weight(video).bitrate_kbps,
        worst_seconds=min(score.frames, key=lambda frame: frame.score).time_seconds,
        score=score,
    )
