"""Which rows are looked at."""

import numpy as np
import pytest

from tinyvmaf.pixels.sampling import FULL, SAMPLINGS, Sampling, sampling_for, size_class


@pytest.mark.parametrize(("height", "expected"), [(17, "native"), (720, "native"), (1080, "1080p"), (2160, "2160p")])
def test_size_classes(height: int, expected: str) -> None:
    assert size_class(height) == expected


def test_full_looks_at_every_row() -> None:
    assert sampling_for("full", height=1080) is FULL
    assert FULL.steps == (1, 1, 1, 1, 1)


@pytest.mark.parametrize("height", [240, 1080, 2160])
def test_fast_steps_are_odd(height: int) -> None:
    assert all(step % 2 for step in sampling_for("fast", height=height).steps)


def test_every_name_has_a_sampling() -> None:
    assert [sampling_for(name, height=540).name for name in SAMPLINGS] == list(SAMPLINGS)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="full, fast"):
        sampling_for("slow", height=540)


def test_a_step_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="a step is 1"):
        Sampling("odd", (0, 1, 1, 1), 1)


def test_every_row_has_its_turn() -> None:
    sampling = Sampling("odd", (15, 5, 3, 1), 7)
    offsets = np.array([sampling.offsets(t) for t in range(200)])
    for place, step in enumerate(sampling.steps):
        counts = np.bincount(offsets[:, place], minlength=step)
        assert len(counts) == step
        assert counts.min() >= 0.7 * 200 / step
    assert sampling.offsets(12) == sampling.offsets(12)
