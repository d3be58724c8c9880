"""Corpora of pristine videos made here: synthetic scenes, and camera moves over photographs.

Made files lie flat in one folder, so that ``--layout folder`` lists them::

    ROOT/
      synthetic-000.mp4      a scene, or: harbour.mp4, named for its photograph
      synthetic-001.mp4
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from threading import Event

import numpy as np

from tinyvmaf.corpora.photographs import list_photographs, photograph_frames
from tinyvmaf.corpora.picture import Size
from tinyvmaf.corpora.scenes import SCENE_KINDS, scene_frames
from tinyvmaf.errors import CorpusError
from tinyvmaf.progress import Progress, silent, stop_if_cancelled
from tinyvmaf.video.write import write_video

DEFAULT_FPS = Fraction(25)


def make_corpus(
    root: Path,
    *,
    sources: int | None = None,
    seconds: float = 2.0,
    size: tuple[int, int] = (640, 360),
    fps: Fraction = DEFAULT_FPS,
    seed: int = 0,
    photographs: Path | None = None,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> tuple[Path, ...]:
    """The files of a made corpus, the same frames for the same arguments.

    Args:
        root: The folder, made where it is missing.
        sources: How many videos. Kinds of scene take turns; None: one of each kind. Of each photograph, by name, one
            video is made, since two would share their content; None: of all.
        seconds: Length of each.
        size: Width and height; even, at least 32, and no larger than the photographs hold.
        fps: Frames per second.
        seed: Another seed makes other scenes and moves.
        photographs: A folder of JPEG or PNG files to move a camera over; None: synthetic scenes.
        progress: Told frames done and to do.
        cancel: Stops the work when set; finished files stay.

    Raises:
        CorpusError: nothing to make, a senseless size, too few photographs or too small ones, an unusable root.
        VideoError: a file cannot be written.
        CancelledError: ``cancel`` was set.
    """
    film = _Film(_frame(size), _frame_count(seconds, fps), float(fps), seed)
    films = _scenes(sources, film) if photographs is None else _camera_moves(photographs, sources, film)
    return _write(_made_folder(root), films, _Work(fps, len(films) * film.frame_count, progress, cancel))


@dataclass(frozen=True, slots=True)
class _Film:
    """What every video of a corpus shares."""

    size: Size
    frame_count: int
    fps: float
    seed: int


def _scenes(sources: int | None, film: _Film) -> dict[str, Iterator[np.ndarray]]:
    """Frames by file name; nothing is drawn before the first frame is asked for."""
    wanted = len(SCENE_KINDS) if sources is None else _at_least_one(sources)
    return {
        f"synthetic-{number:03}": scene_frames(
            film.seed, number=number, size=film.size, frame_count=film.frame_count, fps=film.fps
        )
        for number in range(wanted)
    }


def _camera_moves(folder: Path, sources: int | None, film: _Film) -> dict[str, Iterator[np.ndarray]]:
    """Frames by file name; no photograph is opened before the first frame is asked for."""
    paths = _distinct(list_photographs(folder))
    wanted = len(paths) if sources is None else _at_least_one(sources)
    if wanted > len(paths):
        raise CorpusError(f"{folder}: holds {len(paths)} photographs, and {wanted} sources were asked for")
    return {
        path.stem: photograph_frames(path, film.seed, size=film.size, frame_count=film.frame_count, fps=film.fps)
        for path in paths[:wanted]
    }


@dataclass(frozen=True, slots=True)
class _Work:
    """What the writing of every video shares."""

    fps: Fraction
    frames_in_all: int
    progress: Progress
    cancel: Event | None


def _frame(size: tuple[int, int]) -> Size:
    width, height = size
    if min(size) < 32 or width % 2 or height % 2:
        raise CorpusError(f"a size of {width}x{height}: width and height must be even and at least 32")
    return Size(width, height)


def _frame_count(seconds: float, fps: Fraction) -> int:
    count = round(seconds * fps) if math.isfinite(seconds) else 0
    if count < 1:
        raise CorpusError(f"{seconds} s at {float(fps):g} frames per second hold no frame")
    return count


def _at_least_one(sources: int) -> int:
    if sources < 1:
        raise CorpusError(f"{sources} sources: at least one is needed")
    return sources


def _distinct(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The paths, when no two would be written to one name."""
    by_name = {path.stem.lower(): path for path in paths}
    for path in paths:
        if by_name[path.stem.lower()] != path:
            raise CorpusError(f"{path} and {by_name[path.stem.lower()].name} would make one file; rename one")
    return paths


def _made_folder(root: Path) -> Path:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CorpusError(f"{root}: cannot be made a folder ({error.strerror})") from error
    return root


def _write(root: Path, films: Mapping[str, Iterator[np.ndarray]], work: _Work) -> tuple[Path, ...]:
    written: list[Path] = []
    done = 0
    for name, frames in films.items():
        path = root / f"{name}.mp4"
        done += write_video(_told(frames, done, work), path, fps=work.fps)
        written.append(path)
    return tuple(written)


def _told(frames: Iterator[np.ndarray], done: int, work: _Work) -> Iterator[np.ndarray]:
    """The frames as they are, with a look at ``cancel`` and a word on progress at each."""
    for index, frame in enumerate(frames):
        stop_if_cancelled(work.cancel)
        yield frame
        work.progress(done + index + 1, work.frames_in_all, "videos")
