"""Options that several commands share: their text -> what a room takes. Nonsense is a usage error (exit 2)."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tinyvmaf.video.probe import RawFormat

SOME_FAILED = 1
GATE_NOT_MET = 3


def frame_size(text: str, *, option: str = "--size") -> tuple[int, int]:
    """Width and height from ``WxH``.

    Raises:
        typer.BadParameter: it is not of that form, or a side is zero.
    """
    match = re.fullmatch(r"([1-9]\d*)[xX]([1-9]\d*)", text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not a size: write it as WIDTHxHEIGHT, like 1920x1080", param_hint=option)
    return int(match[1]), int(match[2])


def raw_format(size: str | None, pix_fmt: str | None) -> "RawFormat | None":
    """The layout of headerless YUV from ``--size`` and ``--pix-fmt``; None when neither is given.

    Raises:
        typer.BadParameter: only one of the two is given.
    """
    if size is None and pix_fmt is None:
        return None
    if size is None or pix_fmt is None:
        raise typer.BadParameter("headerless YUV needs both --size WxH and --pix-fmt FORMAT")
    from tinyvmaf.video.probe import RawFormat

    width, height = frame_size(size)
    return RawFormat(width=width, height=height, pix_fmt=pix_fmt)


def no_material(path: Path | None) -> Path | None:
    """The path that an option writes to: typer's callback of the option.

    A forgotten value makes the next word the file's name, and that word is mostly a video.

    Raises:
        typer.BadParameter: it is named as a video, a table or a model, which it would replace.
    """
    if path is not None:
        from tinyvmaf.corpora.files import is_video

        if is_video(path) or path.suffix.lower() in {".parquet", ".onnx"}:
            raise typer.BadParameter(f"{path} has the name of a video, a table or a model: name a file of its own")
    return path


def text_file(path: Path | None) -> Path | None:
    """The file that an option writes, looked at before the work that fills it: typer's callback of the option.

    Raises:
        typer.BadParameter: it is a folder, or would replace a video, a table or a model.
        ReportError: its folder may not be written.
    """
    if path is None:
        return None
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a folder: name a file")
    folder = next(each for each in path.absolute().parents if each.exists())
    if not os.access(folder, os.W_OK):
        from tinyvmaf.errors import ReportError

        raise ReportError(f"{path} cannot be written: {folder} is closed to you; name another file")
    return no_material(path)


def one_of(value: str, allowed: tuple[str, ...], *, option: str) -> str:
    """The value, when it is one of those allowed.

    Raises:
        typer.BadParameter: it is not; the message names the ones that are.
    """
    if value not in allowed:
        raise typer.BadParameter(f"{value!r} is none of {', '.join(allowed)}", param_hint=option)
    return value


def offers(*values: str) -> Callable[[str], list[str]]:
    """What a shell completes an option's value by: those that begin as what is typed so far."""

    def begin(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return begin
