"""Scores -> the encodes of a page, each with a name of its own, and no more frames than a screen has use for."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from tinyvmaf.scores.result import FrameScore, Score
from tinyvmaf.scores.sights import Sights

MOST_POINTS = 1500
"""Frames that a page draws and lists in all; of more, the lowest and the highest of every few are kept."""
_LEAST_POINTS = 40


@dataclass(frozen=True, slots=True)
class Encode:
    """One encode on a page."""

    place: int
    """Among the encodes of the page, from 0; gives its colour."""
    name: str
    """Unlike that of any other encode of the page."""
    score: Score
    """Its score."""
    sights: Sights
    """What is seen of it."""
    frames: Sequence[FrameScore]
    """Those that are drawn."""

    @property
    def thinned(self) -> bool:
        """Not every frame is drawn."""
        return len(self.frames) < len(self.score.frames)


def encodes_of(scores: Sequence[Score], sights: Sequence[Sights]) -> tuple[Encode, ...]:
    """The encodes of a page, in the order given."""
    names = encode_names(scores)
    most = max(MOST_POINTS // max(len(scores), 1), _LEAST_POINTS)
    return tuple(
        Encode(place, name, score, seen, thinned_frames(score.frames, most))
        for place, (name, score, seen) in enumerate(zip(names, scores, sights, strict=True))
    )


def encode_names(scores: Sequence[Score]) -> list[str]:
    """The shortest of these that tells all apart: file name, path, and what scored it, with a number at worst."""
    by_file = [Path(score.distorted).name for score in scores]
    by_path = [str(score.distorted) for score in scores]
    by_model = [f"{name} ({score.model or score.extractor})" for name, score in zip(by_file, scores, strict=True)]
    for names in (by_file, by_model, by_path):
        if len(set(names)) == len(names):
            return names
    return [f"{number}. {name}" for number, name in enumerate(by_model, start=1)]


def thinned_frames(frames: Sequence[FrameScore], most: int) -> Sequence[FrameScore]:
    """At most ``most`` of the frames, in order.

    Where there are more, the lowest and the highest of each of as many stretches as fit: no dip is lost.
    """
    if len(frames) <= most:
        return frames
    values = np.array([frame.score for frame in frames])
    edges = np.linspace(0, len(frames), max(most // 2, 1) + 1).astype(int)
    kept: set[int] = set()
    for start, end in pairwise(edges.tolist()):
        kept |= {start + int(values[start:end].argmin()), start + int(values[start:end].argmax())}
    return [frames[place] for place in sorted(kept)]
