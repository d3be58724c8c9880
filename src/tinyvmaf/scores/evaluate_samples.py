"""A model and pixel samples -> how well it scores without a reference, or how much nearer a filter brings pictures.

The truth of a clip is the mean over all of its frames, however few of them were sampled.
"""

import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.bundle import Sidecar
from tinyvmaf.bundles.pixel_tensors import FRAME, PATCHES
from tinyvmaf.bundles.session import Model
from tinyvmaf.errors import TableError
from tinyvmaf.metrics import FEWEST_GROUPS, INTERVAL_LEVEL, Interval
from tinyvmaf.scores.evaluate import TRAINING_FIT, ClipDetail, EvalReport, protocol_of, report_on, rows_where
from tinyvmaf.scores.figures import GroupFigures, group_figures, mean_figures
from tinyvmaf.table.clips import clips_of
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.sample_rows import SampleRows
from tinyvmaf.table.sample_splits import split_samples
from tinyvmaf.table.schema import TableFacts

Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]

UNTOUCHED = "clean"
"""The name under which a filter's figures on pictures that needed none stand."""
_LARGEST = np.float32(255)
_LEAST_ERROR = 1e-8
"""Of a mean square on 0-1: a perfect picture has 80 dB, not infinitely many."""
_DRAWS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class ClipScores:
    """C clips with what was said of each."""

    predicted: Scores
    """(C,) means over the samples."""
    true: Scores
    """(C,) means over all frames."""
    source: NDArray[np.int32]
    """(C,) one number per source."""
    key: tuple[str, ...]
    """(C,) ``corpus/key``."""
    source_name: tuple[str, ...]
    """(C,) ``corpus/source``."""
    codec: tuple[str, ...]
    """(C,) empty: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterFigures:
    """How near pictures are to the clean ones, before and after a filter."""

    n: int
    """Pictures."""
    sources: int
    """Contents."""
    psnr_before: float
    """dB, mean over pictures; at most 80 each."""
    psnr_after: float
    """dB, of the filtered ones."""
    gain_db: float
    """The mean difference; above 0: the filter helps."""
    gain_interval: Interval | None
    """95 %, bootstrap over sources; None below 5 sources."""
    l1_before: float
    """Mean absolute difference of luma, 0-1."""
    l1_after: float
    """Of the filtered ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterReport:
    """How a filter does on pairs of spoiled and clean pictures."""

    model: str
    """Id of the model."""
    model_sha256: str
    """Of its ``model.onnx``."""
    protocol: str
    """How the pairs relate to the training."""
    per_degradation: Mapping[str, FilterFigures]
    """By what spoiled the pictures; ``clean``: nothing did, so that any change does harm."""
    milliseconds_per_megapixel: float
    """The model's own time on these pictures, on one thread."""
    machine: str
    """Where that was."""
    tables: tuple[TableFacts, ...]
    """The samples."""
    command: str | None = None
    """What a reader types to make the report again; None: not told."""


@dataclass(frozen=True, slots=True)
class SampleChoice:
    """Which samples judge."""

    part: str = "all"
    """All of them, or what a split by source trains on (``train``), or what it holds out (``val``)."""
    val_sources: tuple[str, ...] = ()
    """The sources that the split holds out; none: it picks a tenth."""
    seed: int = 0
    """Of the picking."""


def judge_on_samples(
    model: Model, samples: SampleRows, choice: SampleChoice, *, command: str, pairs: bool = False
) -> EvalReport | FilterReport:
    """How a model does on samples: scores or pictures, as its kind is.

    Args:
        model: What is judged.
        samples: On what.
        choice: Which of them judge.
        command: What a reader types to make the report again.
        pairs: Keep the scores beside the truth.

    Raises:
        TableError: as ``evaluate_samples``, or a source is not there.
        FitError: too few sources to split.
    """
    mask = protocol = None
    if choice.part != "all":
        split = split_samples(samples, val_sources=choice.val_sources, seed=choice.seed)
        mask = split.val if choice.part == "val" else split.train
        protocol = split.protocol if choice.part == "val" else TRAINING_FIT
    if model.sidecar.kind == "filter":
        return replace(evaluate_filter(model, samples, mask=mask, protocol=protocol), command=command)
    return replace(evaluate_samples(model, samples, mask=mask, protocol=protocol, pairs=pairs), command=command)


