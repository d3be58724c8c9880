"""A table of opinions (CSV) -> what people said of each clip.

The CSV has a header, a column that names the video (``key``, ``path``, ``name``, ``flickr_id``, ``file``, ...), ``mos``
and perhaps ``mos_ci``, the half width of the mean's 95 % interval. A video may be named by its clip's key, its file
name with or without suffix, or any tail of its path.
"""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tinyvmaf.corpora.clip import Clip, Listing, Opinion, Problem
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.probe import VideoFile

_NAME_COLUMNS = ("key", "path", "name", "flickr_id", "file", "file_name", "filename", "video", "video_name", "clip")
_CI_COLUMNS = ("mos_ci", "ci", "ci95", "mos_ci95")
_SHOWN = 5

Thing = str | Path
"""What an opinion is told of: a clip, by its key, or a video file, by its path."""


@dataclass(frozen=True, slots=True)
class OpinionTable:
    """What a table of opinions says, before it is joined to videos."""

    path: Path
    """Where the table lies."""
    opinions: Mapping[str, Opinion]
    """By the name that the table gives the video, in the table's order."""
    problems: tuple[Problem, ...]
    """Rows that were not understood."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Opinions found for things that have names."""

    opinions: Mapping[Thing, Opinion]
    """By the thing."""
    remarks: tuple[Problem, ...]
    """Rows that match nothing, or more than one thing."""


def read_opinions(path: Path, *, scale: tuple[float, float]) -> OpinionTable:
    """The opinions of a CSV file; ``scale`` is the worst and the best value of its MOS.

    Raises:
        CorpusError: the file is missing, is no text, or lacks a column.
    """
    rows = read_rows(path)
    columns = list(rows[0]) if rows else []
    name, mos = _column(columns, _NAME_COLUMNS), _column(columns, ("mos",))
    if name is None or mos is None:
        raise CorpusError(
            f"{path} needs a header with mos and one of {', '.join(_NAME_COLUMNS)}; it has: {', '.join(columns) or '-'}"
        )
    ci = _column(columns, _CI_COLUMNS)
    opinions: dict[str, Opinion] = {}
    problems: list[Problem] = []
    for line, row in enumerate(rows, start=2):
        key = row[name]
        try:
            if not key or key in opinions:
                raise ValueError(f"names the video {key!r} again" if key else "names no video")
            opinions[key] = opinion_of(row[mos], row[ci] if ci else "", scale=scale)
        except ValueError as error:
            problems.append(Problem(path.name, f"line {line}: {error}"))
    return OpinionTable(path, opinions, tuple(problems))


def opinion_of(mos: str, ci: str, *, scale: tuple[float, float]) -> Opinion:
    """The opinion that two cells hold; an empty ``ci`` is not known.

    Raises:
        ValueError: a cell is no number, or the MOS lies outside the scale.
    """
    value, half_width = _number("mos", mos), _number("mos_ci", ci) if ci else None
    if not min(scale) <= value <= max(scale):
        raise ValueError(f"mos {mos} lies outside its scale {scale[0]:g}:{scale[1]:g}")
    if half_width is not None and half_width < 0:
        raise ValueError(f"mos_ci {ci} is negative")
    return Opinion(value, half_width)


def parse_scale(text: str) -> tuple[float, float]:
    """The worst and the best value of a MOS scale, from text such as ``1:5``.

    Raises:
        CorpusError: the text has another form, or both ends are one.
    """
    try:
        worst, best = (_number("the end", end) for end in text.split(":"))
        if worst == best:
            raise ValueError("its ends are one")
    except ValueError as error:
        raise CorpusError(f"MOS scale {text!r} is not of the form WORST:BEST, such as 1:5: {error}") from error
    return worst, best


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by lower-case column name; comma, semicolon or tab, UTF-8.

    Raises:
        CorpusError: the file is missing, is no text, or is no table.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"cannot read the table {path}: {error}") from error
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if any(line)]
    except csv.Error as error:
        raise CorpusError(f"{path} is no CSV table: {error}") from error
    if not lines:
        raise CorpusError(f"{path} is empty; a table with a header is expected")
    columns = [column.strip().lower() for column in lines[0]]
    if len(set(columns)) != len(columns):
        raise CorpusError(f"{path} has a column twice: {', '.join(columns)}")
    uneven = next((number for number, line in enumerate(lines, 1) if len(line) != len(columns)), None)
    if uneven is not None:
        raise CorpusError(f"{path}, row {uneven}: {len(lines[uneven - 1])} cells under {len(columns)} columns")
    return [dict(zip(columns, (cell.strip() for cell in line), strict=True)) for line in lines[1:]]


