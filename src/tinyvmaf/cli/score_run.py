"""The command `score` at work: which files are scored, what is shown and written of them, and how it ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tinyvmaf.cli.options import GATE_NOT_MET, SOME_FAILED, one_of
from tinyvmaf.cli.report import save_scores

if TYPE_CHECKING:
    from tinyvmaf.scores.result import Score
    from tinyvmaf.scores.score import ScoreOptions
    from tinyvmaf.video.file import RawFormat, VideoFile


@dataclass(frozen=True, slots=True)
class Outputs:
    """What becomes of the scores."""

    as_json: bool
    """One document on stdout, of one encode."""
    json_lines: bool
    """A document per encode on stdout, each on a line of its own."""
    with_frames: bool
    """Documents hold the frames."""
    csv: Path | None
    """A file of all frames of all encodes."""
    libvmaf_json: Path | None
    """A file laid out as libvmaf's log; of several encodes a folder of them."""
    min_score: float | None
    """The gate; None: there is none."""
    pool: str
    """The pooling that the gate looks at."""
    report: Path | None = None
    """The page of the scores."""

    def __post_init__(self) -> None:
        from tinyvmaf.scores.pooling import POOLS

        one_of(self.pool, POOLS, option="--pool")
        if self.as_json and self.json_lines:
            raise typer.BadParameter("--json and --json-lines exclude each other")
        if self.csv is not None and not self.csv.absolute().parent.is_dir():
            raise typer.BadParameter(f"there is no folder {self.csv.absolute().parent}", param_hint="--csv")

    def logs_of(self, encodes: "Sequence[VideoFile]") -> list[Path | None]:
        """Where each encode's log goes; checks that several encodes are not asked into one document.

        Raises:
            typer.BadParameter: they are, or two logs would have one name.
        """
        if self.as_json and len(encodes) > 1:
            raise typer.BadParameter(
                f"--json is one document of one encode, and there are {len(encodes)}: use --json-lines, or "
                "`tinyvmaf rank --json`"
            )
        target = self.libvmaf_json
        if target is None or (len(encodes) == 1 and not target.is_dir()):
            return [target] * len(encodes)
        logs = [target / f"{encode.path.name}.json" for encode in encodes]
        if target.is_file() or len(set(logs)) < len(logs):
            raise typer.BadParameter(
                f"{len(encodes)} encodes need a folder, and each a name of its own: {target}",
                param_hint="--libvmaf-json",
            )
        return list(logs)


def score_files(
    reference: Path, distorted: Sequence[Path], raw: "RawFormat | None", options: "ScoreOptions", outputs: Outputs
) -> None:
    """Scores every encode, shows and writes what was asked for; a broken one of several does not lose the others.

    Raises:
        typer.Exit: with 1 when some of several encodes failed, with 3 when the gate is not met.
        TinyVmafError: the one encode, or the reference, cannot be scored.
    """
    from tinyvmaf.cli.output import say
    from tinyvmaf.corpora.named_files import named_videos
    from tinyvmaf.scores.files import write_csv
    from tinyvmaf.scores.rank import FailedEncode
    from tinyvmaf.scores.score import planned_by
    from tinyvmaf.video.file import VideoFile

    encodes = [VideoFile(path, raw) for path in named_videos(distorted, apart_from=reference)]
    several = len(encodes) > 1
    scores: list[Score] = []
    for encode, log in zip(encodes, outputs.logs_of(encodes), strict=True):
        result = _score(VideoFile(reference, raw), encode, options, several=several)
        if isinstance(result, FailedEncode):
            say(
                f"failed: {result.error}"
                if str(result.distorted) in result.error
                else f"failed: {result.distorted}: {result.error}"
            )
            continue
        scores.append(result)
        show_score(result, outputs, several=several)
        write_log(result, log)
    if outputs.csv is not None:
        write_csv(outputs.csv, scores)
    save_scores(outputs.report, scores, planned_by(VideoFile(reference, raw), encodes, options))
    end_scores(scores, outputs, failed=len(encodes) - len(scores))


def _score(reference: "VideoFile", encode: "VideoFile", options: "ScoreOptions", *, several: bool):
    """The score, or of one among several what is wrong with it."""
    from tinyvmaf.cli.output import progress_bar
    from tinyvmaf.scores.rank import score_encode
    from tinyvmaf.scores.score import score_pair
    from tinyvmaf.video.probe import probe

    with progress_bar() as progress:
        if not several:
            return score_pair(reference, encode, options, progress=progress)
        probe(reference)  # an error of the reference is none of its encodes
        return score_encode(reference, encode, options, progress=progress)


def show_score(result: "Score", outputs: Outputs, *, several: bool) -> None:
    """Prints one score, as one document or line of JSON or for people; one of several under its name."""
    from rich.console import Group
    from rich.text import Text

    from tinyvmaf.cli.output import answer, answer_line
    from tinyvmaf.cli.score_view import document_of, view_of

    document = document_of(result, with_frames=outputs.with_frames)
    if outputs.json_lines:
        answer_line(document)
        return
    view = view_of(result)
    headed = Group(Text(str(result.distorted), style="bold"), view, Text()) if several else view
    answer(document, as_json=outputs.as_json, text=headed)


def write_log(result: "Score", log: Path | None) -> None:
    """Writes a score as libvmaf would log it, where that is asked for."""
    from tinyvmaf.scores.files import write_libvmaf_json

    if log is not None:
        write_libvmaf_json(log, result)


def end_scores(scores: "Sequence[Score]", outputs: Outputs, *, failed: int) -> None:
    """Ends with 1 when some failed, with 3 when some are below the gate.

    Raises:
        typer.Exit: with that number.
    """
    from tinyvmaf.cli.output import say

    limit = outputs.min_score
    below = [] if limit is None else [each for each in scores if getattr(each.pooled, outputs.pool) < limit]
    for score in below:
        value = getattr(score.pooled, outputs.pool)
        say(f"below {limit:g}: {score.distorted} has {value:.3f} ({outputs.pool})")
    if failed:
        raise typer.Exit(SOME_FAILED)
    if below:
        raise typer.Exit(GATE_NOT_MET)
