"""The detail loss measure (ADM2) of frames as a differentiable torch module.

The formulas stand in ``pixels/adm.py``; here every pixel is weighed, in floating point. Frames are (T, 1, H, W) in 8
bit code values.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinyvmaf.models.fixed_point import rounded
from tinyvmaf.pixels.adm import LEVELS, SENSITIVITIES

_ROOT_3, _NORM = math.sqrt(3), 4 * math.sqrt(2)
_LOW = tuple(round(2**15 * tap / _NORM) / 2**15 for tap in (1 + _ROOT_3, 3 + _ROOT_3, 3 - _ROOT_3, 1 - _ROOT_3))
"""Daubechies' orthonormal low-pass filter of two vanishing moments (doi 10.1002/cpa.3160410705), in 15 bits."""
_HIGH = (_LOW[3], -_LOW[2], _LOW[1], -_LOW[0])
_COS_1_DEGREE_SQUARED = math.cos(math.pi / 180) ** 2
_NOISE = 1 / 32
"""By pixel: what is added to either sum, so that flat pictures score 1."""
_MIDDLE = 128.0
"""Of the code values. No detail depends on it, but what libvmaf rounds."""
_LEAST_CUBES = 1e-15
"""Under the cube root, whose slope at 0 has no end. It changes no score."""


class Wavelet(nn.Module):
    """One level of the transform: planes (T, 1, H, W) -> bands a, v, h, d (T, 4, ceil(H / 2), ceil(W / 2)).

    Args:
        rounding: Round as libvmaf does on the finest level; on the others it keeps digits that do not show.
    """

    down: Tensor
    along: Tensor

    def __init__(self, *, rounding: bool) -> None:
        super().__init__()
        taps = torch.tensor([_LOW, _HIGH])[:, None]  # (2, 1, 4)
        self.register_buffer("down", taps[..., None], persistent=False)
        self.register_buffer("along", torch.cat([taps, taps])[:, :, None], persistent=False)
        self.between, self.behind = rounded(128, rounding=rounding), rounded(64, rounding=rounding)

    def forward(self, planes: Tensor) -> Tensor:
        """The low-pass band first, then the three of detail."""
        low_and_high = self.between(F.conv2d(_mirrored(planes, 2), self.down, stride=(2, 1)))
        return self.behind(F.conv2d(low_and_high, self.along, stride=(1, 2), groups=2))


class Adm(nn.Module):
    """ADM2 of each frame.

    Args:
        gain_limit: By how much detail of the reference's own direction may be enhanced and still count; 1: not at all.
        rounding: Round where libvmaf's fixed point does.
    """

    sensitivities: Tensor

    def __init__(self, *, gain_limit: float, rounding: bool) -> None:
        super().__init__()
        self.gain_limit = gain_limit
        self.wavelets = nn.ModuleList(Wavelet(rounding=rounding and level == 0) for level in range(LEVELS))
        straight, diagonal = torch.from_numpy(64 * SENSITIVITIES.T)  # there, coefficients are in 1/64 of a code value
        sensitivities = torch.stack([straight, straight, diagonal], dim=1)[:, None, :, None, None]
        self.register_buffer("sensitivities", sensitivities, persistent=False)  # (4, 1, 3, 1, 1)

    def forward(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """(T,) for frames (T, 1, H, W)."""
        reference, distorted = reference - _MIDDLE, distorted - _MIDDLE
        restored_sum = original_sum = torch.zeros_like(reference[:, 0, 0, 0])  # (T,)
        for level, wavelet in enumerate(self.wavelets):
            weight = self.sensitivities[level]
            original, changed = wavelet(reference), wavelet(distorted)
            reference, distorted = original[:, :1], changed[:, :1]
            original, changed = original[:, 1:], changed[:, 1:]  # (T, 3, h, w)
            restored = self._restored(original, changed)
            mask = _masking((weight * (changed - restored)).abs())
            restored_sum = restored_sum + _pooled(F.relu((weight * restored).abs() - mask))
            original_sum = original_sum + _pooled((weight * original).abs())
        return restored_sum / original_sum

    def _restored(self, original: Tensor, changed: Tensor) -> Tensor:
        """The changed detail within what the original's explains: between nothing and it, or its enhanced form.

        Detail is enhanced where the gradients (v, h) of both are within 1 degree of each other.
        """
        limit = original
        if self.gain_limit != 1:
            o, t = original[:, :2], changed[:, :2]
            inner = (o * t).sum(dim=1, keepdim=True)
            lengths = (o * o).sum(dim=1, keepdim=True) * (t * t).sum(dim=1, keepdim=True)
            aligned = inner * inner.abs() >= _COS_1_DEGREE_SQUARED * lengths
            limit = torch.where(aligned, self.gain_limit * original, original)
        return torch.maximum(torch.minimum(changed, F.relu(limit)), -F.relu(-limit))


def _masking(impairments: Tensor) -> Tensor:
    """(T, 1, h, w) what the impairments' contrasts (T, 3, h, w) hide: a 30th of their 3 x 3 sums, the centre twice."""
    total = impairments.sum(dim=1, keepdim=True)
    return F.avg_pool2d(_mirrored(total, 1), 3, stride=1) * (9 / 30) + total / 30


def _pooled(contrasts: Tensor) -> Tensor:
    """(T,) the cube root of the sum of cubes, noise added, over the inner 80 % of bands (T, 3, h, w), added up."""
    inner = _inner(contrasts)
    cubes = (inner * inner * inner).sum(dim=(2, 3)).clamp(min=_LEAST_CUBES)  # (T, 3)
    noise = (inner.shape[2] * inner.shape[3] * _NOISE) ** (1 / 3)
    return (cubes ** (1 / 3) + noise).sum(dim=1)


def _inner(planes: Tensor) -> Tensor:
    """Without the tenth at each border."""
    height, width = planes.shape[2:]
    top, left = _border(height), _border(width)
    return planes[:, :, top : height - top, left : width - left]


def _border(size: int | Tensor) -> int | Tensor:
    """A tenth, as libvmaf counts it: int(size / 10 - 1 / 2). The size is a tensor while an ONNX file is made."""
    if isinstance(size, Tensor):
        return torch.div(size - 5, 10, rounding_mode="trunc")
    return max(size - 5, 0) // 10


def _mirrored(planes: Tensor, after: int) -> Tensor:
    """The planes with one sample before and ``after`` behind: -1 is 1, but n is n - 1, and n + 1 is n - 2."""
    behind = [planes[:, :, -1:], planes[:, :, -2:-1]][:after]
    planes = torch.cat([planes[:, :, 1:2], planes, *behind], dim=2)
    behind = [planes[..., -1:], planes[..., -2:-1]][:after]
    return torch.cat([planes[..., 1:2], planes, *behind], dim=3)
