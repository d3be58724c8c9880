"""How far a score may lie from libvmaf's own number, as it was measured: of the kernel's scores, and of a head's.

An error bar here is the distance to libvmaf's number, not to people's opinion.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinyvmaf.pixels.intervals import LEVEL, half_widths
from tinyvmaf.pixels.sampling import size_class
from tinyvmaf.table.schema import KERNEL_EXTRACTOR, LIBVMAF_EXTRACTOR

if TYPE_CHECKING:
    from tinyvmaf.bundles.bundle import Sidecar

Ends = tuple[float, float]

OWN_EXTRACTOR = "model"
"""Of a model that sees pixels."""
ALL_SIZES = "all"
"""The size class of a bar that holds for pictures of every size."""


@dataclass(frozen=True, slots=True)
class ErrorBar:
    """Half widths around the scores of one video."""

    level: float
    """The probability that libvmaf's number lies inside, 0-1."""
    frame_half_width: float
    """Around the score of a frame."""
    clip_half_width: float
    """Around the mean over the frames."""
    score_range: Ends = (0.0, 100.0)
    """Where libvmaf's number lies in any case."""

    def around_clip(self, mean: float) -> Ends:
        """The lower and the upper end for a clip's mean score."""
        return self._around(mean, self.clip_half_width)

    def around_frame(self, score: float) -> Ends:
        """The same for the score of a frame."""
        return self._around(score, self.frame_half_width)

    def _around(self, score: float, half_width: float) -> Ends:
        low, high = self.score_range
        return max(score - half_width, low), min(score + half_width, high)


def kernel_error_bar(teacher: str, sampling: str, *, height: int) -> ErrorBar | None:
    """The error bar of a teacher's score by the kernel, for pictures of that many lines; None: not measured."""
    known = half_widths(teacher, sampling, height)
    return None if known is None else ErrorBar(known.level, known.frame_half_width, known.clip_half_width)


def head_error_bar(sidecar: "Sidecar", sampling: str | None, *, height: int) -> ErrorBar | None:
    """The error bar of a head's score on the kernel's features by that sampling (None: libvmaf's); None: not known."""
    extractor = LIBVMAF_EXTRACTOR if sampling is None else KERNEL_EXTRACTOR
    for known in sidecar.intervals:
        made = known.extractor == extractor and sampling in {None, known.sampling}
        if made and known.size_class == size_class(height) and known.level == LEVEL:
            span = sidecar.output_range or (0.0, 100.0)
            return ErrorBar(known.level, known.frame_half_width, known.clip_half_width, span)
    return None


def lone_error_bar(sidecar: "Sidecar", *, height: int) -> ErrorBar | None:
    """The error bar of a score without a reference, from a picture of that many lines; None: not known.

    A bar of the very size class comes before one of all sizes.
    """
    made = [known for known in sidecar.intervals if known.extractor == OWN_EXTRACTOR and known.level == LEVEL]
    for wanted in (size_class(height), ALL_SIZES):
        for known in made:
            if known.size_class == wanted:
                span = sidecar.output_range or (0.0, 100.0)
                return ErrorBar(known.level, known.frame_half_width, known.clip_half_width, span)
    return None
