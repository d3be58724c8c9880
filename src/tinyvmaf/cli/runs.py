"""Commands that run whole procedures: the demo and the doctor."""

from pathlib import Path
from typing import Annotated

import typer

NOT_FIT = 1


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for everything that the demo makes.")] = Path("demo"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The whole road on a corpus that it makes itself: videos, encodes, clip table, LOSO, net, ONNX, shelf, score.

    Example: `tinyvmaf demo --out demo`
    """
    from tinyvmaf.cli.demo_view import view_of
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.documents import to_document
    from tinyvmaf.runs.demo import run_demo

    with progress_bar() as progress:
        result = run_demo(out, progress=progress)
    answer(to_document("demo", result), as_json=as_json, text=view_of(result))


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """What works on this machine: ffmpeg, libvmaf, encoders, torch, GPU, shelf; each failure with its fix.

    Example: `tinyvmaf doctor`
    """
    from tinyvmaf.cli.doctor_view import view_of
    from tinyvmaf.cli.output import answer
    from tinyvmaf.documents import to_document
    from tinyvmaf.runs.doctor import diagnose

    diagnosis = diagnose()
    answer(to_document("doctor", diagnosis), as_json=as_json, text=view_of(diagnosis))
    if not diagnosis.ok:
        raise typer.Exit(NOT_FIT)
