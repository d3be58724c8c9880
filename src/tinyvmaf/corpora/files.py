"""A corpus's folder -> its files, and what their names and sizes tell; nothing is decoded."""

import hashlib
import os
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from av import VideoFormat

from tinyvmaf.corpora.clip import Problem
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.probe import RawFormat, VideoFile

RAW_SUFFIX = ".yuv"
"""Headerless YUV: its layout comes from the corpus or from options."""
VIDEO_SUFFIXES = frozenset(
    [
        *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".y4m", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".mxf"),
        *(".flv", ".wmv", ".ogv", ".3gp", ".ivf", ".h264", ".264", ".h265", ".265", ".hevc", ".obu", ".vvc", ".266"),
    ]
)
"""What a folder's videos are told by; other files are left alone."""

_PIECE_BYTES = 4 << 20
_NTSC = {"23.976": 24, "23.98": 24, "29.97": 30, "47.952": 48, "59.94": 60, "119.88": 120}


def require_folder(root: Path, *, expected: str) -> None:
    """Refuses a corpus that is not there, with the tree that was expected.

    Raises:
        CorpusError: the folder is missing, is a file, or is empty.
    """
    if not root.exists():
        raise CorpusError(f"there is no folder {root}; expected:\n{expected}")
    if not root.is_dir():
        raise CorpusError(f"{root} is a file, not a folder; expected:\n{expected}")
    if not any(_visible(entry.name) for entry in root.iterdir()):
        raise CorpusError(f"{root} is empty; expected:\n{expected}")


def files_below(folder: Path) -> list[Path]:
    """All files of the folder and its subfolders in one fixed order, without hidden ones."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if _visible(name))
        found += [Path(place) / name for name in sorted(names) if _visible(name)]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def entries_of(folder: Path) -> list[Path]:
    """The files and folders right in the folder, in one fixed order, without hidden ones."""
    return sorted((entry for entry in folder.iterdir() if _visible(entry.name)), key=lambda entry: entry.name)


def is_video(path: Path) -> bool:
    """Whether the name is a video's: raw YUV or a container that is known."""
    suffix = path.suffix.lower()
    return suffix == RAW_SUFFIX or suffix in VIDEO_SUFFIXES


def flat_name(relative: Path) -> str:
    """A relative path as one name without its suffix: ``day/cat.mp4`` becomes ``day_cat``."""
    return "_".join(part for part in relative.with_suffix("").parts if part not in ("..", "/"))


def frame_rate(text: str) -> Fraction:
    """Frames per second from a name: ``25``, ``29.97`` (that is 30000/1001), ``2997``.

    Raises:
        ValueError: it is no positive number.
    """
    for name, whole in _NTSC.items():
        if text in (name, name.replace(".", "")):
            return Fraction(whole * 1000, 1001)
    if not re.fullmatch(r"\d+(\.\d+)?", text) or Fraction(text) <= 0:
        raise ValueError(f"frame rate {text!r} is no positive number")
    return Fraction(text)


def frame_bytes(raw: RawFormat) -> int:
    """Bytes of one headerless frame of that layout.

    Raises:
        CorpusError: ffmpeg knows no such pixel format.
    """
    try:
        form = VideoFormat(raw.pix_fmt, raw.width, raw.height)
    except ValueError as error:
        raise CorpusError(
            f"pixel format {raw.pix_fmt!r} is unknown; such as yuv420p or yuv420p10le is meant"
        ) from error
    return sum(part.width * part.height * ((part.bits + 7) // 8) for part in form.components)


def frame_count(file: VideoFile) -> int:
    """The frames of a headerless file by its size.

    Raises:
        CorpusError: the file is empty, or its size is no whole number of frames; without the file's name.
    """
    if file.raw is None:
        raise ValueError(f"{file.path} is not headerless")
    size = file.path.stat().st_size
    frames, left = divmod(size, frame_bytes(file.raw))
    if size == 0:
        raise CorpusError("is empty")
    if left:
        layout = f"{file.raw.width}x{file.raw.height} {file.raw.pix_fmt}"
        raise CorpusError(f"its {size} bytes are {frames} frames of {layout} and {left} bytes more")
    return frames


def find_problem(file: VideoFile, *, root: Path) -> Problem | None:
    """What is wrong with the file as a file: not one, empty, or of a size that its raw layout does not divide."""
    path = relative_name(file.path, root=root)
    if not file.path.is_file():
        return Problem(path, "is a folder, not a video" if file.path.is_dir() else "is missing")
    if file.path.suffix.lower() == RAW_SUFFIX and file.raw is None:
        return Problem(path, "raw YUV: say its layout with --size WxH --pix-fmt F")
    if file.raw is None:
        return Problem(path, "is empty") if file.path.stat().st_size == 0 else None
    try:
        frame_count(file)
    except CorpusError as error:
        return Problem(path, str(error))
    return None


def file_sha256(path: Path, *, on_bytes: Callable[[int], None] | None = None) -> str:
    """The SHA-256 of the file's bytes, in hexadecimal; ``on_bytes`` is told of each piece that was read.

    Raises:
        CorpusError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
                if on_bytes is not None:
                    on_bytes(len(piece))
    except OSError as error:
        raise CorpusError(f"cannot read {path}: {error}") from error
    return digest.hexdigest()


def relative_name(path: Path, *, root: Path) -> str:
    """The path as a message names it: relative to the corpus where it lies inside."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _visible(name: str) -> bool:
    return not name.startswith(".") and name not in ("__MACOSX", "Thumbs.db", "desktop.ini")
