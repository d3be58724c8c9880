"""What pre-filters undo: the record's blur and JPEG, and grain that light and neighbours decide."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.pixels.pictures import scene
from tinyvmaf.pixels.degradations import DEGRADATIONS, Grain, degradation, draw_grain, grainy

GRAY = np.full((256, 256), 126, np.uint8)  # the middle of 16-235, nearly


def noise_of(look: Grain, level: int = 126) -> np.ndarray:
    flat = np.full((256, 256), level, np.uint8)
    return grainy(flat, look, np.random.default_rng(0)).astype(np.float64) - level


def test_blur_jpeg_is_a_gaussian_of_1_2_and_quality_35() -> None:
    luma = scene(width=96, height=64, frames=1)[0]
    places = np.arange(-5, 6)
    taps = np.exp(-(places**2) / (2 * 1.2**2))
    taps /= taps.sum()
    wide = np.pad(luma.astype(np.float64), 5, mode="edge")
    lines = np.stack([np.convolve(row, taps, mode="valid") for row in wide])
    blurred = np.stack([np.convolve(column, taps, mode="valid") for column in lines.T]).T
    file = io.BytesIO()
    Image.fromarray(np.rint(blurred).astype(np.uint8)).save(file, format="JPEG", quality=35)
    expected = np.asarray(Image.open(file)).astype(int)
    found = degradation("blur_jpeg", seed=0)(luma, 0)
    assert np.abs(found - expected).mean() < 0.1  # a rounding that falls to the other side moves a block
    assert not np.array_equal(found, luma)


def test_grain_has_the_strength_that_was_drawn() -> None:
    for size in (0.45, 0.8, 1.3):
        film = noise_of(Grain(0.0, 6.0, size))
        assert film.std() == pytest.approx(6.0, rel=0.08)
        assert abs(film.mean()) < 0.6
    assert noise_of(Grain(5.0, 0.0, 1.0)).std() == pytest.approx(5 * np.sqrt(0.1 + 0.9 * 0.502), rel=0.05)


def test_light_decides_how_strong_grain_is() -> None:
    sensor, film = Grain(6.0, 0.0, 1.0), Grain(0.0, 6.0, 1.0)
    assert noise_of(sensor, 40).std() < noise_of(sensor, 126).std() < noise_of(sensor, 220).std()
    assert noise_of(film, 30).std() < noise_of(film, 126).std() > noise_of(film, 225).std()


def test_film_grain_spreads_over_neighbours_and_a_sensors_noise_does_not() -> None:
    def neighbours(noise: np.ndarray) -> float:
        return float(np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1])

    assert neighbours(noise_of(Grain(0.0, 8.0, 1.2))) > 0.6
    assert abs(neighbours(noise_of(Grain(8.0, 0.0, 1.2)))) < 0.03


def test_a_clip_has_one_look_and_new_grain_in_each_frame() -> None:
    degrade = degradation("grain", seed=5)
    first, second = degrade(GRAY, 0), degrade(GRAY, 1)
    assert not np.array_equal(first, second)
    assert first.std() == pytest.approx(second.std(), rel=0.1)
    assert np.array_equal(first, degradation("grain", seed=5)(GRAY, 0))
    assert not np.array_equal(first, degradation("grain", seed=6)(GRAY, 0))


def test_looks_differ_in_kind_and_strength() -> None:
    looks = [draw_grain(np.random.default_rng(seed)) for seed in range(60)]
    kinds = {(look.sensor > 0, look.film > 0) for look in looks}
    assert kinds == {(True, True), (True, False), (False, True)}
    strengths = sorted(look.film for look in looks if look.film)
    assert strengths[0] < 2
    assert strengths[-1] > 6


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_shape_and_type_stay(name: str) -> None:
    luma = scene(width=97, height=65, frames=1)[0]
    found = degradation(name, seed=1)(luma, 3)
    assert (found.shape, found.dtype) == (luma.shape, np.uint8)
    assert np.array_equal(found, luma) == (name == "none")


def test_an_unknown_degradation_is_an_error_that_names_the_known() -> None:
    with pytest.raises(ValueError, match=r"unknown degradation 'rain'.*blur_jpeg, grain"):
        degradation("rain", seed=0)
