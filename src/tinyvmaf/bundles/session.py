"""The only way to open a model: size -> hash -> schema -> ops -> an ONNX Runtime session.

The session is made from the very bytes that were hashed: each file is read once, so what was checked is what runs.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tinyvmaf.bundles.bundle import Bundle, Sidecar, sidecar_from
from tinyvmaf.bundles.facts import Int8Facts, TensorSpec
from tinyvmaf.bundles.model import INT8_SUFFIX, ORT_REFUSALS, Model, Source
from tinyvmaf.bundles.ops import faults
from tinyvmaf.bundles.shelves import Entry, RegistryRow, find, lookup
from tinyvmaf.errors import BundleError, ModelRefusedError

MAX_ONNX_BYTES = 50_000_000
MAX_TEXT_BYTES = 1_000_000
LOG_NOTHING_BUT_FATAL = 4


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The bytes of a bundle that passed every check, read once."""

    onnx: bytes
    """``model.onnx``."""
    sidecar_text: bytes
    """``model.json``."""
    card: bytes | None
    """``card.md``; None: a bundle of no shelf may lack it."""
    sidecar: Sidecar
    """What ``model.json`` says."""
    int8: bytes | None = None
    """``model.int8.onnx``; None: the sidecar speaks of none."""

    @property
    def sha256(self) -> str:
        """Of ``model.onnx``."""
        return sha256_of(self.onnx)


@dataclass(frozen=True, slots=True)
class FoundModel:
    """The files of a model that passed every check, and where they are."""

    bundle: Bundle
    """Their folder."""
    source: Source
    """``shelf``: their hashes are those of the registry; ``path``: the user vouches for them."""
    files: ModelFiles
    """Their bytes."""
    int8: bool
    """The quantised form was asked for."""


def find_files(which: str | Path) -> FoundModel:
    """The files of the model of a shelf by its id, or at a path (a ``model.onnx`` or its folder), after every check.

    ``ID:int8``, or a path that ends in ``model.int8.onnx``, asks for the quantised form.

    Raises:
        ModelRefusedError: a check failed; the message says which and why.
        ShelfError: there is no model of that id, and no such path.
    """
    plain, int8 = _without_suffix(which)
    entry = None if isinstance(plain, Path) else lookup(plain)
    if entry is not None:
        return FoundModel(entry.bundle, "shelf", read_bundle(entry.bundle, row=entry.row), int8)
    if isinstance(which, str) and not Path(which).exists():
        find(str(plain))  # says which ids there are
    bundle = bundle_at(Path(which))
    return FoundModel(bundle, "path", read_bundle(bundle), Path(which).name == bundle.int8.name)


def open_model(which: str | Path, *, threads: int = 1) -> Model:
    """The model of a shelf by its id, or at a path, or its quantised form (``find_files``), after every check.

    Raises:
        ModelRefusedError: a check failed, or there is no quantised form; the message says which and why.
        ShelfError: there is no model of that id, and no such path.
    """
    found = find_files(which)
    return open_files(found.files, found.bundle, source=found.source, threads=threads, int8=found.int8)


def open_entry(entry: Entry, *, threads: int = 1) -> Model:
    """A registered model, after every check.

    Raises:
        ModelRefusedError: a check failed; the message says which and why.
    """
    return open_files(read_bundle(entry.bundle, row=entry.row), entry.bundle, source="shelf", threads=threads)


def bundle_at(path: Path) -> Bundle:
    """The bundle that a path means: a folder, or the ``model.onnx`` or ``model.int8.onnx`` in it.

    Raises:
        ModelRefusedError: the path ends in another file, whose sidecar would be another model's.
    """
    if path.is_dir():
        return Bundle(path)
    bundle = Bundle(path.parent)
    if path.name not in (bundle.onnx.name, bundle.int8.name):
        raise ModelRefusedError(f"{path} is refused: give a model.onnx, or the folder that holds it and its model.json")
    return bundle


def read_bundle(bundle: Bundle, *, row: RegistryRow | None = None) -> ModelFiles:
    """The bundle's files after the checks of size, hash (against a registry's row), schema and ops, in this order.

    Raises:
        ModelRefusedError: a check failed; the message says which and why.
    """
    onnx = _read(bundle.onnx, MAX_ONNX_BYTES)
    sidecar_text = _read(bundle.sidecar, MAX_TEXT_BYTES)
    card = _read(bundle.card, MAX_TEXT_BYTES) if row is not None or bundle.card.exists() else None
    if row is not None:
        _match(bundle.onnx, onnx, row.onnx_sha256)
        _match(bundle.sidecar, sidecar_text, row.sidecar_sha256)
        _match(bundle.card, card or b"", row.card_sha256)
    try:
        sidecar = sidecar_from(sidecar_text)
    except BundleError as error:
        raise ModelRefusedError(f"{bundle.sidecar} is refused: {error}") from error
    if row is not None:
        _check_row(bundle, sidecar, row)
    _walk(bundle.onnx, onnx)
    int8 = None if sidecar.int8 is None else _read_int8(bundle, sidecar.int8)
    return ModelFiles(onnx=onnx, sidecar_text=sidecar_text, card=card, sidecar=sidecar, int8=int8)


