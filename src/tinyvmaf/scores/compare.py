"""Models and clip tables -> which model is better than the first one, where that is more than chance.

One figure decides, so that chance has one try: for a teacher the RMSE of frames, since distance to its number is what a
head is for; for opinions the mean of PLCC and SROCC over clips, since people's scale is not a model's. The others stand
beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.session import Model
from tinyvmaf.errors import TableError
from tinyvmaf.progress import stop_if_cancelled
from tinyvmaf.scores.comparison import (
    ComparedModel,
    Comparison,
    ComparisonReport,
    Criterion,
    reason_of,
    verdict_of,
)
from tinyvmaf.scores.evaluate import predict_clips, protocol_of, rows_where
from tinyvmaf.scores.figures import group_figures
from tinyvmaf.scores.judged_rows import RowChoice, chosen_rows, feature_set_of, protocol_on
from tinyvmaf.scores.paired import DRAWS, Differences, paired_differences
from tinyvmaf.table.rows import Rows, rows_of
from tinyvmaf.table.store import ClipTable
from tinyvmaf.table.targets import MOS

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """A model's scores and how its rows relate to its training."""

    rows: Rows
    scores: Scores
    protocol: str


def compare_tables(
    models: Mapping[str, Model],
    tables: Sequence[ClipTable],
    choice: RowChoice,
    *,
    target: str | None = None,
    draws: int = DRAWS,
    command: str | None = None,
    cancel: Event | None = None,
) -> ComparisonReport:
    """Which of the models is better than the first on the chosen rows of the tables.

    Args:
        models: By the names that they were asked for; at least two.
        tables: With the features of all.
        choice: Which of their rows judge.
        target: What judges; None: what all models predict.
        draws: Bootstrap samples of each interval.
        command: What a reader types to make the report again.
        cancel: Set from elsewhere to stop.

    Raises:
        CancelledError: ``cancel`` was set.
        TableError: a table lacks features or the target, no row is left, or the models predict different things and no
            target was given.
        ValueError: there are not two models.
    """
    if len(models) < 2:
        raise ValueError("a comparison takes two models or more")
    target = target or _common_target(models)
    judged = {name: _judged(model, tables, choice, target, cancel) for name, model in models.items()}
    rows = next(iter(judged.values())).rows
    return ComparisonReport(
        target=target,
        criterion=_criterion(target),
        sources=len(np.unique(rows.source_index)),
        models=tuple(_compared(name, models[name], found) for name, found in judged.items()),
        comparisons=_comparisons(judged, draws=draws, cancel=cancel),
        tables=tuple(facts for facts in rows.facts if facts.corpus in rows.corpora),
        command=command,
    )


def _common_target(models: Mapping[str, Model]) -> str:
    targets = {name: model.sidecar.target.removesuffix("_100") for name, model in models.items()}
    if len(set(targets.values())) > 1:
        said = ", ".join(f"{name}: {target}" for name, target in targets.items())
        raise TableError(f"the models predict different things ({said}): name what judges them by --target")
    return next(iter(targets.values()))


def _criterion(target: str) -> Criterion:
    return "mean of PLCC and SROCC of clips" if target == MOS else "RMSE of frames"


def _judged(model: Model, tables: Sequence[ClipTable], choice: RowChoice, target: str, cancel: Event | None) -> _Judged:
    stop_if_cancelled(cancel)
    rows = rows_of(tables, feature_set=feature_set_of(model), target=target)
    chosen = chosen_rows(rows, choice)
    if not chosen.mask.any():
        raise TableError("no row is left to judge the models on")
    judging = rows_where(rows, chosen.mask)
    protocol = protocol_on(model, rows, chosen) or protocol_of(model.sidecar, judging)
    return _Judged(judging, predict_clips(model, judging, cancel=cancel)[0], protocol)


def _compared(name: str, model: Model, judged: _Judged) -> ComparedModel:
    frames, clips = _levels(judged)
    return ComparedModel(
        name=name,
        model=model.sidecar.id,
        model_sha256=model.sha256,
        predicts=model.sidecar.target,
        protocol=judged.protocol,
        frames=frames and group_figures(frames.predicted, frames.true),
        clips=group_figures(clips.predicted, clips.true),
    )


def _comparisons(judged: Mapping[str, _Judged], *, draws: int, cancel: Event | None) -> tuple[Comparison, ...]:
    first, before = next(iter(judged.items()))
    return tuple(
        _comparison((first, other), before, found, draws=draws, cancel=cancel)
        for other, found in islice(judged.items(), 1, None)
    )


def _comparison(
    names: tuple[str, str], first: _Judged, other: _Judged, *, draws: int, cancel: Event | None
) -> Comparison:
    (frames, clips), (other_frames, other_clips) = _levels(first), _levels(other)
    by_clip = _differences(clips, other_clips, draws=draws, cancel=cancel)
    by_frame = _differences(frames, other_frames, draws=draws, cancel=cancel) if frames and other_frames else None
    deciding = by_frame.rmse if by_frame else by_clip.correlation
    return Comparison(
        first=names[0],
        other=names[1],
        verdict=verdict_of(deciding, less_is_better=by_frame is not None),
        reason=reason_of(deciding, sources=len(np.unique(clips.groups))),
        frames=by_frame,
        clips=by_clip,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """Scores of frames or of clips."""

    predicted: Scores
    true: Scores
    groups: NDArray[np.int32]


def _levels(judged: _Judged) -> tuple[_Level | None, _Level]:
    """Frames, unless opinions judge, and clips."""
    rows = judged.rows
    frames = _Level(judged.scores, rows.target.astype(np.float64), rows.source_index)
    _, at, clip = np.unique(rows.clip_index, return_index=True, return_inverse=True)
    counts = np.bincount(clip)
    means = [np.bincount(clip, weights=values) / counts for values in (frames.predicted, frames.true)]
    clips = replace(frames, predicted=means[0], true=means[1], groups=rows.source_index[at])
    return None if rows.target_name == MOS else frames, clips


def _differences(first: _Level, other: _Level, *, draws: int, cancel: Event | None) -> Differences:
    return paired_differences(first.predicted, other.predicted, first.true, first.groups, draws=draws, cancel=cancel)
