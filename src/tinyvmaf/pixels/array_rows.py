"""Frames that lie in memory -> rows of features, on several threads. Importing this loads Numba."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.features import FeatureSet
from tinyvmaf.pixels.kernel import FrameKernel, compile_kernel
from tinyvmaf.pixels.kernel_rows import GAIN_LIMITS, Rows
from tinyvmaf.pixels.motion import motion2
from tinyvmaf.pixels.sampling import Sampling
from tinyvmaf.progress import stop_if_cancelled


def array_rows(
    reference: NDArray[np.integer],
    distorted: NDArray[np.integer],
    feature_sets: Sequence[FeatureSet],
    sampling: Sampling,
    *,
    bit_depth: int,
    threads: int,
    cancel: Event | None = None,
) -> Rows:
    """The features of each pair of consecutive frames (T, H, W) of luma, as ``kernel_rows`` computes those of files.

    Raises:
        CancelledError: ``cancel`` was set.
    """
    count, height, width = reference.shape
    rows = {each.name: np.empty((count, len(each.names))) for each in feature_sets}
    compile_kernel(bit_depth=bit_depth)

    def work(first: int) -> None:
        """One thread's: every so manyth pair, by its own kernels."""
        kernels = {
            each.name: FrameKernel(
                width, height, bit_depth=bit_depth, sampling=sampling, gain_limit=GAIN_LIMITS[each.name]
            )
            for each in feature_sets
        }
        for index in range(first, count, threads):
            stop_if_cancelled(cancel)
            previous = reference[index - 1] if index else None
            for name, kernel in kernels.items():
                rows[name][index] = kernel.features(reference[index], distorted[index], previous, index)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(min(threads, count))))
    for each in rows.values():
        each[:, -1] = motion2(each[:, -1])  # motion is the last of every set
    return rows
