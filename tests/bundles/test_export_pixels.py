"""Nets that see pixels become bundles that compute the same, for any number of samples and any size of picture."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import ModelProto

from tinyvmaf.bundles.bundle import Sidecar
from tinyvmaf.bundles.export_pixels import export_pixel_net, pixel_graph
from tinyvmaf.bundles.ops import ALLOWED_OPS, opset
from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.errors import BundleError
from tinyvmaf.models.nr import ScoreNet
from tinyvmaf.models.pixel_nets import PIXEL_NETS, FittedPixelNet, first_net
from tinyvmaf.models.pixel_recipe import read_pixel_recipe
from tinyvmaf.models.recipe_files import PIXEL_RECIPES
from tinyvmaf.table.schema import TableFacts

SHAPES = {"nr_patch": (2, 32), "nr_mobilenet": (1, 224), "residual_cnn": (1, 64), "prefilter_lite": (1, 64)}
FACTS = (TableFacts("made", 3, 9, 18, "kernel-full", "a" * 64),)


def dressed(name: str, *, seed: int = 0) -> FittedPixelNet:
    """A net with random weights, dressed as a fitted one; a filter changes pictures at once."""
    recipe = read_pixel_recipe(PIXEL_RECIPES[name]).override(seed=seed)
    net = first_net(recipe, SHAPES[name])
    torch.manual_seed(seed)
    if name == "prefilter_lite":
        torch.nn.init.ones_(net.amount)
        torch.nn.init.normal_(net.near.weight, std=0.2)
    return FittedPixelNet(net.eval(), SHAPES[name], recipe.output_name, recipe, FACTS)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[FittedPixelNet, Model]]:
    """A net by its name, and the open model of its bundle; each is exported once."""
    made: dict[str, tuple[FittedPixelNet, Model]] = {}

    def give(name: str) -> tuple[FittedPixelNet, Model]:
        if name not in made:
            fitted = dressed(name)
            made[name] = fitted, open_model(export_pixel_net(fitted, tmp_path_factory.mktemp(name)).directory)
        return made[name]

    return give


def by_net(fitted: FittedPixelNet, values: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return fitted.module(torch.from_numpy(values.astype(np.float32))).numpy()


@pytest.mark.parametrize("name", PIXEL_NETS)
def test_bundle_is_opset_17_of_allowed_ops_and_says_what_it_is(opened, name: str) -> None:
    fitted, model = opened(name)
    data = model.bundle.onnx.read_bytes()
    assert opset(data) == 17
    assert {node.op_type for node in ModelProto.FromString(data).graph.node} <= ALLOWED_OPS
    sidecar = model.sidecar
    assert sidecar.kind == ("filter" if fitted.recipe.is_filter else "nr")
    assert sidecar.recipe is not None
    assert sidecar.recipe.sha256 == fitted.recipe.sha256
    assert sidecar.trained_on == FACTS
    assert sidecar.parameter_count == fitted.parameter_count


def test_the_same_net_gives_the_same_bytes(opened) -> None:
    _, model = opened("prefilter_lite")
    assert pixel_graph(dressed("prefilter_lite")) == model.bundle.onnx.read_bytes()
    assert pixel_graph(dressed("prefilter_lite", seed=1)) != model.bundle.onnx.read_bytes()


def test_patches_of_any_number_are_scored_as_by_the_net(opened) -> None:
    fitted, model = opened("nr_patch")
    draw = np.random.default_rng(3)
    for count, places in ((1, 1), (40, 5)):
        pixels = draw.integers(0, 256, (count, places, 2, 32, 32)).astype(np.uint8)
        scores = model.score_samples(pixels)
        np.testing.assert_allclose(scores, by_net(fitted, pixels), rtol=0, atol=0.01)
        assert scores.shape == (count,)
    assert 0 <= scores.min() <= scores.max() <= 100


def test_whole_pictures_are_scored_as_by_the_net(opened) -> None:
    fitted, model = opened("nr_mobilenet")
    pixels = np.random.default_rng(3).integers(0, 256, (3, 1, 1, 224, 224)).astype(np.uint8)
    np.testing.assert_allclose(model.score_samples(pixels), by_net(fitted, pixels[:, 0]), rtol=0, atol=0.01)


@pytest.mark.parametrize("name", ["residual_cnn", "prefilter_lite"])
@pytest.mark.parametrize("size", [(16, 16), (17, 43), (90, 62)])
def test_pictures_of_any_size_are_filtered_as_by_the_net(opened, name: str, size: tuple[int, int]) -> None:
    fitted, model = opened(name)
    luma = np.random.default_rng(3).uniform(size=(2, 1, *size)).astype(np.float32)
    filtered = model.filter(luma)
    np.testing.assert_allclose(filtered, by_net(fitted, luma), rtol=0, atol=1e-4)
    assert 0 <= filtered.min() <= filtered.max() <= 1
    assert np.abs(filtered - luma).max() > 1e-3


def test_wrong_pixels_are_a_callers_bug(opened) -> None:
    _, patches = opened("nr_patch")
    _, frame = opened("nr_mobilenet")
    _, light = opened("prefilter_lite")
    for model, shape in ((patches, (2, 3, 1, 32, 32)), (patches, (0, 3, 2, 32, 32)), (frame, (2, 2, 1, 224, 224))):
        with pytest.raises(ValueError, match=f"{model.sidecar.id} takes"):
            model.score_samples(np.zeros(shape, np.uint8))
    for shape in ((1, 1, 15, 64), (1, 3, 64, 64), (64, 64)):
        with pytest.raises(ValueError, match="each side 16 or more"):
            light.filter(np.zeros(shape, np.float32))
    with pytest.raises(ValueError, match="does not score samples"):
        light.score_samples(np.zeros((1, 1, 1, 64, 64), np.uint8))
    with pytest.raises(ValueError, match="does not filter"):
        patches.filter(np.zeros((1, 1, 64, 64), np.float32))


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("nr_patch", {"shape": ("N", "P", 3, 32, 32)}, "with C 1 or 2"),
        ("nr_patch", {"shape": ("N", "P", 2, 32, 48)}, "a no-reference model takes"),
        ("nr_patch", {"name": "pixels"}, "a no-reference model takes"),
        ("nr_mobilenet", {"shape": ("N", 1, 256, 256)}, r"frame \(N, 1, 224, 224\)"),
        ("prefilter_lite", {"shape": ("N", 1, 64, 64)}, "a pre-filter takes luma"),
        ("prefilter_lite", {"name": "frame"}, "a pre-filter takes luma"),
    ],
)
def test_sidecar_with_other_tensors_is_refused(opened, name: str, change: dict[str, object], words: str) -> None:
    _, model = opened(name)
    spec = dataclasses.replace(model.sidecar.inputs[0], **change)
    with pytest.raises(BundleError, match=words):
        dataclasses.replace(model.sidecar, inputs=(spec,))


def test_sidecar_with_another_range_is_refused(opened) -> None:
    sidecar: Sidecar = opened("prefilter_lite")[1].sidecar
    with pytest.raises(BundleError, match=r"output range of kind filter is \[0.0, 1.0\]"):
        dataclasses.replace(sidecar, output_range=(0.0, 255.0))


def test_net_that_gives_nan_is_not_written(tmp_path: Path) -> None:
    fitted = dressed("nr_patch")
    assert isinstance(fitted.module, ScoreNet)
    fitted.module.set_scale(float("nan"), 1)
    with pytest.raises(BundleError, match="nothing was written"):
        export_pixel_net(fitted, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_light_filter_that_has_learned_nothing_changes_nothing(tmp_path: Path) -> None:
    recipe = read_pixel_recipe("prefilter_lite")
    fitted = FittedPixelNet(first_net(recipe, (1, 64)).eval(), (1, 64), "clean", recipe, FACTS, smoke=True)
    model = open_model(export_pixel_net(fitted, tmp_path).directory)
    luma = np.random.default_rng(0).uniform(size=(1, 1, 61, 47)).astype(np.float32)
    np.testing.assert_array_equal(model.filter(luma), luma)


def test_cards_say_what_each_kind_cannot_know(opened) -> None:
    score, light = (opened(name)[1].card or "" for name in ("nr_patch", "prefilter_lite"))
    assert "tinyvmaf score --no-reference video.mp4 --model nr_vmaf" in score
    assert "It sees no original" in score
    assert "It has no calibrated error bar" in score
    assert "tinyvmaf prefilter input.mp4 output.mp4 --model prefilter_lite" in light
    assert "A nearer picture is not yet a cheaper one" in light
    assert "libvmaf" not in light
    assert "error bar" not in light
