"""VMAF from pixels as a bundle: the module's numbers, for frames of any size and number."""

from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import ModelProto
from tests.pixels.pictures import noise, scene

from tinyvmaf.bundles import vmaf_pixels as room
from tinyvmaf.bundles.bundle import Bundle
from tinyvmaf.bundles.ops import ALLOWED_OPS, opset
from tinyvmaf.bundles.session import open_model
from tinyvmaf.bundles.vmaf_pixels import VMAF_PIXELS, export_vmaf_pixels, vmaf_graph
from tinyvmaf.errors import BundleError
from tinyvmaf.models.vmaf import Vmaf


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return export_vmaf_pixels(tmp_path_factory.mktemp("pixels") / "bundle")


def luma(width: int, height: int, frames: int) -> tuple[np.ndarray, np.ndarray]:
    reference = scene(width=width, height=height, frames=frames)
    return tuple(planes[:, np.newaxis].astype(np.float32) for planes in (reference, noise(reference, 8)))


@pytest.mark.parametrize("shape", [(17, 17, 1), (40, 33, 2), (97, 65, 3), (160, 90, 1), (18, 70, 5)], ids=str)
def test_frames_of_any_size_and_number_measure_as_by_the_module(made: Bundle, shape: tuple[int, int, int]) -> None:
    reference, distorted = luma(*shape)
    said = open_model(made.directory).compare(reference, distorted)
    with torch.no_grad():
        features, scores = Vmaf()(torch.from_numpy(reference), torch.from_numpy(distorted))
    np.testing.assert_allclose(said.features, features, rtol=0, atol=1e-3)  # a sum may fall on either side of a step
    np.testing.assert_allclose(said.scores, scores, rtol=0, atol=0.05)
    assert said.scores.shape == (shape[2],)


def test_the_file_is_opset_17_and_holds_only_allowed_ops(made: Bundle) -> None:
    data = made.onnx.read_bytes()
    assert opset(data) == 17
    assert {node.op_type for node in ModelProto.FromString(data).graph.node} <= ALLOWED_OPS
    assert b".py" not in data


def test_the_sidecar_says_what_goes_in(made: Bundle) -> None:
    model = open_model(made.directory)
    assert model.sees_pixels
    assert [(spec.name, spec.shape) for spec in model.sidecar.inputs] == [
        ("reference", ("T", 1, "H", "W")),
        ("distorted", ("T", 1, "H", "W")),
    ]
    assert model.sidecar.target == "vmaf"


def test_a_graph_that_computes_something_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        room, "run_graph_whole", lambda onnx, *videos: [np.zeros((128, 6), np.float32), np.zeros(128, np.float32)]
    )
    with pytest.raises(BundleError, match=r"gives features that are .* off the module's.*nothing was written"):
        export_vmaf_pixels(tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_the_shelf_holds_what_an_export_makes(made: Bundle) -> None:
    shipped = open_model(VMAF_PIXELS)
    videos = luma(80, 61, 2)
    np.testing.assert_allclose(
        open_model(made.directory).compare(*videos).features, shipped.compare(*videos).features, rtol=0, atol=1e-3
    )
    assert shipped.sidecar.description == open_model(made.directory).sidecar.description


@pytest.mark.slow
def test_the_same_module_gives_the_same_bytes(made: Bundle) -> None:
    assert vmaf_graph() == made.onnx.read_bytes()


def test_pixels_and_features_are_not_mixed_up(made: Bundle, exported: Bundle) -> None:
    reference, distorted = luma(40, 33, 2)
    with pytest.raises(ValueError, match="small is given features, not pixels"):
        open_model(exported.directory).compare(reference, distorted)
    with pytest.raises(ValueError, match="takes rows of shape"):
        open_model(made.directory).predict(np.zeros((4, 6), np.float32))
    with pytest.raises(ValueError, match=r"takes \(T, 1, H, W\) twice"):
        open_model(made.directory).compare(reference, distorted[:1])


def test_frames_that_the_graph_cannot_take_are_a_clear_error(made: Bundle) -> None:
    tiny = np.zeros((1, 1, 4, 4), np.float32)
    with pytest.raises(BundleError, match=r"model vmaf_pixels fails on \(1, 1, 4, 4\)"):
        open_model(made.directory).compare(tiny, tiny)
