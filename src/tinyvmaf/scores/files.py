"""Scores -> the files that other tools read: a CSV of frames, and the layout of libvmaf's own JSON log.

And the text of a kept result, as ``--json`` printed it.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np

from tinyvmaf.documents import Json, write_json, write_text
from tinyvmaf.errors import ReportError
from tinyvmaf.features import FEATURE_SETS
from tinyvmaf.scores.result import FrameScore, Score

SCORE_KEY = "vmaf"
"""What libvmaf calls the score of a model that nobody has named; tools look for it."""

_LOG_NAMES = {feature.name: feature.metrics[0] for each in FEATURE_SETS.values() for feature in each.features}
"""The key of a feature in libvmaf's log, by its column."""
_FIRST_COLUMNS = ("distorted", "frame_index", "time_seconds", "score", "lower", "upper")


def write_csv(path: Path, scores: Sequence[Score]) -> None:
    """Writes one row per frame of each score, with its features and further metrics, by temp + rename.

    Raises:
        ReportError: the file cannot be written.
    """
    features = list(dict.fromkeys(name for score in scores for frame in score.frames[:1] for name in frame.features))
    further = list(dict.fromkeys(name for score in scores for name in score.also))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*_FIRST_COLUMNS, *features, *further])
    for score in scores:
        for frame, values in zip(score.frames, _frame_values(score), strict=True):
            start = (frame.frame_index, f"{frame.time_seconds:.6f}", frame.score, frame.lower, frame.upper)
            rows.writerow([score.distorted, *start, *(values.get(name) for name in [*features, *further])])
    with _written(path):
        write_text(path, text.getvalue())


def write_libvmaf_json(path: Path, score: Score) -> None:
    """Writes the score as libvmaf's own JSON log is laid out, by temp + rename.

    The score's key is ``vmaf``, as libvmaf names any model by default; ``version`` says which VMAF it is, and by what.

    Raises:
        ReportError: the file cannot be written.
    """
    with _written(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, libvmaf_log(score))


def libvmaf_log(score: Score) -> dict[str, Json]:
    """The score in the layout of libvmaf's JSON log: frames with their metrics, and every metric pooled."""
    rows = [_log_row(frame, values) for frame, values in zip(score.frames, _frame_values(score), strict=True)]
    names = list(rows[0]) if rows else []
    by = score.extractor if score.model is None else f"{score.model} on {score.extractor}"
    return {
        "version": f"tinyvmaf {version('tinyvmaf')}: {score.teacher} by {by}",
        "fps": round(score.frames_per_second, 2),
        "frames": [{"frameNum": index, "metrics": dict(row)} for index, row in enumerate(rows)],
        "pooled_metrics": {name: _pooled(row[name] for row in rows) for name in names},
        "aggregate_metrics": {},
    }


def result_text(path: Path) -> str:
    """What a file of results holds.

    Raises:
        ReportError: it cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{path} cannot be read ({error.strerror}): name what --json printed") from error
    except UnicodeDecodeError as error:
        raise ReportError(f"{path} cannot be read, since it is no text: name what --json printed") from error


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(f"{path} cannot be written ({error.strerror}): name another file") from error


def _frame_values(score: Score) -> list[Mapping[str, float]]:
    """Features and further metrics of each frame."""
    return [
        {**frame.features, **{name: metric.frames[index] for name, metric in score.also.items()}}
        for index, frame in enumerate(score.frames)
    ]


def _log_row(frame: FrameScore, values: Mapping[str, float]) -> dict[str, float]:
    named = {_LOG_NAMES.get(name, name): round(value, 6) for name, value in values.items()}
    return {**named, SCORE_KEY: round(frame.score, 6)}


def _pooled(values: Iterable[float]) -> dict[str, Json]:
    """As libvmaf pools: the harmonic mean is of values raised by 1, and lowered again."""
    column = np.fromiter(values, dtype=np.float64)
    return {
        "min": round(float(column.min()), 6),
        "max": round(float(column.max()), 6),
        "mean": round(float(column.mean()), 6),
        "harmonic_mean": round(float(1 / np.mean(1 / (column + 1)) - 1), 6),
    }
