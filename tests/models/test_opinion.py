from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.models.learnable import learnable_rows
from tinyvmaf.bundles.export import export
from tinyvmaf.bundles.session import open_model
from tinyvmaf.errors import RecipeError
from tinyvmaf.models.fit import fit_net
from tinyvmaf.models.folds import fit_folds
from tinyvmaf.models.opinion import OwnTeacher, frames_of_rows, learned_of, pooled, unpooled
from tinyvmaf.models.recipe import Recipe, read_recipe
from tinyvmaf.pixels.svr import svr_of
from tinyvmaf.table.clips import clips_of
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.splits import folds_by


def recipe_of(**changes: object) -> Recipe:
    return replace(read_recipe("fr_mos"), **changes)  # pyright: ignore[reportArgumentType]  entries by their names


def opinions(rows: Rows, said: np.ndarray) -> Rows:
    """The rows with these opinions (clips,) of their clips as the target."""
    everywhere = np.ones(len(rows), dtype=bool)
    return replace(rows, target=said[rows.clip_index].astype(np.float32), target_name="mos", of_clip=everywhere)


def clip_means(rows: Rows, scores: np.ndarray) -> np.ndarray:
    return np.bincount(rows.clip_index, scores) / np.bincount(rows.clip_index)


def test_a_row_stands_for_frames_spread_over_its_clip() -> None:
    rows = opinions(learnable_rows(sources=2, frames=60), np.zeros(4))
    frames = frames_of_rows(rows, recipe_of())
    assert frames is not None
    for clip in clips_of(rows.clip_index, rows.frame_index):
        assert set(frames[clip].ravel()) == set(clip)
        for place, shown in zip(clip, frames[clip], strict=True):
            gaps = np.diff(np.sort(rows.frame_index[shown]))
            assert place in shown
            assert set(gaps) <= {3, 4}  # 60 frames in 16 steps


def test_a_clip_shorter_than_its_share_shows_frames_again() -> None:
    rows = opinions(learnable_rows(sources=2, frames=5), np.zeros(4))
    frames = frames_of_rows(rows, recipe_of())
    assert frames is not None
    for place, shown in enumerate(frames):
        assert np.unique(rows.clip_index[shown]).tolist() == [rows.clip_index[place]]
        assert len(np.unique(shown)) == 5


def test_a_teachers_row_stands_for_its_own_frame() -> None:
    rows = opinions(learnable_rows(sources=2), np.zeros(4))
    mixed = replace(rows, of_clip=rows.clip_index < 2)
    frames = frames_of_rows(mixed, recipe_of(target="hybrid"))
    assert frames is not None
    assert (frames[~mixed.of_clip] == np.flatnonzero(~mixed.of_clip)[:, np.newaxis]).all()
    learned = learned_of(mixed, recipe_of(target="hybrid", correction=False, teacher_weight=0.25), frames)
    assert learned[1].tolist() == np.where(mixed.of_clip, 1, 0.25).tolist()
    assert frames_of_rows(mixed, read_recipe("fr_mlp_small")) is None


def test_the_gradient_of_pooling_is_that_of_autograd() -> None:
    scores = torch.randn(3, 1, 20, requires_grad=True)
    gradient = torch.randn(3, 1, 5)
    (expected,) = torch.autograd.grad(pooled(scores, 4), scores, gradient)
    assert torch.equal(unpooled(gradient, 4), expected)


def test_the_teacher_in_the_graph_is_libvmafs() -> None:
    features = learnable_rows().features
    for name in ("vmaf", "vmaf_4k"):
        svr = svr_of(name)
        assert OwnTeacher(svr)(torch.from_numpy(features)).numpy() == pytest.approx(svr.predict(features), abs=1e-4)


def test_a_correction_without_training_is_near_the_teacher() -> None:
    rows = opinions(learnable_rows(), np.full(12, 50.0))
    everything = np.ones(len(rows), dtype=bool)
    fitted = fit_net(rows, everything, ~everything, recipe_of(steps=0))
    with torch.inference_mode():
        scores = fitted.module(torch.from_numpy(rows.features)).numpy()
    assert np.abs(scores - svr_of("vmaf").predict(rows.features)).max() < 10


