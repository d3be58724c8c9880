"""A pre-filter on pristine videos -> what it saves and costs, beside no filter and ffmpeg's own filters.

Each source is degraded in the ways asked for, filtered, encoded over ladders, and judged against the clean source: by
VMAF-NEG, VMAF v1 and SSIM at once, since plain VMAF rises by sharpening alone. ffmpeg's filters are set so strong that
they change luma as much as the learned one does, by mean square over the first frames: `matched strength`.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING

from tinyvmaf.errors import BundleError, CorpusError
from tinyvmaf.pixels.degradations import DEGRADATIONS
from tinyvmaf.progress import Progress, silent
from tinyvmaf.runs.filter_bench import FILTERS, MATCHED_ON, FilterBench, Handling, Meter
from tinyvmaf.runs.kept_trials import keep, kept_path, read_kept
from tinyvmaf.scores.bd_rate import FEWEST_POINTS
from tinyvmaf.scores.filter_figures import FilteredSource, FilterFigures, filter_figures, verdicts
from tinyvmaf.video.encode import Rung, parse_rungs
from tinyvmaf.video.probe import VideoFile, probe

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model

DEFAULT_LADDERS = ("x264:22,26,30,34,38,42", "av1:27,34,41,48,55,62")
"""Rungs enough that a BD-rate is left where the sharpest ones do not pay."""
DEFAULT_FRAMES = 64


@dataclass(frozen=True, slots=True)
class FilterTrial:
    """What is tried."""

    degradations: tuple[str, ...] = ("none", "grain")
    """Done to the clean sources before, by name."""
    ladders: Mapping[str, tuple[Rung, ...]] | None = None
    """Rungs by the text that spells them; each ladder is one curve. None: the default ones."""
    frames: int = DEFAULT_FRAMES
    """The first frames of each source; 0: all."""
    height: int | None = None
    """Sources are made this high first; None: as they are."""
    strength: float = 1.0
    """Share of the learned filter's change that is applied."""
    seed: int = 0
    """Of the degradations."""

    def __post_init__(self) -> None:
        for name in self.degradations:
            if name not in DEGRADATIONS:
                raise ValueError(f"unknown degradation {name!r}; known are: {', '.join(DEGRADATIONS)}")


@dataclass(frozen=True, slots=True)
class PrefilterReport:
    """How a pre-filter did."""

    model: str
    """Its id."""
    model_sha256: str
    """Of its ``model.onnx``."""
    strength: float
    """Share of its change that was applied."""
    sources: tuple[str, ...]
    """What was filtered."""
    frames: int
    """Of each source, at most; 0: all."""
    height: int | None
    """Lines that sources were made to; None: their own."""
    matching: str
    """How the strengths of ffmpeg's filters were found."""
    figures: FilterFigures
    """BD-rates, gains and costs."""
    verdicts: tuple[str, ...]
    """Whether the filter pays, per degradation and ladder."""
    made: tuple[FilteredSource, ...]
    """Everything that was encoded and measured."""
    command: str
    """What made this."""
    elapsed_seconds: float
    """Wall time of all."""


def eval_prefilter(
    sources: Mapping[str, VideoFile],
    model: "Model",
    trial: FilterTrial,
    *,
    command: str = "",
    kept: Path | None = None,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> PrefilterReport:
    """Tries the filter on each of the sources.

    Args:
        sources: Pristine videos by name.
        model: Of kind ``filter``.
        trial: What is tried.
        command: What is asked for, for the report.
        kept: A folder that holds what was measured of each source; what lies there already is not measured again.
        progress: Told rungs.
        cancel: Set from elsewhere to stop.

    Raises:
        BundleError: the model is no pre-filter.
        CorpusError: there is no source.
        VideoError: a source is broken, or too small for a teacher.
        ToolError: ffmpeg is missing, lacks an encoder, or failed.
        CancelledError: ``cancel`` was set.
    """
    if model.sidecar.kind != "filter":
        raise BundleError(
            f"model {model.sidecar.id} is of kind {model.sidecar.kind}: this judges models of kind filter"
        )
    if not sources:
        raise CorpusError("there is no pristine video to try the filter on")
    started = time.perf_counter()
    ladders = trial.ladders or ladders_from(DEFAULT_LADDERS)
    meter = Meter(progress, len(sources) * len(trial.degradations) * FILTERS * sum(map(len, ladders.values())))
    made: list[FilteredSource] = []
    for name, file in sources.items():
        for degraded in trial.degradations:
            handling = Handling(degraded, ladders, trial.frames, trial.height, trial.strength, trial.seed)
            made += _tried(name, file, handling, model, meter, kept=kept, cancel=cancel)
    figures = filter_figures(made)
    return PrefilterReport(
        model=model.sidecar.id,
        model_sha256=model.sha256,
        strength=trial.strength,
        sources=tuple(sources),
        frames=trial.frames,
        height=trial.height,
        matching=f"mean squared change of luma over the first {MATCHED_ON} frames, equal to the learned filter's",
        figures=figures,
        verdicts=verdicts(figures, model.sidecar.id),
        made=tuple(made),
        command=command,
        elapsed_seconds=time.perf_counter() - started,
    )


def _tried(
    name: str,
    file: VideoFile,
    handling: Handling,
    model: "Model",
    meter: Meter,
    *,
    kept: Path | None,
    cancel: Event | None,
) -> list[FilteredSource]:
    """One source in one degradation, from the folder of what was kept or from the bench."""
    path = None if kept is None else kept_path(kept, name, file, handling, model)
    if path is not None and path.exists():
        made = read_kept(path)
        for encodes in (encodes for each in made for encodes in each.ladders.values()):
            meter.step(name, count=len(encodes))
        return made
    with TemporaryDirectory(prefix="tinyvmaf-") as folder:
        made = FilterBench(name, handling, model, Path(folder), meter, cancel).try_all(probe(file))
    if path is not None:
        keep(path, made)
    return made


def ladders_from(texts: Sequence[str]) -> dict[str, tuple[Rung, ...]]:
    """Each text a ladder, and a curve.

    Raises:
        ValueError: a text is no ladder, or has fewer than the four rungs that a BD-rate needs.
    """
    ladders = {text: parse_rungs(text) for text in texts}
    for text, rungs in ladders.items():
        if len(rungs) < FEWEST_POINTS or not rungs[0].encoder:
            raise ValueError(f"{text} makes no curve: a ladder is an encoder with {FEWEST_POINTS} qualities or more")
    return ladders
