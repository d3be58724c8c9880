"""An error bar holds on sources that did not set it, as often as it claims."""

import numpy as np
import pytest

from tinyvmaf.pixels.conformal import conformal_half_width, coverage, fewest_sources, partition_coverage


def errors_of_unlike_sources(sources: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Errors whose size differs from source to source by far more than within one; 1 to 200 frames per source."""
    draw = np.random.default_rng(seed)
    counts = draw.integers(1, 201, size=sources)
    scales = np.repeat(draw.lognormal(sigma=1.0, size=sources), counts)
    return scales * draw.standard_normal(counts.sum()), np.repeat(np.arange(sources), counts)


def test_one_row_per_source_gives_the_finite_sample_quantile() -> None:
    """Of 19 exchangeable errors, the 18th covers 18 of 20 places that a twentieth may take."""
    errors = np.random.default_rng(0).permutation(np.arange(1.0, 20.0))
    assert conformal_half_width(errors, np.arange(19), 0.9) == 18
    assert conformal_half_width(-errors, np.arange(19), 0.9) == 18


def test_a_source_counts_once_however_long_it_is() -> None:
    errors, groups = np.arange(1.0, 20.0), np.arange(19)
    longer = np.repeat(errors, np.where(groups < 5, 500, 1)), np.repeat(groups, np.where(groups < 5, 500, 1))
    assert conformal_half_width(*longer, 0.9) == 18


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_unseen_sources_are_covered_as_claimed(level: float) -> None:
    calibrating = 40
    covered = []
    for seed in range(400):
        errors, groups = errors_of_unlike_sources(calibrating + 40, seed=seed)
        sets = groups < calibrating
        half_width = conformal_half_width(errors[sets], groups[sets], level)
        covered.append(coverage(errors[~sets], groups[~sets], half_width))
    assert level - 0.005 <= np.mean(covered) <= level + 1 / (calibrating + 1) + 0.005


def test_frames_taken_as_independent_would_cover_less() -> None:
    """Why the weights: the plain quantile over frames promises more than it keeps when sources are few."""
    plain, weighted = [], []
    for seed in range(400):
        errors, groups = errors_of_unlike_sources(50, seed=seed)
        sets = groups < 10
        plain.append(coverage(errors[~sets], groups[~sets], np.quantile(np.abs(errors[sets]), 0.9)))
        weighted.append(coverage(errors[~sets], groups[~sets], conformal_half_width(errors[sets], groups[sets], 0.9)))
    assert np.mean(plain) < 0.88
    assert np.mean(weighted) >= 0.9


def test_partitions_of_one_sample_tell_its_coverage() -> None:
    errors, groups = errors_of_unlike_sources(200, seed=1)
    assert partition_coverage(errors, groups, 0.9) == pytest.approx(0.9, abs=0.02)
    assert partition_coverage(errors, groups, 0.9) == partition_coverage(errors, groups, 0.9)
    few, their_groups = errors_of_unlike_sources(10, seed=1)
    assert 0.85 <= partition_coverage(few, their_groups, 0.9) <= 1


@pytest.mark.parametrize(("level", "fewest"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_too_few_sources_are_an_error_with_the_number_needed(level: float, fewest: int) -> None:
    assert fewest_sources(level) == fewest
    assert conformal_half_width(np.ones(fewest), np.arange(fewest), level) == 1
    if fewest > 1:
        with pytest.raises(ValueError, match=f"at least {fewest} are needed"):
            conformal_half_width(np.ones(fewest - 1), np.arange(fewest - 1), level)


@pytest.mark.parametrize("wrong", [[], [np.nan] * 9, [[1.0] * 9]])
def test_errors_that_are_no_row_of_numbers_are_refused(wrong: list) -> None:
    with pytest.raises(ValueError, match=r"errors|error is"):
        conformal_half_width(wrong, np.arange(9), 0.9)
    with pytest.raises(ValueError, match="between 0 and 1"):
        fewest_sources(1)
