"""Statistics of natural pictures: shapes of known distributions are found, and spoiling a picture moves them."""

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.stats import gennorm

from tinyvmaf.pixels import naturalness as rooms
from tinyvmaf.pixels.naturalness import STATISTICS, naturalness


def test_shape_and_variance_of_known_distributions_are_found() -> None:
    draw = np.random.default_rng(0)
    for shape in (0.7, 1.0, 2.0):
        values = gennorm.rvs(shape, scale=1.5, size=(2, 300, 300), random_state=draw)
        found = rooms._of_symmetric(values)
        np.testing.assert_allclose(found[:, 0], shape, rtol=0.04)
        np.testing.assert_allclose(found[:, 1], gennorm.var(shape, scale=1.5), rtol=0.04)


def test_two_sides_of_products_are_told_apart() -> None:
    """Neighbours that agree in sign make a product whose right side is the wider."""
    same = np.random.default_rng(0).normal(size=(1, 64, 1)).repeat(64, axis=2)
    shape, mean, left, right = rooms._of_products(same, 0, 1)[0]
    assert (mean > 0, right > 10 * left, shape > 0) == (True, True, True)


def test_there_are_36_numbers_and_one_part_does_not_touch_another() -> None:
    parts = np.random.default_rng(0).integers(0, 256, (5, 48, 48)).astype(np.uint8)
    found = naturalness(parts)
    assert found.shape == (5, STATISTICS)
    np.testing.assert_allclose(naturalness(parts[3:4]), found[3:4], rtol=1e-5)


def test_blur_narrows_and_flat_parts_stay_finite() -> None:
    sharp = np.random.default_rng(0).integers(0, 256, (1, 64, 64)).astype(np.uint8)
    blurred = gaussian_filter(sharp.astype(float), (0, 2, 2)).astype(np.uint8)
    assert naturalness(blurred)[0, 1] < naturalness(sharp)[0, 1]
    assert np.isfinite(naturalness(np.full((2, 64, 64), 16, np.uint8))).all()
