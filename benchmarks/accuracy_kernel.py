"""The kernel's numbers for measured clips, beside libvmaf's."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from threading import Lock

import numpy as np

from benchmarks.accuracy_material import TEACHERS, Clip
from tinyvmaf.features import CANONICAL_6
from tinyvmaf.pixels.kernel import FrameKernel
from tinyvmaf.pixels.motion import motion2
from tinyvmaf.pixels.sampling import Sampling, sampling_for
from tinyvmaf.pixels.svr import svr_of
from tinyvmaf.video.decode import decode_luma
from tinyvmaf.video.ffmpeg import available_cores
from tinyvmaf.video.pairing import PairPlan, plan_pair
from tinyvmaf.video.probe import probe

_GAIN_LIMITS = {"canonical-6": 100.0, "neg-6": 1.0}
"""How much of an enhancement each feature set rewards."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A clip with the kernel's numbers for it."""

    clip: Clip
    """With libvmaf's numbers."""
    features: np.ndarray
    """(T, 6) the kernel's canonical six."""
    scores: np.ndarray
    """(T, M) the scores, in the order of TEACHERS; NaN for a teacher that was not asked for."""

    @property
    def errors(self) -> np.ndarray:
        """(T, M) kernel minus libvmaf."""
        return self.scores - self.clip.scores

    @property
    def feature_errors(self) -> np.ndarray:
        """(T, 6) kernel minus libvmaf."""
        return self.features - self.clip.features


@dataclass(frozen=True, slots=True)
class FramePairs:
    """A pair of videos, decoded."""

    plan: PairPlan
    """How they belong together."""
    reference: Sequence[np.ndarray]
    """T frames (H, W) of luma."""
    distorted: Sequence[np.ndarray]
    """As many."""


def judge(clips: Iterable[Clip], sampling: Sampling | str, *, teachers: Sequence[str] = TEACHERS) -> Iterator[Judged]:
    """The clips with the kernel's numbers, by a sampling or the name of one; a source's clips follow each other."""
    with ThreadPoolExecutor(available_cores()) as pool:
        for _, of_source in groupby(clips, key=lambda clip: clip.reference):
            yield from pool.map(_Judge(sampling, teachers), of_source)


class _Judge:
    """Runs the kernel on clips of one source, on several threads at once; the reference is decoded once."""

    def __init__(self, sampling: Sampling | str, teachers: Sequence[str]) -> None:
        self._sampling, self._teachers = sampling, teachers
        self._reference: list[np.ndarray] = []
        self._lock = Lock()

    def __call__(self, clip: Clip) -> Judged:
        plan = plan_pair(probe(clip.reference), probe(clip.distorted))
        with self._lock:
            self._reference = self._reference or list(decode_luma(plan.reference, measured=plan.measured))
        pairs = FramePairs(plan, self._reference, list(decode_luma(plan.distorted, measured=plan.measured)))
        return Judged(clip, *kernel_numbers(pairs, self._sampling, teachers=self._teachers))


def kernel_numbers(
    pairs: FramePairs, sampling: Sampling | str, *, teachers: Sequence[str] = TEACHERS
) -> tuple[np.ndarray, np.ndarray]:
    """(T, 6) canonical features, and (T, M) scores in the order of TEACHERS."""
    height = pairs.plan.measured.height
    chosen = sampling if isinstance(sampling, Sampling) else sampling_for(sampling, height=height)
    wanted = {CANONICAL_6.name, *(svr_of(teacher).feature_set.name for teacher in teachers)}
    features = {name: _features(pairs, chosen, gain_limit=_GAIN_LIMITS[name]) for name in wanted}
    scores = np.full((len(pairs.reference), len(TEACHERS)), np.nan)
    for teacher in teachers:
        svr = svr_of(teacher)
        scores[:, TEACHERS.index(teacher)] = svr.predict(features[svr.feature_set.name])
    return features[CANONICAL_6.name], scores


def _features(pairs: FramePairs, sampling: Sampling, *, gain_limit: float) -> np.ndarray:
    measured = pairs.plan.measured
    depth = max(pairs.plan.reference.bit_depth, pairs.plan.distorted.bit_depth)
    kernel = FrameKernel(measured.width, measured.height, bit_depth=depth, sampling=sampling, gain_limit=gain_limit)
    previous = [None, *pairs.reference[:-1]]
    frames = zip(pairs.reference, pairs.distorted, previous, strict=True)
    rows = np.stack([kernel.features(*frame, index) for index, frame in enumerate(frames)])  # (T, 6)
    rows[:, -1] = motion2(rows[:, -1])
    return rows
