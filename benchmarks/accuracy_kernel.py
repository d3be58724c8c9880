"""The kernel's numbers for measured clips, beside libvmaf's; kept in the clips' folders while the code is the same."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from threading import Lock

import numpy as np

from benchmarks.accuracy_material import TEACHERS, Clip
from tinyvmaf import pixels
from tinyvmaf.features import CANONICAL_6
from tinyvmaf.pixels.compiling import source_stamp
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
_UNCOMPILED = tuple(Path(pixels.__file__).with_name(f"{name}.py") for name in ("kernel", "motion", "sampling", "svr"))
"""Source files that the numbers depend on, besides those that hold compiled functions."""


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
        chosen = _chosen(self._sampling, clip.height)
        kept = clip.distorted.with_suffix(f".{_key(chosen, self._teachers)}.npz")
        if not kept.exists():
            features, scores = kernel_numbers(self._decoded(clip), chosen, teachers=self._teachers)
            temporary = kept.with_name(f"partial-{kept.name}")
            np.savez(temporary, features=features, scores=scores)
            temporary.replace(kept)
        with np.load(kept) as numbers:
            return Judged(clip, numbers["features"], numbers["scores"])

    def _decoded(self, clip: Clip) -> FramePairs:
        plan = plan_pair(probe(clip.reference), probe(clip.distorted))
        with self._lock:
            self._reference = self._reference or list(decode_luma(plan.reference, measured=plan.measured))
        return FramePairs(plan, self._reference, list(decode_luma(plan.distorted, measured=plan.measured)))


def kernel_numbers(
    pairs: FramePairs, sampling: Sampling | str, *, teachers: Sequence[str] = TEACHERS
) -> tuple[np.ndarray, np.ndarray]:
    """(T, 6) canonical features, and (T, M) scores in the order of TEACHERS."""
    chosen = _chosen(sampling, pairs.plan.measured.height)
    wanted = {CANONICAL_6.name, *(svr_of(teacher).feature_set.name for teacher in teachers)}
    features = {name: _features(pairs, chosen, gain_limit=_GAIN_LIMITS[name]) for name in wanted}
    scores = np.full((len(pairs.reference), len(TEACHERS)), np.nan)
    for teacher in teachers:
        svr = svr_of(teacher)
        scores[:, TEACHERS.index(teacher)] = svr.predict(features[svr.feature_set.name])
    return features[CANONICAL_6.name], scores


def _chosen(sampling: Sampling | str, height: int) -> Sampling:
    return sampling if isinstance(sampling, Sampling) else sampling_for(sampling, height=height)


def _key(sampling: Sampling, teachers: Sequence[str]) -> str:
    """Differs wherever the kernel's numbers could: by the code, the rows that are looked at, and what is asked for."""
    return hashlib.sha256(f"{_code()} {sampling} {sorted(teachers)}".encode()).hexdigest()[:12]


@cache
def _code() -> str:
    """Stands for the code that this process has loaded: the files may change while it runs."""
    uncompiled = b"".join(path.read_bytes() for path in _UNCOMPILED)
    return f"{source_stamp()} {hashlib.sha256(uncompiled).hexdigest()}"


def _features(pairs: FramePairs, sampling: Sampling, *, gain_limit: float) -> np.ndarray:
    measured = pairs.plan.measured
    depth = max(pairs.plan.reference.bit_depth, pairs.plan.distorted.bit_depth)
    kernel = FrameKernel(measured.width, measured.height, bit_depth=depth, sampling=sampling, gain_limit=gain_limit)
    previous = [None, *pairs.reference[:-1]]
    frames = zip(pairs.reference, pairs.distorted, previous, strict=True)
    rows = np.stack([kernel.features(*frame, index) for index, frame in enumerate(frames)])  # (T, 6)
    rows[:, -1] = motion2(rows[:, -1])
    return rows
