import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinyvmaf.bundles import registry, session
from tinyvmaf.bundles.bundle import Bundle
from tinyvmaf.bundles.model import ROWS_AT_ONCE
from tinyvmaf.bundles.session import open_entry, open_model
from tinyvmaf.errors import ModelRefusedError, ShelfError

ROWS = np.random.default_rng(1).uniform(size=(7, 6)).astype(np.float32)


def change_sidecar(bundle: Bundle, **changes: object) -> None:
    fields = json.loads(bundle.sidecar.read_text())
    fields.update(changes)
    bundle.sidecar.write_text(json.dumps({key: value for key, value in fields.items() if value is not ...}))


def test_a_model_opens_by_folder_file_and_text(bundle: Bundle) -> None:
    scores = open_model(bundle.directory).predict(ROWS)
    assert scores.shape == (7,)
    assert scores.dtype == np.float32
    for which in (bundle.onnx, str(bundle.onnx), str(bundle.directory)):
        model = open_model(which)
        assert model.source == "path"
        np.testing.assert_array_equal(model.predict(ROWS), scores)


def test_a_registered_model_opens_by_its_id(bundle: Bundle, shelf: Path) -> None:
    registry.register(bundle.directory)
    model = open_model("small")
    assert model.source == "shelf"
    assert model.sha256 == session.sha256_of(bundle.onnx.read_bytes())
    assert model.bundle.directory == shelf / "small"


def test_scores_do_not_depend_on_how_many_rows_go_in_at_once(bundle: Bundle) -> None:
    model = open_model(bundle.directory)
    one_by_one = np.concatenate([model.predict(ROWS[i : i + 1]) for i in range(len(ROWS))])
    np.testing.assert_allclose(model.predict(ROWS), one_by_one, rtol=0, atol=1e-4)
    assert model.predict(ROWS[:0]).shape == (0,)
    assert model.predict(np.asfortranarray(ROWS.astype(np.float64))).dtype == np.float32


def test_many_rows_go_in_part_by_part_and_come_back_whole(bundle: Bundle) -> None:
    rows = np.random.default_rng(2).uniform(size=(2 * ROWS_AT_ONCE + 5, 6)).astype(np.float32)
    model = open_model(bundle.directory)
    scores = model.predict(rows)
    assert scores.shape == (len(rows),)
    for first in (0, ROWS_AT_ONCE - 3, len(rows) - 6):
        np.testing.assert_allclose(scores[first : first + 6], model.predict(rows[first : first + 6]), rtol=0, atol=1e-4)


@pytest.mark.parametrize("shape", [(6,), (3, 5), (3, 7), (1, 3, 6)])
def test_rows_of_another_shape_are_a_callers_bug(bundle: Bundle, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="takes rows of shape"):
        open_model(bundle.directory).predict(np.zeros(shape, np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_never_reach_the_graph(bundle: Bundle, bad: float) -> None:
    rows = ROWS.copy()
    rows[3, 2] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        open_model(bundle.directory).predict(rows)


@pytest.mark.parametrize("name", ["model.onnx", "model.json", "card.md"])
def test_every_flipped_byte_of_a_registered_model_is_refused(bundle: Bundle, shelf: Path, name: str) -> None:
    entry = registry.register(bundle.directory)
    path = shelf / "small" / name
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :])
        with pytest.raises(ModelRefusedError, match="SHA-256"):
            open_entry(entry)
    path.write_bytes(whole + b"\n")
    with pytest.raises(ModelRefusedError, match="SHA-256"):
        open_model("small")
    path.write_bytes(whole)
    open_model("small")


def test_no_flipped_byte_crashes_a_model_that_is_opened_by_path(bundle: Bundle) -> None:
    whole = bundle.onnx.read_bytes()
    for place in range(0, len(whole), 11):
        bundle.onnx.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            open_model(bundle.directory).predict(ROWS)
        except (ModelRefusedError, session.BundleError):
            continue


@pytest.mark.parametrize("name", ["model.onnx", "model.json", "card.md"])
@pytest.mark.parametrize("spoil", ["remove", "empty", "folder"])
def test_a_part_that_is_missing_empty_or_a_folder_is_refused(
    bundle: Bundle, shelf: Path, name: str, spoil: str
) -> None:
    registry.register(bundle.directory)
    path = shelf / "small" / name
    path.unlink()
    if spoil == "empty":
        path.touch()
    if spoil == "folder":
        path.mkdir()
    with pytest.raises(ModelRefusedError, match=name):
        open_model("small")


def test_files_above_the_limits_are_refused_without_reading_them_whole(bundle: Bundle) -> None:
    with bundle.onnx.open("r+b") as file:
        file.truncate(40_000_000_000)  # sparse: takes no space
    with pytest.raises(ModelRefusedError, match="larger than 50 MB"):
        open_model(bundle.directory)