def evaluate_samples(
    model: Model, samples: SampleRows, *, mask: Mask | None = None, protocol: str | None = None, pairs: bool = False
) -> EvalReport:
    """How a model that needs no reference does on samples, through ONNX Runtime.

    Args:
        model: Of the samples' kind and target.
        samples: What it is judged on.
        mask: (N,) those that judge; default: all.
        protocol: How they were held out of its training; default: whether the training saw their set.
        pairs: Keep the scores beside the truth.

    Raises:
        TableError: no sample is left, or they are of another kind or target than the model's.
    """
    places = np.arange(len(samples)) if mask is None else np.flatnonzero(mask)
    check_samples(model.sidecar, samples, places)
    predicted, milliseconds = predict_samples(model, samples, places)
    rows = _part(samples.rows, places)
    clip_true = samples.clip_target[places]
    report = report_on(model, rows, predicted, milliseconds, protocol=protocol, pairs=pairs, clip_true=clip_true)
    return replace(report, clip_detail=detail_of(clip_scores(samples, places, predicted)))


def check_samples(sidecar: Sidecar, samples: SampleRows, places: Places) -> None:
    """Refuses samples that are not the model's.

    Raises:
        TableError: there is none, or they are of another kind or target.
    """
    if len(places) == 0:
        raise TableError("no sample is left to judge the model on")
    wanted = {FRAME: "frame", PATCHES: "patches"}.get(sidecar.inputs[0].name, "pairs")
    if sidecar.kind == "fr" or wanted != samples.kind:
        takes = "a table of features" if sidecar.kind == "fr" else f"samples of kind {wanted}"
        raise TableError(f"model {sidecar.id} takes {takes}; these are samples of kind {samples.kind}")
    if sidecar.kind == "nr" and sidecar.target.removesuffix("_100") != samples.rows.target_name:
        raise TableError(f"model {sidecar.id} predicts {sidecar.target}, the samples hold {samples.rows.target_name}")
    shape = sidecar.inputs[0].shape[-3:]
    if sidecar.kind == "nr" and (shape[0], shape[2]) != samples.shape:
        raise TableError(f"model {sidecar.id} takes samples of shape {shape}, these have (C, S) {samples.shape}")


def predict_samples(model: Model, samples: SampleRows, places: Places) -> tuple[Scores, Scores]:
    """Scores (n,) of some samples, clip by clip, and the milliseconds that each clip took."""
    clips = clips_of(samples.rows.clip_index[places], samples.rows.frame_index[places])
    predicted, milliseconds = np.empty(len(places)), np.empty(len(clips))
    model.score_samples(samples.take(places[clips[0]]))  # the first call pays for memory that later ones reuse
    for number, clip in enumerate(clips):
        pixels = samples.take(places[clip])
        started = time.perf_counter()
        predicted[clip] = model.score_samples(pixels)
        milliseconds[number] = 1000 * (time.perf_counter() - started)
    return predicted, milliseconds


def clip_scores(samples: SampleRows, places: Places, predicted: Scores) -> ClipScores:
    """The clips of some samples, each with the mean of its scores and with its true mean."""
    rows = samples.rows
    _, first, clip = np.unique(rows.clip_index[places], return_index=True, return_inverse=True)
    firsts = places[first]
    corpora, counts = rows.corpus[firsts], np.bincount(clip)
    return ClipScores(
        predicted=np.bincount(clip, weights=predicted) / counts,
        true=np.bincount(clip, weights=samples.clip_target[places]) / counts,
        source=rows.source_index[firsts],
        key=tuple(f"{corpus}/{key}" for corpus, key in zip(corpora, rows.key[firsts], strict=True)),
        source_name=tuple(f"{corpus}/{name}" for corpus, name in zip(corpora, rows.source[firsts], strict=True)),
        codec=tuple(str(codec) for codec in rows.codec[firsts]),
    )


def detail_of(clips: ClipScores) -> ClipDetail:
    """Figures of clips by source, the mean over sources, and by codec."""
    per_source = _grouped(clips, clips.source_name)
    return ClipDetail(
        per_source=per_source,
        mean_over_sources=mean_figures(tuple(per_source.values())),
        per_codec=_grouped(clips, clips.codec),
    )


