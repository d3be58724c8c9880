"""Fitted net that sees pixels -> bundle: one ONNX file of opset 17, of any number of samples, or of any picture's size.

What it gives is compared with the net on random pictures, of even and odd sizes for a filter, or no file is written.
"""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.bundle import SCHEMA_VERSION, Bundle, Sidecar
from tinyvmaf.bundles.cards import write_bundle
from tinyvmaf.bundles.export import default_id_of, export, outputs_of, trace
from tinyvmaf.bundles.facts import Evaluation, Latency, RecipeStamp, TensorSpec, code_commit, installed_versions
from tinyvmaf.bundles.ops import OPSET
from tinyvmaf.bundles.parity import PARITY_ROWS, check_graph, parity_tolerance
from tinyvmaf.bundles.pixel_tensors import FRAME, PATCHES, filter_tensors, sample_input, score_output
from tinyvmaf.bundles.session import run_graph
from tinyvmaf.errors import BundleError
from tinyvmaf.models.checkpoint import load_checkpoint
from tinyvmaf.models.pixel_checkpoint import is_pixel_checkpoint, load_pixel_checkpoint
from tinyvmaf.models.pixel_nets import FittedPixelNet

PARITY_SIZES = ((64, 96), (57, 81), (16, 16), (33, 18))
"""(H, W) of the pictures that a filter is compared on; the graph is traced on the first."""
PARITY_PATCHES = (3, 8)
"""P of the samples that a score is compared on; the graph is traced on the first."""
_AT_ONCE = 32

Values = NDArray[np.float32]


def export_pixel_net(
    fitted: FittedPixelNet,
    directory: Path,
    *,
    model_id: str | None = None,
    description: str | None = None,
    license: str | None = None,  # noqa: A002  the sidecar's word
    model_version: int = 1,
    evaluation: tuple[Evaluation, ...] = (),
    latency: Latency | None = None,
) -> Bundle:
    """The bundle of a fitted net, written to ``directory``, the sidecar last; arguments as of ``export``.

    Raises:
        BundleError: the graph is not what a bundle may hold, or does not compute what the net computes.
    """
    onnx = pixel_graph(fitted)
    given, wanted = tensors_of(fitted)
    sidecar = Sidecar(
        schema_version=SCHEMA_VERSION,
        id=model_id or default_id_of(fitted.recipe.name, fitted.architecture),
        version=model_version,
        kind="filter" if fitted.recipe.is_filter else "nr",
        description=description or fitted.recipe.description,
        license=license or fitted.recipe.license,
        onnx_opset=OPSET,
        inputs=(given,),
        outputs=(wanted,),
        feature_set=None,
        feature_names=(),
        target=fitted.target,
        output_range=fitted.output_range,
        intervals=(),
        trained_on=fitted.trained_on,
        recipe=RecipeStamp(fitted.recipe.name, fitted.recipe.sha256),
        seed=fitted.recipe.seed,
        commit=code_commit(),
        library_versions=installed_versions(torch=version("torch")),
        evaluation=evaluation,
        latency=latency,
        parameter_count=fitted.parameter_count,
        smoke=fitted.smoke,
    )
    return write_bundle(directory, onnx, sidecar)


def export_checkpoint(
    checkpoint: Path,
    directory: Path,
    *,
    model_id: str | None,
    description: str | None,
    license: str | None = None,  # noqa: A002
) -> Bundle:
    """The bundle of a checkpoint of ``tinyvmaf fit``, of whichever family of nets.

    Raises:
        FitError: it is no checkpoint, or of a training that was not finished.
        BundleError: as ``export``.
    """
    if is_pixel_checkpoint(checkpoint):
        fitted = load_pixel_checkpoint(checkpoint)
        return export_pixel_net(fitted, directory, model_id=model_id, description=description, license=license)
    head = load_checkpoint(checkpoint)
    return export(head, directory, model_id=model_id, description=description, license=license)


def tensors_of(fitted: FittedPixelNet) -> tuple[TensorSpec, TensorSpec]:
    """Input and output of a net's graph."""
    if fitted.recipe.is_filter:
        return filter_tensors()
    planes, side = fitted.shape
    name = FRAME if fitted.recipe.sample_kind == "frame" else PATCHES
    return sample_input(name, planes=planes, side=side), score_output(fitted.target)


def pixel_graph(fitted: FittedPixelNet) -> bytes:
    """The bytes of the net's ONNX file, the same for the same net, after the walk and the parity check.

    Raises:
        BundleError: an op that no bundle may hold, another opset, or an error above 1e-4 of the output's scale.
    """
    given, wanted = tensors_of(fitted)
    axes = {spec.name: _free_axes(spec) for spec in (given, wanted)}
    batches = list(_parity_batches(fitted))
    onnx = trace(fitted.module, {given.name: batches[0][:2]}, axes)
    check_graph(onnx, name=fitted.architecture)
    for batch in batches:
        _check_parity(fitted, onnx, batch)
    return onnx


def _free_axes(spec: TensorSpec) -> dict[int, str]:
    return {place: axis for place, axis in enumerate(spec.shape) if isinstance(axis, str)}


def _check_parity(fitted: FittedPixelNet, onnx: bytes, batch: Values) -> None:
    (expected,) = outputs_of(fitted.module, batch)
    found = run_graph(onnx, batch)
    allowed = parity_tolerance(fitted.output_range)
    same = found.shape == expected.shape
    error = float(np.abs(found.astype(np.float64) - expected).max()) if same else float("inf")
    if not error <= allowed:
        raise BundleError(
            f"the ONNX of {fitted.architecture} is {error:g} off the net it was made from, on random pictures; "
            f"at most {allowed:g} is allowed, so nothing was written"
        )


def _parity_batches(fitted: FittedPixelNet) -> Iterator[Values]:
    """At least 256 pictures or samples, in batches of few."""
    draw = np.random.default_rng(0)
    planes, side = fitted.shape
    if fitted.recipe.is_filter:
        shapes = [(1, *size) for size in PARITY_SIZES]
    elif fitted.recipe.sample_kind == "frame":
        shapes = [(planes, side, side)]
    else:
        shapes = [(places, planes, side, side) for places in PARITY_PATCHES]
    scale = 255.0 if fitted.recipe.is_filter else 1.0
    for shape in shapes:
        for _ in range(-(-PARITY_ROWS // len(shapes) // _AT_ONCE)):
            yield _pictures((_AT_ONCE, *shape), draw) / np.float32(scale)


def _pictures(shape: tuple[int, ...], draw: np.random.Generator) -> Values:
    """Blocks of random light with grain, as whole code values, 0-255."""
    height, width = shape[-2:]
    blocks = draw.uniform(0, 255, size=(*shape[:-2], -(-height // 8), -(-width // 8)))
    light = blocks.repeat(8, axis=-2).repeat(8, axis=-1)[..., :height, :width]
    return np.clip(np.rint(light + draw.normal(0, 6, light.shape)), 0, 255).astype(np.float32)