def test_a_sidecar_above_its_limit_is_refused(bundle: Bundle) -> None:
    bundle.sidecar.write_text(bundle.sidecar.read_text() + " " * 1_000_000)
    with pytest.raises(ModelRefusedError, match=r"model\.json is refused: it is larger than 1 MB"):
        open_model(bundle.directory)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a thing of POSIX")
def test_a_pipe_is_refused_and_does_not_block(bundle: Bundle) -> None:
    bundle.onnx.unlink()
    os.mkfifo(bundle.onnx)
    with pytest.raises(ModelRefusedError, match="not an ordinary one"):
        open_model(bundle.directory)


def test_the_session_is_made_from_the_bytes_that_were_hashed(
    bundle: Bundle, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is exchanged right after the walk; the scores stay those of the bytes that were checked."""
    registry.register(bundle.directory)
    expected = open_model("small").predict(ROWS)
    walk = session.faults

    def walk_then_exchange(data: bytes) -> tuple[str, ...]:
        found = walk(data)
        (shelf / "small" / "model.onnx").write_bytes(b"something else")
        return found

    monkeypatch.setattr(session, "faults", walk_then_exchange)
    np.testing.assert_array_equal(open_model("small").predict(ROWS), expected)


def test_refusals_come_in_the_order_of_the_checks(bundle: Bundle, shelf: Path) -> None:
    registry.register(bundle.directory)
    on_shelf = Bundle(shelf / "small")
    on_shelf.onnx.write_bytes(b"not ONNX")
    on_shelf.sidecar.write_text("{}")
    with pytest.raises(ModelRefusedError, match=r"model\.onnx is refused: its SHA-256"):
        open_model("small")
    with pytest.raises(ModelRefusedError, match="breaks the schema"):
        open_model(on_shelf.directory)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"surprise": 1}, "surprise"),
        ({"license": ...}, "license"),
        ({"schema_version": 2}, "schema_version"),
        ({"kind": "magic"}, "magic"),
        ({"id": "../up"}, "id"),
        ({"id": "con"}, "id"),
        ({"id": "a\n"}, "id"),
        ({"onnx_opset": 18}, "17"),
        ({"feature_set": "made-up"}, "made-up"),
        (
            {"feature_names": ["motion2", "adm2", "vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3"]},
            "not those of",
        ),
        ({"feature_names": ["adm2"]}, "not those of"),
        ({"feature_set": None}, "without a feature set"),
        ({"output_range": [100, 0]}, "empty"),
        ({"parameter_count": -1}, "parameter_count"),
        ({"trained_on": [{"corpus": "x"}]}, "required"),
        ({"inputs": []}, "inputs"),
    ],
)
def test_a_sidecar_that_breaks_the_schema_or_itself_is_refused(
    bundle: Bundle, changes: dict[str, object], reason: str
) -> None:
    change_sidecar(bundle, **changes)
    with pytest.raises(ModelRefusedError, match=r"model\.json is refused") as refusal:
        open_model(bundle.directory)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"id": 1, "id": 2}', "[" * 100_000, '{"seed": NaN}', "\ud800"]
)
def test_a_sidecar_that_is_no_json_object_is_refused(bundle: Bundle, text: str) -> None:
    bundle.sidecar.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ModelRefusedError, match=r"model\.json is refused"):
        open_model(bundle.directory)


def test_a_graph_that_is_not_what_its_sidecar_says_is_refused(bundle: Bundle) -> None:
    fields = json.loads(bundle.sidecar.read_text())
    fields["inputs"][0]["name"] = "pixels"
    bundle.sidecar.write_text(json.dumps(fields))
    with pytest.raises(ModelRefusedError, match="inputs are"):
        open_model(bundle.directory)


def test_a_graph_that_onnx_runtime_cannot_run_is_refused(bundle: Bundle, edited) -> None:
    def cut_the_wire(model) -> None:
        model.graph.node[2].input[0] = "nothing"

    bundle.onnx.write_bytes(edited(cut_the_wire))
    with pytest.raises(ModelRefusedError, match="ONNX Runtime cannot run it"):
        open_model(bundle.directory)


def test_an_unknown_id_names_the_ones_there_are(bundle: Bundle, shelf: Path) -> None:
    registry.register(bundle.directory, model_id="other")
    with pytest.raises(ShelfError, match=r"no model 'small'.*other"):
        open_model("small")


def test_a_file_of_another_name_is_refused(bundle: Bundle) -> None:
    with pytest.raises(ModelRefusedError, match=r"give a model\.onnx"):
        open_model(bundle.card)
    with pytest.raises(ModelRefusedError, match="no such file"):
        open_model(bundle.directory / "nowhere" / "model.onnx")


def test_opening_a_model_loads_neither_torch_nor_polars_nor_scipy() -> None:
    code = "import sys, tinyvmaf.bundles.session; print({'torch', 'polars', 'scipy', 'filelock'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert loaded.strip() == "set()"
