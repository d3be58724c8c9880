"""A trained model and tables -> its errors on sources that whoever scored them had not seen.

The sources of the training are dealt into groups, and per group a net of the model's own recipe is trained without it:
cross-conformal prediction (Vovk, 2015, doi:10.1007/s10472-013-9368-4). Sources that the training left out are
scored by the model itself. A source is known by its name alone: one content may stand in several corpora or sizes.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.session import Model
from tinyvmaf.errors import FitError
from tinyvmaf.models.folds import FoldNet, fit_folds
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.pixels.sampling import FULL, size_class
from tinyvmaf.progress import Progress, silent
from tinyvmaf.scores.evaluate import predict_clips, rows_where
from tinyvmaf.table.rows import Rows, rows_of
from tinyvmaf.table.schema import KERNEL_EXTRACTOR, KERNEL_EXTRACTORS, UNKNOWN_EXTRACTOR
from tinyvmaf.table.splits import Fold, Mask
from tinyvmaf.table.store import ClipTable
from tinyvmaf.table.truth import clip_heights, is_of_kernel, with_truth


@dataclass(frozen=True, slots=True)
class BarClass:
    """What one error bar holds for."""

    extractor: str
    """Who made the features."""
    sampling: str
    """How much of each frame it looked at."""
    size_class: str
    """The frame sizes."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Scores of n frames beside the truth."""

    predicted: NDArray[np.float64]
    """(n,)"""
    true: NDArray[np.float64]
    """(n,)"""
    content: NDArray[np.object_]
    """(n,) the source's name."""
    clip: NDArray[np.int64]
    """(n,) one number per clip."""

    @property
    def errors(self) -> NDArray[np.float64]:
        """(n,) signed."""
        return self.predicted - self.true

    def of_clips(self) -> "Judged":
        """The means over the frames of each clip."""
        _, first, clip = np.unique(self.clip, return_index=True, return_inverse=True)
        frames = np.bincount(clip)
        means = [np.bincount(clip, weights=values) / frames for values in (self.predicted, self.true)]
        return Judged(means[0], means[1], self.content[first], np.arange(len(frames)))


@dataclass(frozen=True, slots=True, eq=False)
class JudgedClasses:
    """Scores beside the truth, by what an error bar holds for."""

    classes: Mapping[BarClass, Judged]
    """In the order of the tables."""
    left_out: tuple[str, ...]
    """In words: which rows are in none, and why."""


class Scorer:
    """Scores every row by a net that has not seen its source.

    Args:
        model: What is to be judged.
        rows: Of its training tables.
        train: (N,) the rows of them that it was trained on.
        nets: Per source of those that judge, the net that was trained without it.
    """

    def __init__(self, model: Model, rows: Rows, train: Mask, nets: Mapping[str, FoldNet]) -> None:
        self._model, self._nets = model, nets
        self._seen = set(rows.source[train])

    def __call__(self, rows: Rows) -> NDArray[np.float64]:
        """The scores (N,) of the rows; NaN where nobody is left who has not seen the source."""
        scores = np.full(len(rows), np.nan)
        unseen = ~np.isin(rows.source, sorted(self._seen))
        if unseen.any():
            scores[unseen], _ = predict_clips(self._model, rows_where(rows, unseen))
        for net in {id(net): net for net in self._nets.values()}.values():
            mine = np.isin(rows.source, [name for name, other in self._nets.items() if other is net])
            if mine.any():
                scores[mine] = replace(net, rows=rows).predict(mine)
        return scores


