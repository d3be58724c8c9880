"""A score as the command shows it, and the command's options as the room takes them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from tinyvmaf.cli.options import one_of

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from tinyvmaf.bundles.session import Model
    from tinyvmaf.documents import Json
    from tinyvmaf.scores.result import Score
    from tinyvmaf.scores.score import Mode, ScoreOptions


def mode_from(*, fast: bool, full: bool, exact: bool) -> "Mode":
    """Which of the three computes the features; ``fast`` where none is named.

    Raises:
        typer.BadParameter: more than one is named.
    """
    if fast + full + exact > 1:
        raise typer.BadParameter("--fast, --full and --exact exclude each other")
    return "exact" if exact else "full" if full else "fast"


@dataclass(frozen=True, slots=True)
class Paired:
    """How frames are paired, as the options spell it."""

    pair: str = "time"
    """The rule."""
    offset: int = 0
    """Frames by which the distorted video lags."""
    shortest: bool = False
    """The common part is compared."""
    reference_crop: str | None = None
    """W:H:X:Y."""
    distorted_crop: str | None = None
    """W:H:X:Y."""


def options_from(
    mode: "Mode", paired: Paired, *, teacher: str, model: str | None, threads: int, also: str | None = None
) -> "ScoreOptions":
    """The options of one scoring; opens the model, so that a refusal comes before any decoding.

    Raises:
        typer.BadParameter: a value that the option does not take, or two options that exclude each other.
    """
    from tinyvmaf.scores.score import ScoreOptions
    from tinyvmaf.video.crop import parse_crop
    from tinyvmaf.video.teachers import TEACHERS

    one_of(teacher, tuple(TEACHERS), option="--teacher")
    opened = None if model is None else _opened(model, threads=threads)
    try:
        crops = (paired.reference_crop, paired.distorted_crop)
        reference_crop, distorted_crop = (None if text is None else parse_crop(text) for text in crops)
        return ScoreOptions(
            mode=mode,
            teacher=teacher,
            model=opened,
            pair="index" if one_of(paired.pair, ("time", "index"), option="--pair") == "index" else "time",
            offset=paired.offset,
            shortest=paired.shortest,
            reference_crop=reference_crop,
            distorted_crop=distorted_crop,
            threads=threads,
            also=tuple(name.strip() for name in also.split(",")) if also else (),
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _opened(model: str, *, threads: int) -> "Model":
    from tinyvmaf.bundles.session import open_model
    from tinyvmaf.video.ffmpeg import available_cores

    return open_model(model, threads=threads or available_cores())


def document_of(result: "Score", *, with_frames: bool) -> "dict[str, Json]":
    """The score as the JSON document ``tinyvmaf.score/1``."""
    from tinyvmaf.documents import to_document

    return to_document("score", result if with_frames else result.without_frames())


def view_of(result: "Score") -> "RenderableType":
    """The score for people: the number, what it is, the other poolings, and what to know about it."""
    from rich.console import Group
    from rich.text import Text

    what = result.teacher if result.model is None else f"{result.teacher} by {result.model}"
    pooled = result.pooled
    lines = [
        Text.assemble((f"{result.score:.3f}", "bold"), f"  {what} ({result.kind}, {result.extractor})"),
        *_error_bar(result),
        Text(
            f"harmonic mean {pooled.harmonic_mean:.3f}   median {pooled.median:.3f}   p10 {pooled.p10:.3f}   "
            f"p5 {pooled.p5:.3f}   p1 {pooled.p1:.3f}   worst frame {pooled.min:.3f}"
        ),
        *_further(result),
        Text(
            f"{result.frame_count} frames {_looked_at(result)}, {result.elapsed_seconds:.1f} s, "
            f"{result.frames_per_second:.1f} fps"
        ),
    ]
    if result.scaled_from is not None:
        lines.append(Text(f"scaled from {result.scaled_from[0]}x{result.scaled_from[1]} to the reference's size"))
    lines += [Text(f"warning: {warning}", style="yellow") for warning in result.warnings]
    return Group(*lines)


def _looked_at(result: "Score") -> str:
    return "without a reference" if result.pairing is None else f"paired by {result.pairing.rule}"


def _error_bar(result: "Score") -> "list[Text]":
    from rich.text import Text

    if result.interval is None or result.interval_level is None:
        return []
    low, high = result.interval
    meant = "people's opinion" if result.teacher.startswith("mos") else "libvmaf's number, not to people's opinion"
    return [Text(f"{result.interval_level:.0%} error bar {low:.2f} to {high:.2f}: the distance to {meant}")]


def _further(result: "Score") -> "list[Text]":
    """The means of further metrics: of all planes together, and of luma."""
    from rich.text import Text

    if not result.also:
        return []
    places = {"psnr": (3, " dB"), "ssim": (5, "")}
    parts = []
    for name, metric in result.also.items():
        digits, unit = places[name.split("_")[0]]
        parts.append(f"{name} {metric.mean:.{digits}f}{unit}")
    return [Text("   ".join(parts))]
