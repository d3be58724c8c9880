"""What a measurement yields; and of libvmaf, how it is asked for one and how its log reads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import FfmpegError, VideoError
from tinyvmaf.features import CANONICAL_6, Feature, FeatureSet
from tinyvmaf.video.encode import EncodeFacts
from tinyvmaf.video.ffmpeg import find_ffmpeg
from tinyvmaf.video.teachers import TEACHERS, teacher


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """What a pass of libvmaf yields."""

    teachers: tuple[str, ...] = ("vmaf",)
    """Names of teachers, each a column of scores."""
    feature_set: FeatureSet = CANONICAL_6
    """The features that are reported."""
    further_feature_sets: tuple[FeatureSet, ...] = ()
    """More features, reported after those of ``feature_set``, none twice."""
    threads: int = 0
    """Threads of libvmaf and of the decoders; 0: one per core."""

    def __post_init__(self) -> None:
        for name in self.teachers:
            teacher(name)
        if self.threads < 0:
            raise ValueError(f"{self.threads} threads cannot work; 0 means one per core")

    @property
    def features(self) -> tuple[Feature, ...]:
        """Every reported feature, in order."""
        sets = (self.feature_set, *self.further_feature_sets)
        return tuple({feature.name: feature for each in sets for feature in each.features}.values())

    @property
    def models(self) -> tuple[str, ...]:
        """Every teacher that must run: those asked for, and those whose pass yields the features."""
        sets = (self.feature_set, *self.further_feature_sets)
        yielding = [each.teacher for each in sets if not any(_yields(name, each) for name in self.teachers)]
        return tuple(dict.fromkeys((*self.teachers, *yielding)))


@dataclass(frozen=True, slots=True)
class Measurement:
    """What libvmaf, or our own kernel, said of one pair of videos."""

    feature_names: tuple[str, ...]
    """Columns of ``features``."""
    features: NDArray[np.float32]
    """(T, F), in display order."""
    teacher_names: tuple[str, ...]
    """Columns of ``teacher_scores``."""
    teacher_scores: NDArray[np.float64]
    """(T, M), 0-100 (v1 may exceed it); libvmaf prints six decimals."""
    frame_count: int
    """Pairs that were compared (T)."""
    warnings: tuple[str, ...]
    """What a reader of the scores should know."""
    encode: EncodeFacts | None
    """Facts of the encode; None where two files were compared."""
    ffmpeg_version: str | None
    """As ffmpeg calls itself; None: no ffmpeg was started."""
    libvmaf_version: str | None
    """As libvmaf calls itself; None: the kernel measured."""

    def of_features(self, names: Sequence[str]) -> "Measurement":
        """The same with these features only, in this order."""
        columns = [self.feature_names.index(name) for name in names]
        return replace(self, feature_names=tuple(names), features=self.features[:, columns])


def libvmaf_filter(versions: dict[str, str], *, threads: int, log_name: str) -> str:
    """The text of the filter: models by name, threads, and a log by a name in the working folder.

    It ends with the shorter input. Its default repeats the last frame of the other one, which no count would show.
    """
    models = "|".join(f"version={version}\\:name={name}" for name, version in versions.items())
    return f"libvmaf=model='{models}':n_threads={threads}:shortest=1:log_fmt=csv:log_path={log_name}"


def read_measurement(
    log: Path,
    options: MeasureOptions,
    *,
    frame_count: int,
    warnings: tuple[str, ...],
    encode: EncodeFacts | None,
) -> Measurement:
    """What libvmaf's log says.

    Raises:
        FfmpegError: the log is missing, cut off, or lacks a column: the disk may be full.
        VideoError: it holds another number of frames than ``frame_count``, or a value that is no number.
    """
    columns, rows = _read_csv(log)  # (T, C)
    if len(rows) != frame_count:
        raise VideoError(
            f"libvmaf's log holds {len(rows)} frames where {frame_count} were expected: a video ends early, or the "
            f"disk of {log.parent} is full"
        )
    features = [_column(columns, feature.metrics) for feature in options.features]
    scores = [_column(columns, (name,)) for name in options.teachers]
    _check_numbers(columns, rows, features + scores)
    ffmpeg = find_ffmpeg()
    return Measurement(
        feature_names=tuple(feature.name for feature in options.features),
        features=rows[:, features].astype(np.float32),  # (T, F)
        teacher_names=options.teachers,
        teacher_scores=rows[:, scores],  # (T, M)
        frame_count=frame_count,
        warnings=warnings,
        encode=encode,
        ffmpeg_version=ffmpeg.version,
        libvmaf_version=ffmpeg.libvmaf_version,
    )


def _check_numbers(columns: Sequence[str], rows: NDArray[np.float64], wanted: Sequence[int]) -> None:
    frames, places = np.nonzero(~np.isfinite(rows[:, wanted]))
    if len(frames):
        raise VideoError(f"libvmaf gave no number for {columns[wanted[places[0]]]} of frame {frames[0]}")


def _read_csv(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Column names and values (T, C). Each line of libvmaf's ends with a comma, so a cut-off one shows."""
    try:
        with path.open(encoding="ascii") as file:
            columns = _cells(file.readline())
            values = [_row(line, len(columns)) for line in file]
    except (OSError, ValueError) as error:
        raise FfmpegError(
            f"libvmaf's log {path} is missing or cut off ({error}): the disk may be full; make room there, or name "
            "another folder by TMPDIR"
        ) from error
    return columns, np.array(values).reshape(len(values), len(columns))


def _row(line: str, width: int) -> NDArray[np.float64]:
    row = np.array(_cells(line), dtype=np.float64)
    if len(row) != width:
        raise ValueError(f"a line has {len(row)} values instead of {width}")
    return row


def _cells(line: str) -> list[str]:
    if not line.endswith(",\n"):
        raise ValueError("a line has no end")
    return line[:-2].split(",")


def _column(columns: Sequence[str], names: tuple[str, ...]) -> int:
    """Where the one column stands that has one of these names, to the letter."""
    found = [index for index, column in enumerate(columns) if column in names]
    if len(found) != 1:
        raise FfmpegError(f"libvmaf's log has {len(found)} columns named {' or '.join(names)}; it has: {columns}")
    return found[0]


def _yields(name: str, feature_set: FeatureSet) -> bool:
    """Whether the pass of that teacher yields those features."""
    return TEACHERS[name].feature_set == feature_set.name
