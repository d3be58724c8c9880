"""What a quantised model is calibrated and judged on: clips of a table for a head, samples for a model of pixels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.bundle import Sidecar
from tinyvmaf.errors import BundleError, TableError
from tinyvmaf.features import FEATURE_SETS
from tinyvmaf.table.clips import clips_of
from tinyvmaf.table.grouping import runs_of
from tinyvmaf.table.rows import rows_of
from tinyvmaf.table.sample_set import Samples
from tinyvmaf.table.store import ClipTable

Numbers = NDArray[np.float32]
Places = NDArray[np.integer]

_MOST_CLIPS = 2000
"""Of a larger set as many are taken, spread evenly."""
_WHITE = np.float32(255)


@dataclass(frozen=True, slots=True, eq=False)
class JudgingData:
    """Clips, one after the other; the pixels of each are read when it is asked for."""

    name: str
    """In words."""
    clips: tuple[Places, ...]
    """Per clip its rows or samples."""
    sources: tuple[str, ...]
    """Per clip its source, with the corpus."""
    inputs: Callable[[Places], Numbers]
    """What the model is given of a clip."""
    truth: Callable[[Places], Numbers] | None
    """What it should say to that; None: not known."""

    def picked(self, clips: Sequence[int]) -> "JudgingData":
        """Some of the clips."""
        parts = tuple(self.clips[number] for number in clips), tuple(self.sources[number] for number in clips)
        return JudgingData(self.name, *parts, self.inputs, self.truth)

    def halves(self) -> "tuple[JudgingData, JudgingData]":
        """Every second source, and the other ones; all twice where there is one source."""
        names = sorted(set(self.sources))
        if len(names) == 1:
            return self, self
        first = set(names[::2])
        numbers = range(len(self.clips))
        chosen = [number for number in numbers if self.sources[number] in first]
        return self.picked(chosen), self.picked([number for number in numbers if self.sources[number] not in first])

    @property
    def words(self) -> str:
        """How much there is of it."""
        return f"{len(self.clips)} clips of {len(set(self.sources))} sources of {self.name}"


def data_of_tables(sidecar: Sidecar, tables: Sequence[ClipTable]) -> JudgingData:
    """Clips of tables, for a head on features.

    Raises:
        BundleError: the model takes pixels.
        TableError: a table lacks a feature, or the target.
    """
    if sidecar.feature_set is None:
        raise BundleError(f"{sidecar.id} takes pixels, not features: give it --samples, made by extract-samples")
    target = sidecar.target.removesuffix("_100")
    rows = rows_of(tables, feature_set=FEATURE_SETS[sidecar.feature_set], target=target)
    clips = _thinned(clips_of(rows.clip_index, rows.frame_index))
    sources = tuple(f"{rows.corpus[clip[0]]}/{rows.source[clip[0]]}" for clip in clips)
    names = ", ".join(rows.corpora)
    return JudgingData(names, clips, sources, lambda clip: rows.features[clip], lambda clip: rows.target[clip])


def data_of_samples(sidecar: Sidecar, samples: Samples) -> JudgingData:
    """Clips of pixel samples, for a no-reference model or a pre-filter.

    Raises:
        BundleError: the model takes features, or two videos.
        TableError: the samples are not those that the model takes.
    """
    if sidecar.kind == "fr":
        takes = "two videos, and there is nothing to calibrate it with" if sidecar.feature_set is None else "features"
        raise BundleError(f"{sidecar.id} takes {takes}" + ("" if sidecar.feature_set is None else ": give it --table"))
    _check(sidecar, samples)
    index = samples.index
    clips = _thinned(clips_of(runs_of(index, "corpus", "key").numbers(), np.arange(len(index), dtype=np.int32)))
    sources = tuple(f"{index['corpus'][int(clip[0])]}/{index['source'][int(clip[0])]}" for clip in clips)
    inputs, truth = _of_pairs(samples) if sidecar.kind == "filter" else _of_scores(sidecar, samples)
    return JudgingData(samples.name, clips, sources, inputs, truth)


def _of_pairs(samples: Samples) -> tuple[Callable[[Places], Numbers], Callable[[Places], Numbers]]:
    """Degraded and clean luma, (n, 1, S, S) in [0, 1]."""
    clean = samples.pixels if samples.clean is None else samples.clean
    return (
        lambda clip: samples.pixels[clip][:, 0].astype(np.float32) / _WHITE,
        lambda clip: clean[clip][:, 0].astype(np.float32) / _WHITE,
    )


def _of_scores(
    sidecar: Sidecar, samples: Samples
) -> tuple[Callable[[Places], Numbers], Callable[[Places], Numbers] | None]:
    """Samples in the shape of the model's input, and their target where it is the model's."""
    shape = tuple(axis for axis in sidecar.inputs[0].shape[1:] if isinstance(axis, int))  # without N and P
    is_frame = len(sidecar.inputs[0].shape) == 4
    target = samples.index["target"].to_numpy() if samples.meta.target == sidecar.target else None

    def inputs(clip: Places) -> Numbers:
        """(n, P, C, S, S), or of whole frames (n, 1, S, S)."""
        pixels = samples.pixels[clip].astype(np.float32)
        return pixels.reshape(len(pixels), *shape) if is_frame else pixels

    return inputs, None if target is None else lambda clip: target[clip]


def _check(sidecar: Sidecar, samples: Samples) -> None:
    kinds = {"filter": ("pairs",), "nr": ("frame", "patches")}[sidecar.kind]
    if samples.kind not in kinds:
        raise TableError(f"{samples.name} holds {samples.kind}; {sidecar.id} takes {' or '.join(kinds)}")
    if sidecar.kind == "nr":
        wanted = tuple(axis for axis in sidecar.inputs[0].shape[1:] if isinstance(axis, int))
        there = samples.pixels.shape[-len(wanted) :]
        if there != wanted:
            raise TableError(f"{samples.name} holds samples of {there}; {sidecar.id} takes {wanted}")


def _thinned(clips: Sequence[Places]) -> tuple[Places, ...]:
    if len(clips) <= _MOST_CLIPS:
        return tuple(clips)
    return tuple(clips[number] for number in np.linspace(0, len(clips) - 1, _MOST_CLIPS).astype(int))
