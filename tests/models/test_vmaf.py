"""VMAF as a module is libvmaf's VMAF, and has a slope everywhere."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.pixels.pictures import DISTORTIONS, Planes, blur, libvmaf, noise, scene, sharpen
from tests.pixels.whole_planes import features as whole_planes
from tinyvmaf.models.vmaf import Vmaf, VmafLoss

SIZES = {"even": (96, 64), "odd": (99, 65), "portrait": (60, 97), "wide": (160, 35)}
TEACHERS = ("vmaf", "vmaf_neg", "vmaf_4k")
FEATURE_TOLERANCES = (3e-3, 1e-5, 1e-4, 3e-4, 4e-4, 1e-4)
"""libvmaf rounds logarithms to 1/2048 and samples to 1/256, which frames of few pixels show; in ADM2, some pixels lie
so close to the angle of 1 degree that this decides on which side they are."""


def luma(planes: Planes) -> Tensor:
    return torch.from_numpy(planes.astype(np.float32))[:, None]


@pytest.mark.parametrize("distortion", DISTORTIONS)
@pytest.mark.parametrize("neg", [False, True], ids=["vmaf", "neg"])
@pytest.mark.parametrize("bit_depth", [8, 10])
def test_scores_are_libvmafs(distortion: str, neg: bool, bit_depth: int, tmp_path: Path) -> None:
    reference = scene(width=112, height=80, bit_depth=bit_depth)
    distorted = DISTORTIONS[distortion](reference, bit_depth)
    printed = libvmaf(reference, distorted, tmp_path, bit_depth, neg=neg)
    module = Vmaf("vmaf_neg" if neg else "vmaf", bit_depth=bit_depth)
    with torch.no_grad():
        features, scores = module(luma(reference), luma(distorted))
    np.testing.assert_allclose(scores, printed.teacher_scores[:, 0], rtol=0, atol=0.05)
    assert (np.abs(features.numpy() - printed.features).max(axis=0) < FEATURE_TOLERANCES).all()


@pytest.mark.parametrize("size", SIZES)
def test_odd_and_long_frames_score_as_libvmaf_scores_them(size: str, tmp_path: Path) -> None:
    width, height = SIZES[size]
    reference = scene(width=width, height=height)
    distorted = noise(reference, 8)
    printed = libvmaf(reference, distorted, tmp_path, 8)
    with torch.no_grad():
        _, scores = Vmaf()(luma(reference), luma(distorted))
    np.testing.assert_allclose(scores, printed.teacher_scores[:, 0], rtol=0, atol=0.05)


@pytest.mark.parametrize("size", [(17, 17), (18, 33), (32, 17)], ids=str)
def test_the_smallest_frames_are_measured_by_the_same_rules(size: tuple[int, int]) -> None:
    """Not compared with libvmaf, which reads outside its planes there. Few pixels make its roundings large."""
    reference = scene(width=size[0], height=size[1])
    distorted = blur(reference, 8)
    with torch.no_grad():
        features, _ = Vmaf()(luma(reference), luma(distorted))
    np.testing.assert_allclose(features, whole_planes(reference, distorted, 8), rtol=0, atol=5e-3)


def test_motion_keeps_to_the_sequence() -> None:
    reference = scene(width=48, height=40, frames=4)
    with torch.no_grad():
        motion = Vmaf()(luma(reference), luma(reference))[0][:, 5].numpy()
        still = Vmaf()(luma(reference[:1]), luma(reference[:1]))[0][:, 5].numpy()
    np.testing.assert_allclose(motion, whole_planes(reference, reference, 8)[:, 5], rtol=0, atol=1e-4)
    assert motion[0] == still[0] == 0


def _flat(value: float) -> Tensor:
    return torch.full((2, 1, 40, 48), float(value))


def _hard_cases() -> dict[str, tuple[Tensor, Tensor]]:
    moving = luma(scene(width=48, height=40))
    still = moving[:1].repeat(3, 1, 1, 1)
    return {
        "identical": (moving, moving),
        "static": (still, still),
        "black": (_flat(0), _flat(0)),
        "white on black": (_flat(0), _flat(255)),
        "nothing left": (moving[:2], _flat(0)),
        "out of nothing": (_flat(0), moving[:2]),
        "one frame": (moving[:1], moving[:1] + 1),
        "smallest": (moving[..., :17, :17], moving[..., :17, :17]),
        "inverted": (moving, 255 - moving),
    }


@pytest.mark.parametrize("case", _hard_cases())
@pytest.mark.parametrize("teacher", TEACHERS)
def test_gradients_are_finite_everywhere(case: str, teacher: str) -> None:
    reference, distorted = (each.clone().requires_grad_() for each in _hard_cases()[case])
    VmafLoss(teacher)(reference, distorted).backward()
    for leaf in (reference, distorted):
        assert leaf.grad is not None
        assert torch.isfinite(leaf.grad).all()


@pytest.mark.parametrize("teacher", TEACHERS)
def test_the_gradient_is_the_slope(teacher: str) -> None:
    reference = scene(width=64, height=48, frames=2)
    loss = VmafLoss(teacher).double()
    start = luma(sharpen(reference, 8)).double().requires_grad_()
    pristine = luma(reference).double()
    loss(pristine, start).backward()
    assert start.grad is not None
    step = 1e-5 * torch.randn(start.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        rise = loss(pristine, start + step) - loss(pristine, start - step)
    assert float(rise) == pytest.approx(2 * float((start.grad * step).sum()), rel=1e-2)


def test_rounding_lets_the_gradient_through() -> None:
    reference = scene(width=64, height=48, frames=2)
    pristine = luma(reference)
    gradients = []
    for rounding in (True, False):
        video = luma(blur(reference, 8)).requires_grad_()
        Vmaf(clipped=False, rounding=rounding)(pristine, video)[1].sum().backward()
        assert video.grad is not None
        gradients.append(video.grad.flatten())
    assert torch.nn.functional.cosine_similarity(*gradients, dim=0) > 0.99


def test_descent_on_the_loss_raises_the_score_beyond_its_clip() -> None:
    reference = scene(width=64, height=48, frames=2)
    pristine = luma(reference)
    video = luma(blur(reference, 8)).requires_grad_()
    loss = VmafLoss("vmaf")
    optimizer = torch.optim.Adam([video], lr=1.0)
    losses = []
    for _ in range(8):
        optimizer.zero_grad()
        value = loss(pristine, video)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    assert losses[-1] < losses[0] - 5


def test_clipping_is_libvmafs_and_can_be_left_out() -> None:
    reference = luma(scene(width=64, height=48))
    with torch.no_grad():
        assert Vmaf()(reference, reference)[1].max() == 100
        assert Vmaf(clipped=False)(reference, reference)[1].max() > 100


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (((2, 1, 40, 48), (2, 1, 48, 40)), "the same of both"),
        (((2, 3, 40, 48), (2, 3, 40, 48)), r"\(T, 1, H, W\)"),
        (((0, 1, 40, 48), (0, 1, 40, 48)), r"\(T, 1, H, W\)"),
        (((2, 1, 16, 48), (2, 1, 16, 48)), "48x16 are too small: each side needs 17"),
    ],
)
def test_what_is_no_luma_is_refused(shapes: tuple[tuple[int, ...], tuple[int, ...]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Vmaf()(torch.zeros(shapes[0]), torch.zeros(shapes[1]))


def test_an_unknown_teacher_is_refused() -> None:
    with pytest.raises(ValueError, match="vmaf_v1"):
        Vmaf("vmaf_v1")


def test_the_readmes_example_runs() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    (example,) = (text for text in examples if "VmafLoss" in text)
    exec(example, names := {})
    assert torch.isfinite(names["restored"].grad).all()
