"""What no-reference nets are given: pictures made small by area, and parts as they are, chosen without chance."""

import numpy as np
import pytest

from tests.pixels.pictures import scene
from tinyvmaf.pixels.patches import FRAME_SIDE, NO_DIFFERENCE, frame_sample, patch_places, patch_samples


def by_area(luma: np.ndarray) -> np.ndarray:
    """Means over equal areas, by repeating every sample 224 times along each axis."""
    height, width = luma.shape
    lines = np.repeat(luma.astype(np.float64), FRAME_SIDE, axis=0).reshape(FRAME_SIDE, height, width).mean(axis=1)
    return np.repeat(lines, FRAME_SIDE, axis=1).reshape(FRAME_SIDE, FRAME_SIDE, width).mean(axis=2)


@pytest.mark.parametrize("size", [(448, 448), (90, 160), (64, 64), (321, 181), (224, 1000)])
def test_a_whole_picture_is_made_small_by_area(size: tuple[int, int]) -> None:
    luma = np.random.default_rng(0).integers(0, 256, size).astype(np.uint8)
    found = frame_sample(luma, 1.0)
    assert (found.shape, found.dtype) == ((1, FRAME_SIDE, FRAME_SIDE), np.uint8)
    assert np.abs(found[0] - by_area(luma)).max() <= 0.5 + 1e-4


def test_ten_bits_become_the_same_codes() -> None:
    luma = scene(width=200, height=120, frames=1)[0]
    deep = luma.astype(np.uint16) * 4
    assert np.array_equal(frame_sample(deep, 0.25), frame_sample(luma, 1.0))
    deep_patches = patch_samples(deep, deep, count=4, size=64, unit=0.25)
    assert np.array_equal(deep_patches, patch_samples(luma, luma, count=4, size=64, unit=1.0))


@pytest.mark.parametrize("size", [(180, 320), (320, 180), (181, 333), (64, 64), (65, 64), (1080, 1920)])
def test_patches_are_parts_of_the_picture_as_they_are(size: tuple[int, int]) -> None:
    previous, luma = np.random.default_rng(1).integers(0, 256, (2, *size)).astype(np.uint8)
    patches = patch_samples(luma, previous, count=8, size=64, unit=1.0)
    places = patch_places(luma, previous, count=8, size=64)
    assert patches.shape == (8, 2, 64, 64)
    for patch, (top, left) in zip(patches, places, strict=True):
        assert np.array_equal(patch[0], luma[top : top + 64, left : left + 64])
    assert np.array_equal(patches, patch_samples(luma, previous, count=8, size=64, unit=1.0))


def test_places_do_not_overlap_where_there_is_room() -> None:
    luma = np.random.default_rng(2).integers(0, 256, (270, 480)).astype(np.uint8)
    places = patch_places(luma, None, count=8, size=64)
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            assert np.abs(one - other).max() >= 64


def test_patches_reach_from_the_flattest_part_to_the_busiest() -> None:
    strength = np.repeat(np.arange(8), 64) * 10  # eight columns of patches, each busier than the one before
    noise = np.random.default_rng(3).uniform(-1, 1, (64, 512))
    luma = np.rint(128 + noise * strength).astype(np.uint8)
    places = patch_places(luma, None, count=4, size=64)
    assert (places[:, 1] // 64).tolist() == [1, 3, 5, 7]  # the middle one of each quarter


def test_of_equally_busy_parts_those_that_move_are_taken() -> None:
    noise = np.random.default_rng(4).integers(0, 256, (64, 64)).astype(np.uint8)
    luma = np.tile(noise, (4, 6))
    previous = luma.copy()
    previous[64:128, 128:192] += 60
    assert [64, 128] in patch_places(luma, previous, count=4, size=64).tolist()


def test_the_second_channel_is_the_change() -> None:
    luma = np.full((64, 64), 100, np.uint8)
    patches = patch_samples(luma, np.full_like(luma, 95), count=1, size=64, unit=1.0)
    assert np.array_equal(patches[0, 1], np.full((64, 64), NO_DIFFERENCE + 5))
    assert (patch_samples(luma, np.full_like(luma, 255), count=1, size=64, unit=1.0)[0, 1] == 0).all()
    assert patch_samples(luma, None, count=3, size=64, unit=1.0).shape == (3, 1, 64, 64)


def test_a_picture_smaller_than_a_patch_goes_on_with_its_edge() -> None:
    luma = scene(width=64, height=64, frames=1)[0]
    patches = patch_samples(luma, None, count=2, size=96, unit=1.0)
    assert np.array_equal(patches[:, 0], np.stack([np.pad(luma, ((0, 32), (0, 32)), mode="edge")] * 2))
