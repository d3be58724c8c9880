"""Which rows of the picture each step of the kernel looks at: all of them, or a rotating sample.

Whole rows are taken, not bands: a filtered row shares nothing with its neighbours, so there is no border to pay for.
The steps are odd and differ, since powers of two fall in with periodic content. Detail loss (ADM) is never sampled: its
cubes hang on a few strong edges.
"""

from dataclasses import dataclass
from typing import Literal

SizeClass = Literal["native", "1080p", "2160p"]

_GOLDEN = 0.6180339887498949
"""Its multiples, less their whole part, fill the unit interval most evenly (Weyl, 1916)."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """One row in how many, for each step."""

    name: str
    """As ``--sampling`` and the score spell it."""
    vif: tuple[int, int, int, int]
    """Of VIF, from the full picture to an eighth of its size."""
    motion: int
    """Of motion."""

    def __post_init__(self) -> None:
        if min(*self.vif, self.motion) < 1:
            raise ValueError(f"{self}: a step is 1 (every row) or more")

    @property
    def steps(self) -> tuple[int, int, int, int, int]:
        """Of VIF's four scales, then of motion."""
        return (*self.vif, self.motion)

    def offsets(self, frame_index: int) -> tuple[int, ...]:
        """The first row of each step in that frame: another one in every frame, the same in every run."""
        return tuple(int((frame_index * _GOLDEN + 0.37 * place) % 1 * step) for place, step in enumerate(self.steps))


FULL = Sampling("full", (1, 1, 1, 1), 1)
"""Every row."""

# Chosen on training material: the cheapest whose error stays near .03 per frame. VIF of the full picture hardly moves
# the score, motion and VIF of the half one move it most.
_FAST: dict[SizeClass, Sampling] = {
    "native": Sampling("fast", (15, 5, 1, 1), 3),
    "1080p": Sampling("fast", (63, 9, 3, 1), 11),
    "2160p": Sampling("fast", (31, 9, 3, 1), 15),
}

SAMPLINGS = ("full", "fast")
"""Names of all samplings."""


def size_class(height: int) -> SizeClass:
    """The class of pictures of that many rows, within which errors are alike."""
    if height <= 810:
        return "native"
    return "1080p" if height <= 1440 else "2160p"


def sampling_for(name: str, *, height: int) -> Sampling:
    """The sampling of that name for pictures of that many rows.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in SAMPLINGS:
        raise ValueError(f"unknown sampling {name!r}; known are: {', '.join(SAMPLINGS)}")
    return FULL if name == "full" else _FAST[size_class(height)]