@pytest.mark.parametrize("correction", [True, False])
def test_a_clips_mean_score_learns_its_opinion(correction: bool) -> None:
    plain = learnable_rows(sources=12, frames=40)
    # What people say follows the mean of a curve, which no single frame tells.
    rows = opinions(plain, 20 + 0.6 * clip_means(plain, plain.target))
    recipe = recipe_of(correction=correction, steps=600, learning_rate=1e-2, weight_decay=0.0)
    nets = fit_folds(rows, folds_by(rows)[:3], recipe)
    for net in nets:
        error = clip_means(rows, net.predict(np.ones(len(rows), dtype=bool)).astype(float)) - clip_means(
            rows, rows.target
        )
        assert np.sqrt(np.mean(error**2)) < 1.5 < np.std(clip_means(rows, rows.target))


def test_an_opinion_of_more_weight_pulls_more() -> None:
    plain = learnable_rows(sources=2, clips=1, frames=40)
    features = np.tile(plain.features[:40], (2, 1))  # two clips of the same frames that people disagree on
    rows = replace(opinions(plain, np.array([20.0, 80.0])), features=features)
    heavy = replace(rows, weight=np.where(rows.clip_index == 1, 2, 0.5).astype(np.float32))
    everything = np.ones(len(rows), dtype=bool)
    recipe = recipe_of(correction=False, steps=400, learning_rate=1e-2, weight_decay=0.0)
    means = []
    for told in (rows, heavy):
        module = fit_net(told, everything, ~everything, recipe).module
        with torch.inference_mode():
            means.append(float(module(torch.from_numpy(features)).mean()))
    # Weighted least squares by hand: (.5 x 20 + 2 x 80) / 2.5 = 68 instead of 50.
    assert means == pytest.approx([50, 68], abs=1.5)


def test_a_corrections_bundle_scores_as_the_net(tmp_path) -> None:
    rows = opinions(learnable_rows(), np.linspace(10, 90, 12))
    everything = np.ones(len(rows), dtype=bool)
    fitted = fit_net(rows, everything, ~everything, recipe_of(steps=50))
    model = open_model(export(fitted, tmp_path / "bundle").directory)
    with torch.inference_mode():
        expected = fitted.module(torch.from_numpy(rows.features)).numpy()
    assert model.predict(rows.features) == pytest.approx(expected, abs=2e-3)
    assert (model.sidecar.target, model.sidecar.license) == ("mos_100", "CC-BY-NC-4.0")
    assert model.sidecar.parameter_count == 257


def test_a_net_of_neighbouring_frames_learns_opinions_too() -> None:
    plain = learnable_rows(sources=6, frames=40)
    rows = opinions(plain, 20 + 0.6 * clip_means(plain, plain.target))
    everything = np.ones(len(rows), dtype=bool)
    changes = {"correction": False, "steps": 300, "learning_rate": 1e-2, "weight_decay": 0.0}
    (net,) = fit_folds(rows, folds_by(rows)[:1], recipe_of(architecture="temporal_cnn", **changes))
    trained = net.fold.train
    error = clip_means(rows, net.predict(everything).astype(float)) - clip_means(rows, rows.target)
    assert np.abs(error[np.unique(rows.clip_index[trained])]).max() < np.std(clip_means(rows, rows.target))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 100}, "multiple of frames_per_clip, 16"),
        ({"loss": "censored"}, "needs a target of mos or hybrid"),
        ({"target": "vmaf"}, "needs a target of mos or hybrid"),
        ({"feature_set": "v1-4"}, "needs a target of mos or hybrid"),
        ({"teacher_weight": 0.0}, "above 0"),
    ],
)
def test_a_recipe_of_opinions_that_makes_no_sense_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        recipe_of(**changes)
