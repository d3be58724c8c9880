"""A model and rows of clip tables -> how well it does: per frame, per clip, per corpus and per source, and how fast."""

import dataclasses
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.bundle import Sidecar
from tinyvmaf.bundles.session import Model
from tinyvmaf.documents import Json
from tinyvmaf.errors import TableError
from tinyvmaf.progress import stop_if_cancelled
from tinyvmaf.scores.figures import Figures, GroupFigures, clip_figures, figures_of, group_figures, mean_figures
from tinyvmaf.scores.pairs import Pairs, pairs_of
from tinyvmaf.table.clips import clips_of
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.schema import TableFacts
from tinyvmaf.table.targets import MOS

Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]

TRAINING_FIT = "training-fit"
"""The word for figures on a table that the training saw; such a figure is never quoted without it."""
UNSEEN_TABLE = "unseen table"
"""The word for figures on a table that the training did not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipDetail:
    """How near the means of clips are, for models that judge few frames of a clip: by source, and by codec."""

    per_source: Mapping[str, GroupFigures]
    """By source, over its clips."""
    mean_over_sources: Mapping[str, float | None]
    """Per metric the mean over sources, each with equal weight."""
    per_codec: Mapping[str, GroupFigures]
    """By codec or degradation, over its clips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalReport(Figures):
    """How a model does on rows of clip tables, frame by frame, and what that was measured on."""

    model: str
    """Id of the model."""
    model_sha256: str
    """Of its ``model.onnx``."""
    feature_dim: int
    """F, features per frame; 0: it sees pixels."""
    target: str
    """What it was judged against."""
    protocol: str
    """How the rows relate to the training: ``training-fit``, ``unseen table``, or how they were held out."""
    latency_ms_p50_per_clip: float
    """The model's own time for all frames of a clip, median over clips."""
    latency_ms_p95_per_clip: float
    """95th percentile over clips."""
    machine: str
    """Where that was."""
    per_corpus: Mapping[str, GroupFigures]
    """By corpus."""
    per_source: Mapping[str, GroupFigures]
    """By source; ``corpus/source`` where two corpora share a name."""
    mean_over_sources: Mapping[str, float | None]
    """Per metric the mean over sources, each with equal weight; None: no source has it."""
    worst_source: str
    """The source with the largest error."""
    clip_level: Figures
    """Over clips: the means over their frames."""
    tables: tuple[TableFacts, ...]
    """The tables that the rows are of, by corpus; what they hold in all, whichever of their rows judged."""
    command: str | None = None
    """What a reader types to make the report again; None: not told."""
    baselines: Mapping[str, Mapping[str, Json]] | None = None
    """Other ways to the same number on the same rows; None: not asked for."""
    pairs: Pairs | None = None
    """Predictions beside the truth; None: not asked for."""
    clip_detail: ClipDetail | None = None
    """Of clips, by source and by codec; None: the model is given features."""


def evaluate(
    model: Model,
    rows: Rows,
    *,
    mask: Mask | None = None,
    protocol: str | None = None,
    pairs: bool = False,
    cancel: Event | None = None,
) -> EvalReport:
    """How the model does on the rows, through ONNX Runtime.

    Args:
        model: A head on the rows' feature set.
        rows: What it is judged on.
        mask: (N,) the rows that judge; default: all.
        protocol: How the rows were held out of its training; default: whether the training saw their tables.
        pairs: Keep the predictions beside the truth.
        cancel: Set from elsewhere to stop.

    Raises:
        CancelledError: ``cancel`` was set.
        TableError: there is no row, or the rows hold other features or another target than the model's.
    """
    rows = rows if mask is None else rows_where(rows, mask)
    _check(model.sidecar, rows)
    predicted, milliseconds = predict_clips(model, rows, cancel=cancel)
    return report_on(model, rows, predicted, milliseconds, protocol=protocol, pairs=pairs, cancel=cancel)


