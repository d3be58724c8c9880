"""Fitted net -> bundle: one ONNX file of opset 17 with everything in the graph, or no file at all.

``torch.onnx.export(dynamo=True)`` stays at opset 18 for some ops and writes external data; the older exporter does
neither. Whatever it gives is read back from its bytes, walked, and compared with the net on random valid rows.
"""

import re
import tempfile
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import ModelProto
from torch import nn

from tinyvmaf.bundles.bundle import SCHEMA_VERSION, Bundle, Sidecar
from tinyvmaf.bundles.cards import write_bundle
from tinyvmaf.bundles.facts import (
    Evaluation,
    Latency,
    RecipeStamp,
    code_commit,
    head_input,
    head_output,
    installed_versions,
)
from tinyvmaf.bundles.ops import OPSET
from tinyvmaf.bundles.parity import PARITY_ROWS, check_graph, check_parity
from tinyvmaf.models.fitted import FittedNet

EXPORTER_ENDS = (".*legacy TorchScript-based ONNX export", "The feature will be removed")
"""The exporter that can write opset 17 announces its end in these words; its successor cannot replace it yet."""
EXPORTER_FOLDS_LESS = "Constant folding - Only steps=1"
"""It says so where it leaves a constant unfolded, which ONNX Runtime folds."""

Axes = Mapping[str, Mapping[int, str]]
"""By input or output: the axes of any length, and the letters that name them."""


def export(
    fitted: FittedNet,
    directory: Path,
    *,
    model_id: str | None = None,
    description: str | None = None,
    license: str | None = None,  # noqa: A002  the sidecar's word
    model_version: int = 1,
    evaluation: tuple[Evaluation, ...] = (),
    latency: Latency | None = None,
) -> Bundle:
    """The bundle of a fitted net, written to ``directory``, the sidecar last.

    Args:
        fitted: The net.
        directory: Made where it does not exist.
        model_id: Its name on a shelf; None: made from the recipe's name.
        description: One sentence; None: the recipe's.
        license: None: the recipe's.
        model_version: Counts the models that bore the id.
        evaluation: How it did.
        latency: How fast it was.

    Raises:
        BundleError: the graph is not what a bundle may hold, or does not compute what the net computes.
    """
    onnx = onnx_of(fitted)
    sidecar = Sidecar(
        schema_version=SCHEMA_VERSION,
        id=model_id or default_id(fitted),
        version=model_version,
        kind="fr",
        description=description or fitted.recipe.description,
        license=license or fitted.recipe.license,
        onnx_opset=OPSET,
        inputs=(head_input(fitted.feature_set, row_axis=fitted.row_axis),),
        outputs=(head_output(fitted.target, row_axis=fitted.row_axis),),
        feature_set=fitted.feature_set.name,
        feature_names=fitted.feature_set.names,
        target=fitted.target,
        output_range=fitted.output_range,
        intervals=(),
        trained_on=fitted.trained_on,
        recipe=RecipeStamp(fitted.recipe.name, fitted.recipe.sha256),
        seed=fitted.seed,
        commit=code_commit(),
        library_versions=installed_versions(torch=version("torch")),
        evaluation=evaluation,
        latency=latency,
        parameter_count=fitted.parameter_count,
        smoke=fitted.smoke,
    )
    return write_bundle(directory, onnx, sidecar)


def default_id(fitted: FittedNet) -> str:
    """An id made from the recipe's name."""
    return default_id_of(fitted.recipe.name, fitted.architecture)


def default_id_of(recipe_name: str, architecture: str) -> str:
    """An id made from a recipe's name: ``record/c1`` gives ``record_c1``; the net's name where nothing is left."""
    return re.sub(r"[^a-z0-9_-]+", "_", recipe_name.lower()).lstrip("_-0123456789")[:64] or architecture


def onnx_of(fitted: FittedNet) -> bytes:
    """The bytes of the net's ONNX file, the same for the same net, after the walk and the parity check.

    Raises:
        BundleError: an op that no bundle may hold, another opset, or an error above 1e-4 of the output's scale.
    """
    rows = _parity_rows(fitted)
    data = trace(fitted.module, {"features": rows}, {"features": {0: fitted.row_axis}, "score": {0: fitted.row_axis}})
    check_graph(data, name=fitted.architecture)
    (expected,) = outputs_of(fitted.module, rows)  # (256,)
    check_parity(data, rows, expected, name=fitted.architecture, output_range=fitted.output_range)
    return data


def trace(module: nn.Module, inputs: Mapping[str, NDArray[np.float32]], axes: Axes) -> bytes:
    """A module's ONNX file, the same for the same module; not yet walked, nor compared.

    Args:
        module: Takes the inputs in their order, and gives one tensor or several.
        inputs: Examples by name; no number of theirs stays in the graph but the lengths of the other axes.
        axes: Of the inputs, and of the outputs, which it names in their order.
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "model.onnx"
        for words in EXPORTER_ENDS:
            warnings.filterwarnings("ignore", message=words, category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=EXPORTER_FOLDS_LESS, category=UserWarning)
        torch.onnx.export(
            module,
            tuple(torch.from_numpy(values) for values in inputs.values()),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=[name for name in axes if name not in inputs],
            dynamic_axes=axes,
        )
        return _tidied(path.read_bytes())


def outputs_of(module: nn.Module, *inputs: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """What the module itself gives for its inputs."""
    with torch.no_grad():
        given = module(*(torch.from_numpy(values) for values in inputs))
    return tuple(output.numpy() for output in (given if isinstance(given, tuple) else (given,)))


def _parity_rows(fitted: FittedNet) -> NDArray[np.float32]:
    """Rows (256, F) like those of the training; a smoke net saw zeros, and gets the usual range."""
    if fitted.smoke:
        shape = (PARITY_ROWS, len(fitted.feature_set.names))
        return np.random.default_rng(0).uniform(size=shape).astype(np.float32)
    return fitted.valid_rows(PARITY_ROWS)


def _tidied(data: bytes) -> bytes:
    """The same graph without words about where it was made, in a fixed order of bytes."""
    model = ModelProto.FromString(data)
    model.doc_string = model.graph.doc_string = ""
    model.graph.name = "tinyvmaf"
    for node in model.graph.node:
        node.doc_string = ""
    return model.SerializeToString(deterministic=True)
