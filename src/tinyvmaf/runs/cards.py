"""Kept reports -> the figures, error bars and credits of a shelf's sidecars and cards; nothing is measured here.

A report belongs to the model whose ``model.onnx`` it names by its hash and whose target it is about (the regression of
NEG is that of v0.6.1, on other features; a filter has no target), so a report on an older model is in no card.
The folder may hold ``credits.json`` besides: ``{corpus: whose material that is}``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinyvmaf.bundles.bundle import Sidecar
from tinyvmaf.bundles.cards import card_of, with_figures
from tinyvmaf.bundles.records import record_from
from tinyvmaf.bundles.registry import restate
from tinyvmaf.bundles.session import read_bundle
from tinyvmaf.bundles.shelves import Entry, user_shelf
from tinyvmaf.errors import BundleError, ReportError
from tinyvmaf.runs.calibrate import CalibrationReport, with_bars
from tinyvmaf.runs.eval_prefilter import PrefilterReport
from tinyvmaf.runs.filter_findings import encode_findings, picture_findings
from tinyvmaf.scores.evaluate import TRAINING_FIT, UNSEEN_TABLE, EvalReport
from tinyvmaf.scores.evaluate_samples import FilterReport
from tinyvmaf.scores.quoted import evaluations_of, latency_of
from tinyvmaf.table.schema import TableFacts

CREDITS = "credits.json"
_RANKS = {UNSEEN_TABLE: 0, TRAINING_FIT: 2}
"""Of protocols, the most telling first; those of held out rows: 1."""
_EVAL, _CALIBRATE, _FILTER, _PREFILTER = "eval", "calibrate", "eval-filter", "eval-prefilter"


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports of a folder, by their paths as a card quotes them."""

    evals: Mapping[str, EvalReport]
    """How a model did on a table."""
    calibrations: Mapping[str, CalibrationReport]
    """The error bars of a model."""
    filters: Mapping[str, FilterReport]
    """How near a filter brings pictures to the clean ones."""
    prefilters: Mapping[str, PrefilterReport]
    """What a filter saves before an encoder."""
    credits: Mapping[str, str]
    """By corpus, whose material it is."""


@dataclass(frozen=True, slots=True)
class FilledCard:
    """One model of the shelf."""

    id: str
    """Its name."""
    reports: tuple[str, ...]
    """What its card quotes; empty: there is no report on it, and its figures stay as they are."""
    changed: bool
    """Whether sidecar and card were written."""


@dataclass(frozen=True, slots=True)
class FilledShelf:
    """The cards of a shelf."""

    models: tuple[FilledCard, ...]
    """All that stand on it."""


def fill_cards(folder: Path) -> FilledShelf:
    """Fills every card of the user's shelf from the reports of a folder.

    Raises:
        ReportError: a report cannot be read, or two tell the error bars of one model.
        ShelfError: the shelf is broken, or cannot be written.
    """
    reports, shelf = read_reports(folder), user_shelf()
    filled = []
    for row in shelf.read().models:
        entry = Entry(shelf, row)
        sidecar = read_bundle(entry.bundle, row=row).sidecar
        wanted = filled_sidecar(sidecar, row.onnx_sha256, reports)
        changed = wanted != sidecar or card_of(wanted) != entry.bundle.card.read_text(encoding="utf-8")
        if changed:
            restate(entry, wanted)
        filled.append(FilledCard(row.id, reports_on(sidecar, row.onnx_sha256, reports), changed))
    return FilledShelf(tuple(filled))


def read_reports(folder: Path) -> Reports:
    """The reports of a folder that cards quote; JSON files of other kinds are none of its business.

    Raises:
        ReportError: there is no such folder, or a file is no JSON, or breaks the schema of its kind.
    """
    if not folder.is_dir():
        raise ReportError(f"no folder of reports at {folder}")
    evals, calibrations, filters, prefilters, whose = {}, {}, {}, {}, {}
    for path in sorted(folder.rglob("*.json")):
        text = path.read_bytes()
        kind = _kind(path, text)
        try:
            if kind == _EVAL:
                evals[path.as_posix()] = record_from(EvalReport, text, schema=_EVAL)
            elif kind == _CALIBRATE:
                calibrations[path.as_posix()] = record_from(CalibrationReport, text, schema=_CALIBRATE)
            elif kind == _FILTER:
                filters[path.as_posix()] = record_from(FilterReport, text, schema=_FILTER)
            elif kind == _PREFILTER:
                prefilters[path.as_posix()] = record_from(PrefilterReport, text, schema=_PREFILTER)
            elif path.name == CREDITS:
                whose.update(json.loads(text))
        except BundleError as error:
            raise ReportError(f"{path}: {error}; make it again") from error
    return Reports(evals, calibrations, filters, prefilters, whose)


