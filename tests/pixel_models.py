"""Models of the kinds `filter` and `nr` whose results are known by arithmetic, as bundles made by hand."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save_model

from tinyvmaf.bundles.bundle import Bundle, Sidecar
from tinyvmaf.bundles.facts import Interval, TensorSpec, installed_versions
from tinyvmaf.bundles.ops import OPSET

PLANE = ("N", 1, "H", "W")


def negative_filter(folder: Path) -> Path:
    """A pre-filter that turns luma x into 1 - x; its folder."""
    one = numpy_helper.from_array(np.ones(1, np.float32), "one")
    node = helper.make_node("Sub", ["one", "luma"], ["filtered"])
    tensors = (("luma", PLANE), ("filtered", PLANE))
    return _written(folder, "filter", "negative", [node], [one], *tensors, target="clean", ends=(0.0, 1.0))


def blurring_filter(folder: Path) -> Path:
    """A pre-filter that gives the mean of 3x3 samples; its folder."""
    nodes = [
        helper.make_node("Pad", ["luma", "pads"], ["padded"], mode="edge"),
        helper.make_node("Conv", ["padded", "kernel"], ["filtered"]),
    ]
    initial = [
        numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64), "pads"),
        numpy_helper.from_array(np.full((1, 1, 3, 3), 1 / 9, np.float32), "kernel"),
    ]
    tensors = (("luma", PLANE), ("filtered", PLANE))
    return _written(folder, "filter", "blurring", nodes, initial, *tensors, target="clean", ends=(0.0, 1.0))


def brightness_of_patches(folder: Path, *, planes: int = 2, side: int = 64, half_width: float | None = None) -> Path:
    """A no-reference model that gives the mean of the first plane, of 255, in percent; its folder."""
    shape = ("N", "P", planes, side, side)
    nodes = [
        helper.make_node("Slice", ["patches", "start", "end", "axis"], ["luma"]),
        helper.make_node("ReduceMean", ["luma"], ["mean"], axes=[1, 2, 3, 4], keepdims=0),
        helper.make_node("Mul", ["mean", "percent"], ["score"]),
    ]
    numbers = {"start": [0], "end": [1], "axis": [2]}
    initial = [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in numbers.items()]
    initial.append(numpy_helper.from_array(np.array(100 / 255, np.float32), "percent"))
    tensors = (("patches", shape), ("score", ("N",)))
    return _written(folder, "nr", "bright", nodes, initial, *tensors, ends=(0.0, 100.0), half_width=half_width)


def brightness_of_frames(folder: Path) -> Path:
    """The same of a whole picture made small."""
    nodes = [
        helper.make_node("ReduceMean", ["frame"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "percent"], ["score"]),
    ]
    initial = [numpy_helper.from_array(np.array(100 / 255, np.float32), "percent")]
    tensors = (("frame", ("N", 1, 224, 224)), ("score", ("N",)))
    return _written(folder, "nr", "bright_frame", nodes, initial, *tensors, ends=(0.0, 100.0))


def _written(  # noqa: PLR0917  the two tensors belong together
    folder: Path,
    kind: str,
    model_id: str,
    nodes,
    initial,
    given,
    gives,
    *,
    ends: tuple[float, float],
    target: str = "vmaf",
    half_width: float | None = None,
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in (given, gives)]
    graph = helper.make_graph(nodes, model_id, values[:1], values[1:], initial)
    opsets = [helper.make_opsetid("", OPSET)]
    save_model(helper.make_model(graph, opset_imports=opsets, ir_version=8), Bundle(folder).onnx)
    specs = [TensorSpec(name, "float32", tuple(shape), "of a test") for name, shape in (given, gives)]
    bar = (
        [] if half_width is None else [Interval("model", "time", "all", 0.9, half_width, half_width / 2, "a test", 0.9)]
    )
    sidecar = Sidecar(
        schema_version=1,
        id=model_id,
        version=1,
        kind=kind,
        description="Arithmetic.",
        license="MIT",
        onnx_opset=OPSET,
        inputs=(specs[0],),
        outputs=(specs[1],),
        feature_set=None,
        feature_names=(),
        target=target,
        output_range=ends,
        intervals=tuple(bar),
        trained_on=(),
        recipe=None,
        seed=None,
        commit=None,
        library_versions=installed_versions(torch=None),
        evaluation=(),
        latency=None,
        parameter_count=0,
        smoke=False,
    )
    Bundle(folder).sidecar.write_text(sidecar.to_text(), encoding="utf-8")
    return folder