def open_files(files: ModelFiles, bundle: Bundle, *, source: Source, threads: int = 1, int8: bool = False) -> Model:
    """The model of files that ``read_bundle`` passed, after the check that the graph is what its sidecar says.

    Raises:
        ModelRefusedError: it is not, or ONNX Runtime cannot run it, or there is no quantised form of it.
    """
    onnx = files.int8 if int8 else files.onnx
    if onnx is None:
        raise ModelRefusedError(
            f"{files.sidecar.id} has no int8 form; make one with tinyvmaf quantize, or name the model without it"
        )
    try:
        session = _session(onnx, threads=threads)
    except ORT_REFUSALS as error:
        raise ModelRefusedError(
            f"{bundle.int8 if int8 else bundle.onnx} is refused: ONNX Runtime cannot run it: {error}"
        ) from error
    _check_tensors(bundle, "input", files.sidecar.inputs, session.get_inputs())
    _check_tensors(bundle, "output", files.sidecar.outputs, session.get_outputs())
    card = None if files.card is None else files.card.decode("utf-8", "replace")
    sidecar = _of_int8(files.sidecar) if int8 else files.sidecar
    return Model(sidecar, sha256_of(onnx), source, bundle, card, session, int8)


def run_graph(onnx: bytes, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """The first output of a graph that has no sidecar yet, for its inputs; its bytes have passed the walk."""
    return run_graph_whole(onnx, *inputs)[0]


def run_graph_whole(onnx: bytes, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Every output of such a graph."""
    session = _session(onnx, threads=1)
    names = [tensor.name for tensor in session.get_inputs()]
    return [np.asarray(output) for output in session.run(None, dict(zip(names, inputs, strict=True)))]


def graph_runner(onnx: bytes) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A function that gives the first output of such a graph for its one input, on one thread, time after time.

    Raises:
        ModelRefusedError: ONNX Runtime cannot run the graph.
    """
    try:
        session = _session(onnx, threads=1)
    except ORT_REFUSALS as error:
        raise ModelRefusedError(f"ONNX Runtime cannot run the graph: {error}") from error
    name = session.get_inputs()[0].name
    return lambda values: np.asarray(session.run(None, {name: values})[0])


def sha256_of(data: bytes) -> str:
    """The SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _read(path: Path, limit: int) -> bytes:
    """A whole file, which must be an ordinary one and not larger than the limit."""
    if not path.is_file():
        raise ModelRefusedError(f"{path} is refused: there is no such file, or it is not an ordinary one")
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise ModelRefusedError(f"{path} is refused: it cannot be read ({error.strerror})") from error
    if len(data) > limit:
        raise ModelRefusedError(f"{path} is refused: it is larger than {limit / 1e6:g} MB")
    if not data:
        raise ModelRefusedError(f"{path} is refused: it is empty")
    return data


def _without_suffix(which: str | Path) -> tuple[str | Path, bool]:
    """An id without ``:int8``, and whether that stood there."""
    if isinstance(which, Path) or not which.endswith(INT8_SUFFIX):
        return which, False
    return which.removesuffix(INT8_SUFFIX), True


def _of_int8(sidecar: Sidecar) -> Sidecar:
    """Without what was measured of the model itself: its figures, error bars and speed are not its int8 form's."""
    return dataclasses.replace(sidecar, intervals=(), evaluation=(), latency=None)


def _read_int8(bundle: Bundle, facts: Int8Facts) -> bytes:
    """The quantised form, which the sidecar vouches for."""
    data = _read(bundle.int8, MAX_ONNX_BYTES)
    if sha256_of(data) != facts.onnx_sha256:
        raise ModelRefusedError(
            f"{bundle.int8} is refused: its SHA-256 is {sha256_of(data)}, the sidecar says {facts.onnx_sha256}; "
            "quantise it again"
        )
    _walk(bundle.int8, data)
    return data


def _walk(path: Path, onnx: bytes) -> None:
    found = faults(onnx)
    if found:
        raise ModelRefusedError(f"{path} is refused: {'; '.join(found)}")


def _match(path: Path, data: bytes, expected: str) -> None:
    found = sha256_of(data)
    if found != expected:
        raise ModelRefusedError(
            f"{path} is refused: its SHA-256 is {found}, the registry says {expected}; register it again, or restore it"
        )


def _check_row(bundle: Bundle, sidecar: Sidecar, row: RegistryRow) -> None:
    """The registry repeats facts of the sidecar; the two must agree."""
    for name in ("id", "kind", "license", "smoke", "description"):
        if getattr(sidecar, name) != getattr(row, name):
            raise ModelRefusedError(f"{bundle.sidecar} is refused: its {name} is not what the registry says")
    said = ("fp32", None) if sidecar.int8 is None else (sidecar.int8.mode, sidecar.int8.onnx_sha256)
    if said != (row.quant_mode, None if row.int8 is None else row.int8.onnx_sha256):
        raise ModelRefusedError(f"{bundle.sidecar} is refused: its int8 form is not what the registry says")


def _session(onnx: bytes, *, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = LOG_NOTHING_BUT_FATAL
    options.add_session_config_entry("session.load_model_format", "ONNX")  # never its own format, which is not walked
    # Without its fallback, which prints to stdout and tries the same again.
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"], enable_fallback=0)


def _check_tensors(
    bundle: Bundle, what: str, specs: Sequence[TensorSpec], found: Sequence[onnxruntime.NodeArg]
) -> None:
    """The graph takes and gives what the sidecar says: names, types, and every axis of fixed length."""
    said = [(spec.name, "tensor(float)", [_fixed(axis) for axis in spec.shape]) for spec in specs]
    there = [(arg.name, arg.type, [_fixed(axis) for axis in arg.shape]) for arg in found]
    if said != there:
        raise ModelRefusedError(f"{bundle.onnx} is refused: its {what}s are {there}, its sidecar says {said}")


def _fixed(axis: int | str | None) -> int | None:
    return axis if isinstance(axis, int) else None
