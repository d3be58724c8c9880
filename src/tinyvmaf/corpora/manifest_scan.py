"""A folder of videos -> its manifest: the hash of every file, and opinions joined by name."""

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tinyvmaf.corpora.clip import Opinion, Problem
from tinyvmaf.corpora.files import file_sha256, files_below, flat_name, is_video, require_folder
from tinyvmaf.corpora.folder import TREE
from tinyvmaf.corpora.manifest import COLUMNS
from tinyvmaf.corpora.opinions import Joined, Thing, join, path_names, read_opinions, some
from tinyvmaf.documents import write_text
from tinyvmaf.errors import CorpusError
from tinyvmaf.progress import Progress, silent, stop_if_cancelled


@dataclass(frozen=True, slots=True)
class ManifestScan:
    """What a scan found and wrote."""

    manifest: Path
    """The file that was written."""
    videos: int
    """Its rows."""
    bytes: int
    """What the videos hold together."""
    opinions: int
    """The rows with a MOS."""
    mos_scale: tuple[float, float] | None
    """The worst and best value of the MOS; None: no opinions were joined."""
    remarks: tuple[Problem, ...]
    """Rows of the opinions that match nothing, and videos without an opinion."""


def manifest_scan(
    root: Path,
    output: Path,
    *,
    mos_csv: Path | None = None,
    mos_scale: tuple[float, float] | None = None,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> ManifestScan:
    """Writes the manifest of every video below ``root`` (all as pristine; references are yours to fill in).

    Paths in it are relative to the manifest's own folder. It is written at once, when all is known.

    Raises:
        CorpusError: no videos, opinions without a scale, none that match, or the manifest cannot be written.
        CancelledError: ``cancel`` was set; nothing is written.
    """
    require_folder(root, expected=TREE)
    videos = [path for path in files_below(root) if is_video(path)]
    if not videos:
        raise CorpusError(f"{root} holds no videos; expected:\n{TREE}")
    joined = _join(root, videos, mos_csv, mos_scale)
    hashes, total = _hash_all(videos, progress, cancel)
    rows = [
        {
            "path": Path(os.path.relpath(path, output.parent)).as_posix(),
            "source": flat_name(path.relative_to(root)),
            "sha256": hashes[path],
            **_opinion_cells(joined.opinions.get(path), mos_scale),
        }
        for path in videos
    ]
    columns = (*COLUMNS, "mos_scale") if joined.opinions else COLUMNS
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_text(output, _as_csv(columns, rows))
    except OSError as error:
        raise CorpusError(f"cannot write the manifest {output}: {error}") from error
    return ManifestScan(
        output, len(rows), total, len(joined.opinions), mos_scale if joined.opinions else None, joined.remarks
    )


def _join(root: Path, videos: list[Path], mos_csv: Path | None, scale: tuple[float, float] | None) -> Joined:
    if mos_csv is None:
        return Joined({}, ())
    if scale is None:
        raise CorpusError(f"the scale of {mos_csv} is not known: say it, worst first, such as --mos-scale 1:5")
    table = read_opinions(mos_csv, scale=scale)
    names: dict[Thing, set[str]] = {path: path_names(path) | {flat_name(path.relative_to(root))} for path in videos}
    joined = join(table, names)
    if not joined.opinions:
        row = next(iter(table.opinions), "-")
        raise CorpusError(f"no row of {mos_csv} matches a video: a row is {row!r}, a video is {videos[0].name!r}")
    without = [path.relative_to(root).as_posix() for path in videos if path not in joined.opinions]
    remarks = (*table.problems, *joined.remarks)
    if without:
        remarks += (Problem(mos_csv.name, f"{len(without)} videos have no opinion: {some(without)}"),)
    return Joined(joined.opinions, remarks)


def _hash_all(videos: list[Path], progress: Progress, cancel: Event | None) -> tuple[dict[Path, str], int]:
    """The hash of each video, and the bytes in all."""
    total = sum(path.stat().st_size for path in videos)
    done = 0

    def on_bytes(count: int) -> None:
        nonlocal done
        stop_if_cancelled(cancel)
        done += count
        progress(done, total, "hashing")

    return {path: file_sha256(path, on_bytes=on_bytes) for path in videos}, total


def _opinion_cells(opinion: Opinion | None, scale: tuple[float, float] | None) -> dict[str, str]:
    if opinion is None or scale is None:
        return {}
    ci = "" if opinion.ci is None else repr(opinion.ci)
    return {"mos": repr(opinion.mos), "mos_ci": ci, "mos_scale": f"{scale[0]:g}:{scale[1]:g}"}


def _as_csv(columns: tuple[str, ...], rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
