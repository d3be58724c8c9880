"""What a no-reference net is told of a picture holds for any content, tells blur from noise, and has gradients."""

import math

import pytest
import torch
from torch import Tensor

from tinyvmaf.models.nature import DEVIATION, LocalContrast, Naturalness

SIDE = 64


def noise(count: int, *, seed: int = 0) -> Tensor:
    """Places (N, 2, S, S) of white noise and of its change, some ten code values strong."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(count, 2, SIDE, SIDE, generator=draw) * 10 / DEVIATION


def moments(samples: Tensor) -> Tensor:
    """(N, M) as they are before anything has trained: neither shifted nor scaled."""
    with torch.inference_mode():
        return Naturalness(planes=samples.shape[1]).eval()(samples)


def test_contrast_does_not_know_how_bright_a_place_is() -> None:
    samples = noise(2)
    brighter = samples + torch.tensor([0.5, 0.0])[:, None, None]
    torch.testing.assert_close(LocalContrast()(brighter), LocalContrast()(samples), atol=2e-3, rtol=0)


def test_first_moments_are_those_of_the_contrast_itself() -> None:
    samples = noise(3)
    contrast = LocalContrast()(samples)[:, 0]  # (N, S, S)
    found = moments(samples)[:, :3].exp()  # mean absolute value, variance, and kurtosis
    torch.testing.assert_close(found[:, 0], contrast.abs().mean(dim=(1, 2)), atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(found[:, 1], contrast.square().mean(dim=(1, 2)), atol=1e-3, rtol=1e-3)
    kurtosis = contrast.pow(4).mean(dim=(1, 2)) / contrast.square().mean(dim=(1, 2)).square()
    torch.testing.assert_close(found[:, 2], kurtosis, atol=1e-2, rtol=1e-2)


def test_mirroring_changes_nothing_but_the_two_diagonals() -> None:
    samples = noise(2)
    straight, mirrored = moments(samples), moments(samples.flip(3))
    different = ((straight - mirrored).abs() > 1e-4).any(dim=0)
    per_scale = Naturalness(planes=2).count // 3
    places = {int(place) % per_scale for place in different.nonzero()}
    right_down, left_down = range(11, 14), range(14, 17)  # after 5 of contrast and deviation, and 2 x 3 of neighbours
    assert places <= {*right_down, *left_down}
    torch.testing.assert_close(straight[:, right_down], mirrored[:, left_down], atol=1e-2, rtol=0)


def test_blur_leaves_less_contrast_at_the_finest_size_than_noise_does() -> None:
    samples = noise(4)
    blurred = torch.nn.functional.avg_pool2d(samples, 5, stride=1, padding=2)
    finest_deviation = 3
    assert (moments(blurred)[:, finest_deviation] < moments(samples)[:, finest_deviation] - 1).all()


@pytest.mark.parametrize("planes", [1, 2])
def test_training_brings_moments_to_one_scale_and_remembers_it(planes: int) -> None:
    nature = Naturalness(planes=planes)
    samples = torch.cat([noise(8), noise(8, seed=1) * 3])[:, :planes]
    trained = nature(samples)
    assert trained.shape == (16, nature.count)
    torch.testing.assert_close(trained.mean(dim=0), torch.zeros(nature.count), atol=1e-4, rtol=0)
    for _ in range(200):
        nature(samples)
    torch.testing.assert_close(nature.eval()(samples), trained, atol=0.05, rtol=0.05)


def test_flat_places_have_finite_moments_and_gradients() -> None:
    samples = torch.zeros(2, 2, SIDE, SIDE, requires_grad=True)
    found = Naturalness(planes=2).eval()(samples)
    found.sum().backward()
    assert found.isfinite().all()
    assert samples.grad is not None
    assert samples.grad.isfinite().all()
    assert math.isclose(float(found[0, 1].detach()), math.log(1e-4), abs_tol=1e-3)


def test_mixed_precision_does_not_reach_contrast_and_moments() -> None:
    samples = noise(2)
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.inference_mode():
        found = Naturalness(planes=2).eval()(samples), LocalContrast()(samples)
    assert torch.equal(found[0], moments(samples))
    assert torch.equal(found[1], LocalContrast()(samples))
