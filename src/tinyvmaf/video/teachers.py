"""The one table of teachers: which VMAF each is, by which of libvmaf's models, and how small a frame it bears.

libvmaf crashes below a model's smallest frame, and takes the other models of the same pass with it. The limits were
found by trying every size from 2x2 on, 8 and 10 bit, with libvmaf 86da14d; those of the v1 models are set by their
chroma feature (the shorter side, at 4:2:0) and by their banding feature (the longer side).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tinyvmaf.errors import VideoError
from tinyvmaf.features import CANONICAL_6, NEG_6, V1_4


@dataclass(frozen=True, slots=True)
class TeacherModel:
    """One of libvmaf's built-in models, and the frames it takes."""

    version: str
    """As libvmaf spells it."""
    smallest_side: int = 17
    """Pixels that both sides must have."""
    smallest_longer_side: int = 17
    """Pixels that the longer side must have."""
    above_lines: int = 0
    """It is for frames of more lines than this."""
    above_fps: int = 0
    """It is for more frames per second than this."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """One VMAF to learn from: a column of the clip table."""

    name: str
    """As ``--teacher`` and the table's column spell it."""
    meaning: str
    """Which VMAF it is."""
    feature_set: str
    """The name of the feature set that it sees."""
    models: tuple[TeacherModel, ...]
    """Its variants; the last one whose bounds a video exceeds is the one for it."""

    def model(self, *, height: int, fps: Fraction) -> TeacherModel:
        """The variant for videos of that height and rate."""
        return [model for model in self.models if height > model.above_lines and fps > model.above_fps][-1]


_V1 = "vmaf_v1.0.16"

TEACHERS: dict[str, Teacher] = {
    teacher.name: teacher
    for teacher in (
        Teacher("vmaf", "VMAF v0.6.1, for HD", CANONICAL_6.name, (TeacherModel("vmaf_v0.6.1"),)),
        Teacher("vmaf_neg", "VMAF v0.6.1 NEG: no gain from enhancement", NEG_6.name, (TeacherModel("vmaf_v0.6.1neg"),)),
        Teacher(
            "vmaf_v1",
            "VMAF v1.0.16, seen from 3 screen heights; may exceed 100 above 1440 lines",
            V1_4.name,
            (
                TeacherModel(f"{_V1}_3d0h", 160, 216),
                TeacherModel(f"{_V1}_hfr_3d0h", 160, 216, above_fps=40),
                TeacherModel(f"{_V1}_3d0h_2160", 318, 318, above_lines=1440),
                TeacherModel(f"{_V1}_hfr_3d0h_2160", 318, 318, above_lines=1440, above_fps=40),
            ),
        ),
        Teacher("vmaf_4k", "VMAF 4K v0.6.1, for 2160 lines", CANONICAL_6.name, (TeacherModel("vmaf_4k_v0.6.1"),)),
    )
}
"""Every teacher by its name."""


def teacher(name: str) -> Teacher:
    """The teacher of that name.

    Raises:
        ValueError: there is none; the message names those there are.
    """
    if name not in TEACHERS:
        raise ValueError(f"unknown teacher {name!r}; known are: {', '.join(TEACHERS)}")
    return TEACHERS[name]


def model_versions(names: Sequence[str], *, width: int, height: int, fps: Fraction) -> dict[str, str]:
    """The version of libvmaf's model for each of the named teachers, for frames of that size and rate.

    Raises:
        ValueError: a teacher is unknown.
        VideoError: the frames are smaller than a teacher bears.
    """
    models = {name: teacher(name).model(height=height, fps=fps) for name in names}
    for name, model in models.items():
        if min(width, height) < model.smallest_side or max(width, height) < model.smallest_longer_side:
            raise VideoError(
                f"frames of {width}x{height} are too small for the teacher {name}: each side must have at least "
                f"{model.smallest_side} pixels, and the longer one {model.smallest_longer_side}"
            )
    return {name: model.version for name, model in models.items()}
