"""Metrics agree with scipy, and their intervals with a bootstrap that draws rows."""

from threading import Event

import numpy as np
import pytest
from scipy import stats

from tinyvmaf import metrics
from tinyvmaf.errors import CancelledError
from tinyvmaf.metrics import judge, krocc, plcc, rmse, srocc


def scores(*, count: int = 300, sources: int = 7, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predicted, true and source of rows, with ties on both sides as clipping makes them."""
    rng = np.random.default_rng(seed)
    true = np.clip(rng.normal(70, 35, count).round(), 0, 100)
    predicted = np.clip(true + rng.normal(0, 12, count).round(1), 0, 100)
    return predicted, true, rng.integers(0, sources, count)


@pytest.mark.parametrize("seed", range(4))
def test_correlations_equal_scipys(seed: int) -> None:
    predicted, true, _ = scores(seed=seed, count=37 + 61 * seed)
    assert plcc(predicted, true) == pytest.approx(stats.pearsonr(predicted, true).statistic, abs=1e-12)
    assert srocc(predicted, true) == pytest.approx(stats.spearmanr(predicted, true).statistic, abs=1e-12)
    assert krocc(predicted, true) == pytest.approx(stats.kendalltau(predicted, true).statistic, abs=1e-12)
    assert rmse(predicted, true) == pytest.approx(np.sqrt(np.mean((predicted - true) ** 2)))


@pytest.mark.parametrize("constant", ["predicted", "true"])
def test_correlation_of_constant_values_is_none(constant: str) -> None:
    predicted, true, groups = scores()
    (predicted if constant == "predicted" else true)[:] = 61.3
    assert plcc(predicted, true) is None
    assert srocc(predicted, true) is None
    assert krocc(predicted, true) is None
    judged = judge(predicted, true, groups)
    assert (judged.plcc, judged.plcc_interval, judged.krocc_interval, judged.srocc_interval) == (None, None, None, None)
    assert judged.rmse_interval is not None


def test_one_row_has_an_error_and_no_correlation() -> None:
    assert judge([3.0], [5.0], ["a"]).rmse == 2.0
    assert judge([3.0], [5.0], ["a"]).krocc is None


def resampled(predicted: np.ndarray, true: np.ndarray, groups: np.ndarray, *, draws: int) -> dict[str, np.ndarray]:
    """The metrics of each draw, from its rows, by scipy."""
    names = np.unique(groups)
    found: dict[str, list[float]] = {"plcc": [], "srocc": [], "krocc": [], "rmse": []}
    weights = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    for copies in weights:
        parts = [
            np.flatnonzero(groups == name) for name, times in zip(names, copies, strict=True) for _ in range(times)
        ]
        rows = np.concatenate(parts)
        x, y = predicted[rows], true[rows]
        found["plcc"].append(stats.pearsonr(x, y).statistic)
        found["srocc"].append(stats.spearmanr(x, y).statistic)
        found["krocc"].append(stats.kendalltau(x, y).statistic)
        found["rmse"].append(float(np.sqrt(np.mean((x - y) ** 2))))
    return {name: np.array(values) for name, values in found.items()}


@pytest.mark.parametrize("seed", range(2))
def test_intervals_equal_those_of_drawing_rows(seed: int) -> None:
    predicted, true, groups = scores(seed=seed)
    judged = judge(predicted, true, groups, draws=60)
    for name, values in resampled(predicted, true, groups, draws=60).items():
        expected = tuple(np.quantile(values, [0.025, 0.975]))
        assert getattr(judged, f"{name}_interval") == pytest.approx(expected, abs=1e-10), name


def test_intervals_hold_in_pieces_too(monkeypatch: pytest.MonkeyPatch) -> None:
    predicted, true, groups = scores()
    whole = judge(predicted, true, groups, draws=20)
    monkeypatch.setattr(metrics, "_CHUNK_NUMBERS", 50)
    assert judge(predicted, true, groups, draws=20).srocc_interval == pytest.approx(whole.srocc_interval, abs=1e-12)


def test_sources_without_variation_leave_no_nan() -> None:
    predicted, true, groups = scores(sources=5)
    true[groups < 4] = 100.0
    predicted[groups < 4] = 100.0
    judged = judge(predicted, true, groups)  # many draws hold constant sources only
    assert judged.plcc_interval is not None
    assert np.isfinite(judged.plcc_interval).all()


def test_no_interval_below_five_sources() -> None:
    predicted, true, groups = scores(sources=4)
    judged = judge(predicted, true, groups)
    assert judged.n == len(true)
    assert judged.krocc is not None
    assert judged.rmse_interval is None
    assert judged.krocc_interval is None


@pytest.mark.parametrize("bad", [[1.0, np.nan], [np.inf, 2.0], [1.0], []])
def test_scores_that_are_no_scores_are_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match=r"shape|not a number"):
        judge(bad, [1.0, 2.0], [0, 1])


def test_resampled_metrics_are_those_of_the_rows_drawn() -> None:
    predicted, true, source = scores(count=120)
    weights = np.random.default_rng(2).integers(0, 4, (6, 7)).astype(float)
    found = metrics.resampled(predicted, true, source, weights)
    for number, copies in enumerate(weights):
        rows = np.repeat(np.arange(120), copies[source].astype(int))
        assert found.plcc[number] == pytest.approx(stats.pearsonr(predicted[rows], true[rows]).statistic, abs=1e-9)
        assert found.srocc[number] == pytest.approx(stats.spearmanr(predicted[rows], true[rows]).statistic, abs=1e-9)
        assert found.rmse[number] == pytest.approx(rmse(predicted[rows], true[rows]))


class LateCancel(Event):
    """A cancel that comes after so many looks at it."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.left = looks

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_a_judgement_looks_for_a_cancel_from_its_first_to_its_last_step() -> None:
    rows, patient = scores(), LateCancel(10_000)
    assert judge(*rows, cancel=patient) == judge(*rows)
    looks = 10_000 - patient.left
    assert looks > 7 * 2 * 8  # for each source at each of the levels of a merge sort, twice
    for share in (0.0, 0.5, 1.0):
        with pytest.raises(CancelledError):
            judge(*rows, cancel=LateCancel(round(share * (looks - 1))))
