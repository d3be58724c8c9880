"""The op allowlist, and the walk over the bytes of an ONNX file that finds whatever is not on it.

The walk visits every message of the file, so that nothing hides: subgraphs in attributes, local functions, training
graphs, sparse tensors. It opens no other file: external data is found by its mark, never followed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from onnx import FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto, TrainingInfoProto

OPSET = 17
"""The one opset that a bundle may import."""
MAX_LOOP_TRIPS = 10_000
"""The most rounds a loop may make, loops inside it multiplied in."""
DEFAULT_DOMAINS = frozenset({"", "ai.onnx"})
"""Two spellings of ONNX's own domain."""
ORT_FORMAT_MARK = b"ORTM"
"""At byte 4 of ONNX Runtime's own format, which it would read past the walk."""

OPS_OF_RECORD = frozenset(
    """
    Identity Reshape Flatten Squeeze Unsqueeze Transpose Concat Slice Gather Cast Shape Expand
    Add Sub Mul Div Neg Abs Sqrt Pow Exp Log Clip Min Max Sum Mean
    ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd GlobalAveragePool GlobalMaxPool
    Gemm MatMul Conv ConvTranspose MaxPool AveragePool Resize
    BatchNormalization LayerNormalization InstanceNormalization
    Relu LeakyRelu PRelu Sigmoid Tanh Softmax Elu Selu Softplus Softsign Gelu Erf HardSigmoid HardSwish Dropout
    QuantizeLinear DequantizeLinear Constant ConstantOfShape Pad Reciprocal GatherND ScatterND BitShift Loop If
    """.split()  # noqa: SIM905  a list of names reads best as words
)
"""The allowlist of record, opset 17, default domain."""

OUR_OPS = {
    "DepthToSpace": "the shuffled pre-filter works at half size and folds channels back into pixels",
    "SpaceToDepth": "the shuffled pre-filter folds pixels into channels without losing any",
    "DynamicQuantizeLinear": "dynamic int8: activations get their scale at run time",
    "MatMulInteger": "dynamic int8: the integer product of a fully connected layer",
    "ConvInteger": "dynamic int8: the integer product of a convolution",
    "Floor": "pixel-in VMAF rounds where libvmaf's fixed point does",
    "GreaterOrEqual": "pixel-in VMAF asks whether a pixel is textured, and whether two gradients point the same way",
    "Where": "pixel-in VMAF takes one formula or another, as that comparison says",
}
"""What we allow besides, each with its reason."""

ALLOWED_OPS = OPS_OF_RECORD | OUR_OPS.keys()
"""Every op that a bundle may hold."""


@dataclass(slots=True)
class _Names:
    """Which names of the whole file are bound how often, and which of them to one constant integer."""

    bound: dict[str, int] = field(default_factory=dict)
    """How often a name is bound: a graph's input, an initializer, a node's output."""
    integers: dict[str, int] = field(default_factory=dict)
    """The integers of 1 or more behind names of constants."""

    def trips(self, name: str) -> int | None:
        """The integer behind a name, None unless it is a constant that nothing else in the file is called."""
        return self.integers.get(name) if self.bound.get(name) == 1 else None


def faults(onnx_bytes: bytes) -> tuple[str, ...]:
    """Every reason to refuse the bytes of an ONNX file, empty when there is none. Reads nothing but those bytes."""
    if onnx_bytes[4:8] == ORT_FORMAT_MARK:
        return ("it is ONNX Runtime's own format, not ONNX",)
    try:
        model = ModelProto.FromString(onnx_bytes)
    except DecodeError:
        return ("it is not ONNX: the bytes do not parse",)
    if not model.graph.node:
        return ("it is not ONNX: there is no graph in it",)
    names = _Names()
    _collect(model, names)
    return tuple(dict.fromkeys([*_header_faults(model), *_walk(model, names, trips=1)]))


def opset(onnx_bytes: bytes) -> int | None:
    """The opset of ONNX's own domain that the bytes themselves declare; None: they declare none."""
    versions = [item.version for item in ModelProto.FromString(onnx_bytes).opset_import if item.domain == ""]
    return versions[0] if versions else None


