"""Errors of judged clips -> the figures of the report: by part of the material."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy_kernel import Judged
from benchmarks.accuracy_material import TEACHERS
from tinyvmaf.features import CANONICAL_6
from tinyvmaf.pixels.sampling import size_class


@dataclass(frozen=True, slots=True)
class Errors:
    """How far the kernel is from libvmaf on some clips, on the 0-100 scale."""

    clips: int
    """How many."""
    frames: int
    """Of all of them."""
    frame_rmse: float
    """Over all frames."""
    clip_rmse: float
    """Over the clips' means."""
    worst_frame: float
    """The largest distance."""
    worst_clip: float
    """The largest distance of a clip's mean."""
    worst_frame_in: str
    """Where it is."""
    worst_clip_is: str
    """Which it is."""


def class_of(judged: Judged) -> str:
    """Its size class."""
    return size_class(judged.clip.height)


def group_of(judged: Judged) -> str:
    """Its group and size class."""
    return f"{judged.clip.group} {class_of(judged)}"


def encode_of(judged: Judged) -> str:
    """The kind of its encode: the codec, and the size at which it was encoded."""
    codec, *parts = judged.clip.rung.split("-")
    return " ".join([codec, *(part for part in parts if "of" in part)])


def scene_of(judged: Judged) -> str | None:
    """The scene, where it is a hard one."""
    return judged.clip.content.partition("-")[2] if judged.clip.group == "adversarial" else None


PARTS: dict[str, Callable[[Judged], str | None]] = {
    "size_class": class_of,
    "group": group_of,
    "encode": encode_of,
    "scene": scene_of,
}
"""What the material is parted by."""


def figures(judged: Sequence[Judged]) -> dict[str, dict[str, dict[str, Errors]]]:
    """Errors by kind of part, part and teacher."""
    return {
        kind: {
            part: {teacher: errors(clips, teacher) for teacher in _scored(clips)}
            for part, clips in parted(judged, key).items()
        }
        for kind, key in PARTS.items()
    }


def feature_rmse(judged: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """The RMSE of each of the canonical six, by size class."""
    return {
        part: dict(zip(CANONICAL_6.names, _rms(np.concatenate([each.feature_errors for each in clips])), strict=True))
        for part, clips in parted(judged, class_of).items()
    }


def parted(judged: Sequence[Judged], key: Callable[[Judged], str | None]) -> dict[str, list[Judged]]:
    """The clips by part; those that belong to none are left out."""
    parts: dict[str, list[Judged]] = {}
    for each in judged:
        part = key(each)
        if part is not None:
            parts.setdefault(part, []).append(each)
    return parts


def errors(judged: Sequence[Judged], teacher: str) -> Errors:
    """The errors of a teacher's scores on these clips, one or more."""
    frames = [np.abs(each.errors[:, TEACHERS.index(teacher)]) for each in judged]
    means = clip_errors(judged, teacher)
    peaks = np.array([each.max() for each in frames])
    names = [f"{each.clip.source} {each.clip.rung}" for each in judged]
    return Errors(
        clips=len(judged),
        frames=sum(map(len, frames)),
        frame_rmse=float(_rms(np.concatenate(frames))),
        clip_rmse=float(_rms(means)),
        worst_frame=float(peaks.max()),
        worst_clip=float(np.abs(means).max()),
        worst_frame_in=names[int(peaks.argmax())],
        worst_clip_is=names[int(np.abs(means).argmax())],
    )


def clip_errors(judged: Sequence[Judged], teacher: str) -> np.ndarray:
    """(N,) how far the mean of each clip is off, with its sign."""
    return np.array([each.errors[:, TEACHERS.index(teacher)].mean() for each in judged])


def _scored(judged: Sequence[Judged]) -> list[str]:
    return [name for column, name in enumerate(TEACHERS) if np.isfinite(judged[0].scores[0, column])]


def _rms(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.mean(np.square(values), axis=0))
