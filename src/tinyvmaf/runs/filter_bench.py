"""One source on the bench: degraded, through every filter, encoded over ladders, judged against the clean source."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from tinyvmaf.pixels.degradations import degradation
from tinyvmaf.progress import Progress, stop_if_cancelled
from tinyvmaf.scores.filter_figures import IDENTITY, FilteredEncode, FilteredSource
from tinyvmaf.scores.matched import matched_filters
from tinyvmaf.scores.prefilter import luma_filter
from tinyvmaf.video.decode import decode_luma
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.encoding import make_encode
from tinyvmaf.video.ffmpeg import run_ffmpeg
from tinyvmaf.video.filters import input_arguments
from tinyvmaf.video.libvmaf import measure_pair
from tinyvmaf.video.measurement import MeasureOptions
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import Video, probe
from tinyvmaf.video.psnr_ssim import measure_metrics
from tinyvmaf.video.raw_pipe import Change, Luma
from tinyvmaf.video.refilter import refilter

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model

TEACHERS: tuple[str, ...] = ("vmaf", "vmaf_neg", "vmaf_v1")
"""What libvmaf judges by; plain VMAF is shown, and decides nothing."""
MATCHED_ON = 8
"""Frames by which strengths are matched."""
FILTERS = 4
"""None, the learned one, and two of ffmpeg's."""

_LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")
_SMALLEST_ERROR = 1e-10


@dataclass(frozen=True, slots=True)
class Handling:
    """What is done to a source before and between."""

    degradation: str
    """By name."""
    ladders: Mapping[str, tuple[Rung, ...]]
    """Rungs by the text that spells them."""
    frames: int
    """The first frames; 0: all."""
    height: int | None
    """Lines that the source is made to; None: its own."""
    strength: float
    """Share of the learned filter's change."""
    seed: int
    """Of the degradation."""


class Meter:
    """Rungs that were encoded and measured, of all."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def step(self, label: str, *, count: int = 1) -> None:
        """So many more are done."""
        self._done += count
        self._progress(self._done, self._total, label)


@dataclass(frozen=True, slots=True)
class FilterBench:
    """One source, degraded in one way, in a folder of its own."""

    source: str
    """Its name."""
    handling: Handling
    """What is done to it."""
    model: "Model"
    """The learned filter."""
    folder: Path
    """Holds what lies between the steps."""
    meter: Meter
    """Told every rung."""
    cancel: Event | None
    """Set from elsewhere to stop."""

    def try_all(self, original: Video) -> list[FilteredSource]:
        """The source through every filter.

        Raises:
            VideoError: it is broken, or too small for a teacher.
            ToolError: ffmpeg lacks an encoder, or failed.
            CancelledError: ``cancel`` was set.
        """
        clean = self._clean(original)
        degraded = self._changed(clean, "degraded", _degrading(self.handling, self.source)).video
        learned = luma_filter(self.model, degraded, strength=self.handling.strength)
        first = [luma.astype(np.uint8) for luma in islice(decode_luma(degraded), MATCHED_ON)]
        matched = matched_filters(first, [learned(luma).astype(np.uint8) for luma in first])
        idle = self._by_ffmpeg(degraded, IDENTITY, "null")
        learned_by = self._changed(degraded, "learned", learned)
        tried = [
            self._judged(clean, _Filtered(idle.video, 0.0), IDENTITY, ""),
            self._judged(clean, learned_by, self.model.sidecar.id, f"strength {self.handling.strength:g}"),
        ]
        for found in matched:
            made = self._by_ffmpeg(degraded, found.name, found.text)
            alone = max(made.seconds - idle.seconds, 0.0)
            tried.append(self._judged(clean, _Filtered(made.video, alone), found.name, found.text))
        return tried

    def _clean(self, original: Video) -> Video:
        """The first frames as 8-bit 4:2:0, without loss."""
        handling = self.handling
        scaled = f"scale=-2:{handling.height}:flags=bicubic," if handling.height else ""
        cut = ("-frames:v", str(handling.frames)) if handling.frames else ()
        steady = f"settb={original.fps.denominator}/{original.fps.numerator},setpts=N,fps={original.fps}"
        path = self.folder / "clean.mkv"
        arguments = [*input_arguments(original), "-map", "0:V:0", "-vf", f"{steady},{scaled}format=yuv420p", *cut]
        run_ffmpeg(["-y", *arguments, *_LOSSLESS, f"file:{path.absolute()}"], cancel=self.cancel)
        return probe(path)

    def _changed(self, video: Video, name: str, change: Change) -> "_Filtered":
        path = self.folder / f"{name}.mkv"
        done = refilter(video, path, change, encoder=_LOSSLESS, cancel=self.cancel)
        return _Filtered(probe(path), done.changing_seconds)

    def _by_ffmpeg(self, video: Video, name: str, filters: str) -> "_Filtered":
        path = self.folder / f"{name}.mkv"
        arguments = [*input_arguments(video), "-map", "0:V:0", "-vf", filters, "-fps_mode", "passthrough"]
        outcome = run_ffmpeg(["-y", *arguments, *_LOSSLESS, f"file:{path.absolute()}"], cancel=self.cancel)
        return _Filtered(probe(path), outcome.elapsed_seconds)

    def _judged(self, clean: Video, filtered: "_Filtered", name: str, setting: str) -> FilteredSource:
        plan = plan_pair(clean, filtered.video, rule="index")
        psnr = measure_metrics(plan, ("psnr",), cancel=self.cancel)["psnr_y"].mean()
        ladders = {
            text: tuple(self._encoded(clean, filtered.video, rung) for rung in rungs)
            for text, rungs in self.handling.ladders.items()
        }
        return FilteredSource(
            source=self.source,
            degradation=self.handling.degradation,
            filter=name,
            setting=setting,
            frame_count=plan.frame_count,
            filter_seconds=filtered.seconds,
            psnr_y=float(psnr),
            ladders=ladders,
        )

    def _encoded(self, clean: Video, filtered: Video, rung: Rung) -> FilteredEncode:
        stop_if_cancelled(self.cancel)
        started = time.perf_counter()
        encode = make_encode(filtered, rung, self.folder / "encode.mkv", cancel=self.cancel)
        elapsed = time.perf_counter() - started
        plan = plan_pair(clean, encode.video, rule="index")
        measured = measure_pair(plan, MeasureOptions(teachers=TEACHERS), cancel=self.cancel)
        scores: dict[str, float] = dict(zip(TEACHERS, measured.teacher_scores.mean(axis=0).tolist(), strict=True))
        ssim = float(measure_metrics(plan, ("ssim",), cancel=self.cancel)["ssim"].mean())
        scores["ssim"] = -10 * math.log10(max(1 - ssim, _SMALLEST_ERROR))
        self.meter.step(f"{self.source}, {self.handling.degradation}")
        return FilteredEncode(rung.quality, encode.facts.bitrate_kbps or 0.0, scores, elapsed)


@dataclass(frozen=True, slots=True)
class _Filtered:
    video: Video
    seconds: float


def _degrading(handling: Handling, source: str) -> Change:
    """The degradation of one clip, which each source has in its own way, told the number of each frame."""
    degrade = degradation(handling.degradation, seed=crc32(f"{handling.seed} {source}".encode()))
    numbers = iter(range(1 << 30))

    def change(luma: Luma) -> Luma:
        return degrade(luma.astype(np.uint8), next(numbers))

    return change
