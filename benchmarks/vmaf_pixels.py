"""The bundle ``vmaf_pixels``: made, and compared with libvmaf and with ``score --full`` on real encodes.

python -m benchmarks.vmaf_pixels --work DIR -o DIR    # DIR of --work: what benchmarks.accuracy measured

Its figures go into results/vmaf_pixels.json, and into the bundle's sidecar and card.
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.accuracy_material import Clip, clips_in
from benchmarks.accuracy_sources import ROLES
from benchmarks.machine import machine_facts
from benchmarks.walls import report
from tinyvmaf.bundles.cards import with_figures, write_bundle
from tinyvmaf.bundles.facts import Evaluation
from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.bundles.vmaf_pixels import export_vmaf_pixels
from tinyvmaf.pixels import measure as kernel
from tinyvmaf.pixels.sampling import size_class
from tinyvmaf.scores.figures import Figures, clip_figures, figures_of
from tinyvmaf.scores.pixels import score_pixels
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import probe

_LIMIT = 0.05
"""Between ``vmaf_pixels`` and ``score --full``, of any frame."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One clip, as all three see it; (T,) each."""

    clip: Clip
    by_pixels: np.ndarray
    by_kernel: np.ndarray
    by_libvmaf: np.ndarray
    seconds: float
    """That ``vmaf_pixels`` took, decoding included."""


def main() -> None:
    options = _options()
    bundle = export_vmaf_pixels(options.out)
    model = open_model(bundle.directory)
    clips = islice(clips_in(options.work, role=options.role), None, None, options.every)
    judged = [_judge(clip, model) for clip in clips if clip.height <= options.lines]
    if not judged:
        sys.exit(f"{options.work} holds no clip of the role {options.role}")
    sidecar = with_figures(model.sidecar, evaluation=_evaluations(judged, options))
    write_bundle(bundle.directory, bundle.onnx.read_bytes(), sidecar)
    report("vmaf_pixels", _result(judged), machine=machine_facts(), quick=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--role", choices=ROLES, default="judge")
    parser.add_argument("--every", type=int, default=1, help="look at one clip in so many")
    parser.add_argument("--lines", type=int, default=2160, help="leave out frames of more lines")
    return parser.parse_args()


def _judge(clip: Clip, model: Model) -> Judged:
    plan = plan_pair(probe(clip.reference), probe(clip.distorted))
    started = time.perf_counter()
    by_pixels = score_pixels(plan, model).teacher_scores[:, 0]
    seconds = time.perf_counter() - started
    by_kernel = kernel.measure_pair(plan, kernel.KernelOptions(sampling="full", threads=1)).teacher_scores[:, 0]
    judged = Judged(clip, by_pixels, by_kernel, clip.scores[:, 0], seconds)
    print(f"  {clip.source} {clip.rung}: {_worst(by_pixels, judged.by_libvmaf):.4f}", file=sys.stderr)
    return judged


def _result(judged: Sequence[Judged]) -> dict[str, object]:
    parts: dict[str, list[Judged]] = {}
    for each in judged:
        parts.setdefault(f"{each.clip.group} {size_class(each.clip.height)}", []).append(each)
    return {"limit_to_full": _LIMIT, "all": _part(judged)} | {name: _part(parts[name]) for name in sorted(parts)}


def _part(judged: Sequence[Judged]) -> dict[str, object]:
    """Distances to libvmaf and to ``score --full``, and the time per frame."""
    pixels, full, libvmaf = (
        np.concatenate([getattr(each, name) for each in judged]) for name in ("by_pixels", "by_kernel", "by_libvmaf")
    )
    return {
        "clips": len(judged),
        "frames": len(pixels),
        "frame_rmse": _rmse(pixels, libvmaf),
        "worst_frame": _worst(pixels, libvmaf),
        "frame_rmse_to_full": _rmse(pixels, full),
        "worst_frame_to_full": _worst(pixels, full),
        "seconds_per_frame": round(sum(each.seconds for each in judged) / len(pixels), 3),
    }


def _evaluations(judged: Sequence[Judged], options: argparse.Namespace) -> tuple[Evaluation, ...]:
    """What the sidecar says: per frame and per clip."""
    counts = [len(each.by_pixels) for each in judged]
    sources = np.unique([each.clip.source for each in judged], return_inverse=True)[1].astype(np.int32)
    clips, groups = np.repeat(np.arange(len(judged), dtype=np.int32), counts), np.repeat(sources, counts)
    predicted = np.concatenate([each.by_pixels for each in judged])
    true = np.concatenate([each.by_libvmaf for each in judged])
    levels: tuple[tuple[Literal["frame", "clip"], Figures], ...] = (
        ("frame", figures_of(predicted, true, groups)),
        ("clip", clip_figures(predicted, true, clips=clips, groups=groups)),
    )
    data = f"{sources.max() + 1} sources of the accuracy benchmark, role {options.role}"
    return tuple(_evaluation(figures, level, data, options) for level, figures in levels)


def _evaluation(
    figures: Figures, level: Literal["frame", "clip"], data: str, options: argparse.Namespace
) -> Evaluation:
    asked = f"--role {options.role} --every {options.every} --lines {options.lines}"
    return Evaluation(
        protocol="untrained, unseen videos",
        level=level,
        data=data,
        command=f"python -m benchmarks.vmaf_pixels --work DIR -o DIR {asked}",
        report="benchmarks/results/vmaf_pixels.json",
        **dataclasses.asdict(figures),
    )


def _rmse(one: np.ndarray, other: np.ndarray) -> float:
    return round(float(np.sqrt(np.square(one - other).mean())), 5)


def _worst(one: np.ndarray, other: np.ndarray) -> float:
    return round(float(np.abs(one - other).max()), 5)


if __name__ == "__main__":
    main()
