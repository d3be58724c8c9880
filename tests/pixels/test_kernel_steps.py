"""Each step of the kernel does what the same step of the plain reference implementation does."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.pixels.pictures import noise, scene
from tests.pixels.truth import adm, vif, wavelet
from tests.pixels.truth.motion import motion_sad
from tinyvmaf.pixels.adm import SENSITIVITIES, adm_level, adm_spans
from tinyvmaf.pixels.compiling import f32
from tinyvmaf.pixels.detail import add_cubes, add_visible_cubes, decouple_row
from tinyvmaf.pixels.motion import mean_motion, motion2
from tinyvmaf.pixels.pyramid import halve_2, halve_3, halve_two_rows_1
from tinyvmaf.pixels.rows import PAD, RING, load_rows, log2, sum_log2
from tinyvmaf.pixels.vif import BLOCK, vif_0, vif_1, vif_2, vif_3
from tinyvmaf.pixels.wavelet import wavelet_row, wavelet_row_finest

SIZES = [(96, 64), (97, 65), (33, 42)]
"""Halves of even and of odd heights among them."""


def ring_of(width: int) -> NDArray[np.float32]:
    return np.zeros((2, RING, (width + 1) // 2 + 2 * PAD), np.float32)


def split_scratch(rows: int, width: int) -> NDArray[np.float32]:
    return np.zeros((rows, (width + 1) // 2 + 2 * PAD), np.float32)


def two_by_two(height: int) -> list[int]:
    """How many rows are there, when they come in twos; the last two once more of an odd number."""
    return [min(i + 2, height) for i in range(0, height, 2)]


def halving_scratch(width: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    return np.zeros(11, np.int64), np.stack([split_scratch(2, width)] * 2)


def information_scratch(width: int) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    moments, arguments = np.zeros((10, BLOCK + 2 * PAD), np.float32), np.zeros((3, width + 2 * PAD), np.float32)
    return np.zeros(17, np.int64), moments, arguments


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("bit_depth", [8, 10])
def test_the_first_halving_is_whole_256ths(size: tuple[int, int], bit_depth: int) -> None:
    width, height = size
    plane = scene(width=width, height=height, frames=1, bit_depth=bit_depth)[0]
    half = np.zeros((height // 2, width // 2), np.float32)
    ring, scratch = ring_of(width), halving_scratch(width)
    for i in (min(i, height // 2 - 2) for i in range(0, height // 2, 2)):
        load_rows(plane, ring, max(2 * i - 4, 0), min(2 * i + 7, height), width, f32(128 * 2.0 ** (8 - bit_depth)))
        halve_two_rows_1(ring, i, half, height, width, *scratch)
    true = vif.halved(plane.astype(np.int64), 1, bit_depth)
    assert np.mean(half == true) > 0.99
    np.testing.assert_allclose(half, true, atol=1)  # a tie that a float takes the other way


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("scale", "halve"), [(2, halve_2), (3, halve_3)])
def test_further_halvings_are_whole_256ths(size: tuple[int, int], scale: int, halve) -> None:
    width, height = size
    plane = scene(width=width, height=height, frames=1)[0].astype(np.int64) * 251
    half = np.zeros((height // 2, width // 2), np.float32)
    done = halve(plane.astype(np.float32), half, 0, height, height, width, ring_of(width), *halving_scratch(width))
    assert done >= height // 2
    np.testing.assert_allclose(half, vif.halved(plane, scale, 8), atol=1)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("halve", [halve_2, halve_3])
def test_a_halving_of_rows_as_they_come_is_that_of_the_whole_plane(size: tuple[int, int], halve) -> None:
    width, height = size
    plane = scene(width=width, height=height, frames=1)[0].astype(np.uint16) * 251
    whole, piecemeal = np.zeros((2, height // 2, width // 2), np.uint16)
    halve(plane, whole, 0, height, height, width, ring_of(width), *halving_scratch(width))
    last, ring, scratch, done = np.zeros((RING, width), np.uint16), ring_of(width), halving_scratch(width), 0
    for there in two_by_two(height):
        last[(there - 2) % RING], last[(there - 1) % RING] = plane[there - 2 : there]
        done = halve(last, piecemeal, done, there, height, width, ring, *scratch)
    np.testing.assert_array_equal(piecemeal, whole)


@pytest.mark.parametrize(("start", "step"), [(0, 1), (5, 9)])
def test_information_of_rows_as_they_come_is_that_of_the_whole_planes(start: int, step: int) -> None:
    reference = scene(width=300, height=64, frames=1)[0].astype(np.uint16) * 256
    distorted = noise(reference, 8)
    options, scratch = (step, 64, 300, f32(1 / 256), f32(100)), information_scratch(300)
    whole, piecemeal = np.zeros((2, 2))
    vif_1(reference, distorted, start, 64, *options, whole, *scratch)
    last, first = np.zeros((2, RING, 300), np.uint16), start
    for there in two_by_two(64):
        for i in (there - 2, there - 1):
            last[:, i % RING] = reference[i], distorted[i]
        first = vif_1(*last, first, there, *options, piecemeal, *scratch)
    assert whole[1] > 0
    np.testing.assert_array_equal(piecemeal, whole)


@pytest.mark.parametrize("scale", range(4))
def test_information_is_that_of_each_scale(scale: int) -> None:
    reference = scene(width=300, height=64, frames=1)[0]
    distorted = noise(reference, 8)
    one, other = (plane if scale == 0 else plane.astype(np.int64) * 256 for plane in (reference, distorted))
    true = vif.vif_scale(one.astype(np.int64), other.astype(np.int64), scale, bit_depth=8, gain_limit=100.0)
    planes = (one, other) if scale == 0 else (one.astype(np.float32), other.astype(np.float32))
    unit = f32(1 if scale == 0 else 1 / 256)
    step = (vif_0, vif_1, vif_2, vif_3)[scale]
    sums = np.zeros(2)
    assert step(*planes, 0, 64, 1, 64, 300, unit, f32(100), sums, *information_scratch(300)) == 64
    assert sums[0] / sums[1] == pytest.approx(true, abs=5e-5)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("bit_depth", [8, 10])
def test_the_finest_wavelet_keeps_libvmafs_integers(size: tuple[int, int], bit_depth: int) -> None:
    width, height = size
    plane = scene(width=width, height=height, frames=1, bit_depth=bit_depth)[0]
    true = wavelet.dwt(plane.astype(np.int64), 0, bit_depth=bit_depth)
    unit = f32(128 * 2.0 ** (8 - bit_depth))
    ring, split = ring_of(width), split_scratch(4, width)

    def step(i: int, *others: object) -> None:
        load_rows(plane, ring, max(2 * i - 1, 0), min(2 * i + 3, height), width, unit)
        wavelet_row_finest(ring, i, *others, split)

    low, bands = _taken_apart(step, width, height)
    for found, band in zip((low, *bands), (true.a, true.h, true.v, true.d), strict=True):
        assert np.mean(found == band) > 0.999
        np.testing.assert_allclose(found, band, atol=1)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_coarser_wavelet_keeps_libvmafs_values(size: tuple[int, int]) -> None:
    width, height = size
    plane = scene(width=width, height=height, frames=1)[0].astype(np.int64) * 64 - 8192
    true = wavelet.dwt(plane, 1, bit_depth=8)
    rows = np.zeros((2, width + 2 * PAD), np.float32)
    low, bands = _taken_apart(lambda i, *others: wavelet_row(plane.astype(np.float32), i, *others, rows), width, height)
    scale = np.abs(true.a).max() / np.abs(low).max()  # libvmaf keeps more binary places from level to level
    assert scale == pytest.approx(2 ** round(np.log2(scale)), rel=1e-4)
    for found, band in zip((low, *bands), (true.a, true.h, true.v, true.d), strict=True):
        np.testing.assert_allclose(found * scale, band, atol=2e-6 * np.abs(true.a).max())


def _taken_apart(step: Callable[..., None], width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The approximation and (3, ...) bands of a plane of that size, row by row."""
    rows, columns = (height + 1) // 2, (width + 1) // 2
    low, bands = np.zeros((rows, columns), np.float32), np.zeros((3, rows, columns), np.float32)
    row = split_scratch(3, width)
    for i in range(rows):
        step(i, low[i], row, height, width, (0, columns), (0, columns), np.zeros(4, np.int64))
        bands[:, i] = row[:, :columns]
    return low, bands


