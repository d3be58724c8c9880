import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tinyvmaf.bundles import registry, shelves
from tinyvmaf.bundles.bundle import Bundle
from tinyvmaf.bundles.export import export
from tinyvmaf.bundles.session import open_model, sha256_of
from tinyvmaf.documents import check
from tinyvmaf.errors import BundleError, ModelRefusedError, ShelfError


def own_ids() -> list[str]:
    return [row.id for row in shelves.user_shelf().read().models]


def fields_on_disk(shelf: Path) -> dict:
    fields = json.loads((shelf / "registry.json").read_text())
    check(fields, "registry")
    return fields


def test_a_registered_model_is_copied_whole_and_listed(bundle: Bundle, shelf: Path) -> None:
    entry = registry.register(bundle.directory)
    assert entry.row in registry.list_models()
    for name in ("model.onnx", "model.json", "card.md"):
        assert (shelf / "small" / name).read_bytes() == (bundle.directory / name).read_bytes()
    (row,) = fields_on_disk(shelf)["models"]
    assert row["path"] == "small/model.onnx"
    assert row["onnx_sha256"] == sha256_of(bundle.onnx.read_bytes())
    assert row["quant_mode"] == "fp32"
    assert row["int8"] is None
    assert row["quant_accuracy_budget_plcc"] == 0.01
    assert all(verdict.ok for verdict in registry.verify_all())


