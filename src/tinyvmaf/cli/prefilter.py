"""The command that filters a video before it is encoded."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.scores.prefilter import Prefiltered


def prefilter(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="The video to filter.")],
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Where to; its ending tells the container.")],
    encoder: Annotated[
        list[str] | None, typer.Argument(metavar="FFMPEG_OPTIONS", help="ffmpeg's output options, after `--`.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A pre-filter by its id or path; default: prefilter_lite."),
    ] = None,
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the filter's change to apply: 0 none, 1 all.")
    ] = 1.0,
    threads: Annotated[int, typer.Option(min=0, help="Threads of the filter; 0: one per core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Passes a video through a learned filter that makes it cheaper to encode, and encodes it.

    Only luma is filtered. Sound, subtitles, chapters, time stamps, colour tags, rotation and chroma go along as they
    are. Options after `--` are ffmpeg's own for the output; without an encoder among them, x264 encodes at CRF 20.

    Example: `tinyvmaf prefilter grainy.mkv smaller.mkv -- -c:v libsvtav1 -preset 6 -crf 32`
    """
    from tinyvmaf.bundles.session import open_model
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.documents import to_document
    from tinyvmaf.scores.prefilter import DEFAULT_MODEL
    from tinyvmaf.scores.prefilter import prefilter as filtered
    from tinyvmaf.video.ffmpeg import available_cores
    from tinyvmaf.video.file import VideoFile

    opened = open_model(model or DEFAULT_MODEL, threads=threads or available_cores())
    with progress_bar() as progress:
        outcome = filtered(
            VideoFile(source), output, opened, strength=strength, encoder=encoder or (), progress=progress
        )
    answer(to_document("prefilter", outcome.prefiltered), as_json=as_json, text=_view(outcome.prefiltered))
    if outcome.ended_by is not None:
        raise outcome.ended_by


def _view(made: "Prefiltered") -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    share = made.filter_seconds / made.elapsed_seconds
    lines = [
        Text.assemble((str(made.output), "bold"), f"  {made.frame_count} frames, {made.byte_count / 1e6:.2f} MB"),
        Text(
            f"{made.model} at strength {made.strength:g}: {made.elapsed_seconds:.1f} s, {made.frames_per_second:.1f} "
            f"fps; the filter itself {made.filter_seconds:.1f} s ({share:.0%})"
        ),
        *(Text(f"warning: {warning}", style="yellow") for warning in made.warnings),
    ]
    return Group(*lines)
