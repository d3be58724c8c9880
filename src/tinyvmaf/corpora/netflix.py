"""The Netflix Public dataset: 9 references and their H.264 encodes, as raw YUV of 1920x1080, 8 bit, 4:2:0.

::

    ROOT/
      ref/<source>_<fps>fps.yuv                       BigBuckBunny_25fps.yuv
      dis/<source>_<quality>_<height>_<kbps>.yuv      BigBuckBunny_20_288_375.yuv

``quality`` is the subjective step that the encode was chosen for, ``height`` the lines it was encoded at (it is
scaled back to the reference's size) and ``kbps`` its bitrate. A small look-alike has other sizes, which are then told
with ``--assume-dims``. Obtained from Netflix on request, for research only:
https://github.com/Netflix/vmaf/blob/master/resource/doc/datasets.md. Li, Aaron, Katsavounidis, Moorthy, Manohara:
"Toward a practical perceptual video quality metric", Netflix Technology Blog, 2016.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from tinyvmaf.corpora.clip import Clip, Listing, Problem, make_listing
from tinyvmaf.corpora.files import entries_of, find_problem, frame_count, frame_rate, relative_name, require_folder
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import EncodeFacts, Rung
from tinyvmaf.video.probe import RawFormat, VideoFile

NAME = "netflix"
"""The corpus's name in a clip table."""
TREE = """  ROOT/ref/<source>_<fps>fps.yuv                    such as BigBuckBunny_25fps.yuv
  ROOT/dis/<source>_<quality>_<height>_<kbps>.yuv   such as BigBuckBunny_20_288_375.yuv"""
"""What the folder looks like."""

_LAYOUT = RawFormat(1920, 1080, "yuv420p")
_REFERENCE = re.compile(r"(?P<source>.+)_(?P<fps>\d+(?:\.\d+)?)fps", re.DOTALL)
_DISTORTED = re.compile(r"(?P<source>.+)_(?P<quality>\d+(?:\.\d+)?)_(?P<height>\d+)_(?P<kbps>\d+(?:\.\d+)?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Encode:
    path: Path
    """The file."""
    source: str
    """By its name."""
    facts: EncodeFacts
    """By its name."""


def list_netflix(root: Path, *, rungs: Sequence[Rung] = (), raw: RawFormat | None = None) -> Listing:
    """The encodes of the corpus, each paired with its reference by name.

    Orphans, names that say nothing, files of a wrong size and encodes of another length are problems.

    Raises:
        CorpusError: there is no such corpus at ``root``, or a ladder is asked for.
    """
    if rungs:
        raise CorpusError("netflix holds its own encodes: leave --ladder out, or list ref/ with --layout folder")
    require_folder(root, expected=TREE)
    for part in ("ref", "dis"):
        require_folder(root / part, expected=TREE)
    problems: list[Problem] = []
    encodes = _encodes(root, problems)
    references, broken = _references(root, raw or _LAYOUT, problems)
    problems += [_with_encodes(problem, source, encodes, is_told=raw is not None) for source, problem in broken.items()]
    problems += _childless(root, references, encodes)
    clips = list(_pair(root, references, [encode for encode in encodes if encode.source not in broken], problems))
    if not clips and not problems:
        raise CorpusError(f"{root} holds no clips; expected:\n{TREE}")
    return make_listing(NAME, clips, problems)


def _references(
    root: Path, layout: RawFormat, problems: list[Problem]
) -> tuple[dict[str, VideoFile], dict[str, Problem]]:
    """The references by source, and those that cannot be used; what belongs to no source goes to ``problems``."""
    found: dict[str, VideoFile] = {}
    broken: dict[str, Problem] = {}
    for path, match in _named(root, "ref", _REFERENCE, "<source>_<fps>fps.yuv", problems):
        source, name = match["source"], relative_name(path, root=root)
        if source in found or source in broken:
            problems.append(Problem(name, f"a second reference of {source}"))
        elif Fraction(match["fps"]) <= 0:
            broken[source] = Problem(name, f"frame rate {match['fps']} is not positive")
        else:
            file = VideoFile(path, replace(layout, fps=frame_rate(match["fps"])))
            problem = find_problem(file, root=root)
            if problem is None:
                found[source] = file
            else:
                broken[source] = problem
    return found, broken


def _with_encodes(problem: Problem, source: str, encodes: list[_Encode], *, is_told: bool) -> Problem:
    """The problem of a reference, with what it takes along and, where the size was not told, the way to tell it."""
    count = sum(encode.source == source for encode in encodes)
    hint = "" if is_told else "; a small look-alike? say --assume-dims WxH"
    return Problem(problem.path, f"{problem.why}; its {count} encodes are left out{hint}")


def _encodes(root: Path, problems: list[Problem]) -> list[_Encode]:
    form = "<source>_<quality>_<height>_<kbps>.yuv"
    return [
        _Encode(
            path,
            match["source"],
            EncodeFacts(
                codec="h264",
                quality=float(match["quality"]),
                encode_height=int(match["height"]),
                bitrate_kbps=float(match["kbps"]),
            ),
        )
        for path, match in _named(root, "dis", _DISTORTED, form, problems)
    ]


def _childless(root: Path, references: dict[str, VideoFile], encodes: list[_Encode]) -> list[Problem]:
    lonely = sorted(set(references) - {encode.source for encode in encodes})
    return [
        Problem(relative_name(references[source].path, root=root), f"no encode in dis/ is of {source}")
        for source in lonely
    ]


def _pair(
    root: Path, references: dict[str, VideoFile], encodes: list[_Encode], problems: list[Problem]
) -> Iterator[Clip]:
    for encode in encodes:
        path = relative_name(encode.path, root=root)
        reference = references.get(encode.source)
        if reference is None or reference.raw is None:
            problems.append(Problem(path, f"its reference {encode.source}_<fps>fps.yuv is missing from ref/"))
            continue
        distorted = VideoFile(encode.path, reference.raw)
        problem = find_problem(distorted, root=root) or _length_problem(path, reference, distorted)
        if problem:
            problems.append(problem)
            continue
        facts = replace(
            encode.facts, width=reference.raw.width, height=reference.raw.height, fps=float(reference.raw.fps)
        )
        yield Clip(encode.path.stem, NAME, encode.source, reference, distorted, facts=facts)


def _length_problem(path: str, reference: VideoFile, distorted: VideoFile) -> Problem | None:
    there, here = frame_count(reference), frame_count(distorted)
    return None if here == there else Problem(path, f"has {here} frames, its reference {reference.path.name} {there}")


def _named(
    root: Path, part: str, pattern: re.Pattern[str], form: str, problems: list[Problem]
) -> Iterator[tuple[Path, re.Match[str]]]:
    for path in entries_of(root / part):
        match = pattern.fullmatch(path.stem) if path.suffix.lower() == ".yuv" else None
        if path.is_dir():
            problems.append(Problem(relative_name(path, root=root), "is a folder, not a video"))
        elif match is None:
            problems.append(Problem(relative_name(path, root=root), f"its name is not of the form {form}"))
        else:
            yield path, match
