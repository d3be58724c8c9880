import numpy as np
import pytest
from onnx import AttributeProto, ModelProto, TensorProto, helper, numpy_helper

from tinyvmaf.bundles.ops import ALLOWED_OPS, MAX_LOOP_TRIPS, OPS_OF_RECORD, OUR_OPS, faults, opset

# The allowlist of record, written down once more so that a slip in ops.py shows.
RECORD = (
    "Identity Reshape Flatten Squeeze Unsqueeze Transpose Concat Slice Gather Cast Shape Expand Add Sub Mul Div Neg "
    "Abs Sqrt Pow Exp Log Clip Min Max Sum Mean ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd GlobalAveragePool "
    "GlobalMaxPool Gemm MatMul Conv ConvTranspose MaxPool AveragePool Resize BatchNormalization LayerNormalization "
    "InstanceNormalization Relu LeakyRelu PRelu Sigmoid Tanh Softmax Elu Selu Softplus Softsign Gelu Erf HardSigmoid "
    "HardSwish Dropout QuantizeLinear DequantizeLinear Constant ConstantOfShape Pad Reciprocal GatherND ScatterND "
    "BitShift Loop If"
)


def refused(model: ModelProto) -> str:
    return "; ".join(faults(model.SerializeToString()))


def node(op: str, *, domain: str = "", **attributes: object):
    return helper.make_node(op, ["features"], ["y"], domain=domain, **attributes)


def subgraph(*nodes):
    return helper.make_graph(list(nodes), "inner", [], [])


def test_the_list_of_record_is_complete_and_ours_have_reasons() -> None:
    assert set(RECORD.split()) == OPS_OF_RECORD
    assert all(OUR_OPS.values())
    assert OPS_OF_RECORD.isdisjoint(OUR_OPS)
    assert OPS_OF_RECORD | set(OUR_OPS) == ALLOWED_OPS


def test_an_exported_head_has_no_fault_and_tells_its_opset(exported) -> None:
    assert faults(exported.onnx.read_bytes()) == ()
    assert opset(exported.onnx.read_bytes()) == 17


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a model", b"\xff" * 100, b"{}", b"\x08\x08"])
def test_bytes_that_are_no_onnx_are_named_so(data: bytes) -> None:
    assert "not ONNX" in faults(data)[0]


def test_onnx_runtimes_own_format_is_refused(edited) -> None:
    assert "own format" in faults(b"\x10\x00\x00\x00ORTM" + b"\x00" * 50)[0]


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(exported, keep: float) -> None:
    data = exported.onnx.read_bytes()
    assert faults(data[: int(len(data) * keep)])


def test_an_op_outside_the_list_is_named(graph_model) -> None:
    assert "op NonZero is not on the allowlist" in refused(graph_model([node("NonZero")]))


def test_a_custom_domain_is_refused_even_for_an_allowed_op(graph_model) -> None:
    assert "custom domain 'com.evil'" in refused(graph_model([node("Add", domain="com.evil")]))
    model = graph_model([node("Relu")])
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    assert "custom domain 'com.microsoft'" in refused(model)


@pytest.mark.parametrize("version", [16, 18])
def test_another_opset_is_refused(graph_model, version: int) -> None:
    model = graph_model([node("Relu")])
    model.opset_import[0].version = version
    assert f"opset {version}, not 17" in refused(model)


def test_a_file_without_an_opset_is_refused(graph_model) -> None:
    model = graph_model([node("Relu")])
    del model.opset_import[:]
    assert "imports 0 opsets" in refused(model)
    assert opset(model.SerializeToString()) is None


def test_ops_hide_neither_in_a_branch_nor_in_a_branch_of_a_branch(graph_model) -> None:
    inner = node("If", then_branch=subgraph(node("Scan")), else_branch=subgraph())
    outer = node("If", then_branch=subgraph(), else_branch=subgraph(inner))
    assert "op Scan is not on the allowlist" in refused(graph_model([outer]))


def test_ops_do_not_hide_in_a_list_of_graphs(graph_model) -> None:
    strange = node("Relu")
    strange.attribute.append(AttributeProto(name="x", type=AttributeProto.GRAPHS, graphs=[subgraph(node("Einsum"))]))
    assert "op Einsum" in refused(graph_model([strange]))


def test_functions_are_refused_and_their_ops_named(graph_model) -> None:
    model = graph_model([node("Relu")])
    model.functions.append(
        helper.make_function("", "Relu", ["x"], ["y"], [node("Einsum", equation="i->i")], [helper.make_opsetid("", 17)])
    )
    found = refused(model)
    assert "function of its own, 'Relu'" in found
    assert "op Einsum" in found


