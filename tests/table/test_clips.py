"""Clips come out whole and in display order, and a frame's neighbours are those of its own clip."""

import numpy as np

from tinyvmaf.table.clips import clips_of, neighbours_of

CLIP = np.array([1, 0, 1, 0, 1, 2], np.int32)
FRAME = np.array([2, 5, 0, 4, 1, 0], np.int32)


def test_clips_are_in_display_order_whatever_the_order_of_the_rows() -> None:
    assert [clip.tolist() for clip in clips_of(CLIP, FRAME)] == [[3, 1], [2, 4, 0], [5]]
    assert clips_of(CLIP[:0], FRAME[:0]) == []


def test_neighbours_repeat_the_ends_of_their_clip() -> None:
    expected = [[2, 4, 0, 0, 0], [3, 3, 1, 1, 1], [2, 2, 2, 4, 0], [3, 3, 3, 1, 1], [2, 2, 4, 0, 0], [5, 5, 5, 5, 5]]
    assert neighbours_of(CLIP, FRAME, radius=2).tolist() == expected
    assert neighbours_of(CLIP, FRAME, radius=0).tolist() == [[row] for row in range(6)]
