"""The command `score --no-reference` at work."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tinyvmaf.cli.report import save_scores
from tinyvmaf.cli.score_run import Outputs, end_scores, show_score, write_log

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model
    from tinyvmaf.cli.score_view import Paired
    from tinyvmaf.errors import TinyVmafError
    from tinyvmaf.scores.result import Score
    from tinyvmaf.video.file import RawFormat, VideoFile


def refuse_pair_options(paired: "Paired", *, named_mode: bool, teacher: str, also: str | None) -> None:
    """Checks that no option asks for what needs two videos.

    Raises:
        typer.BadParameter: one does.
    """
    if paired != type(paired)() or named_mode or teacher != "vmaf" or also is not None:
        raise typer.BadParameter(
            "it takes --model, --fps and what is done with the result; pairing, --fast, --full, --exact, --teacher and "
            "--also are of two videos",
            param_hint="--no-reference",
        )


def score_files_alone(
    names: Sequence[Path],
    raw: "RawFormat | None",
    model: str | None,
    outputs: Outputs,
    *,
    per_second: float,
    threads: int,
) -> None:
    """Scores every video without a reference; one that breaks half way is scored up to there, and fails at the end.

    Raises:
        typer.BadParameter: no frame of a second is to be looked at.
        typer.Exit: with 1 when some of several videos failed, with 3 when the gate is not met.
        TinyVmafError: the one video cannot be scored, or breaks half way.
    """
    if not per_second > 0:
        raise typer.BadParameter(f"{per_second:g} is not above 0", param_hint="--fps")
    from tinyvmaf.bundles.session import open_model
    from tinyvmaf.cli.output import say
    from tinyvmaf.corpora.named_files import named_videos
    from tinyvmaf.errors import VideoError
    from tinyvmaf.scores.files import write_csv
    from tinyvmaf.scores.no_reference import DEFAULT_MODEL
    from tinyvmaf.video.ffmpeg import available_cores
    from tinyvmaf.video.file import VideoFile

    videos = [VideoFile(path, raw) for path in named_videos(names, apart_from=None)]
    opened = open_model(model or DEFAULT_MODEL, threads=threads or available_cores())
    scores: list[Score] = []
    failures: list[TinyVmafError] = []
    for video, log in zip(videos, outputs.logs_of(videos), strict=True):
        try:
            result, ended_by = _scored(video, opened, per_second)
        except VideoError as error:
            failures.append(error)
            continue
        scores.append(result)
        show_score(result, outputs, several=len(videos) > 1)
        write_log(result, log)
        failures += [ended_by] if ended_by is not None else []
    if outputs.csv is not None and scores:
        write_csv(outputs.csv, scores)
    save_scores(outputs.report, scores)
    if len(videos) == 1 and failures:
        raise failures[0]
    for failure in failures:
        say(f"error: {failure}")
    end_scores(scores, outputs, failed=len(failures))


def _scored(video: "VideoFile", model: "Model", per_second: float) -> "tuple[Score, TinyVmafError | None]":
    from tinyvmaf.cli.output import progress_bar
    from tinyvmaf.scores.no_reference import score_alone

    with progress_bar() as progress:
        found = score_alone(video, model, per_second=per_second, progress=progress)
    return found.score, found.ended_by
