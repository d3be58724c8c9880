"""The int8 form of a model: near enough or not written, walked, hashed, and taken along by the shelf."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper
from tests.table.tables import clip_table

from tinyvmaf.bundles import registry
from tinyvmaf.bundles.bundle import SCHEMA_VERSION, Bundle, Sidecar
from tinyvmaf.bundles.cards import write_bundle
from tinyvmaf.bundles.export import export
from tinyvmaf.bundles.facts import installed_versions
from tinyvmaf.bundles.int8_graph import int8_graph
from tinyvmaf.bundles.ops import OPSET, faults
from tinyvmaf.bundles.pixel_tensors import filter_tensors, sample_input, score_output
from tinyvmaf.bundles.quantize import judging_data, quantize
from tinyvmaf.bundles.session import open_model, read_bundle
from tinyvmaf.documents import to_document, validate
from tinyvmaf.errors import BundleError, ModelRefusedError, TableError
from tinyvmaf.table.sample_set import INDEX_COLUMNS, SampleMeta, Samples

TABLE = clip_table("made", ("a", "b", "c", "d"), frames=20)
SIDE = 16


def conv_net(kind: str) -> bytes:
    """Two convolutions with a ReLU between; of a filter added to its input, of a score averaged to 0-100."""
    draw = np.random.default_rng(0)
    shape = {"nr": ["N", "P", 2, SIDE, SIDE], "filter": ["N", 1, "H", "W"]}[kind]
    planes = 2 if kind == "nr" else 1
    weights = {
        "w1": draw.normal(0, 0.3, (8, planes, 3, 3)).astype(np.float32),
        "b1": draw.normal(0, 0.1, 8).astype(np.float32),
        "w2": draw.normal(0, 0.1, (1, 8, 3, 3)).astype(np.float32),
        "scale": np.array(1 / 255 if kind == "nr" else 1, np.float32),
        "low": np.array(0, np.float32),
        "high": np.array(100 if kind == "nr" else 1, np.float32),
        "gain": np.array(40 if kind == "nr" else 0.1, np.float32),
        "planes": np.array([-1, planes, SIDE, SIDE], np.int64),
        "rows": np.array([0, -1], np.int64),
    }
    name = "patches" if kind == "nr" else "luma"
    node, same = helper.make_node, {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        node("Reshape", [name, "planes"], ["flat"]) if kind == "nr" else node("Identity", [name], ["flat"]),
        node("Mul", ["flat", "scale"], ["scaled"]),
        node("Conv", ["scaled", "w1", "b1"], ["h1"], **same),
        node("Relu", ["h1"], ["r1"]),
        node("Conv", ["r1", "w2"], ["h2"], **same),
        node("Mul", ["h2", "gain"], ["change"]),
    ]
    if kind == "filter":
        nodes += [node("Add", ["luma", "change"], ["sum"]), node("Clip", ["sum", "low", "high"], ["filtered"])]
    else:
        nodes += [
            node("Shape", ["patches"], ["whole"], start=0, end=2),
            node("ReduceMean", ["change"], ["mean"], axes=[1, 2, 3], keepdims=0),
            node("Reshape", ["mean", "whole"], ["each"]),
            node("ReduceMean", ["each"], ["score1"], axes=[1], keepdims=0),
            node("Add", ["score1", "fifty"], ["sum"]),
            node("Clip", ["sum", "low", "high"], ["score"]),
        ]
        weights["fifty"] = np.array(50, np.float32)
    out = ("filtered", ["N", 1, "H", "W"]) if kind == "filter" else ("score", ["N"])
    used = {text for each in nodes for text in each.input}
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(out[0], TensorProto.FLOAT, out[1])],
        [numpy_helper.from_array(value, text) for text, value in weights.items() if text in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    return model.SerializeToString()


def pixel_bundle(folder: Path, kind: str) -> Bundle:
    tensors = (
        filter_tensors() if kind == "filter" else (sample_input("patches", planes=2, side=SIDE), score_output("vmaf"))
    )
    sidecar = Sidecar(
        schema_version=SCHEMA_VERSION,
        id=f"a_{kind}",
        version=1,
        kind="filter" if kind == "filter" else "nr",
        description="Two convolutions.",
        license="CC0-1.0",
        onnx_opset=OPSET,
        inputs=(tensors[0],),
        outputs=(tensors[1],),
        feature_set=None,
        feature_names=(),
        target="vmaf" if kind == "nr" else "clean",
        output_range=(0, 100) if kind == "nr" else (0, 1),
        intervals=(),
        trained_on=(),
        recipe=None,
        seed=None,
        commit=None,
        library_versions=installed_versions(torch=None),
        evaluation=(),
        latency=None,
        parameter_count=150,
        smoke=False,
    )
    return write_bundle(folder, conv_net(kind), sidecar)


def made_samples(kind: str, *, clips: int = 12) -> Samples:
    draw = np.random.default_rng(1)
    shape = (clips * 2, 3, 2, SIDE, SIDE) if kind == "patches" else (clips * 2, 1, 1, 32, 48)
    pixels = draw.integers(0, 256, shape).astype(np.uint8)
    if kind == "patches":  # samples of different light, so that their scores differ
        pixels = (pixels * np.linspace(0.1, 1, len(pixels)).reshape(-1, 1, 1, 1, 1)).astype(np.uint8)
    index = pl.DataFrame(
        {
            "corpus": ["made"] * len(pixels),
            "source": [f"s{row // 6}" for row in range(len(pixels))],
            "key": [f"k{row // 2}" for row in range(len(pixels))],
            "frame_index": [row % 2 for row in range(len(pixels))],
            "target": draw.uniform(0, 100, len(pixels)).tolist() if kind == "patches" else [None] * len(pixels),
        }
    )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in INDEX_COLUMNS.items() if name not in index.columns]
    index = index.with_columns(missing).cast(dict(INDEX_COLUMNS)).select(list(INDEX_COLUMNS))
    if kind == "patches":
        return Samples("patches", Path("made"), index, pixels, None, SampleMeta("patches", "vmaf"))
    return Samples("pairs", Path("made"), index, pixels, pixels[::-1].copy(), SampleMeta("pairs"))


@pytest.mark.parametrize("mode", ["dynamic", "static"])
def test_a_head_gets_an_int8_form_that_says_nearly_the_same(fitted, tmp_path: Path, mode: str) -> None:
    bundle = export(fitted("mlp_medium"), tmp_path / "b", model_id="head")
    data = judging_data(bundle.directory, tables=[TABLE])
    report = quantize(bundle.directory, data, tmp_path / "q", mode=mode, budget_plcc=0.2, command="a command")
    validate(to_document("quantize", report))
    assert report.accepted
    whole, int8 = open_model(tmp_path / "q"), open_model(tmp_path / "q" / "model.int8.onnx")
    assert (int8.sha256, whole.sha256) == (report.int8_sha256, report.model_sha256)
    judged = data if mode == "dynamic" else data.halves()[1]
    rows = [judged.inputs(clip) for clip in judged.clips]  # dynamic ranges are those of the rows of one run
    true = np.concatenate([judged.truth(clip) for clip in judged.clips])
    said, ours = (np.concatenate([model.predict(clip) for clip in rows]) for model in (whole, int8))
    assert report.n_samples == len(true) == (160 if mode == "dynamic" else 80)
    assert report.plcc_to_fp32 == pytest.approx(np.corrcoef(said, ours)[0, 1], abs=1e-6)
    assert report.rms_difference == pytest.approx(np.sqrt(np.mean((said - ours) ** 2)), rel=1e-4)
    assert report.fp32.plcc == pytest.approx(np.corrcoef(said, true)[0, 1], abs=1e-6)
    assert report.int8.rmse == pytest.approx(np.sqrt(np.mean((ours - true) ** 2)), rel=1e-4)
    assert 0 < report.rms_difference < 5
    assert report.int8_bytes == (tmp_path / "q" / "model.int8.onnx").stat().st_size < report.fp32_bytes
    assert (report.calibrated_on is None) == (mode == "dynamic")


@pytest.mark.parametrize("mode", ["dynamic", "static"])
@pytest.mark.parametrize("kind", ["nr", "filter"])
def test_pixel_models_get_one_from_samples(tmp_path: Path, kind: str, mode: str) -> None:
    bundle = pixel_bundle(tmp_path / "b", kind)
    samples = made_samples("patches" if kind == "nr" else "pairs")
    report = quantize(bundle.directory, judging_data(bundle.directory, samples=samples), tmp_path / "q", mode=mode)
    assert report.accepted, report.reason
    model = ModelProto.FromString((tmp_path / "q" / "model.int8.onnx").read_bytes())
    assert {node.op_type for node in model.graph.node} & {"ConvInteger", "DequantizeLinear"}
    opened = open_model(tmp_path / "q" / "model.int8.onnx")
    if kind == "nr":
        assert (
            np.abs(
                opened.score_samples(samples.pixels) - open_model(tmp_path / "q").score_samples(samples.pixels)
            ).max()
            < 2
        )
    else:
        luma = np.random.default_rng(2).uniform(0, 1, (1, 1, 37, 53)).astype(np.float32)  # a size that it never saw
        assert np.abs(opened.filter(luma) - open_model(tmp_path / "q").filter(luma)).max() < 0.05
    assert report.fp32 is not None


def test_the_same_graph_and_calibration_give_the_same_bytes() -> None:
    rows = [np.random.default_rng(3).uniform(0, 1, (2, 1, 32, 32)).astype(np.float32)]
    for mode in ("dynamic", "static"):
        made = int8_graph(conv_net("filter"), mode, rows)
        assert made == int8_graph(conv_net("filter"), mode, rows)
        assert faults(made) == ()


def test_a_loss_above_the_budget_is_not_written(fitted, tmp_path: Path) -> None:
    bundle = export(fitted(), tmp_path / "b", model_id="head")
    data = judging_data(bundle.directory, tables=[TABLE])
    report = quantize(bundle.directory, data, tmp_path / "q", budget_plcc=0.0)
    assert not report.accepted
    assert "is the least allowed" in report.reason
    assert report.out is None
    assert not (tmp_path / "q").exists()
    validate(to_document("quantize", report))


def test_the_shelf_takes_the_int8_form_along(fitted, tmp_path: Path, shelf: Path) -> None:
    bundle = export(fitted("mlp_medium"), tmp_path / "b", model_id="head")
    registry.register(bundle.directory)
    data = judging_data("head", tables=[TABLE])
    report = quantize("head", data, tmp_path / "q", budget_plcc=0.2)
    row = registry.register(tmp_path / "q", replace=True).row
    assert (row.quant_mode, row.int8.onnx_sha256, row.quant_accuracy_budget_plcc) == (
        "dynamic",
        report.int8_sha256,
        0.2,
    )
    assert open_model("head:int8").sha256 == report.int8_sha256
    assert open_model("head").sidecar.version == 1  # the same model, not its next version
    assert "## In int8" in (shelf / "head" / "card.md").read_text()
    assert all(verdict.ok for verdict in registry.verify_all())
    registry.register(tmp_path / "q", model_id="other")
    assert open_model("other:int8").sha256 == report.int8_sha256
    path = shelf / "head" / "model.int8.onnx"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelRefusedError, match=r"int8.onnx is refused: its SHA-256"):
        open_model("head")
    path.unlink()
    with pytest.raises(ModelRefusedError, match="no such file"):
        open_model("head:int8")


def test_an_int8_form_is_walked_too(fitted, tmp_path: Path, graph_model) -> None:
    from tinyvmaf.bundles.session import sha256_of

    bundle = export(fitted("mlp_medium"), tmp_path / "b", model_id="head")
    quantize(bundle.directory, judging_data(bundle.directory, tables=[TABLE]), tmp_path / "q", budget_plcc=0.2)
    spoilt = graph_model([helper.make_node("EyeLike", ["features"], ["score"])]).SerializeToString()
    made = Bundle(tmp_path / "q")
    made.int8.write_bytes(spoilt)
    fields = json.loads(made.sidecar.read_text())
    fields["int8"]["onnx_sha256"] = sha256_of(spoilt)
    made.sidecar.write_text(json.dumps(fields))
    with pytest.raises(ModelRefusedError, match="op EyeLike is not on the allowlist"):
        read_bundle(made)


def test_a_model_without_one_says_so(exported: Bundle) -> None:
    with pytest.raises(ModelRefusedError, match="small has no int8 form; make one with tinyvmaf quantize"):
        open_model(exported.directory / "model.int8.onnx")
    assert "int8" not in json.loads(exported.sidecar.read_text())


def test_what_cannot_be_quantised_is_refused_with_the_reason(fitted, tmp_path: Path) -> None:
    svr = judging_data("fr_svr", tables=[TABLE])
    with pytest.raises(BundleError, match="nothing in this model can be quantised"):
        quantize("fr_svr", svr, tmp_path / "q")
    with pytest.raises(BundleError, match="takes two videos"):
        judging_data("vmaf_pixels", samples=made_samples("patches"))
    with pytest.raises(BundleError, match="takes features: give it --table"):
        judging_data("fr_svr", samples=made_samples("patches"))
    with pytest.raises(BundleError, match="takes pixels, not features: give it --samples"):
        judging_data(pixel_bundle(tmp_path / "nr", "nr").directory, tables=[TABLE])
    with pytest.raises(TableError, match="holds pairs; a_nr takes frame or patches"):
        judging_data(tmp_path / "nr", samples=made_samples("pairs"))
    wide = made_samples("patches")
    with pytest.raises(TableError, match=r"samples of \(2, 12, 16\); a_nr takes \(2, 16, 16\)"):
        judging_data(tmp_path / "nr", samples=replace(wide, pixels=wide.pixels[..., :12, :]))


def test_calibration_and_judgement_share_no_source(fitted, tmp_path: Path) -> None:
    bundle = export(fitted(), tmp_path / "b", model_id="head")
    first, second = judging_data(bundle.directory, tables=[TABLE]).halves()
    assert not set(first.sources) & set(second.sources)
    assert len(first.clips) + len(second.clips) == 8