def report_on(
    model: Model,
    rows: Rows,
    predicted: Scores,
    milliseconds: Scores,
    *,
    protocol: str | None = None,
    pairs: bool = False,
    clip_true: Scores | None = None,
    cancel: Event | None = None,
) -> EvalReport:
    """The report on a model that gave these scores of the rows.

    Args:
        model: Whose scores they are.
        rows: What it was judged on.
        predicted: (N,) its scores.
        milliseconds: That each clip took.
        protocol: As of ``evaluate``.
        pairs: As of ``evaluate``.
        clip_true: (N,) the truth of the clip that a row is of; None: the mean of the clip's rows.
        cancel: Set from elsewhere to stop.

    Raises:
        CancelledError: ``cancel`` was set.
    """
    true = rows.target.astype(np.float64)  # (N,)
    of_clip = true if clip_true is None else clip_true
    frames = figures_of(predicted, true, rows.source_index, cancel=cancel)
    whole = GroupFigures(n=frames.n_samples, plcc=frames.plcc, srocc=frames.srocc, krocc=frames.krocc, rmse=frames.rmse)
    p50, p95 = np.percentile(milliseconds, [50, 95])
    sources = _sources(rows)
    per_source = _per_group(predicted, true, sources, cancel)
    return EvalReport(
        **{field.name: getattr(frames, field.name) for field in dataclasses.fields(Figures)},
        model=model.name,
        model_sha256=model.sha256,
        feature_dim=rows.features.shape[1],
        target=model.sidecar.target,
        protocol=protocol or protocol_of(model.sidecar, rows),
        latency_ms_p50_per_clip=float(p50),
        latency_ms_p95_per_clip=float(p95),
        machine=platform.processor() or platform.machine(),
        per_corpus=_per_corpus(predicted, true, rows, whole=whole, cancel=cancel),
        per_source=per_source,
        mean_over_sources=mean_figures(tuple(per_source.values())),
        worst_source=max(per_source, key=lambda name: per_source[name].rmse),
        clip_level=clip_figures(
            predicted, of_clip, clips=rows.clip_index, groups=rows.source_index, opinions=rows.target_name == MOS
        ),
        tables=tuple(facts for facts in rows.facts if facts.corpus in rows.corpora),
        pairs=pairs_of(predicted, true, sources, clips=rows.clip_index, keys=rows.key, clip_true=of_clip)
        if pairs
        else None,
    )


def predict_clips(model: Model, rows: Rows, *, cancel: Event | None = None) -> tuple[Scores, Scores]:
    """Scores (N,), clip by clip, and the milliseconds that each clip took.

    Raises:
        CancelledError: ``cancel`` was set.
    """
    clips = clips_of(rows.clip_index, rows.frame_index)
    predicted = np.empty(len(rows))
    milliseconds = np.empty(len(clips))
    model.predict(rows.features[clips[0]])  # the first call pays for memory that later ones reuse
    for number, clip in enumerate(clips):
        stop_if_cancelled(cancel)
        features = rows.features[clip]
        started = time.perf_counter()
        predicted[clip] = model.predict(features)
        milliseconds[number] = 1000 * (time.perf_counter() - started)
    return predicted, milliseconds


def rows_where(rows: Rows, mask: Mask) -> Rows:
    """The masked rows (N,); the facts of their tables stay as they are."""
    columns = {field.name: getattr(rows, field.name) for field in dataclasses.fields(rows)}
    return dataclasses.replace(rows, **{k: v[mask] for k, v in columns.items() if isinstance(v, np.ndarray)})


def protocol_of(sidecar: Sidecar, rows: Rows) -> str:
    """``training-fit`` where the model was trained on a table of the rows, else ``unseen table``."""
    seen = {(facts.corpus, facts.table_key) for facts in sidecar.trained_on}
    there = {(facts.corpus, facts.table_key) for facts in rows.facts if facts.corpus in rows.corpora}
    return TRAINING_FIT if seen & there else UNSEEN_TABLE


def _check(sidecar: Sidecar, rows: Rows) -> None:
    if len(rows) == 0:
        raise TableError("no row is left to judge the model on")
    if sidecar.feature_set != rows.feature_set.name:
        raise TableError(f"model {sidecar.id} takes {sidecar.feature_set}, the rows hold {rows.feature_set.name}")
    if sidecar.target.removesuffix("_100") != rows.target_name.removesuffix("_100"):
        raise TableError(
            f"model {sidecar.id} predicts {sidecar.target}, the rows are to be judged by {rows.target_name}"
        )


def _per_corpus(
    predicted: Scores, true: Scores, rows: Rows, *, whole: GroupFigures, cancel: Event | None
) -> dict[str, GroupFigures]:
    if len(rows.corpora) == 1:
        return {rows.corpora[0]: whole}
    return _per_group(predicted, true, {name: rows.corpus == name for name in rows.corpora}, cancel)


def _per_group(
    predicted: Scores, true: Scores, groups: Mapping[str, Mask], cancel: Event | None
) -> dict[str, GroupFigures]:
    found = {}
    for name, mine in groups.items():
        stop_if_cancelled(cancel)
        found[name] = group_figures(predicted[mine], true[mine])
    return found


def _sources(rows: Rows) -> dict[str, Mask]:
    """Which rows are of which source; ``corpus/source`` where two corpora share a name."""
    numbers, first = np.unique(rows.source_index, return_index=True)
    plain = [str(name) for name in rows.source[first]]
    full = [f"{corpus}/{name}" for corpus, name in zip(rows.corpus[first], plain, strict=True)]
    names = [full[i] if plain.count(name) > 1 else name for i, name in enumerate(plain)]
    return {name: rows.source_index == number for name, number in zip(names, numbers, strict=True)}