def test_a_training_graph_is_refused(graph_model) -> None:
    model = graph_model([node("Relu")])
    model.training_info.add().algorithm.CopyFrom(subgraph(node("Gradient")))
    found = refused(model)
    assert "training graph" in found
    assert "op Gradient" in found


def external(name: str = "w") -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


def test_external_data_is_refused_wherever_it_stands(graph_model) -> None:
    as_initializer = graph_model([node("Relu")], [external()])
    in_constant = graph_model([helper.make_node("Constant", [], ["c"], value=external())])
    in_branch = graph_model(
        [node("If", then_branch=subgraph(helper.make_node("Constant", [], ["c"], value=external())))]
    )
    sparse = graph_model([node("Relu")])
    sparse.graph.sparse_initializer.add().values.CopyFrom(external())
    sparse_attribute = graph_model([node("Relu")])
    sparse_attribute.graph.node[0].attribute.add(name="s").sparse_tensor.indices.CopyFrom(external())
    in_list = graph_model([node("Relu")])
    in_list.graph.node[0].attribute.add(name="s").tensors.append(external())
    in_function = graph_model([node("Relu")])
    in_function.functions.add(name="f").node.add(op_type="Constant").attribute.add(name="value").t.CopyFrom(external())
    for model in (as_initializer, in_constant, in_branch, sparse, sparse_attribute, in_list, in_function):
        assert "tensor 'w' keeps its data in another file" in refused(model)


def test_one_mark_of_external_data_is_enough(graph_model) -> None:
    only_location = external()
    del only_location.external_data[:]
    only_entries = external()
    only_entries.data_location = TensorProto.DEFAULT
    for tensor in (only_location, only_entries):
        assert "another file" in refused(graph_model([node("Relu")], [tensor]))


def loop(trips: str, *, inner=()):
    body = helper.make_graph(list(inner), "body", [], [])
    return helper.make_node("Loop", [trips, ""], ["y"], body=body, name="round")


def int64(name: str, value: object) -> TensorProto:
    return numpy_helper.from_array(np.array(value, np.int64), name)


@pytest.mark.parametrize("value", [1, [7], MAX_LOOP_TRIPS])
def test_a_loop_with_a_constant_count_is_allowed(graph_model, value: object) -> None:
    assert refused(graph_model([loop("n")], [int64("n", value)])) == ""
    as_constant = helper.make_node("Constant", [], ["n"], value=int64("", value))
    assert refused(graph_model([as_constant, loop("n")])) == ""


@pytest.mark.parametrize("value", [-1, MAX_LOOP_TRIPS + 1, [3, 4], 2**62])
def test_a_loop_with_a_senseless_count_is_refused(graph_model, value: object) -> None:
    assert "Loop 'round' is not bounded" in refused(graph_model([loop("n")], [int64("n", value)]))


def test_a_loop_whose_count_is_computed_missing_or_ambiguous_is_refused(graph_model) -> None:
    computed = [helper.make_node("Shape", ["features"], ["n"]), loop("n")]
    for model in (
        graph_model([loop("")]),
        graph_model([loop("features")]),
        graph_model(computed),
        graph_model([helper.make_node("Identity", ["x"], ["n"]), loop("n")], [int64("n", 5)]),
    ):
        assert "is not bounded" in refused(model)


def test_loops_inside_loops_multiply(graph_model) -> None:
    n = int64("n", 200)
    assert refused(graph_model([loop("n")], [n])) == ""
    assert "is not bounded" in refused(graph_model([loop("n", inner=[loop("n")])], [n]))


def test_fields_that_onnx_does_not_know_are_refused(exported) -> None:
    unknown_field = bytes([0xFA, 0x7F, 0x01, 0x61])  # field 2047, one byte long
    assert "fields that ONNX does not know" in faults(exported.onnx.read_bytes() + unknown_field)[0]


def test_a_text_that_is_not_utf_8_is_refused(graph_model) -> None:
    data = graph_model([node("Relu")]).SerializeToString()
    assert "not UTF-8" in "; ".join(faults(data.replace(b"features", b"feature\xff")))


def test_settings_for_onnx_runtime_are_refused(graph_model) -> None:
    model = graph_model([node("Relu")])
    model.metadata_props.add(key="ort_config", value="{}")
    assert "settings for ONNX Runtime" in refused(model)
