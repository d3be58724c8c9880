"""The kernel says what the plain reference implementation says, and so what libvmaf says."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.pixels.pictures import DISTORTIONS, Planes, libvmaf, noise, scene
from tests.pixels.whole_planes import features
from tinyvmaf.features import CANONICAL_6, NEG_6
from tinyvmaf.pixels.kernel import FrameKernel, compile_kernel
from tinyvmaf.pixels.motion import motion2
from tinyvmaf.pixels.sampling import FULL, Sampling, sampling_for
from tinyvmaf.pixels.svr import svr_of

SIZES = {"even": (96, 64), "odd": (97, 65), "portrait": (40, 97), "smallest": (17, 17), "wide": (501, 35)}
TOLERANCE = 3e-4
"""Of a feature at these sizes: libvmaf rounds its logarithms to 1/2048 and its masks, we do not."""


def measured(
    reference: Planes, distorted: Planes, *, bit_depth: int = 8, sampling: Sampling = FULL, gain_limit: float = 100.0
) -> NDArray[np.float64]:
    """(T, 6) by the kernel."""
    _, height, width = reference.shape
    kernel = FrameKernel(width, height, bit_depth=bit_depth, sampling=sampling, gain_limit=gain_limit)
    rows = [
        kernel.features(reference[t], distorted[t], reference[t - 1] if t else None, t) for t in range(len(reference))
    ]
    return np.column_stack([np.array(rows)[:, :5], motion2(np.array(rows)[:, 5])])


@pytest.mark.parametrize("distortion", DISTORTIONS)
@pytest.mark.parametrize("gain_limit", [100.0, 1.0], ids=["plain", "neg"])
@pytest.mark.parametrize("bit_depth", [8, 10])
def test_every_distortion_measures_as_the_reference_implementation(
    distortion: str, gain_limit: float, bit_depth: int
) -> None:
    reference = scene(width=150, height=100, bit_depth=bit_depth)
    distorted = DISTORTIONS[distortion](reference, bit_depth)
    found = measured(reference, distorted, bit_depth=bit_depth, gain_limit=gain_limit)
    np.testing.assert_allclose(found, features(reference, distorted, bit_depth, gain_limit), atol=TOLERANCE)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bit_depth", [8, 10])
def test_every_size_measures_as_the_reference_implementation(size: str, bit_depth: int) -> None:
    width, height = SIZES[size]
    reference = scene(width=width, height=height, bit_depth=bit_depth)
    distorted = noise(reference, bit_depth)
    tolerance = 3e-3 if size == "smallest" else TOLERANCE  # VIF's coarsest scale has four pixels there
    found = measured(reference, distorted, bit_depth=bit_depth)
    np.testing.assert_allclose(found, features(reference, distorted, bit_depth, 100.0), atol=tolerance)


@pytest.mark.parametrize("bit_depth", [8, 10])
@pytest.mark.parametrize("teacher", ["vmaf", "vmaf_neg"])
def test_scores_are_libvmafs(teacher: str, bit_depth: int, tmp_path: Path) -> None:
    """To .05 of 100, which a frame of this size leaves of the rounding."""
    is_neg = teacher == "vmaf_neg"
    reference = scene(width=320, height=180, bit_depth=bit_depth)
    distorted = DISTORTIONS["blur"](reference, bit_depth)
    printed = libvmaf(reference, distorted, tmp_path, bit_depth, neg=is_neg)
    assert printed.feature_names == (NEG_6 if is_neg else CANONICAL_6).names
    found = measured(reference, distorted, bit_depth=bit_depth, gain_limit=1.0 if is_neg else 100.0)
    np.testing.assert_allclose(svr_of(teacher).predict(found), printed.teacher_scores[:, 0], atol=0.05)


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_flat_and_still_pictures_are_perfect(level: int) -> None:
    flat = np.full((2, 64, 96), level, np.uint8)
    np.testing.assert_allclose(measured(flat, flat), [[1, 1, 1, 1, 1, 0]] * 2, atol=1e-6)


def test_padding_behind_the_rows_is_not_seen() -> None:
    reference = scene(width=97, height=65)
    distorted = noise(reference, 8)
    padded = [
        np.pad(planes, ((0, 0), (0, 0), (0, 31)), constant_values=99)[:, :, :97] for planes in (reference, distorted)
    ]
    assert not padded[0][0].flags.c_contiguous
    np.testing.assert_array_equal(measured(*padded), measured(reference, distorted))


def test_planes_that_are_no_rows_of_memory_are_copied() -> None:
    reference = scene(width=96, height=64)
    turned = reference.transpose(0, 2, 1).copy().transpose(0, 2, 1)
    np.testing.assert_array_equal(measured(turned, turned), measured(reference, reference))


def test_kernels_on_several_threads_do_not_disturb_each_other() -> None:
    reference = scene(width=320, height=180, frames=4)
    distorted = noise(reference, 8)
    alone = measured(reference, distorted)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: measured(reference, distorted), range(12)):
            np.testing.assert_array_equal(found, alone)


@pytest.mark.parametrize("name", ["fast", "full"])
def test_a_frame_measures_the_same_every_time(name: str) -> None:
    reference = scene(width=320, height=180)
    sampling = sampling_for(name, height=180)
    first, second = (measured(reference, noise(reference, 8), sampling=sampling) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_sampled_rows_come_near_all_rows() -> None:
    reference = scene(width=640, height=360, frames=6)
    distorted = DISTORTIONS["blur"](reference, 8)
    full, fast = (measured(reference, distorted, sampling=sampling_for(name, height=360)) for name in ("full", "fast"))
    assert not np.array_equal(full, fast)
    svr = svr_of("vmaf")
    np.testing.assert_allclose(svr.predict(fast), svr.predict(full), atol=0.5)
    np.testing.assert_allclose(fast[:, 0], full[:, 0], atol=0)


def test_planes_of_another_form_are_refused() -> None:
    kernel = FrameKernel(96, 64, bit_depth=8, sampling=FULL)
    plane = np.zeros((64, 96), np.uint8)
    with pytest.raises(ValueError, match=r"\(64, 95\)"):
        kernel.features(plane, plane[:, :95], None, 0)
    with pytest.raises(ValueError, match="uint16"):
        kernel.features(plane, plane.astype(np.uint16), None, 0)


def test_a_kernel_that_is_ready_says_nothing() -> None:
    compile_kernel(bit_depth=8)
    said: list[str] = []
    compile_kernel(bit_depth=8, tell=said.append)
    assert not said


@pytest.mark.slow
def test_no_index_leaves_its_array() -> None:
    """Interpreted, where an index beyond an array, or below zero, is an error."""
    code = (
        "import numpy as np\n"
        "from tinyvmaf.pixels.kernel import FULL, FrameKernel\n"
        "r = np.random.default_rng(0)\n"
        "for w, h in ((17, 17), (33, 18), (40, 35)):\n"
        "  a, b = r.integers(0, 255, (2, h, w)).astype(np.uint8)\n"
        "  print(FrameKernel(w, h, bit_depth=8, sampling=FULL).features(a, b, b, 1)[0])\n"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.split()) == 3
