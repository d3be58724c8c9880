"""What was measured of one source through all filters, kept in a folder, so that a long trial goes on where it was."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from tinyvmaf.documents import to_json, write_json
from tinyvmaf.errors import ReportError
from tinyvmaf.pixels.degradations import VERSION
from tinyvmaf.runs.filter_bench import Handling
from tinyvmaf.scores.filter_figures import FilteredEncode, FilteredSource
from tinyvmaf.video.ffmpeg import find_ffmpeg
from tinyvmaf.video.file import VideoFile

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model


def kept_path(folder: Path, name: str, file: VideoFile, handling: Handling, model: "Model") -> Path:
    """Where the measurements of a source lie: its name, and a digest of all that they hang on.

    The source itself counts by size and time of change, as build tools do.
    """
    found = file.path.stat()
    ladders = {text: [str(rung) for rung in rungs] for text, rungs in handling.ladders.items()}
    said = [
        *(name, found.st_size, found.st_mtime_ns, model.sha256, handling.degradation, ladders, handling.frames),
        *(handling.height, handling.strength, handling.seed, VERSION, find_ffmpeg().version),
    ]
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
    return folder / f"{name}.{handling.degradation}.{digest}.json"


def keep(path: Path, made: list[FilteredSource]) -> None:
    """Writes measurements, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"made": to_json(made)})


def read_kept(path: Path) -> list[FilteredSource]:
    """The measurements of a file that ``keep`` wrote.

    Raises:
        ReportError: it holds something else.
    """
    try:
        made = json.loads(path.read_text(encoding="utf-8"))["made"]
        return [FilteredSource(**{**each, "ladders": _ladders(each["ladders"])}) for each in made]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(f"{path} holds no measurements of a pre-filter ({error}): remove it") from error


def _ladders(said: dict[str, list[dict]]) -> dict[str, tuple[FilteredEncode, ...]]:
    return {text: tuple(FilteredEncode(**encode) for encode in encodes) for text, encodes in said.items()}
