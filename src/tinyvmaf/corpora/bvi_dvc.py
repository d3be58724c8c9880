"""BVI-DVC: 800 pristine sequences of 64 frames, 200 contents in four sizes; a ladder makes the encodes.

::

    ROOT/**/<class><content>_<width>x<height>_<fps>fps_<depth>bit_<chroma>.yuv or .mp4
            ABangkokMarketVidevo_3840x2176_25fps_10bit_420.yuv

The class letter names the size (A 3840x2176, B 1920x1088, C 960x544, D 480x272). One content in four sizes is one
source, so no split shows a net in training what it is judged on. Raw files take their layout from their names. For
research, from the University of Bristol: https://data.bris.ac.uk/data/dataset/3hj4t64fkbrgn2ghwp9en4vhtn. Ma, Zhang,
Bull: "BVI-DVC: A Training Database for Deep Video Compression", IEEE Transactions on Multimedia, 2021,
doi:10.1109/TMM.2021.3108943.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tinyvmaf.corpora.clip import Clip, Listing, Problem, make_listing
from tinyvmaf.corpora.files import RAW_SUFFIX, files_below, find_problem, frame_rate, is_video, require_folder
from tinyvmaf.corpora.ladder import ladder_clips
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.probe import RawFormat, VideoFile

NAME = "bvi-dvc"
"""The corpus's name in a clip table."""
TREE = """  ROOT/**/<name>_<width>x<height>_<fps>fps_<depth>bit_<chroma>.yuv or .mp4
          such as ABangkokMarketVidevo_3840x2176_25fps_10bit_420.yuv"""
"""What the folder looks like."""

_FORM = re.compile(
    r"(?P<name>.+)_(?P<width>\d+)x(?P<height>\d+)_(?P<fps>\d+(?:\.\d+)?)fps_(?P<depth>\d+)bit_(?P<chroma>400|420|422|444)"
)
_CLASS_HEIGHT = {"A": 2176, "B": 1088, "C": 544, "D": 272}


def list_bvi_dvc(root: Path, *, rungs: Sequence[Rung] = (), raw: RawFormat | None = None) -> Listing:
    """Every sequence by every rung; without rungs the sequences themselves, which have no reference.

    ``raw`` overrides the size and pixel format that the names of raw files tell (small look-alikes).

    Raises:
        CorpusError: there is no such corpus at ``root``.
    """
    require_folder(root, expected=TREE)
    clips: list[Clip] = []
    problems: list[Problem] = []
    for path in filter(is_video, files_below(root)):
        relative = path.relative_to(root).as_posix()
        try:
            source, layout = _understand(path.stem)
        except ValueError as error:
            problems.append(Problem(relative, str(error)))
            continue
        layout = replace(raw, fps=layout.fps) if raw else layout
        file = VideoFile(path, layout if path.suffix.lower() == RAW_SUFFIX else None)
        problem = find_problem(file, root=root)
        if problem:
            problems.append(problem)
        else:
            clips += ladder_clips(file, corpus=NAME, name=path.stem, source=source, rungs=rungs)
    if not clips and not problems:
        raise CorpusError(f"{root} holds no videos; expected:\n{TREE}")
    return make_listing(NAME, clips, problems)


def _understand(stem: str) -> tuple[str, RawFormat]:
    """The content and the raw layout that a name tells."""
    match = _FORM.fullmatch(stem)
    if match is None:
        raise ValueError("its name is not of the form <name>_<width>x<height>_<fps>fps_<depth>bit_<chroma>")
    name, height, depth = match["name"], int(match["height"]), int(match["depth"])
    if not 8 <= depth <= 16:
        raise ValueError(f"a depth of {depth} bit is not between 8 and 16")
    family = "gray" if match["chroma"] == "400" else f"yuv{match['chroma']}p"
    deep = "" if depth == 8 else f"{depth}le"
    in_four_sizes = len(name) > 1 and _CLASS_HEIGHT.get(name[0]) == height
    layout = RawFormat(int(match["width"]), height, family + deep, frame_rate(match["fps"]))
    return (name[1:] if in_four_sizes else name), layout