def nets_without_each(
    rows: Rows,
    train: Mask,
    recipe: Recipe,
    contents: Iterable[str],
    *,
    groups: int,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> dict[str, FoldNet]:
    """Per source a net that was trained on the other groups' sources; no net where no source judges.

    Raises:
        FitError: one source is all that trains; or a loss runs away.
        CancelledError: ``cancel`` was set.
    """
    dealt = _dealt(contents, groups)
    if not dealt:
        return {}
    folds = [_fold(rows, train, group) for group in dealt]
    nets = fit_folds(rows, folds, recipe, progress=progress, cancel=cancel)
    return {name: net for group, net in zip(dealt, nets, strict=True) for name in group}


def judged_by_class(
    tables: Sequence[ClipTable], truths: Sequence[ClipTable], scorer: Scorer, recipe: Recipe
) -> JudgedClasses:
    """Scores beside the truth by what a bar holds for.

    Args:
        tables: With the recipe's features.
        truths: Those that libvmaf measured; what the kernel's are judged by.
        scorer: Scores rows.
        recipe: Names features and target.
    """
    parts: dict[BarClass, list[Judged]] = {}
    left_out: list[str] = []
    for number, table in enumerate(tables):
        judging = with_truth(table, truths, recipe.target) if is_of_kernel(table) else table
        rows = rows_of([judging], feature_set=recipe.features, target=recipe.target)
        scores, sizes = scorer(rows), _size_classes(rows, clip_heights(table))
        left_out += _left_out(table, sizes)
        if table.meta.extractor == UNKNOWN_EXTRACTOR:
            continue
        for size in sorted({str(size) for size in sizes[np.isfinite(scores)]} - {""}):
            mine = (sizes == size) & np.isfinite(scores)
            clip = rows.clip_index[mine].astype(np.int64) + (number << 32)
            judged = Judged(scores[mine], rows.target[mine].astype(np.float64), rows.source[mine], clip)
            parts.setdefault(_class_of(table, size), []).append(judged)
    return JudgedClasses({bar: _joined(found) for bar, found in parts.items()}, tuple(left_out))


def _dealt(contents: Iterable[str], groups: int) -> list[list[str]]:
    """The sources in at most so many groups of nearly equal size, the same on every machine."""
    order = sorted(set(contents), key=lambda name: (hashlib.sha256(name.encode()).hexdigest(), name))
    return [order[start::groups] for start in range(min(groups, len(order)))]


def _fold(rows: Rows, train: Mask, group: Sequence[str]) -> Fold:
    mine = np.isin(rows.source, group)
    if not (train & ~mine).any():
        raise FitError(f"without {', '.join(group)} nothing is left to train on: error bars need several sources")
    return Fold("", ", ".join(group), train & ~mine, train & mine, np.zeros(len(rows), dtype=bool))


def _size_classes(rows: Rows, heights: Mapping[tuple[str, str], int]) -> NDArray[np.object_]:
    """(N,) the size class of each row's pictures; empty: not known."""
    _, first, number = np.unique(rows.clip_index, return_index=True, return_inverse=True)
    known = [heights.get((str(rows.corpus[row]), str(rows.key[row]))) for row in first]
    return np.array([size_class(height) if height else "" for height in known], dtype=object)[number]


def _left_out(table: ClipTable, sizes: NDArray[np.object_]) -> list[str]:
    if table.meta.extractor == UNKNOWN_EXTRACTOR:
        return [f"{table.name}: it does not tell who made its features"]
    unknown = int(np.count_nonzero(sizes == ""))
    return [f"{table.name}: {unknown} of {len(sizes)} rows do not tell the height of their pictures"] if unknown else []


def _class_of(table: ClipTable, size: str) -> BarClass:
    for sampling, extractor in KERNEL_EXTRACTORS.items():
        if table.meta.extractor == extractor:
            return BarClass(KERNEL_EXTRACTOR, sampling, size)
    return BarClass(table.meta.extractor, FULL.name, size)


def _joined(parts: Sequence[Judged]) -> Judged:
    return Judged(
        np.concatenate([part.predicted for part in parts]),
        np.concatenate([part.true for part in parts]),
        np.concatenate([part.content for part in parts]),
        np.concatenate([part.clip for part in parts]),
    )
