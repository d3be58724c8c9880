"""Names on a command line -> the video files that they mean: files, folders, patterns that no shell has expanded."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tinyvmaf.corpora.files import entries_of, is_video
from tinyvmaf.errors import VideoError

_PATTERN = frozenset("*?[")


def named_videos(names: Sequence[Path], *, apart_from: Path | None) -> tuple[Path, ...]:
    """The files that the names mean, each once, in the order of the names.

    A name that is a file is that file, whatever characters it holds. A folder means the videos right in it, a pattern
    (``encodes/*.mp4``, ``**/*.mkv``) the videos that it fits; both leave out the reference.

    Args:
        names: Files, folders, patterns.
        apart_from: The reference, which may lie among its encodes; None: there is none.

    Raises:
        VideoError: a folder or a pattern holds no video.
    """
    found = [path for name in names for path in _meant(name, apart_from)]
    return tuple(dict.fromkeys(found))


def _meant(name: Path, reference: Path | None) -> list[Path]:
    if _is(Path.is_dir, name):
        candidates, what = entries_of(name), f"the folder {name} holds no video"
    elif not _is(Path.exists, name) and _PATTERN & set(str(name)):
        candidates = sorted(Path(name.anchor).glob(str(name.relative_to(name.anchor))))
        what = f"no video fits the pattern {name}"
    else:
        return [name]
    shown = [path for path in candidates if path.is_file() and not path.name.startswith(".")]
    videos = [path for path in shown if is_video(path) and not _same(path, reference)]
    if not videos:
        raise VideoError(f"{what} apart from the reference: name the encodes")
    return videos


def _is(what: Callable[[Path], bool], name: Path) -> bool:
    """Whether it is; of a name that cannot be looked at, such as one too long, whoever opens it will tell."""
    try:
        return what(name)
    except OSError:
        return False


def _same(path: Path, reference: Path | None) -> bool:
    return reference is not None and _is(Path.exists, reference) and path.samefile(reference)
