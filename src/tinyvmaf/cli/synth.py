"""The command that makes pristine videos."""

from pathlib import Path
from typing import Annotated

import typer

from tinyvmaf.cli.options import frame_size


def synth(
    root: Annotated[Path, typer.Argument(help="The folder to write to; made where it is missing.")],
    *,
    sources: Annotated[int | None, typer.Option(help="How many videos; default: 13, or all photographs.")] = None,
    seconds: Annotated[float, typer.Option(help="Length of each.")] = 2.0,
    size: Annotated[str, typer.Option(help="WxH, both even.")] = "640x360",
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes other videos.")] = 0,
    photos: Annotated[
        Path | None, typer.Option(help="Move a camera over the JPEG and PNG files in this folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Makes pristine videos: synthetic scenes, or camera moves over photographs.

    Example: `tinyvmaf synth scenes --sources 13 --seconds 2 --size 640x360`
    """
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.corpora.synthetic import make_corpus
    from tinyvmaf.documents import to_document

    frame = frame_size(size)
    with progress_bar() as progress:
        files = make_corpus(
            root, sources=sources, seconds=seconds, size=frame, seed=seed, photographs=photos, progress=progress
        )
    document = to_document("synth", {"root": root, "files": files, "width": frame[0], "height": frame[1], "seed": seed})
    answer(document, as_json=as_json, text=f"{root}: {len(files)} made, {size}")
