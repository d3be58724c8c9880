"""Figures after the mapping of P.1401 are those of the best rising cubic, found another way."""

import numpy as np
import pytest
from scipy.optimize import nnls

from tinyvmaf.metrics import plcc, rmse
from tinyvmaf.scores.figures import clip_figures
from tinyvmaf.scores.p1401 import mapped_figures

CURVES = {
    "rising": lambda x: x,
    "falling": lambda x: -x,
    "waving": lambda x: 20 * np.sin(x / 15),
    "flat in the middle": lambda x: (x - 50) ** 3 / 1000,
    "a valley": lambda x: (x - 40) ** 2 / 20,
    "saturating": lambda x: 10 * np.sqrt(x),
}


def opinions(curve: str, *, seed: int, count: int = 45) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    predicted = rng.uniform(0, 100, count)
    return predicted, CURVES[curve](predicted) + rng.normal(0, 6, count), np.arange(count, dtype=np.int32) // 5


def best_rising_cubic(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """The mapped predictions: slopes that are never negative are mixtures of (t - r)^2, r in 0-1, and t (1 - t)."""
    t = (predicted - predicted.min()) / np.ptp(predicted)
    touching = np.linspace(0, 1, 1001)
    cubics = np.column_stack([((t[:, None] - touching) ** 3 + touching**3) / 3, t**2 / 2 - t**3 / 3])
    cubics -= cubics.mean(axis=0)
    return true.mean() + cubics @ nnls(cubics, true - true.mean(), maxiter=20000)[0]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("curve", CURVES)
def test_figures_are_those_of_the_best_rising_cubic(curve: str, seed: int) -> None:
    predicted, true, source = opinions(curve, seed=seed)
    found = mapped_figures(predicted, true, source, draws=20)
    mapped = best_rising_cubic(predicted, true)
    assert found.rmse == pytest.approx(rmse(mapped, true), abs=1e-4)
    if np.ptp(mapped) > 1:
        assert found.plcc == pytest.approx(plcc(mapped, true), abs=1e-4)


def test_where_the_free_cubic_rises_it_is_the_mapping() -> None:
    predicted, true, source = opinions("saturating", seed=0)
    free = np.polyval(np.polyfit(predicted, true, 3), predicted)
    found = mapped_figures(predicted, true, source, draws=20)
    assert (np.diff(free[np.argsort(predicted)]) > 0).all()
    assert found.rmse == pytest.approx(rmse(free, true))
    assert found.plcc == pytest.approx(plcc(free, true))


def test_a_straight_line_needs_no_mapping_and_another_scale_changes_nothing() -> None:
    predicted, true, source = opinions("rising", seed=1)
    assert mapped_figures(predicted, 3 * predicted - 7, source, draws=5).rmse == pytest.approx(0, abs=1e-5)
    once, again = (mapped_figures(scores, true, source) for scores in (predicted, 5 + predicted / 4))
    assert once.rmse == pytest.approx(again.rmse)
    assert once.plcc_interval == pytest.approx(again.plcc_interval)


def test_predictions_that_run_against_opinions_map_to_a_constant() -> None:
    predicted, true, source = opinions("falling", seed=2)
    found = mapped_figures(predicted, true - predicted, source, draws=20)
    assert found.plcc is None
    assert found.rmse == pytest.approx(np.std(true - predicted))
    assert mapped_figures(np.full(45, 50.0), true, source, draws=20).plcc is None


def test_intervals_are_by_source_and_need_five() -> None:
    predicted, true, source = opinions("rising", seed=3)
    found = mapped_figures(predicted, true, source)
    drawn = []
    rng = np.random.default_rng(4)
    for _ in range(300):
        rows = np.concatenate([np.flatnonzero(source == pick) for pick in rng.integers(0, 9, 9)])
        drawn.append(mapped_figures(predicted[rows], true[rows], np.zeros(len(rows), np.int32)).rmse)
    assert found.rmse_interval == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.4)
    assert mapped_figures(predicted, true, source // 3).rmse_interval is None


def test_only_opinions_on_clips_are_mapped() -> None:
    predicted, true, source = opinions("rising", seed=5)
    clips = np.arange(45, dtype=np.int32)
    plain = clip_figures(predicted, true, clips=clips, groups=source)
    mapped = clip_figures(predicted, true, clips=clips, groups=source, opinions=True)
    assert plain.plcc_p1401 is plain.rmse_p1401 is None
    assert mapped.rmse_p1401 == pytest.approx(mapped_figures(predicted, true, source).rmse)
    assert mapped.rmse == plain.rmse
