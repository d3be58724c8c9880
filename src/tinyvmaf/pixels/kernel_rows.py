"""Pairs of frames -> rows of features, on several threads: two decode, the others run the kernel.

The caller's thread only watches: it tells the progress, and ends all others on an error, a cancel or an interrupt.
Importing this loads Numba.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.features import CANONICAL_6, NEG_6, FeatureSet
from tinyvmaf.pixels.frame_pairs import FramePair, FramePairs, frames_ahead
from tinyvmaf.pixels.kernel import FrameKernel, compile_kernel
from tinyvmaf.pixels.motion import motion2
from tinyvmaf.pixels.sampling import Sampling
from tinyvmaf.progress import Progress, wait_for_all
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.pixel_format import bit_depth, frame_bytes

Rows = Mapping[str, NDArray[np.float64]]
"""By the name of the feature set: (T, F)."""

_LOG = logging.getLogger(__name__)
GAIN_LIMITS = {CANONICAL_6.name: 100.0, NEG_6.name: 1.0}
"""By how much an enhanced picture may gain."""
_KERNEL_BYTES_PER_PIXEL = 1.3
"""At 1080 lines; less above, where single rows count for less."""
_MEMORY_BYTES = 400 * 2**20
"""Of all kernels, with the frames they are at."""
_LEAST_THREADS = 4
"""However large the pictures."""
_MOST_DECODER_THREADS = 8
"""Each holds frames of its own, and one pair of decoders fed by more is faster than any kernel."""


def kernel_rows(
    plan: PairPlan,
    feature_sets: Sequence[FeatureSet],
    sampling: Sampling,
    *,
    threads: int,
    on_pair: Callable[[FramePair], None],
    progress: Progress,
    cancel: Event | None,
) -> Rows:
    """The features of each pair of a plan, in order, on ``threads`` threads besides those that decode.

    Half of them work only while frames pile up: where decoding is the slower part, they would take its cores.

    Raises:
        VideoError: a file is broken or ends early.
        CancelledError: ``cancel`` was set.
    """
    rows = {each.name: np.empty((plan.frame_count, len(each.names))) for each in feature_sets}
    compile_kernel(bit_depth=bit_depth(plan.measured.pix_fmt), tell=_LOG.info)
    pairs = FramePairs(plan, decoder_threads=min(threads, _MOST_DECODER_THREADS), on_pair=on_pair)

    def work(backlog: int) -> None:
        """One thread's: whichever pairs it can take, each by its own kernels."""
        kernels = {each.name: _kernel(plan, each, sampling) for each in feature_sets}
        while (pair := pairs.take(backlog=backlog)) is not None:
            for name, kernel in kernels.items():
                rows[name][pair.index] = kernel.features(pair.reference, pair.distorted, pair.previous, pair.index)

    at_once = min(threads, _most_threads(plan, kernels=len(feature_sets)))
    backlogs = [1 if number < (at_once + 1) // 2 else frames_ahead(plan) // 2 for number in range(at_once)]
    workers = [partial(work, backlog) for backlog in backlogs]
    _run(pairs, workers, lambda: progress(pairs.taken, plan.frame_count, plan.distorted.path.name), cancel)
    for each in rows.values():
        each[:, -1] = motion2(each[:, -1])  # motion is the last of every set
    return rows


def _kernel(plan: PairPlan, feature_set: FeatureSet, sampling: Sampling) -> FrameKernel:
    return FrameKernel(
        plan.measured.width,
        plan.measured.height,
        bit_depth=bit_depth(plan.measured.pix_fmt),
        sampling=sampling,
        gain_limit=GAIN_LIMITS[feature_set.name],
    )


def _most_threads(plan: PairPlan, *, kernels: int) -> int:
    """Threads whose kernels and frames fit into the memory that is meant for them."""
    measured = plan.measured
    frames = 2 * frame_bytes(measured.pix_fmt, width=measured.width, height=measured.height)
    scratch = kernels * _KERNEL_BYTES_PER_PIXEL * measured.width * measured.height
    return max(int(_MEMORY_BYTES / (frames + scratch)), _LEAST_THREADS)


def _run(pairs: FramePairs, work: Sequence[Callable[[], None]], tell: Callable[[], None], cancel: Event | None) -> None:
    """Runs the decoders and the work to their end, or ends them all."""
    with ThreadPoolExecutor(len(work) + 2) as pool:
        try:
            futures = [pool.submit(each) for each in (pairs.decode_reference, pairs.decode_distorted, *work)]
            wait_for_all(futures, cancel=cancel, meanwhile=tell)
        finally:
            pairs.stop()
