"""Small fitted nets, their bundles, an empty shelf of the user's own, and ONNX graphs made by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper

from tinyvmaf.bundles.bundle import Bundle
from tinyvmaf.features import CANONICAL_6

FEATURES = len(CANONICAL_6.names)


@pytest.fixture(scope="session")
def fitted():
    """A function that gives a net with random weights, dressed as a fitted one."""
    import torch

    from tinyvmaf.models.fitted import QUANTILES, FittedNet
    from tinyvmaf.models.fr import NETS
    from tinyvmaf.models.recipe import read_recipe
    from tinyvmaf.table.schema import TableFacts

    def make(architecture: str = "mlp_small", *, seed: int = 0, smoke: bool = False, bounded: bool = True) -> FittedNet:
        torch.manual_seed(seed)
        bounds = (0.0, 100.0) if bounded else None
        net = NETS[architecture](feature_count=FEATURES).eval()
        quantiles = np.sort(np.random.default_rng(seed).uniform(size=(len(QUANTILES), FEATURES)), axis=0)
        with torch.no_grad():
            scores = net(torch.rand(1000, FEATURES))
            net.score_scale.fill_(float(40 / scores.std()))
            net.score_offset.fill_(float(50 - 40 * scores.mean() / scores.std()))
        net.output_range = bounds
        facts = (TableFacts("netflix", 3, 6, 96, "libvmaf-integer", "a" * 64),)
        return FittedNet(
            architecture=architecture,
            module=net,
            feature_set=CANONICAL_6,
            target="vmaf",
            output_range=bounds,
            recipe=read_recipe("fr_mlp_small"),
            seed=seed,
            trained_on=facts,
            feature_quantiles=np.zeros_like(quantiles, np.float32) if smoke else quantiles.astype(np.float32),
            smoke=smoke,
        )

    return make


@pytest.fixture(scope="session")
def exported(fitted, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle of a small net; nobody may change it."""
    from tinyvmaf.bundles.export import export

    return export(fitted(), tmp_path_factory.mktemp("exported") / "small", model_id="small")


@pytest.fixture
def bundle(exported: Bundle, tmp_path: Path) -> Bundle:
    """A copy of that bundle to spoil."""
    copy = Bundle(tmp_path / "bundle")
    copy.directory.mkdir()
    for path in exported.directory.iterdir():
        (copy.directory / path.name).write_bytes(path.read_bytes())
    return copy


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty shelf of the user's own, in a folder with a space and an accent."""
    folder = tmp_path / "my shélf"
    monkeypatch.setenv("TINYVMAF_SHELF", str(folder))
    return folder


@pytest.fixture
def edited(exported: Bundle) -> Callable[[Callable[[ModelProto], object]], bytes]:
    """A function that gives the bytes of the exported ONNX after an edit."""

    def edit(change: Callable[[ModelProto], object]) -> bytes:
        model = ModelProto.FromString(exported.onnx.read_bytes())
        change(model)
        return model.SerializeToString()

    return edit


@pytest.fixture
def graph_model() -> Callable[..., ModelProto]:
    """A function that gives a model of opset 17 from nodes (and initializers)."""

    def make(nodes, initializers=()) -> ModelProto:
        features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", FEATURES])
        score = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N"])
        graph = helper.make_graph(nodes, "g", [features], [score], list(initializers))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    return make
