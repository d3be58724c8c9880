"""Two videos -> features and scores by a model that sees pixels, fed in chunks of frames, in bounded memory.

Motion looks at the frame before and the one after, so neighbouring chunks overlap: each has one frame more at both
ends, whose own features are thrown away.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import BundleError
from tinyvmaf.features import FEATURE_SETS
from tinyvmaf.progress import Progress, silent, stop_if_cancelled
from tinyvmaf.video.decode import distorted_luma, reference_luma
from tinyvmaf.video.measurement import Measurement
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.pixel_format import bit_depth
from tinyvmaf.video.teachers import TEACHERS, model_versions

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model  # 0.3 s of ONNX that other scores do not need

CHUNK_PIXELS = 16_000_000
"""Of all frames that the model is given at once; each takes it some 200 bytes. Three frames it is given in any case."""

_Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive frames, and which of them count."""

    frames: list[_Pair]
    """One more on either side than count, where there is one."""
    first: int
    """The first that counts: 0 or 1."""
    count: int
    """How many count; at least 1."""


def score_pixels(
    plan: PairPlan, model: "Model", *, progress: Progress = silent, cancel: Event | None = None
) -> Measurement:
    """The model's features and scores of a planned pair, frame by frame: its target's column of scores.

    Raises:
        BundleError: the model is given features, or predicts no teacher that is known here; or it fails on the frames.
        VideoError: a file is broken or ends early, with the numbers; or the frames are too small for the teacher.
        CancelledError: ``cancel`` was set.
    """
    names = _feature_names(model)
    measured, target = plan.measured, model.sidecar.target
    model_versions((target,), width=measured.width, height=measured.height, fps=plan.reference.fps)
    unit = np.float32(2.0 ** (8 - bit_depth(measured.pix_fmt)))
    features, scores = [], []
    done = 0
    pairs = zip(reference_luma(plan), distorted_luma(plan), strict=True)
    for chunk in overlapping(pairs, size=chunk_frames(width=measured.width, height=measured.height)):
        stop_if_cancelled(cancel)
        reference, distorted = (_stacked(luma, unit) for luma in zip(*chunk.frames, strict=True))
        said = model.compare(reference, distorted)
        counted = slice(chunk.first, chunk.first + chunk.count)
        features.append(said.features[counted])
        scores.append(said.scores[counted])
        done += chunk.count
        progress(done, plan.frame_count, plan.distorted.path.name)
    return Measurement(
        feature_names=names,
        features=np.concatenate(features),  # (T, F)
        teacher_names=(target,),
        teacher_scores=np.concatenate(scores).astype(np.float64)[:, np.newaxis],  # (T, 1)
        frame_count=plan.frame_count,
        warnings=plan.warnings,
        encode=None,
        ffmpeg_version=None,
        libvmaf_version=None,
    )


def overlapping(frames: Iterable[_Pair], *, size: int) -> Iterator[Chunk]:
    """Chunks in which every frame counts once, ``size`` in each but the last."""
    held: list[_Pair] = []
    first = 0
    for frame in frames:
        held.append(frame)
        if len(held) == first + size + 1:
            yield Chunk(held, first, size)
            held, first = held[-2:], 1
    if len(held) > first:
        yield Chunk(held, first, len(held) - first)


def chunk_frames(*, width: int, height: int) -> int:
    """How many frames of that size count in a chunk."""
    return max(CHUNK_PIXELS // (width * height) - 2, 1)


def _feature_names(model: "Model") -> tuple[str, ...]:
    sidecar = model.sidecar
    if not model.sees_pixels or sidecar.target not in TEACHERS:
        raise BundleError(f"model {sidecar.id} is no model that computes a teacher from the pixels of two videos")
    names = FEATURE_SETS[TEACHERS[sidecar.target].feature_set].names
    if sidecar.outputs[0].shape[-1] != len(names):
        raise BundleError(f"model {sidecar.id} does not give the {len(names)} features of {sidecar.target}")
    return names


def _stacked(luma: tuple[np.ndarray, ...], unit: np.float32) -> NDArray[np.float32]:
    """(T, 1, H, W) on the scale of 8 bits."""
    return np.stack(luma)[:, np.newaxis].astype(np.float32) * unit
