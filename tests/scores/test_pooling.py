"""Pooling of frame scores."""

import numpy as np
import pytest

from tinyvmaf.scores.pooling import pool


def test_poolings_are_those_of_libvmaf_and_numpy() -> None:
    scores = np.array([10.0, 50.0, 90.0, 100.0])
    pooled = pool(scores)
    assert pooled.mean == 62.5
    assert pooled.min == 10.0
    assert pooled.harmonic_mean == pytest.approx(4 / sum(1 / (score + 1) for score in scores) - 1)
    assert pooled.median == 70.0
    assert pooled.p5 == pytest.approx(np.percentile(scores, 5))


def test_one_frame_pools_to_itself() -> None:
    pooled = pool(np.array([73.25]))
    assert pooled.mean == pooled.p1 == pooled.median == pooled.min == 73.25
    assert pooled.harmonic_mean == pytest.approx(73.25)


def test_no_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="no frame"):
        pool(np.array([]))
