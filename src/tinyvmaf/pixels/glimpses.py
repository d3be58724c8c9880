"""What is kept of a pair of videos while it is measured, to see afterwards whether its frames lie on one another.

Runs of tiny pictures tell of time, a few large patches of space. Both are bounded, whatever the length and the size.
"""

from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.frame_pairs import FramePair

RUN_FRAMES = 32
"""Frames of one run of tiny pictures."""
_MOST_RUNS = 8
_TINY = 40, 72
"""Rows and columns of a tiny picture, at least: single samples, since a mean would blur what moves little."""
_MOST_STILLS = 4
_PROFILE_STEP = 8
_LARGEST_SIDE, _SMALLEST_SIDE = 128, 32
_PLACES = tuple(product((0.05, 0.5, 0.95), repeat=2))
"""Of the patches, from the top and from the left: 0 touches the one border, 1 the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """The same P square parts of both pictures of a pair, in 8-bit code values."""

    reference: NDArray[np.float32]
    """(P, S, S)."""
    distorted: NDArray[np.float32]
    """(P, S, S)."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """How bright each row and each column of a picture ever is in the mean, in its own code values."""

    rows: np.ndarray
    """(H,)."""
    columns: np.ndarray
    """(W,)."""

    def brighter(self, other: "Profile") -> "Profile":
        """The brighter of the two everywhere."""
        return Profile(np.maximum(self.rows, other.rows), np.maximum(self.columns, other.columns))


@dataclass(slots=True, eq=False)
class Run:
    """Consecutive frames as tiny pictures, in their own code values."""

    reference: list[np.ndarray] = field(default_factory=list)
    """(h, w) each."""
    distorted: list[np.ndarray] = field(default_factory=list)
    """(h, w) each."""


class Glimpses:
    """Takes every pair in order, and keeps little."""

    def __init__(self, *, frame_count: int, width: int, height: int, bit_depth: int) -> None:
        """Lays out what will be kept of that many pairs of that size."""
        self.width = width
        """Columns of the pictures."""
        self.height = height
        """Rows."""
        self.unit = 2.0 ** (8 - bit_depth)
        """8-bit code values per code value."""
        self.runs: list[Run] = []
        """Of tiny pictures, spread over the videos."""
        self.stills: list[Patches] = []
        """Of single pairs, spread over the videos; empty where pictures are too small."""
        self.profiles: tuple[Profile, Profile] | None = None
        """Of the reference and of the distorted video, over the stills."""
        self._period = max(RUN_FRAMES, -(-frame_count // _MOST_RUNS))
        count = min(frame_count, _MOST_STILLS)
        self._still_at = {(2 * number + 1) * frame_count // (2 * count) for number in range(count)}
        self.side = _LARGEST_SIDE
        """Of a patch."""
        while 4 * self.side > 3 * min(width, height):
            self.side //= 2

    def see(self, pair: FramePair) -> None:
        """Keeps what it needs of the pair."""
        place = pair.index % self._period
        if place == 0:
            self.runs.append(Run())
        if place < RUN_FRAMES:
            self.runs[-1].reference.append(self._tiny(pair.reference))
            self.runs[-1].distorted.append(self._tiny(pair.distorted))
        if pair.index in self._still_at and self.side >= _SMALLEST_SIDE:
            self.stills.append(Patches(self._patches(pair.reference), self._patches(pair.distorted)))
            now = _profile(pair.reference), _profile(pair.distorted)
            before = self.profiles or now
            self.profiles = now[0].brighter(before[0]), now[1].brighter(before[1])

    @property
    def corners(self) -> NDArray[np.intp]:
        """(P, 2) row and column of each patch's first sample."""
        free = np.array([self.height - self.side, self.width - self.side])
        return np.rint(np.array(_PLACES) * free).astype(np.intp)

    def _tiny(self, luma: np.ndarray) -> np.ndarray:
        down, across = (max(1, size // least) for size, least in zip(luma.shape, _TINY, strict=True))
        return luma[down // 2 :: down, across // 2 :: across].copy()

    def _patches(self, luma: np.ndarray) -> NDArray[np.float32]:
        side = self.side
        cut = [luma[top : top + side, left : left + side] for top, left in self.corners]
        return np.stack(cut).astype(np.float32) * np.float32(self.unit)


def _profile(luma: np.ndarray) -> Profile:
    """Of every row and column, by some of its samples."""
    return Profile(luma[:, ::_PROFILE_STEP].mean(axis=1), luma[::_PROFILE_STEP].mean(axis=0))
