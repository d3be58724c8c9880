"""Rows of frames -> whole clips in display order, and the frames around each frame."""

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def clips_of(clip_index: NDArray[np.int32], frame_index: NDArray[np.int32]) -> list[Places]:
    """Per clip the places of its rows, in display order; clips by their number.

    Args:
        clip_index: (N,) one number per clip.
        frame_index: (N,) which frame of the clip a row is.
    """
    order = np.lexsort((frame_index, clip_index))
    return np.split(order, np.flatnonzero(np.diff(clip_index[order])) + 1) if len(order) else []


def neighbours_of(clip_index: NDArray[np.int32], frame_index: NDArray[np.int32], *, radius: int) -> Places:
    """(N, 2 radius + 1) the places of the frames around each row's own, in display order.

    Before a clip's first frame stands the first again, and after its last the last.
    """
    found = np.empty((len(clip_index), 2 * radius + 1), dtype=np.int64)
    offsets = np.arange(-radius, radius + 1)
    for clip in clips_of(clip_index, frame_index):
        around = np.arange(len(clip))[:, np.newaxis] + offsets  # (T, W)
        found[clip] = clip[around.clip(0, len(clip) - 1)]
    return found
