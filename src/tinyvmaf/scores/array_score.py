"""Frames that lie in memory -> their scores: by the kernel as they lie, or from temporary files by what reads files."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.features import FEATURE_SETS
from tinyvmaf.pixels.measure import KernelOptions
from tinyvmaf.pixels.sampling import sampling_for
from tinyvmaf.pixels.svr import svr_of
from tinyvmaf.scores.error_bars import head_error_bar, kernel_error_bar
from tinyvmaf.scores.pooling import Pooled, pool
from tinyvmaf.scores.score import ScoreOptions, score_pair
from tinyvmaf.table.schema import KERNEL_EXTRACTORS
from tinyvmaf.video.ffmpeg import available_cores
from tinyvmaf.video.file import RawFormat, VideoFile
from tinyvmaf.video.teachers import TEACHERS, model_versions

Luma = NDArray[np.uint8] | NDArray[np.uint16]
"""(T, H, W) code values."""

_ANY_FPS = Fraction(25)


@dataclass(frozen=True, slots=True, eq=False)
class ArrayScore:
    """The score of frames that lie in memory, with what it was made from."""

    score: float
    """Mean over frames, 0-100."""
    pooled: Pooled
    """The other poolings."""
    interval: tuple[float, float] | None
    """Where libvmaf's number lies with the probability ``interval_level``; None: not measured, or it is that number."""
    interval_level: float | None
    """Between 0 and 1."""
    frame_scores: NDArray[np.float64]
    """(T,) 0-100."""
    feature_names: tuple[str, ...]
    """What the columns of ``features`` are."""
    features: NDArray[np.float32]
    """(T, F) what the scores were made from."""
    teacher: str
    """The VMAF that was computed, or that the model learned."""
    model: str | None
    """Id of the model; None: the teacher itself."""
    extractor: str
    """What computed the features."""


def score_luma(reference: Luma, distorted: Luma, options: ScoreOptions, *, bit_depth: int | None = None) -> ArrayScore:
    """The score of frames (T, H, W), or of one (H, W), against others.

    Raises:
        ValueError: the two differ in shape or type, or ``bit_depth`` does not go with the type.
        VideoError: the frames are too small for the teacher.
    """
    depth = _depth(reference, distorted, bit_depth)
    pair = [each[None] if each.ndim == 2 else each for each in (reference, distorted)]
    if options.mode == "exact" or (options.model is not None and options.model.sees_pixels):
        return _by_files(pair[0], pair[1], options, depth)
    return _by_kernel(pair[0], pair[1], options, depth)


def _depth(reference: Luma, distorted: Luma, bit_depth: int | None) -> int:
    if not (isinstance(reference, np.ndarray) and isinstance(distorted, np.ndarray)):
        raise ValueError(f"{type(reference)} and {type(distorted)} are no NumPy arrays of frames")
    if reference.shape != distorted.shape or reference.dtype != distorted.dtype or reference.ndim not in (2, 3):
        said = f"{reference.shape} {reference.dtype} and {distorted.shape} {distorted.dtype}"
        raise ValueError(f"frames of {said} cannot be compared: give (T, H, W) or (H, W) twice, of one type")
    if reference.size == 0:
        raise ValueError(f"an array of {reference.shape} holds no frame")
    if reference.dtype == np.uint8 and bit_depth in (None, 8):
        return 8
    if reference.dtype == np.uint16 and bit_depth is not None and 8 < bit_depth <= 16:
        return bit_depth
    raise ValueError(f"{reference.dtype} of {bit_depth} bits: give uint8, or uint16 with bit_depth from 9 to 16")


def _by_kernel(reference: Luma, distorted: Luma, options: ScoreOptions, depth: int) -> ArrayScore:
    from tinyvmaf.pixels.array_rows import array_rows  # noqa: PLC0415  half a second of Numba that importing spares

    height, width = reference.shape[1:]
    model = options.model
    teacher = options.teacher if model is None else FEATURE_SETS[model.sidecar.feature_set or ""].teacher
    model_versions((teacher,), width=width, height=height, fps=_ANY_FPS)  # refuses frames that are too small
    kernel = KernelOptions((teacher,), sampling=options.mode)
    feature_set = kernel.feature_sets[0]
    rows = array_rows(
        reference,
        distorted,
        kernel.feature_sets,
        sampling_for(options.mode, height=height),
        bit_depth=depth,
        threads=options.threads or available_cores(),
    )[TEACHERS[teacher].feature_set]
    features = rows.astype(np.float32)  # (T, F)
    scores = svr_of(teacher).predict(rows) if model is None else model.predict(features).astype(np.float64)
    if model is None:
        bar = kernel_error_bar(teacher, options.mode, height=height)
    else:
        bar = head_error_bar(model.sidecar, options.mode, height=height)
    pooled = pool(scores)
    return ArrayScore(
        score=pooled.mean,
        pooled=pooled,
        interval=bar.around_clip(pooled.mean) if bar else None,
        interval_level=bar.level if bar else None,
        frame_scores=scores,
        feature_names=feature_set.names,
        features=features,
        teacher=teacher if model is None else model.sidecar.target,
        model=None if model is None else model.name,
        extractor=KERNEL_EXTRACTORS[options.mode],
    )


def _by_files(reference: Luma, distorted: Luma, options: ScoreOptions, depth: int) -> ArrayScore:
    """By libvmaf, or a model that sees pixels: both read files."""
    height, width = reference.shape[1:]
    raw = RawFormat(width, height, "gray" if depth == 8 else f"gray{depth}le")
    with TemporaryDirectory(prefix="tinyvmaf-") as folder:
        files = [VideoFile(Path(folder) / name, raw) for name in ("reference.yuv", "distorted.yuv")]
        for file, frames in zip(files, (reference, distorted), strict=True):
            np.ascontiguousarray(frames).astype(frames.dtype.newbyteorder("<"), copy=False).tofile(file.path)
        found = score_pair(files[0], files[1], replace(options, pair="index"))
    names = tuple(found.frames[0].features)
    return ArrayScore(
        score=found.score,
        pooled=found.pooled,
        interval=found.interval,
        interval_level=found.interval_level,
        frame_scores=np.array([frame.score for frame in found.frames]),
        feature_names=names,
        features=np.array([[frame.features[name] for name in names] for frame in found.frames], dtype=np.float32),
        teacher=found.teacher,
        model=found.model,
        extractor=found.extractor,
    )
