"""By how many frames one video lags behind the other, told by what changes from frame to frame.

Changes are compared, not pictures: what an encoder does to a picture hardly changes from one frame to the next, so it
drops out. The correlation of the changes peaks at the lag even where the encode is poor, and nowhere where nothing
moves or where a fade moves everything alike.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.glimpses import Run

_LONGEST_LAG = 8
_FEWEST_CHANGES = 3
_LEAST_GAIN = 0.1
"""Of the correlation at the lag over that at none."""
_LEAST_HEIGHT = 0.05
"""Of the correlation at the lag over that at the next ones: in a fade it rises slowly, without a peak."""
_LEAST_CORRELATION = 0.2
_LEAST_CHANGE = 0.25
"""Root mean square, in 8-bit code values: less is a still picture."""


def lag_of(runs: Sequence[Run], *, unit: float) -> int:
    """Frames by which the distorted video lags behind the reference; 0 too where nothing moves, or nothing is sure.

    Args:
        runs: Tiny pictures of consecutive pairs; runs shorter than the longest are left out.
        unit: 8-bit code values per code value.
    """
    frames = max((len(run.reference) for run in runs), default=0)
    reach = min(_LONGEST_LAG + 1, (frames - 1 - _FEWEST_CHANGES) // 2)
    if reach < 2:
        return 0
    whole = [run for run in runs if len(run.reference) == frames]
    reference, distorted = (np.stack([_changes(side) for side in sides]) * unit for sides in _sides(whole))  # (R, T, P)
    inner = distorted[:, reach:-reach]
    lags = range(-reach, reach + 1)
    found = [_correlation(inner, reference[:, reach - lag : reference.shape[1] - reach - lag]) for lag in lags]
    best, none = 1 + int(np.argmax(found[1:-1])), reach
    sure = found[best] > _LEAST_CORRELATION and found[best] - found[none] > _LEAST_GAIN
    stands_out = found[best] - max(found[best - 1], found[best + 1]) > _LEAST_HEIGHT
    return lags[best] if sure and stands_out else 0


def _sides(runs: Sequence[Run]) -> tuple[list[list[np.ndarray]], list[list[np.ndarray]]]:
    return [run.reference for run in runs], [run.distorted for run in runs]


def _changes(pictures: Sequence[np.ndarray]) -> NDArray[np.float32]:
    """(T, P) from each picture to the next."""
    return np.diff(np.stack(pictures).astype(np.float32), axis=0).reshape(len(pictures) - 1, -1)


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Of two series of changes; 0 where one is still."""
    energies = float(np.square(one).mean()), float(np.square(other).mean())
    if min(energies) < _LEAST_CHANGE**2:
        return 0.0
    return float((one * other).mean()) / math.sqrt(energies[0] * energies[1])