def evaluate_filter(
    model: Model, samples: SampleRows, *, mask: Mask | None = None, protocol: str | None = None
) -> FilterReport:
    """How much nearer to the clean pictures a filter brings the spoiled ones, and what it does to clean ones.

    Arguments and errors as of ``evaluate_samples``.
    """
    places = np.arange(len(samples)) if mask is None else np.flatnonzero(mask)
    check_samples(model.sidecar, samples, places)
    errors, seconds = _filter_errors(model, samples, places)
    names = samples.index["degradation"].fill_null("").to_numpy()[places]
    source = samples.rows.source_index[places]
    figures = {name: _filtered(errors[names == name, :4], source[names == name]) for name in sorted(set(names))}
    untouched = np.column_stack([np.zeros((len(places), 2)), errors[:, 4:]])
    pixels = len(places) * samples.shape[1] ** 2 * 2
    rows = _part(samples.rows, places)
    return FilterReport(
        model=model.name,
        model_sha256=model.sha256,
        protocol=protocol or protocol_of(model.sidecar, rows),
        per_degradation={**figures, UNTOUCHED: _filtered(untouched, source)},
        milliseconds_per_megapixel=1e9 * seconds / pixels,
        machine=platform.processor() or platform.machine(),
        tables=tuple(facts for facts in rows.facts if facts.corpus in rows.corpora),
    )


def _filter_errors(model: Model, samples: SampleRows, places: Places) -> tuple[Scores, float]:
    """(n, 6) mean square and mean absolute errors, before, after, and after of the clean picture; and the seconds."""
    errors, seconds = np.empty((len(places), 6)), 0.0
    for number, place in enumerate(places):
        one = np.array([place])
        spoiled, clean = (
            pixels[:, 0].astype(np.float32) / _LARGEST for pixels in (samples.take(one), samples.take_clean(one))
        )
        started = time.perf_counter()
        filtered, kept = model.filter(spoiled), model.filter(clean)
        seconds += time.perf_counter() - started
        errors[number] = [*_errors(spoiled, clean), *_errors(filtered, clean), *_errors(kept, clean)]
    return errors, seconds


def _errors(picture: NDArray[np.float32], clean: NDArray[np.float32]) -> tuple[float, float]:
    difference = picture.astype(np.float64) - clean
    return float(np.square(difference).mean()), float(np.abs(difference).mean())


def _filtered(errors: Scores, source: NDArray[np.int32]) -> FilterFigures:
    """Figures of (n, 4) mean square and mean absolute errors before and after."""
    before, after = (-10 * np.log10(np.maximum(errors[:, place], _LEAST_ERROR)) for place in (0, 2))
    gains = after - before
    return FilterFigures(
        n=len(errors),
        sources=len(np.unique(source)),
        psnr_before=float(before.mean()),
        psnr_after=float(after.mean()),
        gain_db=float(gains.mean()),
        gain_interval=_mean_interval(gains, source),
        l1_before=float(errors[:, 1].mean()),
        l1_after=float(errors[:, 3].mean()),
    )


def _mean_interval(values: Scores, source: NDArray[np.int32]) -> Interval | None:
    """95 % of the mean, by bootstrap over sources; None below five."""
    _, group = np.unique(source, return_inverse=True)
    sums, counts = np.bincount(group, weights=values), np.bincount(group)
    if len(sums) < FEWEST_GROUPS:
        return None
    weights = np.random.default_rng(0).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=_DRAWS)
    means = (weights @ sums) / (weights @ counts)
    low, high = np.quantile(means, [(1 - INTERVAL_LEVEL) / 2, (1 + INTERVAL_LEVEL) / 2])
    return float(low), float(high)


def _grouped(clips: ClipScores, names: tuple[str, ...]) -> dict[str, GroupFigures]:
    labels = np.array(names, dtype=object)
    groups = {name: labels == name for name in sorted(set(names))}
    return {name or "unknown": group_figures(clips.predicted[m], clips.true[m]) for name, m in groups.items()}


def _part(rows: Rows, places: Places) -> Rows:
    mask = np.zeros(len(rows), np.bool_)
    mask[places] = True
    return rows_where(rows, mask)