def test_the_shelf_is_where_the_environment_says_else_in_the_data_folder(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shelves.user_shelf().directory == shelf
    monkeypatch.delenv("TINYVMAF_SHELF")
    assert shelves.user_shelf().directory.name == "tinyvmaf"


def test_another_id_goes_into_sidecar_and_card(bundle: Bundle, shelf: Path) -> None:
    registry.register(bundle.directory, model_id="renamed")
    model = open_model("renamed")
    assert model.sidecar.id == "renamed"
    assert model.card is not None
    assert model.card.startswith("# renamed")
    assert model.sha256 == sha256_of(bundle.onnx.read_bytes())


def test_a_bundle_without_a_card_gets_one(bundle: Bundle, shelf: Path) -> None:
    bundle.card.unlink()
    registry.register(bundle.directory)
    assert (shelf / "small" / "card.md").read_text().startswith("# small")


def test_a_taken_id_is_refused_unless_it_is_replaced(bundle: Bundle, shelf: Path, fitted, tmp_path: Path) -> None:
    registry.register(bundle.directory)
    before = open_model("small").sha256
    other = export(fitted(seed=5), tmp_path / "other", model_id="small")
    with pytest.raises(ShelfError, match="small is taken on the user shelf; --replace"):
        registry.register(other.directory)
    assert open_model("small").sha256 == before
    registry.register(other.directory, replace=True)
    assert open_model("small").sha256 == sha256_of(other.onnx.read_bytes()) != before
    assert own_ids() == ["small"]


def test_another_model_in_the_place_of_one_is_its_next_version(
    bundle: Bundle, shelf: Path, fitted, tmp_path: Path
) -> None:
    registry.register(bundle.directory)
    registry.register(bundle.directory, replace=True)
    assert open_model("small").sidecar.version == 1  # the very same model
    other = export(fitted(seed=5), tmp_path / "other", model_id="small")
    registry.register(other.directory, replace=True)
    assert open_model("small").sidecar.version == 2
    assert (shelf / "small" / "card.md").read_text().startswith("# small, version 2\n")
    (shelf / "small" / "model.onnx").write_bytes(b"broken")
    registry.register(bundle.directory, replace=True)
    assert open_model("small").sidecar.version == 1


@pytest.fixture
def shipped(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the shelf of the package that holds one model, ``small``."""
    folder = tmp_path / "package"
    monkeypatch.setenv("TINYVMAF_SHELF", str(folder))
    registry.register(bundle.directory)
    monkeypatch.setattr(shelves, "shipped_shelf", lambda: shelves.Shelf("shipped", folder))
    return folder


@pytest.mark.parametrize("replace", [False, True])
def test_an_id_of_the_package_cannot_be_taken_or_removed(
    shipped: Path, shelf: Path, bundle: Bundle, replace: bool
) -> None:
    with pytest.raises(ShelfError, match="taken on the shipped shelf; give another --id"):
        registry.register(bundle.directory, replace=replace)
    with pytest.raises(ShelfError, match="came with the package"):
        registry.remove("small")
    assert open_model("small").source == "shelf"


def test_a_model_that_the_package_ships_later_wins_and_verify_tells(
    bundle: Bundle, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.register(bundle.directory)
    package = tmp_path / "later"
    monkeypatch.setenv("TINYVMAF_SHELF", str(package))
    registry.register(bundle.directory)
    monkeypatch.setattr(shelves, "shipped_shelf", lambda: shelves.Shelf("shipped", package))
    monkeypatch.setenv("TINYVMAF_SHELF", str(shelf))
    assert open_model("small").bundle.directory == package / "small"
    assert [(verdict.shelf, verdict.ok) for verdict in registry.verify_all()] == [("shipped", True), ("user", False)]


def test_a_smoke_model_needs_to_be_allowed(fitted, shelf: Path, tmp_path: Path) -> None:
    smoke = export(fitted(smoke=True), tmp_path / "smoke", model_id="smoke")
    with pytest.raises(ShelfError, match="--allow-smoke"):
        registry.register(smoke.directory)
    assert registry.register(smoke.directory, allow_smoke=True).row.smoke


@pytest.mark.parametrize("model_id", ["", "Upper", "../up", "a/b", "con", "lpt1", ".hidden", "1st", "a" * 65, "a\n"])
def test_an_id_that_is_no_safe_file_name_is_refused(bundle: Bundle, shelf: Path, model_id: str) -> None:
    if model_id:
        with pytest.raises(ShelfError, match="is no id"):
            registry.register(bundle.directory, model_id=model_id)
    assert not shelf.exists()


def test_a_model_that_would_be_refused_is_not_registered(bundle: Bundle, shelf: Path) -> None:
    bundle.onnx.write_bytes(b"nonsense")
    with pytest.raises(ModelRefusedError, match="not ONNX"):
        registry.register(bundle.directory)
    assert not shelf.exists()


def test_remove_takes_row_and_files_and_only_those_of_a_model(bundle: Bundle, shelf: Path) -> None:
    registry.register(bundle.directory)
    registry.register(bundle.directory, model_id="other")
    registry.remove("small")
    assert own_ids() == ["other"]
    assert not (shelf / "small").exists()
    with pytest.raises(ShelfError, match="no model 'small'"):
        registry.remove("small")


def test_a_broken_model_can_be_removed(bundle: Bundle, shelf: Path) -> None:
    registry.register(bundle.directory)
    (shelf / "small" / "model.onnx").unlink()
    registry.remove("small")
    assert own_ids() == []


def test_a_folder_with_other_files_is_never_deleted(bundle: Bundle, shelf: Path) -> None:
    (shelf / "small").mkdir(parents=True)
    (shelf / "small" / "thesis.tex").write_text("years of work")
    with pytest.raises(ShelfError, match=r"thesis\.tex, no part of a model"):
        registry.register(bundle.directory)
    assert (shelf / "small" / "thesis.tex").exists()
    assert own_ids() == []


def test_verify_says_each_reason(bundle: Bundle, shelf: Path) -> None:
    for model_id in ("one", "two", "three"):
        registry.register(bundle.directory, model_id=model_id)
    (shelf / "one" / "card.md").write_text("better than everything")
    (shelf / "two" / "model.onnx").unlink()
    broken = {verdict.id: verdict.reason for verdict in registry.verify_all() if not verdict.ok}
    assert set(broken) == {"one", "two"}
    assert "card.md is refused: its SHA-256" in str(broken["one"])
    assert "no such file" in str(broken["two"])


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"schema_version": 1, "models": [{}]}', '{"schema_version": 9, "models": []}']
)
def test_a_broken_registry_is_named_and_not_overwritten(bundle: Bundle, shelf: Path, text: str) -> None:
    shelf.mkdir()
    (shelf / "registry.json").write_text(text)
    with pytest.raises(ShelfError, match=r"registry\.json is broken"):
        registry.register(bundle.directory)
    assert (shelf / "registry.json").read_text() == text
    assert [verdict.ok for verdict in registry.verify_all()][-1:] == [False]


@pytest.mark.parametrize(
    "changes",
    [{"path": "../elsewhere/model.onnx"}, {"path": "other/model.onnx"}, {"license": "WTFPL"}, {"smoke": True}],
)
def test_a_row_that_points_elsewhere_or_lies_is_refused(bundle: Bundle, shelf: Path, changes: dict) -> None:
    registry.register(bundle.directory)
    fields = fields_on_disk(shelf)
    fields["models"][0].update(changes)
    (shelf / "registry.json").write_text(json.dumps(fields))
    with pytest.raises(BundleError):
        open_model("small")


def test_two_rows_of_one_id_break_the_registry(bundle: Bundle, shelf: Path) -> None:
    registry.register(bundle.directory)
    fields = fields_on_disk(shelf)
    fields["models"] *= 2
    (shelf / "registry.json").write_text(json.dumps(fields))
    with pytest.raises(ShelfError, match="names a model twice"):
        open_model("small")


@pytest.mark.parametrize("step", range(12))
@pytest.mark.parametrize("replacing", [False, True])
def test_a_crash_at_any_step_leaves_a_valid_shelf(
    bundle: Bundle, shelf: Path, monkeypatch: pytest.MonkeyPatch, step: int, replacing: bool
) -> None:
    """Whatever write, rename or deletion the process dies at, the shelf verifies and takes the model again."""

    class Died(BaseException):
        pass

    registry.register(bundle.directory, model_id="other")
    if replacing:
        registry.register(bundle.directory)
    calls = 0

    def dying(method):
        def call(self: Path, *args, **kwargs):
            nonlocal calls
            if self.is_relative_to(shelf):
                calls += 1
                if calls == step + 1:
                    raise Died
            return method(self, *args, **kwargs)

        return call

    with monkeypatch.context() as patched:
        for name in ("write_bytes", "rename", "replace", "unlink", "rmdir", "mkdir"):
            patched.setattr(Path, name, dying(getattr(Path, name)))
        with contextlib.suppress(Died):
            registry.register(bundle.directory, replace=replacing)
    assert all(verdict.ok for verdict in registry.verify_all())
    assert "other" in own_ids()
    registry.register(bundle.directory, replace=True)
    assert open_model("small").source == "shelf"


def test_many_processes_register_at_once(bundle: Bundle, shelf: Path) -> None:
    code = "import sys; from tinyvmaf.bundles import registry; registry.register(sys.argv[1], model_id=sys.argv[2])"
    names = [f"m{number}" for number in range(4)]
    running = [subprocess.Popen([sys.executable, "-c", code, str(bundle.directory), name]) for name in names]
    assert [process.wait() for process in running] == [0] * 4
    assert own_ids() == names
    assert all(verdict.ok for verdict in registry.verify_all())


def test_a_shelf_that_another_process_keeps_is_an_error_after_a_while(
    bundle: Bundle, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr(registry, "LOCK_SECONDS", 0.1)
    shelf.mkdir()
    with FileLock(shelf / ".registry.lock"), pytest.raises(ShelfError, match="another process"):
        registry.register(bundle.directory)


def test_a_shelf_that_cannot_be_written_is_an_error(bundle: Bundle, shelf: Path) -> None:
    shelf.write_text("a file where the folder belongs")
    with pytest.raises(ShelfError, match="cannot be written"):
        registry.register(bundle.directory)
