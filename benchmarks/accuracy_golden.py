"""The fixtures of Netflix's own tests: the kernel on every row, beside libvmaf."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy_kernel import FramePairs, kernel_numbers
from tinyvmaf.video.decode import decode_luma
from tinyvmaf.video.file import RawFormat, VideoFile
from tinyvmaf.video.libvmaf import measure_pair
from tinyvmaf.video.measurement import MeasureOptions
from tinyvmaf.video.pairing import PairPlan, plan_pair
from tinyvmaf.video.probe import probe


@dataclass(frozen=True, slots=True)
class GoldenFigures:
    """One fixture, by ``vmaf``."""

    libvmaf: float
    """The mean over its frames."""
    kernel: float
    """The kernel's."""
    worst_frame: float
    """The largest distance of a frame."""


def golden_figures(folder: Path) -> dict[str, GoldenFigures]:
    """The fixtures that ``netflix_asserts.json`` lists, by their ids."""
    fixtures = json.loads((folder / "netflix_asserts.json").read_text(encoding="utf-8"))["fixtures"]
    return {fixture["id"]: _figures(_plan(folder, fixture)) for fixture in fixtures}


def _plan(folder: Path, fixture: dict[str, str]) -> PairPlan:
    raw = RawFormat(int(fixture["width"]), int(fixture["height"]), fixture["pix_fmt"])
    reference, distorted = (probe(VideoFile(folder / fixture[side], raw)) for side in ("reference", "distorted"))
    return plan_pair(reference, distorted)


def _figures(plan: PairPlan) -> GoldenFigures:
    reference, distorted = (
        list(decode_luma(video, measured=plan.measured)) for video in (plan.reference, plan.distorted)
    )
    _, scores = kernel_numbers(FramePairs(plan, reference, distorted), "full", teachers=("vmaf",))
    kernel, libvmaf = scores[:, 0], measure_pair(plan, MeasureOptions(threads=1)).teacher_scores[:, 0]
    return GoldenFigures(float(libvmaf.mean()), float(kernel.mean()), float(np.abs(kernel - libvmaf).max()))