@pytest.mark.parametrize("gain_limit", [100.0, 1.0], ids=["plain", "neg"])
def test_detail_is_decoupled_without_division(gain_limit: float) -> None:
    reference = scene(width=97, height=65, frames=1)[0]
    original, distorted = (
        wavelet.dwt(plane.astype(np.int64), 0, bit_depth=8) for plane in (reference, noise(reference, 8))
    )
    restored = adm.decouple(original, distorted, 0, gain_limit=gain_limit)
    added = [t - r for t, r in zip(distorted.details, restored, strict=True)]
    width = original.a.shape[1]
    for i in range(original.a.shape[0]):
        found, impairment = np.zeros((3, width + 2 * PAD), np.float32), np.zeros(width + 2 * PAD, np.float32)
        rows = [np.array([bands.h[i], bands.v[i], bands.d[i]], np.float32) for bands in (original, distorted)]
        decouple_row(*rows, found, impairment, f32(1), f32(gain_limit), 0, width)
        np.testing.assert_allclose(found[:, PAD:-PAD], np.abs([band[i] for band in restored]), atol=1)
        np.testing.assert_allclose(impairment[PAD:-PAD], np.sum(np.abs([band[i] for band in added]), axis=0), atol=3)


@pytest.mark.parametrize("size", [(160, 480), (161, 475)], ids=str)
def test_detail_of_rows_as_they_come_is_that_of_the_whole_planes(size: tuple[int, int]) -> None:
    width, height = ((side + 1) // 2 for side in size)  # the finest level's approximations
    reference = scene(width=width, height=height, frames=1)[0]
    planes = np.stack([reference, noise(reference, 8)]).astype(np.float32) * 64
    down, across = adm_spans(size[1]), adm_spans(size[0])
    start, stop = down[1, 1:3]
    assert start > 0

    def scratch():
        filtered, bands = np.zeros((2, width + 2 * PAD), np.float32), [split_scratch(3, width) for _ in range(2)]
        restored = np.zeros((3, *bands[0].shape), np.float32)
        return np.zeros((2, 3)), (filtered, *bands, restored, bands[0] * 0, np.zeros(4, int))

    below, last = np.zeros((2, 2, *down[1:2, 0], across[1, 0]), np.float32), np.zeros((2, RING, width), np.float32)
    whole, piecemeal = scratch(), scratch()
    assert adm_level(1, planes, below[0], start, height, f32(100), down, across, *whole) == stop
    first = start
    for there in two_by_two(down[0, 2]):
        for i in (there - 2, there - 1):
            last[:, i % RING] = planes[:, i]
        first = adm_level(1, last, below[1], first, there, f32(100), down, across, *piecemeal)
    assert first == stop
    assert (whole[0] > 0).all()
    np.testing.assert_array_equal(piecemeal[0], whole[0])
    np.testing.assert_array_equal(below[1], below[0])


def test_detail_is_hidden_by_the_box_around_it_whose_centre_counts_twice() -> None:
    draw = np.random.default_rng(0)
    above, centre, below = draw.random((3, 40 + 2 * PAD), np.float32)
    restored = draw.random((3, 40 + 2 * PAD), np.float32)
    sums, diagonal = np.ones(3), f32(0.5)
    add_visible_cubes(restored, above, centre, below, diagonal, sums, 3, 33)
    columns = slice(PAD + 3, PAD + 33)
    box = sum(np.convolve(row.astype(float), np.ones(3), "same") for row in (above, centre, below)) + centre
    hidden = box[columns] / 30 * np.array([[1], [1], [2]])  # of diagonal detail twice as much: it is seen half as well
    true = 1 + np.sum(np.maximum(restored[:, columns] - hidden, 0) ** 3, axis=1)
    assert (true > 1).all()
    np.testing.assert_allclose(sums, true, rtol=1e-5)


def test_cubes_of_each_band_are_added_to_its_sum() -> None:
    bands, sums = np.random.default_rng(0).normal(size=(3, 40)).astype(np.float32), np.ones(3)
    add_cubes(bands, sums, 3, 33)
    np.testing.assert_allclose(sums, 1 + np.sum(np.abs(bands[:, 3:33].astype(float)) ** 3, axis=1), rtol=1e-6)


def test_sensitivities_are_libvmafs() -> None:
    true = [[adm.sensitivity(scale, 1), adm.sensitivity(scale, 2)] for scale in range(4)]
    np.testing.assert_allclose(SENSITIVITIES * 64, true, rtol=1e-6)


@pytest.mark.parametrize("size", [17, 18, 64, 97, 176, 1080, 2304])
def test_pooled_rows_and_all_that_they_need_lie_inside(size: int) -> None:
    spans = adm_spans(size)
    for level, (count, start, stop, border) in enumerate(spans.tolist()):
        assert border == max(int(count * 0.1 - 0.5), 0)
        assert 0 <= start <= max(border - 1, 0)
        assert min(count - border + 1, count) <= stop <= count
        if level:
            needed = max(2 * start - 1, 0), min(2 * stop + 1, spans[level - 1, 0])
            assert spans[level - 1, 1] <= needed[0]
            assert spans[level - 1, 2] >= needed[1]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("bit_depth", [8, 10])
def test_motion_is_the_mean_change_of_the_blurred_picture(size: tuple[int, int], bit_depth: int) -> None:
    width, height = size
    planes = scene(width=width, height=height, frames=2, bit_depth=bit_depth)
    row, rows = np.zeros(width + 2 * PAD, np.float32), np.zeros(5, np.int64)
    found = mean_motion(*planes, height, width, 0, 1, rows, row) * 2.0 ** (8 - bit_depth)
    true = motion_sad(*planes.astype(np.int64), bit_depth=bit_depth)
    assert found == pytest.approx(true, abs=1e-3)


def test_motion2_is_the_lesser_of_both_neighbours_changes() -> None:
    assert motion2(np.array([7.0, 3.0, 2.0, 5.0])).tolist() == [0.0, 2.0, 2.0, 5.0]
    assert motion2(np.array([7.0])).tolist() == [0.0]
    assert motion2(np.array([7.0, 3.0])).tolist() == [0.0, 3.0]


@pytest.mark.parametrize("value", [1.0, 1.0001, 1.4142135, 1.4142137, 2.0, 3.0, 1e4, 1e37])
def test_the_logarithm_is_right(value: float) -> None:
    assert float(log2(f32(value))) == pytest.approx(np.log2(np.float64(f32(value))), abs=2e-6 * max(1, np.log2(value)))


@pytest.mark.parametrize("width", [1, 7, 8, 9, 250])
def test_logarithms_of_a_row_are_summed(width: int) -> None:
    row = np.append(np.random.default_rng(0).uniform(1, 2**15, width), np.zeros(8)).astype(np.float32)
    assert sum_log2(row.copy(), width) == pytest.approx(np.sum(np.log2(row[:width].astype(float))), abs=1e-4 * width)