def filled_sidecar(sidecar: Sidecar, onnx_sha256: str, reports: Reports) -> Sidecar:
    """The sidecar with the figures, time, error bars and credits of the reports on its model; without any, as it is.

    Raises:
        ReportError: two reports tell its error bars, or one on a filter does not tell its command.
    """
    if sidecar.kind == "filter":
        return _filled_filter(sidecar, onnx_sha256, reports)
    evals = _evals_on(sidecar, onnx_sha256, reports)
    if evals:
        figures = tuple(figure for path, report in evals.items() for figure in evaluations_of(report, kept_in=path))
        latency = latency_of(next(iter(evals.values())))
        sidecar = with_figures(sidecar, evaluation=figures, latency=latency)
    calibrations = _calibrations_on(sidecar, onnx_sha256, reports)
    if len(calibrations) > 1:
        raise ReportError(f"{' and '.join(calibrations)} both tell the error bars of {sidecar.id}: keep one")
    for path, calibration in calibrations.items():
        sidecar = with_bars(sidecar, calibration, kept_in=path)
    judged = [facts for report in evals.values() for facts in report.tables]
    return replace(sidecar, credits=_credits(sidecar, judged, reports.credits))


def reports_on(sidecar: Sidecar, onnx_sha256: str, reports: Reports) -> tuple[str, ...]:
    """The paths of the reports on a model, in the order in which its card quotes them."""
    if sidecar.kind == "filter":
        return (*_filters_on(onnx_sha256, reports), *_prefilters_on(onnx_sha256, reports))
    return (*_evals_on(sidecar, onnx_sha256, reports), *_calibrations_on(sidecar, onnx_sha256, reports))


def _filled_filter(sidecar: Sidecar, onnx_sha256: str, reports: Reports) -> Sidecar:
    """The sidecar of a filter with what was measured of it; without any report, as it is."""
    pictures, encodes = _filters_on(onnx_sha256, reports), _prefilters_on(onnx_sha256, reports)
    lines = [
        *(line for path, one in pictures.items() for line in picture_findings(one, kept_in=path)),
        *(line for path, one in encodes.items() for line in encode_findings(one, kept_in=path)),
    ]
    judged = [facts for report in pictures.values() for facts in report.tables]
    credited = _credits(sidecar, judged, reports.credits)
    return replace(sidecar, findings=tuple(lines) or sidecar.findings, credits=credited)


def _kind(path: Path, text: bytes) -> str | None:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ReportError(f"{path} is no JSON: {error}") from error
    named = document.get("schema") if isinstance(document, dict) else None
    return str(named).removeprefix("tinyvmaf.").split("/")[0] if named else None


def _calibrations_on(sidecar: Sidecar, onnx_sha256: str, reports: Reports) -> dict[str, CalibrationReport]:
    about = (onnx_sha256, sidecar.target)
    return {path: one for path, one in reports.calibrations.items() if (one.model_sha256, one.target) == about}


def _evals_on(sidecar: Sidecar, onnx_sha256: str, reports: Reports) -> dict[str, EvalReport]:
    """Most telling first: tables that the training did not see, then held out ones, then training-fit."""
    about = (onnx_sha256, sidecar.target)
    mine = [(path, one) for path, one in reports.evals.items() if (one.model_sha256, one.target) == about]
    return dict(sorted(mine, key=lambda item: (_RANKS.get(item[1].protocol, 1), item[0])))


def _filters_on(onnx_sha256: str, reports: Reports) -> dict[str, FilterReport]:
    """Most telling first, as of scores."""
    mine = [(path, one) for path, one in reports.filters.items() if one.model_sha256 == onnx_sha256]
    return dict(sorted(mine, key=lambda item: (_RANKS.get(item[1].protocol, 1), item[0])))


def _prefilters_on(onnx_sha256: str, reports: Reports) -> dict[str, PrefilterReport]:
    return {path: one for path, one in reports.prefilters.items() if one.model_sha256 == onnx_sha256}


def _credits(sidecar: Sidecar, judged: Sequence[TableFacts], known: Mapping[str, str]) -> tuple[str, ...]:
    corpora = dict.fromkeys(facts.corpus for facts in (*sidecar.trained_on, *judged))
    return tuple(f"`{corpus}`: {known[corpus]}" for corpus in corpora if corpus in known)
