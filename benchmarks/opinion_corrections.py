"""Corrections of VMAF by a weighted sum, chosen within the training sources only: for sources that no choice has seen.

A correction adds a weighted sum of a few facts of a clip to its VMAF. The weights are a ridge regression of what people
say beyond VMAF, each source weighing the same, with or without the sources' own levels taken out. Which facts, how much
shrinkage, and whether to correct at all is decided by leaving each *training* source out in turn (nested selection).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.metrics import plcc, srocc

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

SHRINKAGES = (30.0, 3.0, 0.3, 0.03)
"""What is added to the facts' variances, in units of their usual spread."""


@dataclass(frozen=True, slots=True, eq=False)
class Clips:
    """C clips that people rated."""

    source: NDArray[np.int64]
    """(C,) a number per source."""
    true: Numbers
    """(C,) what people said, 0-100."""
    weight: Numbers
    """(C,) how sure they are."""
    vmaf: Numbers
    """(C,) the mean over frames."""
    facts: Mapping[str, Numbers]
    """By name (C, D) facts that a correction may use, each of a spread of about 1."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to correct."""

    facts: str
    """Which facts."""
    shrinkage: float
    """How strong the ridge is."""
    own_levels: bool
    """Whether each source has a level of its own in training."""


def nested(clips: Clips, names: tuple[str, ...]) -> tuple[Numbers, list[str]]:
    """(C,) the scores of clips whose sources nothing has seen, and what was chosen for each source."""
    scores, chosen = clips.vmaf.copy(), []
    for held_out in np.unique(clips.source):
        train = clips.source != held_out
        choice = _best(clips, names, train)
        chosen.append("no correction" if choice is None else f"{choice.facts}, {choice.shrinkage:g}")
        if choice is not None:
            scores[~train] = _corrected(clips, choice, train)[~train]
    return scores, chosen


def _best(clips: Clips, names: tuple[str, ...], train: Mask) -> Choice | None:
    """The choice that does best on training sources left out in turn; None: VMAF as it is."""
    best, found = _merit(clips, clips.vmaf, train), None
    for name, shrinkage, own_levels in product(names, SHRINKAGES, (True, False)):
        choice, scores = Choice(name, shrinkage, own_levels), clips.vmaf.copy()
        for inner in np.unique(clips.source[train]):
            test = clips.source == inner
            scores[test] = _corrected(clips, choice, train & ~test)[test]
        if (merit := _merit(clips, scores, train)) > best:
            best, found = merit, choice
    return found


def _merit(clips: Clips, scores: Numbers, judged: Mask) -> float:
    """PLCC and SROCC of all judged clips, and their means over sources, added up."""
    parts = [judged, *(judged & (clips.source == source) for source in np.unique(clips.source[judged]))]
    pooled, *each = [(plcc(scores[p], clips.true[p]) or 0) + (srocc(scores[p], clips.true[p]) or 0) for p in parts]
    return pooled + float(np.mean(each))


def _corrected(clips: Clips, choice: Choice, train: Mask) -> Numbers:
    """(C,) VMAF and the correction that the training clips teach; of no level of its own."""
    facts, beyond = clips.facts[choice.facts], clips.true - clips.vmaf
    counts = {source: clips.weight[train & (clips.source == source)].sum() for source in np.unique(clips.source[train])}
    weights = np.array([clips.weight[c] / counts[clips.source[c]] for c in np.flatnonzero(train)]) / len(counts)
    groups = clips.source[train] if choice.own_levels else np.zeros(int(train.sum()), np.int64)
    x, y = _centred(facts[train], groups, weights), _centred(beyond[train][:, np.newaxis], groups, weights)[:, 0]
    ridge = choice.shrinkage * np.eye(facts.shape[1])
    return clips.vmaf + facts @ np.linalg.solve(x.T @ (weights[:, np.newaxis] * x) + ridge, x.T @ (weights * y))


def _centred(values: Numbers, groups: NDArray[np.int64], weights: Numbers) -> Numbers:
    """(n, D) the values less their weighted mean in each group."""
    centred = values.copy()
    for group in np.unique(groups):
        mine = groups == group
        centred[mine] -= np.average(values[mine], axis=0, weights=weights[mine])
    return centred
