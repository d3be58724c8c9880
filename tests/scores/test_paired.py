"""A difference is separable when it is more than chance: never more than one in twenty where two models are equal."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from tinyvmaf.scores.paired import FEWEST_SEPARABLE, paired_differences

CLIPS = 7


def pair(*, sources: int, bias: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores of two models, the truth and the source of each clip; both err by source, the second by ``bias`` more."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(sources, dtype=np.int32), CLIPS)
    true = rng.uniform(20, 100, len(group))
    first, second = (
        true + np.repeat(rng.normal(0, 4, sources), CLIPS) + rng.normal(0, 2 + extra, len(group)) + extra
        for extra in (0, bias)
    )
    return first, second, true, group


def swapped(first: np.ndarray, second: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.where(mask, second, first), np.where(mask, first, second)


def test_differences_are_those_of_scipy() -> None:
    first, second, true, group = pair(sources=6)
    found = paired_differences(first, second, true, group, draws=200)
    for name, metric in (("plcc", stats.pearsonr), ("srocc", stats.spearmanr)):
        expected = metric(second, true).statistic - metric(first, true).statistic
        assert getattr(found, name).value == pytest.approx(expected, abs=1e-12)
    assert found.correlation.value == pytest.approx((found.plcc.value + found.srocc.value) / 2)
    errors = [np.sqrt(np.mean((scores - true) ** 2)) for scores in (first, second)]
    assert found.rmse.value == pytest.approx(errors[1] - errors[0])


def test_p_value_is_the_share_of_all_swaps_that_differ_as_much() -> None:
    first, second, true, group = pair(sources=6, bias=1.5)
    found = paired_differences(first, second, true, group, draws=200)

    def differences(mask: np.ndarray) -> tuple[float, float]:
        scores = swapped(first, second, mask[group])
        errors = [np.sqrt(np.mean((each - true) ** 2)) for each in scores]
        ranks = [stats.spearmanr(each, true).statistic for each in scores]
        return abs(errors[1] - errors[0]), abs(ranks[1] - ranks[0])

    made = np.array([differences(np.array(mask, bool)) for mask in product([False, True], repeat=6)])
    as_much = (made >= made[0] - 1e-12).mean(axis=0)
    assert found.rmse.p_value == pytest.approx(as_much[0])
    assert found.srocc.p_value == pytest.approx(as_much[1])
    assert 0 < as_much[0] < 1


def test_equal_models_are_called_separable_at_most_once_in_twenty() -> None:
    """All 256 ways to swap the scores of eight sources; models that differ much in each source are the harder case."""
    first, second, true, group = pair(sources=8, bias=3.0)
    called = [
        paired_differences(*swapped(first, second, np.array(mask)[group]), true, group, draws=200)
        for mask in product([False, True], repeat=8)
    ]
    assert np.mean([found.rmse.separable for found in called]) <= 0.05
    assert np.mean([found.correlation.separable for found in called]) <= 0.05
    assert any(found.rmse.separable for found in called)


@pytest.mark.slow
def test_random_swaps_of_many_sources_hold_the_level_too() -> None:
    first, second, true, group = pair(sources=20, bias=2.0)
    rng = np.random.default_rng(5)
    called = [
        paired_differences(*swapped(first, second, rng.integers(0, 2, 20).astype(bool)[group]), true, group, draws=400)
        for _ in range(200)
    ]
    assert np.mean([found.rmse.separable for found in called]) <= 0.05


def test_a_clearly_better_model_is_separable_in_each_metric() -> None:
    first, second, true, group = pair(sources=12, bias=8.0)
    found = paired_differences(second, first, true, group)
    assert found.rmse.separable
    assert found.rmse.value < 0
    assert found.correlation.separable
    assert found.correlation.value > 0
    assert found.rmse.interval[0] < found.rmse.value < found.rmse.interval[1] < 0


def test_interval_of_few_sources_is_wider_than_plain_quantiles() -> None:
    """Mean errors of sources are normal here, so that Student's interval of the mean is the truth to come near."""
    rng = np.random.default_rng(1)
    true = np.zeros(40)
    group = np.repeat(np.arange(10, dtype=np.int32), 4)
    means = rng.normal(10, 1, 10)
    first, second = np.full(40, 5.0), means[group]
    low, high = paired_differences(first, second, true, group, draws=20000).rmse.interval
    student = stats.ttest_1samp(means, 0).confidence_interval(0.95)
    assert (high - low) / (student.high - student.low) == pytest.approx(1, abs=0.1)


def test_seven_sources_can_be_separable_six_never_and_four_have_no_interval() -> None:
    assert paired_differences(*pair(sources=FEWEST_SEPARABLE, bias=30.0), draws=400).rmse.separable
    six = paired_differences(*pair(sources=FEWEST_SEPARABLE - 1, bias=30.0), draws=400)
    assert six.rmse.interval is not None
    assert six.rmse.interval[0] > 0
    assert six.rmse.p_value == pytest.approx(1 / 32)
    assert not six.rmse.separable
    four = paired_differences(*pair(sources=4, bias=30.0))
    assert four.rmse.interval is None
    assert not four.rmse.separable


def test_a_model_and_itself_do_not_differ() -> None:
    first, _, true, group = pair(sources=7)
    found = paired_differences(first, first, true, group, draws=200)
    assert (found.rmse.value, found.srocc.value) == (0, 0)
    assert found.rmse.p_value == found.srocc.p_value == 1
    assert not found.rmse.separable


def test_constant_scores_have_no_correlation_to_compare() -> None:
    first, _, true, group = pair(sources=7)
    found = paired_differences(first, np.full_like(true, 50.0), true, group, draws=200)
    assert found.plcc.value is found.correlation.p_value is None
    assert not found.correlation.separable
    assert found.rmse.value is not None
