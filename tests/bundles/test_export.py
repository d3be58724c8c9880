import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto

from tinyvmaf.bundles import parity
from tinyvmaf.bundles.export import default_id, export, onnx_of
from tinyvmaf.bundles.facts import code_commit
from tinyvmaf.bundles.ops import ALLOWED_OPS, opset
from tinyvmaf.bundles.session import open_model
from tinyvmaf.documents import check
from tinyvmaf.errors import BundleError

ARCHITECTURES = ("linear", "mlp_small", "mlp_medium")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("bounded", [True, False])
def test_the_bundle_scores_what_the_net_scores(fitted, tmp_path: Path, architecture: str, bounded: bool) -> None:
    import torch

    net = fitted(architecture, bounded=bounded)
    model = open_model(export(net, tmp_path, model_id="one").directory)
    rows = net.valid_rows(500, seed=9)
    with torch.no_grad():
        expected = net.module(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(model.predict(rows), expected, rtol=0, atol=0.01)
    assert np.ptp(expected) > 1
    assert model.sidecar.parameter_count == net.parameter_count
    assert model.sidecar.output_range == ((0.0, 100.0) if bounded else None)


def test_the_file_is_opset_17_by_its_own_bytes_and_holds_only_allowed_ops(exported) -> None:
    data = exported.onnx.read_bytes()
    assert opset(data) == 17
    assert {node.op_type for node in ModelProto.FromString(data).graph.node} <= ALLOWED_OPS


def test_the_same_net_gives_the_same_bytes(fitted, exported) -> None:
    assert onnx_of(fitted()) == exported.onnx.read_bytes()
    assert onnx_of(fitted(seed=1)) != exported.onnx.read_bytes()


def test_no_path_of_the_machine_is_in_the_file(exported) -> None:
    data = exported.onnx.read_bytes()
    assert b".py" not in data
    assert str(Path.home()).encode() not in data
    assert str(Path(__file__).parents[2]).encode() not in data


def test_the_sidecar_keeps_its_schema_and_says_what_the_net_was_made_from(fitted, exported) -> None:
    fields = json.loads(exported.sidecar.read_text())
    check(fields, "sidecar")
    net = fitted()
    assert fields["recipe"] == {"name": net.recipe.name, "sha256": net.recipe.sha256}
    assert fields["trained_on"][0]["table_key"] == "a" * 64
    assert fields["seed"] == 0
    assert fields["commit"] == code_commit()
    assert fields["smoke"] is False


def test_a_graph_that_computes_something_else_is_not_written(
    fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity, "run_graph", lambda data, rows: np.full(len(rows), 50.0, np.float32))
    with pytest.raises(BundleError, match=r"off what it was made from.*nothing was written"):
        export(fitted(), tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_net_that_gives_nan_is_not_written(fitted, tmp_path: Path) -> None:
    net = fitted()
    net.module.score_offset.fill_(float("nan"))
    with pytest.raises(BundleError, match="nothing was written"):
        export(net, tmp_path / "b")


def test_a_net_with_an_op_outside_the_list_is_not_written(fitted, tmp_path: Path) -> None:
    from torch import nn

    class Strange(nn.Module):
        def forward(self, features):
            return features.sin().sum(dim=1)

    with pytest.raises(BundleError, match="op Sin is not on the allowlist"):
        export(dataclasses.replace(fitted(), module=Strange()), tmp_path / "b")


def test_a_smoke_net_is_compared_on_rows_that_are_not_zero(fitted, tmp_path: Path) -> None:
    assert open_model(export(fitted(smoke=True), tmp_path).directory).sidecar.smoke


def test_description_and_licence_are_the_recipes_unless_others_are_given(fitted, tmp_path: Path) -> None:
    net = fitted()
    net = dataclasses.replace(net, recipe=net.recipe.override(description="Of opinions", license="CC-BY-NC-4.0"))
    sidecar = open_model(export(net, tmp_path / "recipe").directory).sidecar
    assert (sidecar.description, sidecar.license) == ("Of opinions", "CC-BY-NC-4.0")
    card = (tmp_path / "recipe" / "card.md").read_text()
    assert "Of opinions" in card
    assert "CC-BY-NC-4.0" in card
    given = open_model(export(net, tmp_path / "given", description="Mine", license="MIT").directory).sidecar
    assert (given.description, given.license) == ("Mine", "MIT")


def test_the_default_id_is_the_recipes_name_made_file_safe(fitted) -> None:
    from tinyvmaf.models.recipe import read_recipe

    assert default_id(fitted()) == "fr_mlp_small"
    assert default_id(dataclasses.replace(fitted(), recipe=read_recipe("record/c1"))) == "record_c1"


def test_an_id_that_is_no_file_name_is_refused_before_anything_is_written(fitted, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is no id"):
        export(fitted(), tmp_path / "b", model_id="../up")
    assert not (tmp_path / "b").exists()


def test_an_interrupted_export_leaves_no_sidecar(fitted, bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinyvmaf.bundles import cards

    def full_disk(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cards, "write_text", full_disk)
    with pytest.raises(OSError, match="No space"):
        export(fitted(seed=2), bundle.directory)
    assert not bundle.sidecar.exists()
