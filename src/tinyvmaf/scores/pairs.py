"""Predictions beside the truth, row by row: what a page draws of a model, where a report only counts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.metrics import FEWEST_GROUPS, rmse
from tinyvmaf.scores.figures import Interval, Scores

MOST_FRAMES = 3000
"""Of the sample of frames; each source has an equal share."""
_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class ClipPair:
    """One clip: the means over its frames; where few were looked at, the predicted one is over those."""

    source: str
    """As the report's ``per_source`` names it."""
    key: str
    """The clip's own name."""
    predicted: float
    """0-100."""
    true: float
    """0-100."""
    frames: int
    """How many of its frames were judged."""
    rmse: float
    """Of its frames."""


@dataclass(frozen=True, slots=True)
class FrameSample:
    """Frames spread evenly over each source's rows, column by column."""

    sources: tuple[str, ...]
    """Names, as in ``per_source``."""
    source: tuple[int, ...]
    """(n,) which of ``sources`` a frame is of."""
    predicted: tuple[float, ...]
    """(n,) 0-100."""
    true: tuple[float, ...]
    """(n,) 0-100."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What a report's figures are made from."""

    clips: tuple[ClipPair, ...]
    """All of them, in the order of the tables."""
    frames: FrameSample
    """A sample of the frames."""
    rmse_intervals: Mapping[str, Interval]
    """By source, 95 % of its RMSE over frames, by bootstrap over its clips; None below 5 clips."""


def pairs_of(
    predicted: Scores,
    true: Scores,
    sources: Mapping[str, NDArray[np.bool_]],
    *,
    clips: NDArray[np.int32],
    keys: NDArray[np.object_],
    clip_true: Scores,
) -> Pairs:
    """The pairs of rows.

    Args:
        predicted: (N,) scores of frames.
        true: (N,) scores of frames.
        sources: (N,) masks by the source's name.
        clips: (N,) which clip a frame is of.
        keys: (N,) that clip's own name.
        clip_true: (N,) the truth of that clip, which is not the mean of its rows where they are some of its frames.
    """
    return Pairs(
        clips=tuple(
            _clip(name, np.flatnonzero(mine & (clips == clip)), predicted, true, keys=keys, clip_true=clip_true)
            for name, mine in sources.items()
            for clip in dict.fromkeys(clips[mine].tolist())
        ),
        frames=_sample(predicted, true, sources),
        rmse_intervals={
            name: _rmse_interval(predicted[mine], true[mine], clips[mine]) for name, mine in sources.items()
        },
    )


def _clip(
    source: str,
    places: NDArray[np.intp],
    predicted: Scores,
    true: Scores,
    *,
    keys: NDArray[np.object_],
    clip_true: Scores,
) -> ClipPair:
    return ClipPair(
        source=source,
        key=str(keys[places[0]]),
        predicted=float(predicted[places].mean()),
        true=float(clip_true[places].mean()),
        frames=len(places),
        rmse=rmse(predicted[places], true[places]),
    )


def _sample(predicted: Scores, true: Scores, sources: Mapping[str, NDArray[np.bool_]]) -> FrameSample:
    share = max(MOST_FRAMES // len(sources), 1)
    chosen, source = [], []
    for number, mine in enumerate(sources.values()):
        rows = np.flatnonzero(mine)
        taken = rows[np.linspace(0, len(rows) - 1, min(share, len(rows))).round().astype(int)]
        chosen.append(taken)
        source += [number] * len(taken)
    places = np.concatenate(chosen)
    return FrameSample(
        sources=tuple(sources),
        source=tuple(source),
        predicted=tuple(predicted[places].round(4).tolist()),
        true=tuple(true[places].round(4).tolist()),
    )


def _rmse_interval(predicted: Scores, true: Scores, clips: NDArray[np.int32]) -> Interval:
    names, clip = np.unique(clips, return_inverse=True)
    if len(names) < FEWEST_GROUPS:
        return None
    errors, counts = np.bincount(clip, (predicted - true) ** 2), np.bincount(clip)
    even = np.full(len(names), 1 / len(names))
    drawn = np.random.default_rng(0).multinomial(len(names), even, size=_DRAWS)  # (D, clips)
    low, high = np.quantile(np.sqrt(drawn @ errors / (drawn @ counts)), [0.025, 0.975])
    return float(low), float(high)
