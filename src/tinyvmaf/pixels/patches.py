"""Luma of one frame -> what a no-reference net is given: the whole picture made small, or parts of it as they are.

Parts (patches) keep their size, since any resizing destroys the artefacts that are to be judged. They are chosen by
the picture itself, without chance: as many from its flat parts as from its busy ones, and of each kind what moves.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.unsignedinteger]
"""(H, W) code values, uint8 or uint16."""
Codes = NDArray[np.uint8]
"""8-bit code values."""

FRAME_SIDE = 224
"""Rows and columns of a whole picture made small."""
NO_DIFFERENCE = 128
"""What stands for no change in a patch's second channel."""

_EVERY = 4
"""Texture and motion are looked at in one row and one column of so many."""
_FINEST_STEP = 8
"""Samples between two places, at the least, where a small picture must yield many patches."""


def frame_sample(luma: Luma, unit: float) -> Codes:
    """The whole picture, each sample the mean over its area: (1, 224, 224).

    Args:
        luma: (H, W), of any size.
        unit: 8-bit code values per code value of ``luma``: 1 for 8 bits, 0.25 for 10.
    """
    lines = _shrunk(luma, FRAME_SIDE)  # (224, W)
    return codes(_shrunk(np.ascontiguousarray(lines.T), FRAME_SIDE).T, unit)[np.newaxis]


def patch_samples(luma: Luma, previous: Luma | None, *, count: int, size: int, unit: float) -> Codes:
    """Parts of the picture at their own size: (P, C, S, S), C = 2 with the frame before, else 1.

    The second channel is the difference to the frame before, plus 128. The first frame of a video is its own
    ``previous``. A picture smaller than a patch is continued by its edge; one with fewer places than patches repeats.

    Args:
        luma: (H, W).
        previous: (H, W) of the frame before, in the same unit; None: patches of one channel.
        count: P.
        size: S.
        unit: 8-bit code values per code value.
    """
    places = patch_places(luma, previous, count=count, size=size)
    now = cut(luma, places, size=size)  # (P, S, S)
    channels = [codes(now, unit)]
    if previous is not None:
        change = now.astype(np.float32) - cut(previous, places, size=size)
        channels.append(codes(change + np.float32(NO_DIFFERENCE / unit), unit))
    return np.stack(channels, axis=1)


def patch_places(luma: Luma, previous: Luma | None, *, count: int, size: int) -> NDArray[np.intp]:
    """(P, 2) row and column of each patch's first sample, from the flattest patch to the busiest."""
    luma = padded(luma, size)
    candidates = _candidates(*luma.shape, count=count, size=size)
    texture = _means(_texture(luma), candidates, size=size)
    motion = np.zeros(len(candidates))
    if previous is not None:
        motion = _means(_motion(luma, padded(previous, size)), candidates, size=size)
    order = np.argsort(texture, kind="stable")
    if len(order) < count:
        return candidates[np.resize(order, count)]
    return candidates[[_most_moving(part, motion) for part in np.array_split(order, count)]]


def cut(luma: Luma, places: NDArray[np.intp], *, size: int) -> Luma:
    """(P, S, S) the parts at these places, in the picture's own code values; beyond its end stands its edge."""
    luma = padded(luma, size)
    return np.stack([luma[top : top + size, left : left + size] for top, left in places.tolist()])


def padded(luma: Luma, size: int) -> Luma:
    """The picture, continued by its last row and column to at least ``size`` of each."""
    missing = [(0, max(0, size - length)) for length in luma.shape]
    return np.pad(luma, missing, mode="edge") if any(more for _, more in missing) else luma


def codes(values: NDArray[np.generic], unit: float) -> Codes:
    """The same in 8-bit code values, rounded and clipped to 0-255."""
    if unit == 1 and values.dtype == np.uint8:
        return values.astype(np.uint8)
    return np.clip(np.rint(values.astype(np.float32) * np.float32(unit)), 0, 255).astype(np.uint8)


def _shrunk(rows: NDArray[np.generic], length: int) -> NDArray[np.float32]:
    """(length, W) means over equal shares of the rows."""
    edges = [number * len(rows) / length for number in range(length + 1)]
    return np.stack([_mean_between(rows, low, high) for low, high in pairwise(edges)])


def _mean_between(rows: NDArray[np.generic], low: float, high: float) -> NDArray[np.float32]:
    """(W,) the mean from one height to another, both in rows and parts of rows."""
    first, last = int(low), int(np.ceil(high))
    weights = np.ones(last - first, np.float32)
    weights[0] -= low - first
    weights[-1] -= last - high
    return weights @ rows[first:last].astype(np.float32) / np.float32(high - low)


def _candidates(height: int, width: int, *, count: int, size: int) -> NDArray[np.intp]:
    """(Q, 2) places side by side; where these are too few, overlapping ones."""
    step = size
    while True:
        tops, lefts = (_starts(length - size, step) for length in (height, width))
        if len(tops) * len(lefts) >= count or step // 2 < _FINEST_STEP:
            return np.stack(np.meshgrid(tops, lefts, indexing="ij"), axis=-1).reshape(-1, 2)
        step //= 2


def _starts(free: int, step: int) -> NDArray[np.intp]:
    """Spread evenly from 0 to ``free``, at least ``step`` apart."""
    return np.rint(np.linspace(0, free, free // step + 1)).astype(np.intp)


def _texture(luma: Luma) -> NDArray[np.float32]:
    """(h, w) how much some samples differ from their right and lower neighbours."""
    here, right, below = (
        luma[down::_EVERY, across::_EVERY].astype(np.float32) for down, across in ((0, 0), (0, 1), (1, 0))
    )
    height, width = below.shape[0], right.shape[1]
    here = here[:height, :width]
    return np.abs(right[:height] - here) + np.abs(below[:, :width] - here)


def _motion(luma: Luma, previous: Luma) -> NDArray[np.float32]:
    """(h, w) how much some samples differ from the frame before."""
    return np.abs(luma[::_EVERY, ::_EVERY].astype(np.float32) - previous[::_EVERY, ::_EVERY])


def _means(field: NDArray[np.float32], places: NDArray[np.intp], *, size: int) -> NDArray[np.float64]:
    """(Q,) the mean of a field of every fourth sample over each patch, by sums over all that lies above and left."""
    sums = np.zeros((field.shape[0] + 1, field.shape[1] + 1))
    sums[1:, 1:] = field.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    top, left = (places // _EVERY).T
    bottom, right = (np.minimum((places + size) // _EVERY, field.shape)).T
    total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return total / ((bottom - top) * (right - left))


def _most_moving(part: NDArray[np.intp], motion: NDArray[np.float64]) -> int:
    """Of equally busy places the one that moves most; where none does, the middle one."""
    from_middle = np.abs(np.arange(len(part)) - len(part) // 2)
    return int(part[np.lexsort((from_middle, -motion[part]))[0]])
