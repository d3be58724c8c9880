"""Scores and their videos -> a page in a file, whole or not at all."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from tinyvmaf.documents import write_text
from tinyvmaf.errors import ReportError, VideoError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.scores.rank import Ranking
from tinyvmaf.scores.report.rank_page import rank_page
from tinyvmaf.scores.report.score_page import frames_each, score_page
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.score import PlanOf
from tinyvmaf.scores.sights import Sights, plan_again, sights_of


def write_score_page(
    out: Path,
    scores: Sequence[Score],
    *,
    plan_of: PlanOf = plan_again,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> int:
    """Writes the page of scores with pictures out of their videos; its size in bytes.

    Args:
        out: The HTML file.
        scores: In the order of the page.
        plan_of: How the frames of a score's videos belong together; a video that cannot be read costs its pictures.
        progress: Told how far the decoding is.
        cancel: Stops it.

    Raises:
        ReportError: the page cannot be written.
        CancelledError: ``cancel`` was set.
    """
    return write_page(out, score_page(scores, seen(scores, plan_of=plan_of, progress=progress, cancel=cancel)))


def write_rank_page(
    out: Path,
    ranking: Ranking,
    *,
    plan_of: PlanOf = plan_again,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> int:
    """Writes the page of a ranking; as ``write_score_page``."""
    scores = [encode.score for encode in ranking.encodes]
    return write_page(out, rank_page(ranking, seen(scores, plan_of=plan_of, progress=progress, cancel=cancel)))


def seen(
    scores: Sequence[Score], *, plan_of: PlanOf = plan_again, progress: Progress = silent, cancel: Event | None = None
) -> list[Sights]:
    """What is seen of each score's videos; where they cannot be read, why.

    Raises:
        CancelledError: ``cancel`` was set.
    """
    count = frames_each(len(scores))
    found: list[Sights] = []
    for score in scores:
        try:
            found.append(sights_of(score, plan_of(score), count=count, progress=progress, cancel=cancel))
        except VideoError as error:
            found.append(Sights(missing=str(error)))
    return found


def write_page(out: Path, html: str) -> int:
    """Writes a page whole or not at all; its size in bytes.

    Raises:
        ReportError: it cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_text(out, html)
        return out.stat().st_size
    except OSError as error:
        raise ReportError(f"{out} cannot be written: {error.strerror}") from error
