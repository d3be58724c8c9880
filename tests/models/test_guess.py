"""A net that shares its teacher's rule for unknown features jumps where the teacher does, trained and as a graph."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tinyvmaf.bundles.export import export
from tinyvmaf.bundles.session import open_model
from tinyvmaf.errors import RecipeError
from tinyvmaf.features import V1_4
from tinyvmaf.models.fit import fit_net
from tinyvmaf.models.guess import OwnGuess, guess_of, known_features
from tinyvmaf.models.recipe import Recipe, read_recipe
from tinyvmaf.pixels.svr import svr_of
from tinyvmaf.table.edges import edge_table
from tinyvmaf.table.rows import Rows, rows_of

RECIPE = read_recipe("fr_v1_mlp_medium").override(steps=600, learning_rate=1e-2)
EDGE = np.array([[0.1, 0.0, 0.9, 3.0], [0.1, 1e-7, 0.9, 3.0], [0.0, 12.0, 0.9, 0.0]], np.float32)


@pytest.fixture(scope="module")
def rows() -> Rows:
    return rows_of([edge_table("vmaf_v1", rows_per_kind=200)], feature_set=V1_4, target="vmaf_v1")


def rmse_of(rows: Rows, recipe: Recipe) -> float:
    everything = np.ones(len(rows), dtype=bool)
    head = fit_net(rows, everything, ~everything, recipe).module
    with torch.inference_mode():
        found = head(torch.from_numpy(rows.features)).numpy()
    return float(np.sqrt(np.mean(np.square(found - rows.target))))


def test_the_rule_in_the_graph_is_the_teachers() -> None:
    guess = svr_of("vmaf_v1").guess
    assert guess is not None
    assert guess == guess_of(RECIPE)
    with torch.inference_mode():
        found = OwnGuess(guess, 4)(torch.from_numpy(EDGE)).numpy()
    np.testing.assert_allclose(found, known_features(EDGE, RECIPE), rtol=1e-6)
    np.testing.assert_allclose(found[:, 1], [12, 1e-7, 12], rtol=1e-5)


def test_a_net_with_the_rule_comes_nearer_to_its_teacher(rows: Rows) -> None:
    assert rmse_of(rows, RECIPE) < rmse_of(rows, RECIPE.override(chroma_guess=False)) / 2


def test_the_bundle_scores_as_the_net_on_either_side_of_the_jump(rows: Rows, tmp_path: Path) -> None:
    everything = np.ones(len(rows), dtype=bool)
    fitted = fit_net(rows, everything, ~everything, RECIPE.override(steps=50))
    model = open_model(export(fitted, tmp_path / "bundle").directory)
    for features in (EDGE, rows.features):
        with torch.inference_mode():
            expected = fitted.module(torch.from_numpy(features)).numpy()
        assert model.predict(features) == pytest.approx(expected, abs=2e-3)


def test_only_features_that_the_teacher_guesses_have_the_rule() -> None:
    with pytest.raises(RecipeError, match="chroma_guess is true, which needs the features v1-4"):
        read_recipe("fr_mlp_small").override(chroma_guess=True)
