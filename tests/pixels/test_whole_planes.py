"""The reference implementation says what libvmaf says, to the last of its six decimals."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.pixels.pictures import DISTORTIONS, Planes, libvmaf, noise, scene, sharpen
from tests.pixels.truth.motion import motion2
from tests.pixels.whole_planes import features

SIZES = {"even": (96, 64), "odd": (97, 65), "portrait": (40, 97), "smallest that is sure": (33, 33), "wide": (240, 35)}


def _check(reference: Planes, distorted: Planes, folder: Path, bit_depth: int, *, neg: bool = False) -> None:
    printed = libvmaf(reference, distorted, folder, bit_depth, neg=neg).features
    _equal(features(reference, distorted, bit_depth, 1.0 if neg else 100.0), printed)


def _equal(found: NDArray[np.float64], printed: NDArray[np.float32]) -> None:
    """But for the rounding to six decimals in libvmaf's log, and to float32 after it."""
    np.testing.assert_allclose(found, printed, atol=5e-7, rtol=1e-7)


@pytest.mark.parametrize("distortion", DISTORTIONS)
@pytest.mark.parametrize("neg", [False, True], ids=["plain", "neg"])
@pytest.mark.parametrize("bit_depth", [8, 10])
def test_every_distortion_measures_as_libvmaf_prints(
    distortion: str, neg: bool, bit_depth: int, tmp_path: Path
) -> None:
    reference = scene(width=96, height=64, bit_depth=bit_depth)
    _check(reference, DISTORTIONS[distortion](reference, bit_depth), tmp_path, bit_depth, neg=neg)


@pytest.mark.parametrize("size", SIZES)
def test_every_size_measures_as_libvmaf_prints(size: str, tmp_path: Path) -> None:
    width, height = SIZES[size]
    reference = scene(width=width, height=height)
    _check(reference, noise(reference, 8), tmp_path, 8)


@pytest.mark.parametrize("size", [(99, 65), (40, 97), (63, 33)], ids=str)
def test_sizes_of_10_bit_measure_as_libvmaf_prints(size: tuple[int, int], tmp_path: Path) -> None:
    """But for widths of 1 or 2 more than a multiple of 32: there libvmaf's AVX2 wavelet reads beyond the row's end."""
    reference = scene(width=size[0], height=size[1], bit_depth=10)
    _check(reference, sharpen(reference, 10), tmp_path, 10)


@pytest.mark.parametrize("size", [(17, 17), (20, 40), (40, 32)], ids=str)
def test_below_33_libvmaf_reads_outside_its_planes_and_only_the_loss_measure_shows_it(
    size: tuple[int, int], tmp_path: Path
) -> None:
    """The wavelet of scale 3 takes sample -1 of planes of 3 or 4 samples; here that is sample 1, as everywhere else."""
    reference = scene(width=size[0], height=size[1])
    distorted = noise(reference, 8)
    printed, found = libvmaf(reference, distorted, tmp_path, 8).features, features(reference, distorted, 8)
    _equal(found[:, 1:], printed[:, 1:])
    np.testing.assert_allclose(found[:, 0], printed[:, 0], atol=0.1)


@pytest.mark.parametrize("bit_depth", [8, 10])
def test_extremes_measure_as_libvmaf_prints(bit_depth: int, tmp_path: Path) -> None:
    white = (1 << bit_depth) - 1
    y, x = np.mgrid[0:72, 0:136]
    frames = [np.zeros_like(x), np.full_like(x, white), (x + y) % 2 * white, x // 2 % 2 * white, y // 3 % 2 * white]
    frames += [((x > 60) ^ (y > 30)) * white, white // 2 + x // 3 % 2 * 4, np.full_like(x, white // 2)]
    one = np.stack(frames).astype(np.uint8 if bit_depth == 8 else np.uint16)
    _check(one, np.roll(one, 1, axis=0), tmp_path, bit_depth)


def test_motion_is_the_smaller_one_to_both_neighbours() -> None:
    assert motion2([0.0, 5.0, 3.0, 4.0]) == [0.0, 3.0, 3.0, 4.0]
    assert motion2([0.0]) == [0.0]


@pytest.mark.parametrize("frames", [1, 2])
def test_few_frames_measure_as_libvmaf_prints(frames: int, tmp_path: Path) -> None:
    reference = scene(width=64, height=48, frames=frames)
    _check(reference, noise(reference, 8), tmp_path, 8)
