"""VMAF from pixels -> bundle: ``vmaf_pixels``, which runs wherever ONNX Runtime does.

The graph is ``models/vmaf.py``, with libvmaf's rounding, and with its regression in float64. Frames of any size and
number go in as luma of 0-255; motion is of the frames that it is given.
"""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.bundle import SCHEMA_VERSION, Bundle, Sidecar
from tinyvmaf.bundles.cards import write_bundle
from tinyvmaf.bundles.export import outputs_of, trace
from tinyvmaf.bundles.facts import Evaluation, TensorSpec, code_commit, installed_versions
from tinyvmaf.bundles.ops import OPSET
from tinyvmaf.bundles.parity import PARITY_OF_SCALE, check_graph
from tinyvmaf.bundles.session import run_graph_whole
from tinyvmaf.errors import BundleError
from tinyvmaf.features import CANONICAL_6
from tinyvmaf.models.vmaf import Vmaf
from tinyvmaf.pixels.svr import svr_of

VMAF_PIXELS = "vmaf_pixels"
"""Its id on the shelf."""
TEACHER = "vmaf"
"""Which VMAF it computes."""
LICENSE = "BSD-2-Clause-Patent"
"""Of libvmaf, whose regression is inside."""
PARITY_SIZES = ((64, 96), (57, 81))
"""(H, W) of the videos that graph and module are compared on; the graph is traced on the first.

Where a sum of both ends on another side of a rounding, a frame of few and smooth pixels shows it.
"""
PARITY_FRAMES = 128
"""Of each."""

_LUMA = {0: "T", 2: "H", 3: "W"}
_AXES = {"reference": _LUMA, "distorted": _LUMA, "features": {0: "T"}, "score": {0: "T"}}

Luma = NDArray[np.float32]
"""(T, 1, H, W)."""


def export_vmaf_pixels(directory: Path, *, evaluation: tuple[Evaluation, ...] = ()) -> Bundle:
    """The bundle, written to ``directory``, the sidecar last.

    Raises:
        BundleError: the graph is not what a bundle may hold, or does not compute what the module computes.
    """
    return write_bundle(directory, vmaf_graph(), _sidecar(evaluation))


def vmaf_graph() -> bytes:
    """The bytes of the ONNX file, after the walk and the parity check on 256 random frames.

    Raises:
        BundleError: as ``export_vmaf_pixels``.
    """
    module = Vmaf(TEACHER).eval()
    module.head.double()
    videos = list(_random_videos())
    onnx = trace(module, dict(zip(("reference", "distorted"), videos[0], strict=True)), _AXES)
    check_graph(onnx, name=VMAF_PIXELS)
    for reference, distorted in videos:
        _check_parity(run_graph_whole(onnx, reference, distorted), outputs_of(module, reference, distorted))
    return onnx


def _random_videos() -> Iterator[tuple[Luma, Luma]]:
    """Blocks of random light with grain, and the same with less contrast and other grain: as 8 bit luma, 0-255."""
    draw = np.random.default_rng(0)
    for height, width in PARITY_SIZES:
        blocks = draw.uniform(0, 255, size=(PARITY_FRAMES, 1, -(-height // 8), -(-width // 8)))
        light = blocks.repeat(8, axis=2).repeat(8, axis=3)[..., :height, :width]
        videos = [contrast * light + draw.normal(0, 6, light.shape) for contrast in (1, 0.9)]
        reference, distorted = (np.clip(np.rint(video), 0, 255).astype(np.float32) for video in videos)
        yield reference, distorted


def _check_parity(found: list[NDArray[np.float32]], expected: tuple[NDArray[np.float32], ...]) -> None:
    """Features and scores, each within 1e-4 of its scale: 1, but for motion, which is on that of the code values."""
    feature_scales = [1.0] * (len(CANONICAL_6.names) - 1) + [255.0]
    for name, scales, one, other in zip(("features", "scores"), (feature_scales, 100.0), found, expected, strict=True):
        off = np.abs(one.astype(np.float64) - other) / scales
        if not (one.shape == other.shape and off.max() <= PARITY_OF_SCALE):
            raise BundleError(
                f"the ONNX of {VMAF_PIXELS} gives {name} that are {off.max():g} of their scale off the module's,"
                f" on random frames; at most {PARITY_OF_SCALE:g} is allowed, so nothing was written"
            )


def _sidecar(evaluation: tuple[Evaluation, ...]) -> Sidecar:
    svr = svr_of(TEACHER)
    names = ", ".join(CANONICAL_6.names)
    luma = ("T", 1, "H", "W")
    scale = "8 bit code values, 0-255; those of 10 bit video are divided by 4"
    return Sidecar(
        schema_version=SCHEMA_VERSION,
        id=VMAF_PIXELS,
        version=1,
        kind="fr",
        description="vmaf_v0.6.1 from pixels, as a graph; its regression is libvmaf's own, (c) 2020 Netflix, Inc.",
        license=LICENSE,
        onnx_opset=OPSET,
        inputs=(
            TensorSpec("reference", "float32", luma, f"luma of consecutive frames of the reference: {scale}"),
            TensorSpec("distorted", "float32", luma, "luma of the same frames of the distorted video"),
        ),
        outputs=(
            TensorSpec("features", "float32", ("T", len(CANONICAL_6.names)), f"{names}, of each frame"),
            TensorSpec("score", "float32", ("T",), f"{TEACHER} of each frame, on its 0-100 scale"),
        ),
        feature_set=None,
        feature_names=(),
        target=TEACHER,
        output_range=svr.score_range,
        intervals=(),
        trained_on=(),
        recipe=None,
        seed=None,
        commit=code_commit(),
        library_versions=installed_versions(torch=version("torch")),
        evaluation=evaluation,
        latency=None,
        parameter_count=svr.parameter_count,
        smoke=False,
    )
