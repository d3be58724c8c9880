"""The teacher's own regression stands among the baselines wherever the features are its own."""

from dataclasses import replace

import numpy as np
import pytest

from tests.models.learnable import learnable_rows
from tinyvmaf.models.recipe import read_recipe
from tinyvmaf.pixels.svr import svr_of
from tinyvmaf.runs.baselines import baseline_scores, fitted_numbers, own_svr
from tinyvmaf.table.splits import folds_by

RECIPE = read_recipe("fr_mlp_small")


@pytest.mark.parametrize(
    ("feature_set", "target", "teacher"),
    [
        ("canonical-6", "vmaf", "vmaf"),
        ("canonical-6", "vmaf_4k", "vmaf_4k"),
        ("neg-6", "vmaf_neg", "vmaf_neg"),
        ("canonical-6", "mos", "vmaf"),
        ("neg-6", "mos", "vmaf_neg"),
    ],
)
def test_a_regression_is_that_of_the_target_or_of_the_features(feature_set: str, target: str, teacher: str) -> None:
    assert own_svr(RECIPE.override(feature_set=feature_set, target=target)) is svr_of(teacher)


@pytest.mark.parametrize(
    ("feature_set", "target"), [("canonical-6", "vmaf_neg"), ("neg-6", "vmaf"), ("v1-4", "vmaf_v1"), ("v1-4", "mos")]
)
def test_features_that_are_not_the_teachers_have_no_regression(feature_set: str, target: str) -> None:
    assert own_svr(RECIPE.override(feature_set=feature_set, target=target)) is None


def test_the_teachers_regression_has_no_error_on_its_own_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinyvmaf.runs.baselines.TRAINED", {})
    rows = learnable_rows(sources=3)
    rows = replace(rows, target=svr_of("vmaf").predict(rows.features).astype(np.float32))
    folds = folds_by(rows, by="source")
    found = baseline_scores(rows, folds, RECIPE)
    assert list(found) == ["train_mean", "ols", "fr_svr"]
    for fold, scores in zip(folds, found["fr_svr"], strict=True):
        np.testing.assert_allclose(scores, rows.target[fold.test], atol=1e-5)
    assert fitted_numbers("fr_svr", RECIPE) == 211 * 7 + 1
