"""Fitted net -> bundle: one ONNX file of opset 17 with everything in the graph, or no file at all.

``torch.onnx.export(dynamo=True)`` stays at opset 18 for some ops and writes external data; the older exporter does
neither. Whatever it gives is read back from its bytes, walked, and compared with the net on random valid rows.
"""

import re
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import ModelProto

from tinyvmaf.bundles.bundle import SCHEMA_VERSION, Bundle, Sidecar
from tinyvmaf.bundles.cards import write_bundle
from tinyvmaf.bundles.facts import Evaluation, Latency, LibraryVersions, RecipeStamp, TensorSpec
from tinyvmaf.bundles.ops import OPSET, faults, opset
from tinyvmaf.bundles.session import run_graph
from tinyvmaf.errors import BundleError
from tinyvmaf.models.fitted import FittedNet

DEFAULT_LICENSE = "BSD-2-Clause-Patent"
PARITY_ROWS = 256
PARITY_OF_SCALE = 1e-4
"""The largest error allowed between net and ONNX, as a part of the output's range."""
EXPORTER_ENDS = (".*legacy TorchScript-based ONNX export", "The feature will be removed")
"""The exporter that can write opset 17 announces its end in these words; its successor cannot replace it yet."""
UNBOUNDED_SCALE = 100.0
"""What stands for the range of an unbounded output: teachers and opinions are on 0-100."""


def export(
    fitted: FittedNet,
    directory: Path,
    *,
    model_id: str | None = None,
    description: str | None = None,
    license: str = DEFAULT_LICENSE,  # noqa: A002  the sidecar's word
    model_version: int = 1,
    evaluation: tuple[Evaluation, ...] = (),
    latency: Latency | None = None,
) -> Bundle:
    """The bundle of a fitted net, written to ``directory``, the sidecar last.

    Raises:
        BundleError: the graph is not what a bundle may hold, or does not compute what the net computes.
    """
    onnx = onnx_of(fitted)
    set_name, names = fitted.feature_set.name, fitted.feature_set.names
    sidecar = Sidecar(
        schema_version=SCHEMA_VERSION,
        id=model_id or default_id(fitted),
        version=model_version,
        kind="fr",
        description=description or f"{fitted.architecture} head: {fitted.target} from {set_name}",
        license=license,
        onnx_opset=OPSET,
        inputs=(TensorSpec("features", "float32", ("N", len(names)), f"{set_name}, one row per frame, as measured"),),
        outputs=(TensorSpec("score", "float32", ("N",), f"{fitted.target} of each frame, on its 0-100 scale"),),
        feature_set=set_name,
        feature_names=names,
        target=fitted.target,
        output_range=fitted.output_range,
        intervals=(),
        trained_on=fitted.trained_on,
        recipe=RecipeStamp(fitted.recipe.name, fitted.recipe.sha256),
        seed=fitted.seed,
        commit=code_commit(),
        library_versions=LibraryVersions(
            **{name: version(name) for name in ("tinyvmaf", "torch", "onnx", "onnxruntime", "numpy")}
        ),
        evaluation=evaluation,
        latency=latency,
        parameter_count=fitted.parameter_count,
        smoke=fitted.smoke,
    )
    return write_bundle(directory, onnx, sidecar)


def default_id(fitted: FittedNet) -> str:
    """An id made from the recipe's name: ``record/c1`` gives ``record_c1``."""
    return re.sub(r"[^a-z0-9_-]+", "_", fitted.recipe.name.lower()).lstrip("_-0123456789")[:64] or fitted.architecture


def onnx_of(fitted: FittedNet) -> bytes:
    """The bytes of the net's ONNX file, the same for the same net, after the walk and the parity check.

    Raises:
        BundleError: an op that no bundle may hold, another opset, or an error above 1e-4 of the output's scale.
    """
    rows = _parity_rows(fitted)
    data = _tidied(_traced(fitted, rows))
    if opset(data) != OPSET:
        raise BundleError(f"the exporter of torch {torch.__version__} gave opset {opset(data)}, not {OPSET}")
    found = faults(data)
    if found:
        raise BundleError(f"the graph of {fitted.architecture} may not stand in a bundle: {'; '.join(found)}")
    _check_parity(fitted, data, rows)
    return data


def code_commit() -> str | None:
    """The commit of the checkout that this code runs from, 40 digits; None: it runs from an installed copy."""
    git = Path(__file__).parents[3] / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        commit = (git / head.removeprefix("ref: ")).read_text(encoding="ascii").strip() if " " in head else head
    except (OSError, UnicodeDecodeError):
        return None
    return commit if re.fullmatch(r"[0-9a-f]{40}", commit) else None


def _parity_rows(fitted: FittedNet) -> NDArray[np.float32]:
    """Rows (256, F) like those of the training; a smoke net saw zeros, and gets the usual range."""
    if fitted.smoke:
        shape = (PARITY_ROWS, len(fitted.feature_set.names))
        return np.random.default_rng(0).uniform(size=shape).astype(np.float32)
    return fitted.valid_rows(PARITY_ROWS)


def _traced(fitted: FittedNet, rows: NDArray[np.float32]) -> bytes:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "model.onnx"
        for words in EXPORTER_ENDS:
            warnings.filterwarnings("ignore", message=words, category=DeprecationWarning)
        torch.onnx.export(
            fitted.module,
            (torch.from_numpy(rows),),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=["features"],
            output_names=["score"],
            dynamic_axes={"features": {0: "N"}, "score": {0: "N"}},
        )
        return path.read_bytes()


def _tidied(data: bytes) -> bytes:
    """The same graph without words about where it was made, in a fixed order of bytes."""
    model = ModelProto.FromString(data)
    model.doc_string = model.graph.doc_string = ""
    model.graph.name = "tinyvmaf"
    for node in model.graph.node:
        node.doc_string = ""
    return model.SerializeToString(deterministic=True)


def _check_parity(fitted: FittedNet, data: bytes, rows: NDArray[np.float32]) -> None:
    with torch.no_grad():
        expected = fitted.module(torch.from_numpy(rows)).numpy()  # (256,)
    found = run_graph(data, rows)  # (256,)
    low, high = fitted.output_range or (0.0, UNBOUNDED_SCALE)
    error = float(np.abs(found.astype(np.float64) - expected).max())
    if not (found.shape == expected.shape and error <= PARITY_OF_SCALE * (high - low)):
        raise BundleError(
            f"the ONNX of {fitted.architecture} is {error:g} away from the net on {PARITY_ROWS} random rows; "
            f"at most {PARITY_OF_SCALE * (high - low):g} is allowed, so nothing was written"
        )
