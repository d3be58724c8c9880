"""The error bars of the kernel's scores: how far from libvmaf's number they were measured to lie.

``intervals.json`` holds one record per teacher, sampling, size class and level, written by ``benchmarks/accuracy.py``.
An error bar here is the distance to libvmaf's number, not to people's opinion.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tinyvmaf.documents import to_json, write_text
from tinyvmaf.pixels.sampling import size_class

PATH = Path(__file__).with_name("intervals.json")
"""What was measured of this version's kernel."""
LEVEL = 0.9
"""The probability of an error bar that nobody has asked otherwise for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfWidths:
    """Half widths of the error bar around a score of the kernel, with what they were measured on."""

    teacher: str
    """The VMAF that is scored."""
    sampling: str
    """How much of each frame the kernel looks at."""
    size_class: str
    """The frame sizes it holds for."""
    level: float
    """The probability that libvmaf's number lies inside, 0-1."""
    frame_half_width: float
    """Around the score of a frame, on the 0-100 scale."""
    clip_half_width: float
    """Around the mean over a clip's frames."""
    calibrated_on: str
    """The material that set the half widths."""
    coverage_frame: float
    """How often the frame's held on other sources, 0-1."""
    coverage_clip: float
    """How often the clip's held on other sources, 0-1."""

    def __post_init__(self) -> None:
        if not (self.frame_half_width >= 0 and self.clip_half_width >= 0):
            raise ValueError(f"half widths {self.frame_half_width}, {self.clip_half_width}: neither is below 0")
        if not all(0 <= part <= 1 for part in (self.level, self.coverage_frame, self.coverage_clip)):
            raise ValueError(f"level {self.level}, coverages {self.coverage_frame}, {self.coverage_clip}: each is 0-1")


def half_widths(teacher: str, sampling: str, height: int, level: float = LEVEL) -> HalfWidths | None:
    """The error bar of a teacher's score of frames of ``height`` lines, sampled so; None: it has not been measured."""
    wanted = (teacher, sampling, size_class(height), level)
    for known in known_half_widths():
        if (known.teacher, known.sampling, known.size_class, known.level) == wanted:
            return known
    return None


@cache
def known_half_widths() -> tuple[HalfWidths, ...]:
    """Every error bar that has been measured; empty: none has.

    Raises:
        ValueError: the file is no list of such records.
    """
    return read_half_widths(PATH) if PATH.exists() else ()


def read_half_widths(path: Path) -> tuple[HalfWidths, ...]:
    """The records of a file.

    Raises:
        ValueError: it is no list of such records.
    """
    try:
        return tuple(HalfWidths(**record) for record in json.loads(path.read_text(encoding="utf-8")))
    except TypeError as error:
        raise ValueError(f"{path} is no list of error bars: {error}") from error


def write_half_widths(path: Path, records: Sequence[HalfWidths]) -> None:
    """Writes the file of the records."""
    write_text(path, json.dumps(to_json(records), indent=2) + "\n")
