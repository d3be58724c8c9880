"""Any folder of pristine videos, and its subfolders; a ladder makes the encodes.

::

    ROOT/
      cat.mp4                  source cat
      day/street one.mkv       source day_street one
      raw.yuv                  with --size WxH --pix-fmt F

Files that are no videos are left alone. Licence and origin are those of the videos.
"""

from collections.abc import Sequence
from pathlib import Path

from tinyvmaf.corpora.clip import Clip, Listing, Problem, make_listing
from tinyvmaf.corpora.files import RAW_SUFFIX, files_below, find_problem, flat_name, is_video, require_folder
from tinyvmaf.corpora.ladder import ladder_clips
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.probe import RawFormat, VideoFile

TREE = "  ROOT/**/<name>.mp4, .mkv, .webm, .mov, .y4m, .yuv, ...   pristine videos"
"""What the folder looks like."""


def list_folder(root: Path, *, rungs: Sequence[Rung] = (), raw: RawFormat | None = None) -> Listing:
    """Every video below ``root`` by every rung; without rungs the videos themselves, which have no reference.

    Two videos whose names become one source (``a/b.mp4`` and ``a_b.mp4``) and unreadable files are problems.

    Raises:
        CorpusError: there is no such folder, or no video in it.
    """
    require_folder(root, expected=TREE)
    corpus = root.resolve().name or "folder"
    clips: list[Clip] = []
    problems: list[Problem] = []
    taken: dict[str, str] = {}
    for path in filter(is_video, files_below(root)):
        relative = path.relative_to(root)
        source = flat_name(relative)
        file = VideoFile(path, raw if path.suffix.lower() == RAW_SUFFIX else None)
        problem = find_problem(file, root=root)
        if problem is None and source in taken:
            problem = Problem(relative.as_posix(), f"its source name {source} is that of {taken[source]}: rename one")
        if problem is None:
            taken[source] = relative.as_posix()
            clips += ladder_clips(file, corpus=corpus, name=source, source=source, rungs=rungs)
        else:
            problems.append(problem)
    if not clips and not problems:
        raise CorpusError(f"{root} holds no videos; expected:\n{TREE}")
    return make_listing(corpus, clips, problems)
