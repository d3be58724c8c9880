"""Kept results, as ``--json`` prints them -> one HTML page."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TypeVar

from tinyvmaf.bundles.bundle import Sidecar
from tinyvmaf.bundles.records import record_from
from tinyvmaf.bundles.session import open_model
from tinyvmaf.errors import BundleError, ReportError, TinyVmafError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.runs.eval_prefilter import PrefilterReport
from tinyvmaf.runs.loso_page import loso_page
from tinyvmaf.runs.loso_report import LosoReport
from tinyvmaf.runs.prefilter_page import prefilter_page
from tinyvmaf.runs.transfer_page import transfer_page
from tinyvmaf.runs.transfer_report import TransferReport
from tinyvmaf.scores.comparison import ComparisonReport
from tinyvmaf.scores.evaluate import EvalReport
from tinyvmaf.scores.evaluate_samples import FilterReport
from tinyvmaf.scores.files import result_text
from tinyvmaf.scores.rank import Ranking
from tinyvmaf.scores.report.compare_page import compare_page
from tinyvmaf.scores.report.filter_page import filter_page
from tinyvmaf.scores.report.model_page import eval_page
from tinyvmaf.scores.report.rank_page import rank_page
from tinyvmaf.scores.report.score_page import score_page
from tinyvmaf.scores.report.writing import seen, write_page
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.sights import Sights

KINDS = ("score", "rank", "eval", "eval-filter", "loso", "transfer", "compare-models", "eval-prefilter")
_SCORE, _RANK = KINDS[:2]
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Result:
    """A result that was read from a file."""

    path: Path
    """Where it lies."""
    kind: str
    """What it is of: one of ``KINDS``."""
    text: bytes
    """The JSON document."""


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """A page that was written."""

    report: Path
    """Where it lies."""
    kind: str
    """What it is of."""
    results: tuple[Path, ...]
    """What it was made from."""
    byte_count: int
    """Its size."""
    warnings: tuple[str, ...]
    """What could not be shown, and why."""


def report_files(
    paths: Sequence[Path],
    out: Path,
    *,
    pictures: bool = True,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> WrittenReport:
    """Writes the page of kept results: of one of any kind, or of several scores.

    Args:
        paths: JSON documents of kinds that have a page.
        out: The HTML file.
        pictures: Look at the videos of scores again, for pictures, scene cuts and bitrates.
        progress: Told how far the decoding is.
        cancel: Stops it.

    Raises:
        ReportError: a file is no such result, several do not go together, or the page cannot be written, or
            would replace its result.
        CancelledError: ``cancel`` was set.
    """
    results = [read_result(path) for path in paths]
    if out.exists() and any(out.samefile(path) for path in paths):
        raise ReportError(f"{out} is the result itself: name another file for its page")
    if len(results) > 1 and {result.kind for result in results} != {_SCORE}:
        kinds = ", ".join(f"{result.path}: {result.kind}" for result in results)
        raise ReportError(f"several results on one page must all be scores of videos ({kinds})")
    kind = results[0].kind
    scores, ranking = _scores(results), None
    if kind == _RANK:
        ranking = _record(Ranking, results[0])
        scores = [encode.score for encode in ranking.encodes]
    sights = seen(scores, progress=progress, cancel=cancel) if pictures else [Sights()] * len(scores)
    if ranking is not None:
        html = rank_page(ranking, sights)
    else:
        html = score_page(scores, sights) if kind == _SCORE else _model_page(results[0])
    missing = zip(scores, sights, strict=True)
    return WrittenReport(
        report=out,
        kind=kind,
        results=tuple(paths),
        byte_count=write_page(out, html),
        warnings=tuple(f"no pictures of {score.distorted}: {each.missing}" for score, each in missing if each.missing),
    )


def read_result(path: Path) -> Result:
    """The JSON document of a result, its kind told by its own ``schema``.

    Raises:
        ReportError: there is no such file, or it is no result that has a page.
    """
    text = result_text(path)
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ReportError(f"{path} cannot be read as a result: {error}") from error
    named = str(document.get("schema")) if isinstance(document, dict) else ""
    kind = named.removeprefix("tinyvmaf.").split("/")[0]
    if kind not in KINDS:
        raise ReportError(f"{path} has no page: it is of {kind or 'nothing known'}; {', '.join(KINDS)} have one")
    return Result(path, kind, text.encode())


def sidecar_of(report: EvalReport) -> Sidecar | None:
    """Of the model on the shelf, where it is the very one that was judged; None: it is not there."""
    try:
        model = open_model(report.model)
    except TinyVmafError:
        return None
    return model.sidecar if model.sha256 == report.model_sha256 else None


def _scores(results: Sequence[Result]) -> list[Score]:
    return [_record(Score, result) for result in results if result.kind == _SCORE]


def _model_page(result: Result) -> str:
    """The page of a result that is not of videos."""
    pages: dict[str, Callable[[], str]] = {
        "eval": lambda: _eval_page(_record(EvalReport, result)),
        "eval-filter": lambda: filter_page(_record(FilterReport, result)),
        "loso": lambda: loso_page(_record(LosoReport, result)),
        "transfer": lambda: transfer_page(_record(TransferReport, result)),
        "compare-models": lambda: compare_page(_record(ComparisonReport, result)),
        "eval-prefilter": lambda: prefilter_page(_record(PrefilterReport, result)),
    }
    return pages[result.kind]()


def _eval_page(report: EvalReport) -> str:
    return eval_page(report, sidecar_of(report))


def _record(cls: type[R], result: Result) -> R:
    try:
        return record_from(cls, result.text, schema=result.kind)
    except BundleError as error:
        raise ReportError(f"{result.path}: {error}; make it again") from error
