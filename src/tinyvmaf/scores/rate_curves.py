"""Results of scoring, or videos -> rate-distortion curves, and the Bjontegaard deltas of some against the first.

A result is what ``tinyvmaf rank --json`` prints, or the lines of ``tinyvmaf score --json-lines``. A score holds no
bitrate, so the encode that it names must still be there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tinyvmaf.documents import Json, validate
from tinyvmaf.errors import CurveError, ReportError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.scores.bd_rate import BdRate, RatePoint, bjontegaard_delta
from tinyvmaf.scores.files import result_text
from tinyvmaf.scores.rank import Ranking, rank
from tinyvmaf.scores.score import ScoreOptions
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.packets import stream_weight
from tinyvmaf.video.probe import probe

_RANK, _SCORE = "tinyvmaf.rank/1", "tinyvmaf.score/1"


@dataclass(frozen=True, slots=True)
class Curve:
    """Encodes of one kind."""

    name: str
    """What they are called: the file or folder that they came from."""
    metric: str
    """What judged them: the teacher, and what computed it."""
    points: tuple[RatePoint, ...]
    """By bitrate."""


@dataclass(frozen=True, slots=True)
class CurveDelta:
    """One curve against the anchor."""

    name: str
    """Of the curve."""
    points: tuple[RatePoint, ...]
    """By bitrate."""
    delta: BdRate
    """How it lies to the anchor."""


@dataclass(frozen=True, slots=True)
class BdReport:
    """Bjontegaard deltas of curves against the first."""

    metric: str
    """What judged all encodes."""
    pool: str
    """How the scores of frames became one."""
    anchor: Curve
    """What the others are compared with."""
    tests: tuple[CurveDelta, ...]
    """The others."""


def compare_results(results: Sequence[Path], *, pool: str = "mean") -> BdReport:
    """The first result is the anchor, each other one is compared with it.

    Raises:
        ReportError: a file is no result, or a score's encode is gone.
        CurveError: the curves cannot be compared; the message has the numbers.
    """
    return compare_curves([read_curve(path, pool=pool) for path in results], pool=pool)


def compare_videos(
    reference: VideoFile,
    anchor: Sequence[VideoFile],
    test: Sequence[VideoFile],
    options: ScoreOptions,
    *,
    pool: str = "mean",
    progress: Progress = silent,
    cancel: Event | None = None,
) -> BdReport:
    """Both sets of encodes are scored against the reference, and compared.

    Raises:
        VideoError: the reference cannot be read.
        CurveError: an encode cannot be scored, or the curves cannot be compared.
        CancelledError: ``cancel`` was set.
    """
    curves = []
    for name, encodes in (("anchor", anchor), ("test", test)):
        ranking = rank(reference, encodes, options, pool=pool, progress=progress, cancel=cancel)
        curves.append(_ranked_curve(name, ranking, pool))
    return compare_curves(curves, pool=pool)


def compare_curves(curves: Sequence[Curve], *, pool: str) -> BdReport:
    """The first curve is the anchor.

    Raises:
        CurveError: different metrics judged them, or they cannot be compared.
    """
    anchor, *others = curves
    for curve in others:
        if curve.metric != anchor.metric:
            raise CurveError(f"{anchor.name} was judged by {anchor.metric}, {curve.name} by {curve.metric}")
    deltas = [
        CurveDelta(
            curve.name,
            curve.points,
            bjontegaard_delta(anchor.points, curve.points, anchor_name=anchor.name, test_name=curve.name),
        )
        for curve in others
    ]
    return BdReport(anchor.metric, pool, anchor, tuple(deltas))


def read_curve(path: Path, *, pool: str) -> Curve:
    """The curve that a file of results holds.

    Raises:
        ReportError: it is none, or a score's encode is gone.
    """
    encodes = [encode for document in _documents(path) for encode in _encodes(document)]
    if not encodes:
        raise ReportError(f"{path} holds no scored encode")
    return _curve(path.stem, [_point(encode, path, pool) for encode in encodes], {_metric(each) for each in encodes})


def _documents(path: Path) -> list[dict[str, Json]]:
    """One document, a list of documents, or a document per line; each checked against its schema."""
    text = result_text(path)
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        whole = _lines(text, path)
    found: list[dict[str, Json]] = []
    for document in whole if isinstance(whole, list) else [whole]:
        if not isinstance(document, dict) or document.get("schema") not in {_RANK, _SCORE}:
            raise ReportError(
                f"{path} holds no {_RANK} and no {_SCORE}: make it by `rank --json` or `score --json-lines`"
            )
        try:
            validate(document)
        except ValueError as error:
            raise ReportError(f"{path}: {error}") from error
        found.append(document)
    return found


def _lines(text: str, path: Path) -> list[Json]:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise ReportError(f"{path} is no JSON: {error}") from error


def _encodes(document: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Per encode its score's record, with the bitrate where it is known."""
    if document["schema"] == _SCORE:
        return [dict(document)]
    encodes = document["encodes"]
    found = []
    for encode in encodes if isinstance(encodes, list) else []:
        if isinstance(encode, dict) and isinstance(encode["score"], dict):
            found.append({**encode["score"], "bitrate_kbps": encode["bitrate_kbps"]})
    return found


def _point(encode: Mapping[str, Json], path: Path, pool: str) -> RatePoint:
    distorted, pooled = str(encode["distorted"]), encode["pooled"]
    score = pooled[pool] if isinstance(pooled, dict) else None
    bitrate = encode.get("bitrate_kbps")
    if not isinstance(score, int | float):
        raise ReportError(f"{path} holds no {pool} of {distorted}")
    if not isinstance(bitrate, int | float):
        bitrate = _bitrate(Path(distorted), path)
    return RatePoint(float(bitrate), float(score), Path(distorted).name)


def _bitrate(distorted: Path, path: Path) -> float:
    if not distorted.is_file():
        raise ReportError(
            f"{path} holds no bitrate, and its encode {distorted} is not there to be weighed: run this where it is, or "
            "use the result of `rank --json`, which holds bitrates"
        )
    return stream_weight(probe(distorted)).bitrate_kbps


def _metric(encode: Mapping[str, Json]) -> str:
    model = f" by {encode['model']}" if encode["model"] else ""
    return f"{encode['teacher']}{model} ({encode['extractor']})"


def _ranked_curve(name: str, ranking: Ranking, pool: str) -> Curve:
    if ranking.failed:
        raise CurveError(f"{ranking.failed[0].distorted} of the {name} cannot be scored: {ranking.failed[0].error}")
    points, metrics = [], set()
    for encode in ranking.encodes:
        score = encode.score
        points.append(RatePoint(encode.bitrate_kbps, getattr(score.pooled, pool), encode.distorted.name))
        model = f" by {score.model}" if score.model else ""
        metrics.add(f"{score.teacher}{model} ({score.extractor})")
    return _curve(name, points, metrics)


def _curve(name: str, points: Sequence[RatePoint], metrics: set[str]) -> Curve:
    if len(metrics) > 1:
        raise CurveError(f"{name} was judged by {' and by '.join(sorted(metrics))}: score all encodes alike")
    return Curve(name, metrics.pop() if metrics else "", tuple(sorted(points, key=lambda point: point.bitrate_kbps)))
