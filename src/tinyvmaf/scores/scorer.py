"""The Python door to scores: of files by ``score``, of files and of arrays in memory by a ``Scorer``."""

import os
from dataclasses import replace
from pathlib import Path
from threading import Event

from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.progress import Progress, silent
from tinyvmaf.scores.array_score import ArrayScore, Luma, score_luma
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.score import Mode, ScoreOptions, score_pair
from tinyvmaf.video.crop import Crop
from tinyvmaf.video.ffmpeg import available_cores
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.pairing import PairingRule

AnyVideo = str | Path | VideoFile
"""A path; a ``VideoFile`` where the file is headerless YUV."""


class Scorer:
    """Scores videos one after the other: what takes time at first, such as opening a model, is done once.

    Example:
        >>> import numpy as np
        >>> from tinyvmaf import Scorer
        >>> scorer = Scorer("full")
        >>> result = scorer.score("reference.mp4", "encode.mp4")
        >>> result.kind, result.extractor
        ('fr', 'kernel-full')
        >>> noise = np.random.default_rng(0)
        >>> reference = noise.integers(60, 180, (4, 90, 160), dtype=np.uint8)  # (T, H, W) luma of consecutive frames
        >>> worse = (reference // 8) * 8
        >>> scorer.score_arrays(reference, reference).score > scorer.score_arrays(reference, worse).score
        True
    """

    def __init__(
        self,
        mode: Mode = "fast",
        *,
        teacher: str = "vmaf",
        model: str | Path | Model | None = None,
        threads: int = 0,
    ) -> None:
        """Opens the model, after every check.

        Args:
            mode: ``fast``: our kernel on a sample of rows; ``full``: on every row; ``exact``: libvmaf.
            teacher: Which VMAF: ``vmaf``, ``vmaf_neg``, ``vmaf_4k`` or, by ``exact`` only, ``vmaf_v1``.
            model: A model of the shelf by its id, a path, or an open one; None: the teacher itself.
            threads: Threads that measure; 0: one per core.

        Raises:
            ValueError: there is no such teacher or mode, or only libvmaf computes it.
            ModelRefusedError: a check of the model failed.
            ShelfError: there is no such model.
        """
        if mode not in ("fast", "full", "exact"):
            raise ValueError(f"{mode!r} is none of fast, full, exact")
        if model is not None and not isinstance(model, Model):
            model = open_model(model, threads=threads or available_cores())
        self._options = ScoreOptions(mode=mode, teacher=teacher, model=model, threads=threads)

    def score(
        self,
        reference: AnyVideo,
        distorted: AnyVideo,
        *,
        pair: PairingRule = "time",
        offset: int = 0,
        shortest: bool = False,
        reference_crop: Crop | None = None,
        distorted_crop: Crop | None = None,
        progress: Progress = silent,
        cancel: Event | None = None,
    ) -> Score:
        """The score of a video against its reference, 0-100, by frame and pooled.

        Args:
            reference: The pristine video.
            distorted: The video that is judged.
            pair: ``time``: the frames' stamps must agree; ``index``: frame n belongs to frame n.
            offset: Frames by which the distorted video lags.
            shortest: Compare the common part of videos of different length.
            reference_crop: The part of the reference's pictures to compare; None: the whole.
            distorted_crop: The same of the distorted video's.
            progress: Told how far it is.
            cancel: Set from elsewhere to stop.

        Raises:
            ValueError: what should be a video is neither a path nor a ``VideoFile``.
            VideoError: a file cannot be read, is broken, or is too small for the teacher.
            PairingError: the two may not be compared frame by frame; the message has the numbers and the way out.
            BundleError: the model cannot score pairs of videos.
            CancelledError: ``cancel`` was set.
        """
        options = replace(
            self._options,
            pair=pair,
            offset=offset,
            shortest=shortest,
            reference_crop=reference_crop,
            distorted_crop=distorted_crop,
        )
        return score_pair(_file(reference), _file(distorted), options, progress=progress, cancel=cancel)

    def score_arrays(self, reference: Luma, distorted: Luma, *, bit_depth: int | None = None) -> ArrayScore:
        """The score of frames that lie in memory, 0-100.

        Args:
            reference: (T, H, W) luma of consecutive frames, or (H, W) of one: uint8, or uint16 of deeper video.
            distorted: The same of the frames that are judged.
            bit_depth: Of uint16 values: 9 to 16.

        Raises:
            ValueError: they are no arrays, differ in shape or type, or the depth is missing.
            VideoError: the frames are too small for the teacher.
        """
        return score_luma(reference, distorted, self._options, bit_depth=bit_depth)


def score(
    reference: AnyVideo,
    distorted: AnyVideo,
    *,
    mode: Mode = "fast",
    teacher: str = "vmaf",
    model: str | Path | Model | None = None,
    pair: PairingRule = "time",
    offset: int = 0,
    shortest: bool = False,
    threads: int = 0,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> Score:
    """The score of a video against its reference, 0-100, by frame and pooled: one call of a ``Scorer``.

    Example:
        >>> import tinyvmaf
        >>> result = tinyvmaf.score("reference.mp4", "encode.mp4")
        >>> 0 < result.score < 100
        True
        >>> low, high = result.interval  # where libvmaf's number lies, with the probability result.interval_level
        >>> low <= result.score <= high
        True
        >>> worst = min(result.frames, key=lambda frame: frame.score)
        >>> worst.score == result.pooled.min
        True

    Args:
        reference: The pristine video.
        distorted: The video that is judged.
        mode: ``fast``: our kernel on a sample of rows; ``full``: on every row; ``exact``: libvmaf.
        teacher: Which VMAF: ``vmaf``, ``vmaf_neg``, ``vmaf_4k`` or, by ``exact`` only, ``vmaf_v1``.
        model: A model of the shelf by its id, a path, or an open one; None: the teacher itself.
        pair: ``time``: the frames' stamps must agree; ``index``: frame n belongs to frame n.
        offset: Frames by which the distorted video lags.
        shortest: Compare the common part of videos of different length.
        threads: Threads that measure; 0: one per core.
        progress: Told how far it is.
        cancel: Set from elsewhere to stop.

    Raises:
        ValueError: there is no such teacher or mode, or only libvmaf computes it.
        TinyVmafError: as ``Scorer`` and ``Scorer.score`` raise it.
    """
    scorer = Scorer(mode, teacher=teacher, model=model, threads=threads)
    return scorer.score(
        reference, distorted, pair=pair, offset=offset, shortest=shortest, progress=progress, cancel=cancel
    )


def _file(video: AnyVideo) -> VideoFile:
    if not isinstance(video, (str, os.PathLike, VideoFile)):
        raise ValueError(f"{type(video)} names no video: give a path or a VideoFile; score_arrays takes frames")
    return video if isinstance(video, VideoFile) else VideoFile(Path(video))
