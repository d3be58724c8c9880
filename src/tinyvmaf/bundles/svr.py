"""A regression of libvmaf -> bundle: the exact baselines of every head, ``fr_svr``, ``fr_svr_neg`` and ``fr_svr_4k``.

The graph takes and gives float32 as every head does, and computes in float64 in between: the sum over hundreds of
support vectors cancels, and would be off by up to 6e-3 in float32.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from tinyvmaf.bundles.bundle import SCHEMA_VERSION, Bundle, Sidecar
from tinyvmaf.bundles.cards import write_bundle
from tinyvmaf.bundles.facts import Interval, code_commit, head_input, head_output, installed_versions
from tinyvmaf.bundles.ops import OPSET
from tinyvmaf.bundles.parity import PARITY_ROWS, check_graph, check_parity
from tinyvmaf.pixels.intervals import known_half_widths
from tinyvmaf.pixels.svr import Svr, svr_of
from tinyvmaf.video.teachers import teacher as teacher_named

SVR_IDS = {"vmaf": "fr_svr", "vmaf_neg": "fr_svr_neg", "vmaf_4k": "fr_svr_4k"}
"""Teacher -> its regression's name, on the shelf and among the baselines of a report."""
LICENSE = "BSD-2-Clause-Patent"
"""Of libvmaf's model files."""

_IR_VERSION = 8
"""Of the file format; what opset 17 came with."""


def export_svr(teacher: str, directory: Path) -> Bundle:
    """The bundle of a teacher's regression, written to ``directory``, the sidecar last.

    Raises:
        ValueError: there is no regression for that teacher.
        BundleError: the graph does not compute what the regression computes.
    """
    if teacher not in SVR_IDS:
        raise ValueError(f"no bundle of the regression of {teacher!r}; there are of {', '.join(SVR_IDS)}")
    svr = svr_of(teacher)
    rows = _valid_rows(svr)
    onnx = svr_graph(svr)
    check_graph(onnx, name=SVR_IDS[teacher])
    check_parity(onnx, rows, svr.predict(rows), name=SVR_IDS[teacher], output_range=svr.score_range)
    return write_bundle(directory, onnx, _sidecar(svr))


def svr_graph(svr: Svr) -> bytes:
    """The bytes of the regression's ONNX file, features (N, 6) to score (N,).

    The squared distance stands in the exponent as -gamma |x|^2 + (2 gamma x.s - gamma |s|^2).
    """
    node = helper.make_node
    nodes = [
        node("Cast", ["features"], ["exact"], to=TensorProto.DOUBLE),
        node("Mul", ["exact", "slopes"], ["sloped"]),
        node("Add", ["sloped", "intercepts"], ["x"]),  # (N, 6)
        node("Mul", ["x", "x"], ["squares"]),
        node("MatMul", ["squares", "minus_gammas"], ["own_part"]),  # (N, 1)
        node("Gemm", ["x", "support_vectors", "their_part"], ["shared_part"], alpha=2 * svr.gamma, transB=1),  # (N, S)
        node("Add", ["shared_part", "own_part"], ["exponent"]),
        node("Exp", ["exponent"], ["kernel"]),
        node("MatMul", ["kernel", "weights"], ["sum"]),  # (N, 1)
        node("Sub", ["sum", "offset"], ["y_above_intercept"]),
        node("Div", ["y_above_intercept", "score_slope"], ["unclipped"]),
        node("Clip", ["unclipped", "lowest", "highest"], ["column"]),
        node("Squeeze", ["column", "axis"], ["exact_score"]),  # (N,)
        node("Cast", ["exact_score"], ["score"], to=TensorProto.FLOAT),
    ]
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", len(svr.slopes)])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N"])
    constants = [numpy_helper.from_array(np.asarray(value), name) for name, value in _constants(svr).items()]
    graph = helper.make_graph(nodes, "tinyvmaf", [features], [score], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR_VERSION)
    return model.SerializeToString(deterministic=True)


def _constants(svr: Svr) -> dict[str, NDArray[np.float64] | NDArray[np.int64] | float]:
    return {
        "slopes": svr.slopes,
        "intercepts": svr.intercepts,
        "minus_gammas": np.full((len(svr.slopes), 1), -svr.gamma),
        "support_vectors": svr.support_vectors,
        "their_part": -svr.gamma * np.square(svr.support_vectors).sum(axis=1),
        "weights": svr.weights[:, np.newaxis],
        "offset": svr.rho + svr.score_intercept,
        "score_slope": svr.score_slope,
        "lowest": svr.score_range[0],
        "highest": svr.score_range[1],
        "axis": np.array([1]),
    }


def _valid_rows(svr: Svr) -> NDArray[np.float32]:
    """Rows (256, 6) between two of the support vectors each, which are rows that libvmaf's training saw."""
    draw = np.random.default_rng(0)
    one, other = svr.support_vectors[draw.integers(len(svr.weights), size=(2, PARITY_ROWS))]
    scaled = one + draw.uniform(size=(PARITY_ROWS, 1)) * (other - one)
    return ((scaled - svr.intercepts) / svr.slopes).astype(np.float32)


def _sidecar(svr: Svr) -> Sidecar:
    version, features = teacher_named(svr.teacher).models[0].version, svr.feature_set.name
    return Sidecar(
        schema_version=SCHEMA_VERSION,
        id=SVR_IDS[svr.teacher],
        version=1,
        kind="fr",
        description=f"libvmaf's own {version} as a graph, (c) 2020 Netflix, Inc.: {svr.teacher} from {features}",
        license=LICENSE,
        onnx_opset=OPSET,
        inputs=(head_input(svr.feature_set),),
        outputs=(head_output(svr.teacher),),
        feature_set=svr.feature_set.name,
        feature_names=svr.feature_set.names,
        target=svr.teacher,
        output_range=svr.score_range,
        intervals=_intervals(svr.teacher),
        trained_on=(),
        recipe=None,
        seed=None,
        commit=code_commit(),
        library_versions=installed_versions(torch=None),
        evaluation=(),
        latency=None,
        parameter_count=svr.parameter_count,
        smoke=False,
    )


def _intervals(teacher: str) -> tuple[Interval, ...]:
    """The error bars that were measured of this regression on the kernel's features."""
    return tuple(
        Interval(
            extractor="kernel",
            sampling=known.sampling,
            size_class=known.size_class,
            level=known.level,
            frame_half_width=known.frame_half_width,
            clip_half_width=known.clip_half_width,
            calibrated_on=known.calibrated_on,
            coverage_measured=known.coverage_frame,
        )
        for known in known_half_widths()
        if known.teacher == teacher
    )