def _header_faults(model: ModelProto) -> Iterator[str]:
    imported = [(item.domain, item.version) for item in model.opset_import]
    for domain, version in imported:
        if domain not in DEFAULT_DOMAINS:
            yield f"it imports the custom domain {domain!r}"
        elif version != OPSET:
            yield f"it is opset {version}, not {OPSET}"
    if len(imported) != 1:
        yield f"it imports {len(imported)} opsets, not one"
    if any(item.key == "ort_config" for item in model.metadata_props):
        yield "it carries settings for ONNX Runtime"


def _walk(message: Message, names: _Names, *, trips: int) -> Iterator[str]:
    """The faults of a message and of all messages inside it, which a loop around them runs ``trips`` times."""
    if len(UnknownFieldSet(message)):
        yield f"a {message.DESCRIPTOR.name} has fields that ONNX does not know"
    if not all(isinstance(text, str) for text in _texts(message)):
        yield f"a {message.DESCRIPTOR.name} has a text that is not UTF-8"
    if isinstance(message, TensorProto):
        yield from _tensor_faults(message)
        return
    if isinstance(message, FunctionProto):
        yield f"it brings a function of its own, {message.name!r}"
    if isinstance(message, TrainingInfoProto):
        yield "it brings a training graph"
    if isinstance(message, NodeProto):
        yield from _node_faults(message)
        if message.op_type == "Loop":
            trips *= names.trips(message.input[0] if message.input else "") or MAX_LOOP_TRIPS + 1
            if trips > MAX_LOOP_TRIPS:
                yield f"the Loop {message.name!r} is not bounded by a constant of at most {MAX_LOOP_TRIPS} rounds"
    for child in _children(message):
        yield from _walk(child, names, trips=trips)


def _node_faults(node: NodeProto) -> Iterator[str]:
    if node.domain not in DEFAULT_DOMAINS:
        yield f"op {node.op_type} is of the custom domain {node.domain!r}"
    elif node.op_type not in ALLOWED_OPS:
        yield f"op {node.op_type} is not on the allowlist"


def _tensor_faults(tensor: TensorProto) -> Iterator[str]:
    if tensor.data_location != TensorProto.DEFAULT or tensor.external_data:
        yield f"tensor {tensor.name!r} keeps its data in another file"
    if tensor.HasField("segment"):
        yield f"tensor {tensor.name!r} is a segment of another"


def _texts(message: Message) -> Iterator[object]:
    """Every text of the message itself; one that is not UTF-8 comes as bytes."""
    for descriptor, value in message.ListFields():
        if descriptor.type == descriptor.TYPE_STRING:
            yield from (value,) if isinstance(value, str | bytes) else value


def _children(message: Message) -> Iterator[Message]:
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            yield from (value,) if isinstance(value, Message) else value


def _collect(message: Message, names: _Names) -> None:
    """Notes every name that the file binds: graph inputs, initializers, outputs of nodes."""
    if isinstance(message, GraphProto):
        for name in [item.name for item in message.input]:
            names.bound[name] = names.bound.get(name, 0) + 1
        for tensor in message.initializer:
            _bind(tensor.name, tensor, names)
    if isinstance(message, NodeProto):
        value = next((item.t for item in message.attribute if item.name == "value"), None)
        for name in message.output:
            _bind(name, value if message.op_type == "Constant" else None, names)
    if not isinstance(message, TensorProto):
        for child in _children(message):
            _collect(child, names)


def _bind(name: str, tensor: TensorProto | None, names: _Names) -> None:
    names.bound[name] = names.bound.get(name, 0) + 1
    if tensor is not None and tensor.data_type == TensorProto.INT64 and list(tensor.dims) in ([], [1]):
        values = [*tensor.int64_data] or [int.from_bytes(tensor.raw_data, "little", signed=True)]
        if values[0] > 0:
            names.integers[name] = values[0]
