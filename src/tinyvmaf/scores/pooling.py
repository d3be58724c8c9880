"""Per-frame scores -> one number per video, by the pooling methods of the field."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POOLS = ("mean", "harmonic_mean", "min", "p1", "p5", "p10", "median")
"""What ``--pool`` takes."""
LOW_POOLS = ("min", "p1", "p5", "p10")
"""Those that hang on the worst frames alone."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """One video's score, pooled over its frames in the usual ways; all on the scale of the frame scores."""

    mean: float
    """Arithmetic mean: what is commonly quoted as "the VMAF"."""
    harmonic_mean: float
    """As libvmaf pools it: 1 / mean(1 / (score + 1)) - 1."""
    min: float
    """The worst frame."""
    p1: float
    """1st percentile, interpolated linearly."""
    p5: float
    """5th percentile."""
    p10: float
    """10th percentile."""
    median: float
    """50th percentile."""


def pool(scores: NDArray[np.floating]) -> Pooled:
    """The frame scores (T,) pooled in every way.

    Raises:
        ValueError: there is no frame.
    """
    if scores.size == 0:
        raise ValueError("no frame to pool over")
    values = scores.astype(np.float64)
    p1, p5, p10, median = np.percentile(values, [1, 5, 10, 50])
    return Pooled(
        mean=float(values.mean()),
        harmonic_mean=float(1 / np.mean(1 / (values + 1)) - 1),
        min=float(values.min()),
        p1=float(p1),
        p5=float(p5),
        p10=float(p10),
        median=float(median),
    )
