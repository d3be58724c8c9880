"""Scores to make pages of."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tinyvmaf.features import CANONICAL_6
from tinyvmaf.scores.pooling import pool
from tinyvmaf.scores.result import FrameScore, PairingFacts, Score
from tinyvmaf.scores.sights import Sights
from tinyvmaf.scores.worst_frames import FramePictures, worst_frames


def made_score(name: str = "encode.mp4", *, frames: int = 100, level: float = 80.0, fps: float = 25.0) -> Score:
    """A score of frames around a level, with a dip in the middle."""
    values = [level + 8 * math.sin(n / 9) - (30 if abs(n - frames // 2) < 4 else 0) for n in range(frames)]
    rows = tuple(
        FrameScore(n, n / fps, value, value - 1, min(value + 1, 100), dict.fromkeys(CANONICAL_6.names, value / 100))
        for n, value in enumerate(values)
    )
    pooled = pool(np.array(values))
    return Score(
        model=None,
        teacher="vmaf",
        kind="fr",
        reference=Path("reference.mp4"),
        distorted=Path(name),
        score=pooled.mean,
        pooled=pooled,
        interval=(pooled.mean - 0.2, pooled.mean + 0.2),
        interval_level=0.9,
        frame_count=frames,
        extractor="kernel-fast",
        frames=rows,
        pairing=PairingFacts("time", 0.0, 0.0),
        scaled_from=None,
        elapsed_seconds=1.5,
        frames_per_second=frames / 1.5,
        warnings=(),
    )


def made_sights(score: Score, *, count: int = 3, codec: str = "h264", kbps: float = 1000.0) -> Sights:
    """Pictures of noise of the score's worst frames, and two cuts."""
    rng = np.random.default_rng(0)
    shots = [
        FramePictures(index, *(rng.integers(0, 255, (90, 160, 3), dtype=np.uint8) for _ in range(2)))
        for index in worst_frames(score, count)
    ]
    return Sights(worst=tuple(shots), cuts=(20, 60), codec=codec, bitrate_kbps=kbps)


@pytest.fixture
def score() -> Score:
    return made_score()


@pytest.fixture
def hostile() -> Score:
    """A name that would be a script where it is not escaped."""
    name = "a</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\"'.mp4"
    return replace(made_score(name), warnings=("<b>bold</b>",))
