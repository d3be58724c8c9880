"""tinyvmaf turns pairs of videos into tiny quality models, and tiny quality models into scores.

Each public name is imported when it is first used, so that ``import tinyvmaf`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model, open_model
    from tinyvmaf.errors import TinyVmafError
    from tinyvmaf.models.vmaf import Vmaf, VmafLoss
    from tinyvmaf.scores.array_score import ArrayScore
    from tinyvmaf.scores.evaluate import EvalReport, evaluate
    from tinyvmaf.scores.result import Score
    from tinyvmaf.scores.score import ScoreOptions, score_pair
    from tinyvmaf.scores.scorer import Scorer, score
    from tinyvmaf.table.store import ClipTable, load_table, read_table
    from tinyvmaf.video.encode import Rung, parse_rungs
    from tinyvmaf.video.probe import RawFormat, Video, VideoFile, probe

_HOME = {
    "ArrayScore": "scores.array_score",
    "ClipTable": "table.store",
    "EvalReport": "scores.evaluate",
    "Model": "bundles.session",
    "RawFormat": "video.probe",
    "Rung": "video.encode",
    "Score": "scores.result",
    "ScoreOptions": "scores.score",
    "Scorer": "scores.scorer",
    "TinyVmafError": "errors",
    "Video": "video.probe",
    "VideoFile": "video.probe",
    "Vmaf": "models.vmaf",
    "VmafLoss": "models.vmaf",
    "evaluate": "scores.evaluate",
    "load_table": "table.store",
    "open_model": "bundles.session",
    "parse_rungs": "video.encode",
    "probe": "video.probe",
    "read_table": "table.store",
    "score": "scores.scorer",
    "score_pair": "scores.score",
}

__all__ = [
    "ArrayScore",
    "ClipTable",
    "EvalReport",
    "Model",
    "RawFormat",
    "Rung",
    "Score",
    "ScoreOptions",
    "Scorer",
    "TinyVmafError",
    "Video",
    "VideoFile",
    "Vmaf",
    "VmafLoss",
    "evaluate",
    "load_table",
    "open_model",
    "parse_rungs",
    "probe",
    "read_table",
    "score",
    "score_pair",
]


def __getattr__(name: str) -> object:
    """The public name, imported from its room on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'tinyvmaf' has no attribute {name!r}")
    return getattr(import_module(f"tinyvmaf.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """The public names, for whoever explores or completes."""
    return sorted({*globals(), *__all__})
