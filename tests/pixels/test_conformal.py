"""An error bar holds on sources that did not set it, as often as it claims."""

import numpy as np
import pytest

from tinyvmaf.pixels.conformal import conformal_half_width, coverage, fewest_sources, partition_coverage


def errors_of_unlike_sources(sources: int, *, seed: int, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Errors whose size differs from source to source by far more than within one; 1 to 200 rows per source."""
    draw = np.random.default_rng(seed)
    counts = draw.integers(1, 201, size=sources) if rows is None else np.full(sources, rows)
    scales = np.repeat(draw.lognormal(sigma=1.0, size=sources), counts)
    return scales * draw.standard_normal(counts.sum()), np.repeat(np.arange(sources), counts)


def held_on_average(sources: int, level: float, *, rows: int | None = None, guaranteed: bool = False) -> float:
    """How much of 40 further sources a bar of so many holds, averaged over 200 draws of both."""
    covered = []
    for seed in range(200):
        errors, groups = errors_of_unlike_sources(sources + 40, seed=seed, rows=rows)
        sets = groups < sources
        half_width = conformal_half_width(errors[sets], groups[sets], level, guaranteed=guaranteed)
        covered.append(coverage(errors[~sets], groups[~sets], half_width))
    return float(np.mean(covered))


def test_one_row_per_source_gives_the_quantile_at_the_level_itself() -> None:
    """Of 19 exchangeable errors, the 18th covers 18 of 20 places that a twentieth may take."""
    errors = np.random.default_rng(0).permutation(np.arange(1.0, 20.0))
    assert conformal_half_width(errors, np.arange(19), 0.9) == pytest.approx(18)
    assert conformal_half_width(-errors, np.arange(19), 0.9) == pytest.approx(18)
    assert conformal_half_width(errors[:12], np.arange(12), 0.9) == pytest.approx(
        np.quantile(errors[:12], 0.9, method="weibull")
    )


def test_a_source_counts_once_however_long_it_is() -> None:
    errors, groups = np.arange(1.0, 20.0), np.arange(19)
    longer = np.repeat(errors, np.where(groups < 5, 500, 1)), np.repeat(groups, np.where(groups < 5, 500, 1))
    assert conformal_half_width(*longer, 0.9) == pytest.approx(18)


@pytest.mark.parametrize(("sources", "level"), [(9, 0.9), (12, 0.9), (20, 0.9), (32, 0.9), (40, 0.8), (40, 0.95)])
def test_unseen_sources_are_covered_as_claimed_on_average(sources: int, level: float) -> None:
    assert held_on_average(sources, level) == pytest.approx(level, abs=0.02)


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("sources", [9, 12, 27])
def test_few_clips_per_source_are_covered_as_claimed_too(sources: int, rows: int) -> None:
    assert held_on_average(sources, 0.9, rows=rows) == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("rows", [4, 90])
def test_a_guaranteed_bar_holds_the_level_at_least(rows: int) -> None:
    assert 0.9 <= held_on_average(20, 0.9, rows=rows, guaranteed=True) < 1


def test_quantiles_that_leave_no_source_out_miss_the_level_on_either_side() -> None:
    """Why the search: of frames, and of sources' mean distribution, it is too little; with a vote at infinity, more."""
    frames, mean, worst = [], [], []
    for seed in range(300):
        errors, groups = errors_of_unlike_sources(50, seed=seed)
        sets = groups < 10
        sizes, weights = np.abs(errors[sets]), 1 / np.bincount(groups[sets])[groups[sets]]
        rising = np.argsort(sizes)
        for found, claimed in ((mean, 0.9), (worst, 0.99)):
            place = np.searchsorted(np.cumsum(weights[rising]) / 10, claimed - 1e-9)
            found.append(coverage(errors[~sets], groups[~sets], sizes[rising][place]))
        frames.append(coverage(errors[~sets], groups[~sets], np.quantile(sizes, 0.9)))
    assert np.mean(frames) < 0.88
    assert np.mean(mean) < 0.89
    assert np.mean(worst) > 0.94


def test_errors_that_are_all_alike_have_a_bar_of_their_size() -> None:
    groups = np.repeat(np.arange(12), 5)
    assert conformal_half_width(np.full(60, 0.25), groups, 0.9) == 0.25
    assert conformal_half_width(np.zeros(60), groups, 0.9) == 0
    mostly_nothing = np.where(np.arange(60) % 20 == 0, 3.0, 0.0)
    assert conformal_half_width(mostly_nothing, groups, 0.9) < 3


def test_partitions_of_one_sample_tell_its_coverage() -> None:
    errors, groups = errors_of_unlike_sources(120, seed=1, rows=30)
    assert partition_coverage(errors, groups, 0.9) == pytest.approx(0.9, abs=0.02)
    assert partition_coverage(errors, groups, 0.9) == partition_coverage(errors, groups, 0.9)
    few, their_groups = errors_of_unlike_sources(10, seed=1)
    on_average = partition_coverage(few, their_groups, 0.9)
    assert 0.8 <= on_average <= partition_coverage(few, their_groups, 0.9, guaranteed=True) <= 1


@pytest.mark.parametrize(("level", "fewest"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_too_few_sources_are_an_error_with_the_number_needed(level: float, fewest: int) -> None:
    assert fewest_sources(level) == fewest
    assert conformal_half_width(np.ones(fewest), np.arange(fewest), level) == pytest.approx(1)
    if fewest > 1:
        with pytest.raises(ValueError, match=f"at least {fewest} are needed"):
            conformal_half_width(np.ones(fewest - 1), np.arange(fewest - 1), level)


@pytest.mark.parametrize("wrong", [[], [np.nan] * 9, [[1.0] * 9]])
def test_errors_that_are_no_row_of_numbers_are_refused(wrong: list) -> None:
    with pytest.raises(ValueError, match=r"errors|error is"):
        conformal_half_width(wrong, np.arange(9), 0.9)
    with pytest.raises(ValueError, match="between 0 and 1"):
        fewest_sources(1)
