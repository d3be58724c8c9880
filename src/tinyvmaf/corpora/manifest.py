"""A manifest: a CSV or YAML file that lists videos, their references and what people said of them.

::

    path,reference,source,mos,mos_ci,sha256
    original/cat.mp4,,cat,,,9f86d081...
    encodes/cat_low.mp4,original/cat.mp4,cat,2.8,0.2,60303ae2...

``path`` and ``reference`` are relative to the manifest. A row without a reference is a pristine video: it serves as a
reference, a ladder makes encodes of it, and without a ladder it is a clip of its own. Without ``source``, a video's own
name is its source, or that of its reference. More columns: ``mos_scale`` (``1:5``), and ``width``, ``height``,
``pix_fmt``, ``fps`` for raw YUV. In YAML the rows are a list of mappings. ``tinyvmaf manifest-scan`` writes one.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import yaml

from tinyvmaf.corpora.clip import Clip, Listing, Opinion, Problem, make_listing
from tinyvmaf.corpora.files import RAW_SUFFIX, file_sha256, find_problem, flat_name, frame_rate, relative_name
from tinyvmaf.corpora.ladder import ladder_clips
from tinyvmaf.corpora.opinions import opinion_of, parse_scale, read_rows
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.probe import RawFormat, VideoFile

COLUMNS = ("path", "reference", "source", "mos", "mos_ci", "sha256")
"""What ``manifest-scan`` writes; only ``path`` is needed."""
TREE = f"""  ROOT is a CSV or YAML file with the columns {", ".join(COLUMNS)};
  paths are relative to it; no reference: a pristine video"""
"""What the file looks like."""

_MORE_COLUMNS = ("mos_scale", "width", "height", "pix_fmt", "fps")
_ANY_SCALE = (-float("inf"), float("inf"))
_NAMES = ("manifest.csv", "manifest.yaml", "manifest.yml")


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    """As the manifest spells the path."""
    file: VideoFile
    """Where it lies."""
    reference: Path | None
    """None: a pristine video."""
    source: str
    """Empty: not told."""
    opinion: Opinion | None
    """None: not told."""
    sha256: str
    """Empty: not told."""


def list_manifest(root: Path, *, rungs: Sequence[Rung] = (), raw: RawFormat | None = None) -> Listing:
    """The clips that the manifest lists, its hashes checked; the corpus's name is the file's stem.

    Rows that are not understood, files that are missing and hashes that differ are problems.

    Raises:
        CorpusError: the file is missing, is no table, lacks ``path``, or holds no clip.
    """
    path = _manifest_file(root)
    cells = _read(path)
    scale = _scale(path, cells)
    rows, problems, remarks = _rows(path, cells, scale=scale, raw=raw)
    sound, broken = _check(rows, folder=path.parent)
    clips = list(_clips(path, sound, rungs, broken))
    if not clips and not problems and not broken:
        raise CorpusError(f"{path} lists no clips; expected:\n{TREE}")
    return make_listing(path.stem, clips, [*problems, *broken], mos_scale=scale, remarks=remarks)


def _manifest_file(root: Path) -> Path:
    if root.is_dir():
        found = next((root / name for name in _NAMES if (root / name).is_file()), None)
        if found is None:
            raise CorpusError(f"{root} is a folder without {' or '.join(_NAMES)}; expected:\n{TREE}")
        return found
    if not root.is_file():
        raise CorpusError(f"there is no manifest {root}; expected:\n{TREE}")
    return root


def _read(path: Path) -> list[dict[str, str]]:
    rows = _read_yaml(path) if path.suffix.lower() in (".yaml", ".yml") else read_rows(path)
    if not rows:
        raise CorpusError(f"{path} lists no clips; expected:\n{TREE}")
    if not any("path" in row for row in rows):
        raise CorpusError(f"{path} has no column path; it has: {', '.join(rows[0])}; expected:\n{TREE}")
    return rows


def _read_yaml(path: Path) -> list[dict[str, str]]:
    try:
        # every scalar stays text: a hash such as 1234e567 is no number
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CorpusError(f"cannot read the manifest {path}: {error}") from error
    rows = content.get("clips") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CorpusError(f"{path} is no list of mappings; expected:\n{TREE}")
    nothing = ("null", "~")
    return [
        {str(name).lower(): "" if cell in nothing else str(cell).strip() for name, cell in row.items()} for row in rows
    ]


def _scale(path: Path, rows: list[dict[str, str]]) -> tuple[float, float] | None:
    scales = {parse_scale(text) for row in rows if (text := row.get("mos_scale"))}
    if len(scales) > 1:
        raise CorpusError(f"{path} has opinions on {len(scales)} scales; one manifest holds one scale")
    return next(iter(scales), None)


def _rows(
    path: Path, cells: list[dict[str, str]], *, scale: tuple[float, float] | None, raw: RawFormat | None
) -> tuple[list[_Row], list[Problem], list[Problem]]:
    """The rows that are understood, those that are not, and remarks."""
    rows: list[_Row] = []
    problems: list[Problem] = []
    for number, row in enumerate(cells, start=1):
        try:
            rows.append(_row(path.parent, row, scale=scale, raw=raw))
        except ValueError as error:
            problems.append(Problem(row.get("path") or path.name, f"row {number}: {error}"))
    strange = sorted({column for row in cells for column in row} - {*COLUMNS, *_MORE_COLUMNS})
    remarks = [Problem(path.name, f"columns that are not read: {', '.join(strange)}")] if strange else []
    return rows, problems, remarks


def _row(folder: Path, row: dict[str, str], *, scale: tuple[float, float] | None, raw: RawFormat | None) -> _Row:
    if not row.get("path"):
        raise ValueError("path is empty")
    name = row["path"]
    is_raw = Path(name).suffix.lower() == RAW_SUFFIX
    opinion = opinion_of(row["mos"], row.get("mos_ci", ""), scale=scale or _ANY_SCALE) if row.get("mos") else None
    return _Row(
        name=name,
        file=VideoFile(folder / name, _raw_format(row, raw) if is_raw else None),
        reference=folder / row["reference"] if row.get("reference") else None,
        source=row.get("source", ""),
        opinion=opinion,
        sha256=row.get("sha256", "").lower(),
    )


def _raw_format(row: dict[str, str], fallback: RawFormat | None) -> RawFormat | None:
    width, height, pix_fmt = (row.get(column, "") for column in ("width", "height", "pix_fmt"))
    if not (width or height or pix_fmt):
        return fallback
    if not (width.isdecimal() and height.isdecimal() and pix_fmt):
        raise ValueError(f"raw YUV needs width, height and pix_fmt, not {width!r}, {height!r}, {pix_fmt!r}")
    return RawFormat(int(width), int(height), pix_fmt, frame_rate(row["fps"]) if row.get("fps") else Fraction(25))


def _check(rows: list[_Row], *, folder: Path) -> tuple[list[_Row], list[Problem]]:
    """The rows whose files are there with the bytes that were promised, and what is wrong with the others."""
    with ThreadPoolExecutor() as pool:
        problems = list(pool.map(lambda row: _file_problem(row, folder), rows))
    sound = [row for row, problem in zip(rows, problems, strict=True) if problem is None]
    return sound, [problem for problem in problems if problem is not None]


def _file_problem(row: _Row, folder: Path) -> Problem | None:
    problem = find_problem(row.file, root=folder)
    if problem is not None or not row.sha256:
        return problem
    seen = file_sha256(row.file.path)
    return None if seen == row.sha256 else Problem(row.name, f"its sha256 is {seen}, the manifest says {row.sha256}")


def _clips(path: Path, rows: list[_Row], rungs: Sequence[Rung], problems: list[Problem]) -> Iterable[Clip]:
    known = {row.file.path.resolve(): row for row in rows}
    rejected = {problem.path for problem in problems}
    served = {row.reference.resolve() for row in rows if row.reference is not None}
    for row in rows:
        key = flat_name(Path(row.name))
        if row.reference is None:
            if rungs or row.file.path.resolve() not in served:
                yield from ladder_clips(
                    row.file, corpus=path.stem, name=key, source=row.source or key, rungs=rungs, opinion=row.opinion
                )
            continue
        of = known.get(row.reference.resolve())
        reference = of.file if of else VideoFile(row.reference, row.file.raw)
        problem = find_problem(reference, root=path.parent)
        name = relative_name(row.reference, root=path.parent)
        if problem is not None or name in rejected:
            problems.append(Problem(row.name, f"its reference {name} {problem.why if problem else 'cannot be used'}"))
            continue
        source = row.source or (of.source if of else "") or flat_name(Path(name))
        yield Clip(key, path.stem, source, reference, row.file, opinion=row.opinion)
