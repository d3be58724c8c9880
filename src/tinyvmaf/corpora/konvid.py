"""KoNViD-1k: 1,200 user-made videos of 8 seconds with opinions (1-5); a ladder makes full-reference pairs of them.

::

    ROOT/
      KoNViD_1k_videos/<flickr_id>.mp4
      KoNViD_1k_metadata/KoNViD_1k_mos.csv            columns flickr_id, mos
      KoNViD_1k_metadata/KoNViD_1k_attributes.csv     in older copies: flickr_id, ..., MOS

``tinyvmaf fetch konvid-1k`` makes this folder. A copy without the two subfolders, or with file names such as
``<flickr_id>_original.mp4``, is understood too. The opinions are of the videos as they are, not of the ladder's
encodes. Origin: https://database.mmsp-kn.de/konvid-1k-database.html; the videos carry their Flickr authors' Creative
Commons licences. Please cite Hosu, Hahn, Jenadeleh, Lin, Men, Szirányi, Li, Saupe: "The Konstanz natural video
database (KoNViD-1k)", QoMEX 2017, doi:10.1109/QoMEX.2017.7965673.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from tinyvmaf.corpora.clip import Clip, Listing, Problem, make_listing
from tinyvmaf.corpora.files import entries_of, find_problem, relative_name, require_folder
from tinyvmaf.corpora.ladder import ladder_clips
from tinyvmaf.corpora.opinions import Joined, OpinionTable, join, path_names, read_opinions, some
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.probe import RawFormat, VideoFile

NAME = "konvid-1k"
"""The corpus's name in a clip table."""
MOS_SCALE = (1.0, 5.0)
"""Worst and best opinion."""
TREE = """  ROOT/KoNViD_1k_videos/<flickr_id>.mp4
  ROOT/KoNViD_1k_metadata/KoNViD_1k_mos.csv   (columns flickr_id, mos)
tinyvmaf fetch konvid-1k downloads it"""
"""What the folder looks like."""

_VIDEOS = "KoNViD_1k_videos"
_METADATA = "KoNViD_1k_metadata"
_TABLES = ("KoNViD_1k_mos.csv", "KoNViD_1k_attributes.csv")


def list_konvid(root: Path, *, rungs: Sequence[Rung] = (), raw: RawFormat | None = None) -> Listing:
    """Every video by every rung; without rungs the videos themselves with their opinions, and no reference.

    A video without an opinion, an opinion without its video, and a missing table are problems.

    Raises:
        CorpusError: there is no such corpus at ``root``, or ``raw`` is given: its videos are MP4.
    """
    if raw is not None:
        raise CorpusError("konvid-1k holds MP4 files: leave --size, --pix-fmt and --assume-dims out")
    require_folder(root, expected=TREE)
    paths = _videos(root)
    if not paths:
        raise CorpusError(f"{root} holds no .mp4 videos; expected:\n{TREE}")
    videos = {_id_of(path.name): path for path in reversed(paths)}
    opinions, problems = _opinions(root, videos)
    problems += [
        Problem(relative_name(path, root=root), f"is the same video as {videos[_id_of(path.name)].name}")
        for path in paths
        if videos[_id_of(path.name)] != path
    ]
    clips: list[Clip] = []
    for name, path in videos.items():
        file = VideoFile(path)
        problem = find_problem(file, root=root)
        if problem:
            problems.append(problem)
        else:
            clips += ladder_clips(
                file, corpus=NAME, name=name, source=name, rungs=rungs, opinion=opinions.opinions.get(path)
            )
    return make_listing(NAME, clips, problems, mos_scale=MOS_SCALE if opinions.opinions else None)


def _opinions(root: Path, videos: dict[str, Path]) -> tuple[Joined, list[Problem]]:
    """What the corpus's own table says of the videos, and what does not fit."""
    path = _table(root)
    if path is None:
        why = f"the opinions are missing: {' or '.join(_TABLES)}"
        return Joined({}, ()), [Problem(f"{_METADATA}/", why)]
    table = read_opinions(path, scale=MOS_SCALE)
    by_id = OpinionTable(path, {_id_of(name): opinion for name, opinion in table.opinions.items()}, ())
    joined = join(by_id, {video: {name} | path_names(Path(video.name)) for name, video in videos.items()})
    silent = [name for name, video in videos.items() if video not in joined.opinions]
    problems = [*table.problems, *joined.remarks]
    if silent:
        problems.append(
            Problem(relative_name(path, root=root), f"{len(silent)} videos have no opinion: {some(silent)}")
        )
    return joined, problems


def _videos(root: Path) -> list[Path]:
    places = (root / _VIDEOS, root / _VIDEOS / _VIDEOS, root)
    found = (
        [path for path in entries_of(place) if path.suffix.lower() == ".mp4"] for place in places if place.is_dir()
    )
    return next((paths for paths in found if paths), [])


def _table(root: Path) -> Path | None:
    places = (root / _METADATA, root / _METADATA / _METADATA, root, root / _VIDEOS)
    candidates = (place / name for place in places for name in _TABLES)
    return next((path for path in candidates if path.is_file()), None)


def _id_of(name: str) -> str:
    """The Flickr id that begins a file's name, or else the name without its suffix."""
    match = re.match(r"(\d+)(?=[_.]|$)", name)
    return match[1] if match else name.removesuffix(".mp4")