def with_opinions(listing: Listing, table: Path, *, scale: tuple[float, float]) -> Listing:
    """The listing with the opinions of a CSV file, in place of those that it had.

    A row that names a clip tells of it; one that names the reference of clips that are yet to be encoded tells of the
    reference. What matches nothing, on either side, becomes a remark.

    Raises:
        CorpusError: the table cannot be read, or no row of it matches.
    """
    opinions = read_opinions(table, scale=scale)
    joined = join(opinions, _names(listing))
    if listing.clips and not joined.opinions:
        row = next(iter(opinions.opinions), "-")
        raise CorpusError(f"no row of {table} matches a clip: a row is {row!r}, a clip is {listing.clips[0].key!r}")
    clips = tuple(_with_opinion(clip, joined.opinions) for clip in listing.clips)
    silent = [clip.key for clip in clips if clip.opinion is None and clip.reference_opinion is None]
    remarks = (*listing.remarks, *opinions.problems, *joined.remarks)
    if silent:
        remarks += (Problem(table.name, f"{len(silent)} clips have no opinion: {some(silent)}"),)
    return replace(listing, clips=clips, mos_scale=scale, remarks=remarks)


def join(table: OpinionTable, names: Mapping[Thing, set[str]]) -> Joined:
    """The opinions of things, each by any of its names; a row that tells of no thing or of several becomes a remark."""
    owners: dict[str, list[Thing]] = {}
    for thing, its_names in names.items():
        for name in its_names:
            owners.setdefault(name, []).append(thing)
    found: dict[Thing, Opinion] = {}
    lost: list[str] = []
    remarks: list[Problem] = []
    for name, opinion in table.opinions.items():
        matches = owners.get(name.removeprefix("./"), [])
        if len(matches) > 1:
            several = some(sorted(map(str, matches)))
            remarks.append(Problem(table.path.name, f"{name!r} names {len(matches)} videos: {several}"))
        elif not matches:
            lost.append(name)
        elif matches[0] in found:
            remarks.append(Problem(table.path.name, f"{name!r} tells of {matches[0]} once more"))
        else:
            found[matches[0]] = opinion
    if lost:
        remarks.append(Problem(table.path.name, f"{len(lost)} rows match no video: {some(lost)}"))
    return Joined(found, tuple(remarks))


def path_names(path: Path) -> set[str]:
    """All names by which a table may call a file: each tail of its path, with and without suffix."""
    tails = ["/".join(path.parts[start:]) for start in range(len(path.parts))]
    return {name for tail in tails for name in (tail, tail.removesuffix(path.suffix))}


def some(names: list[str]) -> str:
    """The first few names, and how many there are beside."""
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest


def _names(listing: Listing) -> dict[Thing, set[str]]:
    names: dict[Thing, set[str]] = {}
    for clip in listing.clips:
        if isinstance(clip.distorted, VideoFile):
            names[clip.key] = {clip.key} | path_names(clip.distorted.path)
        elif clip.reference is not None:
            names[clip.key] = {clip.key}
            names[clip.reference.path] = {clip.source} | path_names(clip.reference.path)
    return names


def _with_opinion(clip: Clip, opinions: Mapping[Thing, Opinion]) -> Clip:
    to_be_encoded = clip.reference is not None and not isinstance(clip.distorted, VideoFile)
    of_reference = opinions.get(clip.reference.path) if to_be_encoded and clip.reference else None
    return replace(clip, opinion=opinions.get(clip.key), reference_opinion=of_reference)


def _column(columns: list[str], wanted: tuple[str, ...]) -> str | None:
    return next((column for column in wanted if column in columns), None)


def _number(what: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{what} {text!r} is no number")
    return value
