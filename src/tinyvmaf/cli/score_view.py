"""A score as the command shows it, and the command's options as the room takes them."""

import dataclasses
from typing import TYPE_CHECKING

import typer

from tinyvmaf.cli.options import one_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.bundles.session import Model
    from tinyvmaf.documents import Json
    from tinyvmaf.scores.score import Score, ScoreOptions


def options_from(
    exact: bool, teacher: str, model: str | None, pair: str, offset: int, shortest: bool, threads: int, pool: str
) -> "ScoreOptions":
    """The options of one scoring; opens the model, so that a refusal comes before any decoding.

    Raises:
        typer.BadParameter: a value that the option does not take, or two options that exclude each other.
    """
    from tinyvmaf.scores.pooling import POOLS
    from tinyvmaf.scores.score import ScoreOptions
    from tinyvmaf.video.teachers import TEACHERS

    if exact and model is not None:
        raise typer.BadParameter("--exact is libvmaf itself; leave it out to score with --model")
    one_of(pool, POOLS, option="--pool")
    return ScoreOptions(
        teacher=one_of(teacher, tuple(TEACHERS), option="--teacher"),
        model=None if model is None else _opened(model),
        pair="index" if one_of(pair, ("time", "index"), option="--pair") == "index" else "time",
        offset=offset,
        shortest=shortest,
        threads=threads,
    )


def _opened(model: str) -> "Model":
    from tinyvmaf.bundles.session import open_model

    return open_model(model)


def document_of(result: "Score", *, with_frames: bool) -> "dict[str, Json]":
    """The score as the JSON document ``tinyvmaf.score/1``."""
    from tinyvmaf.documents import to_document

    return to_document("score", result if with_frames else dataclasses.replace(result, frames=()))


def view_of(result: "Score") -> "RenderableType":
    """The score for people: the number, what it is, the other poolings, and what to know about it."""
    from rich.console import Group
    from rich.text import Text

    what = result.teacher if result.model is None else f"{result.teacher} by {result.model}"
    pooled = result.pooled
    lines = [
        Text.assemble((f"{result.score:.3f}", "bold"), f"  {what} ({result.kind}, {result.extractor})"),
        Text(
            f"harmonic mean {pooled.harmonic_mean:.3f}   median {pooled.median:.3f}   p10 {pooled.p10:.3f}   "
            f"p5 {pooled.p5:.3f}   p1 {pooled.p1:.3f}   worst frame {pooled.min:.3f}"
        ),
        Text(
            f"{result.frame_count} frames paired by {result.pairing.rule}, {result.elapsed_seconds:.1f} s, "
            f"{result.frames_per_second:.1f} fps"
        ),
    ]
    if result.scaled_from is not None:
        lines.append(Text(f"scaled from {result.scaled_from[0]}x{result.scaled_from[1]} to the reference's size"))
    lines += [Text(f"warning: {warning}", style="yellow") for warning in result.warnings]
    return Group(*lines)
