"""A graph in float32 -> the same in int8, by ONNX Runtime's quantizer: dynamic, or static with calibrated ranges.

- ``dynamic``: weights are int8; what flows between layers gets its range anew at each run, from all that is in it, so
  that a frame's score depends a little on the frames beside it.
- ``static``: ranges come from a calibration, weights have a scale per channel, and the graph says so by pairs of
  QuantizeLinear and DequantizeLinear (QDQ), which every ONNX Runtime makes into integer arithmetic where it can.

Only layers that multiply are quantised; scaling, activations and the clip of the output stay in float. Static leaves
the last layer in float too, or the score would have 256 values. Weights keep to 7 bits: with 8, processors without
VNNI saturate in their 16-bit sums, and a score would depend on the machine.
"""

import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_dynamic,
    quantize_static,
)

from tinyvmaf.bundles.ops import OPSET, faults, opset
from tinyvmaf.bundles.session import LOG_NOTHING_BUT_FATAL
from tinyvmaf.errors import BundleError

Int8Mode = Literal["dynamic", "static"]

_LAYERS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""What multiplies."""
_FUSED = ("Relu",)
"""What ONNX Runtime takes into the layer before it, where its ends are quantised too."""
_LOG_WARNINGS = 2
"""ONNX Runtime's own default."""
_INTEGER_OPS = frozenset({"MatMulInteger", "ConvInteger", "DequantizeLinear"})
"""At least one of these stands in a graph of which anything was quantised."""


def int8_graph(onnx: bytes, mode: Int8Mode, calibration: Iterable[NDArray[np.float32]] = ()) -> bytes:
    """The graph in int8, after the walk over its ops; the same bytes for the same graph and calibration.

    Args:
        onnx: The graph in float32, with one input.
        mode: How.
        calibration: Inputs like those that it will see; for ``static``.

    Raises:
        BundleError: nothing in it can be quantised, or what comes out may not stand in a bundle.
    """
    model = _named(ModelProto.FromString(onnx))
    names = [tensor.name for tensor in model.graph.input]
    if len(names) != 1:
        raise BundleError(f"a graph with the inputs {', '.join(names)} is not quantised: only those with one input are")
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-") as folder, _quiet():
        given, prepared, out = (Path(folder) / f"{name}.onnx" for name in ("given", "prepared", "int8"))
        given.write_bytes(model.SerializeToString())
        quant_pre_process(given, prepared, skip_symbolic_shape=True)  # folds constants and batch normalisation
        if mode == "dynamic":
            quantize_dynamic(
                prepared, out, op_types_to_quantize=list(_LAYERS), weight_type=QuantType.QUInt8, reduce_range=True
            )
        else:
            layers = [
                node for node in ModelProto.FromString(prepared.read_bytes()).graph.node if node.op_type in _LAYERS
            ]
            quantize_static(
                prepared,
                out,
                _Calibration(names[0], calibration),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=[*_LAYERS, *_FUSED],
                nodes_to_exclude=[node.name for node in layers[-1:]],
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        return _checked(out.read_bytes())


class _Calibration(CalibrationDataReader):
    """Hands out inputs one after the other."""

    def __init__(self, name: str, inputs: Iterable[NDArray[np.float32]]) -> None:
        self._feeds = ({name: values} for values in inputs)

    def get_next(self) -> dict[str, NDArray[np.float32]]:
        """The next one; after the last an empty one, which ends the calibration as None does."""
        return next(self._feeds, {})


def _named(model: ModelProto) -> ModelProto:
    """Every node has a name, by which the last layer can be left out."""
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{number}"
    return model


def _checked(data: bytes) -> bytes:
    """The bytes in a fixed order, when they may stand in a bundle."""
    model = ModelProto.FromString(data)
    if not any(node.op_type in _INTEGER_OPS for node in model.graph.node):
        raise BundleError("nothing in this model can be quantised: no layer of it multiplies by weights in float32")
    del model.metadata_props[:]
    model.doc_string = ""
    for item in [item for item in model.opset_import if item.domain]:  # ONNX Runtime names every domain it knows
        model.opset_import.remove(item)
    data = model.SerializeToString(deterministic=True)
    if opset(data) != OPSET:
        raise BundleError(f"the quantised graph came out with opset {opset(data)}, not {OPSET}")
    found = faults(data)
    if found:
        raise BundleError(f"the quantised graph may not stand in a bundle: {'; '.join(found)}")
    return data


@contextmanager
def _quiet() -> Iterator[None]:
    """The quantizer advises on the root logger, whatever it is given, and its sessions write to stderr."""
    root = logging.getLogger()
    root.addFilter(_from_elsewhere)
    onnxruntime.set_default_logger_severity(LOG_NOTHING_BUT_FATAL)
    try:
        yield
    finally:
        onnxruntime.set_default_logger_severity(_LOG_WARNINGS)
        root.removeFilter(_from_elsewhere)


def _from_elsewhere(record: logging.LogRecord) -> bool:
    return "onnxruntime" not in record.pathname
