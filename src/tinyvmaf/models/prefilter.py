"""Nets that filter a video before it is encoded: luma (N, 1, H, W) of 0-1 -> the same, of any H and W.

``forward`` ends at 0 and 1, as what ships does; ``raw`` does not, so that a training has a gradient beyond.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinyvmaf.models.lapped import BANDS, STEP, analysis_weights, synthesis_weights

LUMA_RANGE = (0.0, 1.0)
_CODES = 255.0
"""Code values of a whole picture's range: noise is quiet or loud on their scale."""
_BLACK, _SHADE = 18 / 255, 8 / 255
"""Up to where luma tells nothing of noise, and how much later it tells all."""
_FLOOR = 0.05
"""Energy that is there whatever the picture: that of rounding."""
_FIRST_LEVEL = 1.0
"""Logarithm of the noise's energy over that of quiet places, before anything is learned."""
_FIRST_SLOPE = 0.8
"""Of a gate's logit over the logarithm of energy above the noise's."""
_MISLED = 1.0
"""How far from the true level, as a logarithm, gates may be told a wrong one in training."""
_WIDE = 5
"""Measured places across that are one place of the coarser measure."""


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What a filter takes out of a spoiled picture, in code values of 8 bits, and how loud it believes the noise."""

    grain: Tensor
    """(N, 1, H, W) of what the clean picture lacks."""
    scene: Tensor
    """(N, 1, H, W) of the clean picture: harm."""
    guessed: Tensor
    """(N, 32) logarithm of the noise's energy per band, as the picture tells it."""
    true: Tensor
    """(N, 32) the same of the noise itself."""


class FilterNet(nn.Module):
    """A body that gives what is to be added to the picture."""

    def forward(self, luma: Tensor) -> Tensor:
        """The luma (N, 1, H, W), filtered, 0-1."""
        return self.raw(luma).clamp(*LUMA_RANGE)

    def raw(self, luma: Tensor) -> Tensor:
        """The same without ends."""
        return luma + self.change(luma)

    def change(self, luma: Tensor) -> Tensor:
        """What is added to the luma, (N, 1, H, W)."""
        raise NotImplementedError


class ResidualCnn(FilterNet):
    """The net of record: 1 -> 16 planes, four residual blocks of 16, 16 -> 1, at full size; 18,865 numbers."""

    def __init__(self, *, width: int = 16) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.blocks = nn.Sequential(*[_Residual(width) for _ in range(4)])
        self.last = nn.Conv2d(width, 1, 3, padding=1)

    def change(self, luma: Tensor) -> Tensor:
        """What is added to the luma, (N, 1, H, W)."""
        return self.last(self.blocks(self.first(luma).relu()))


class PrefilterLite(FilterNet):
    """Takes away what looks like grain: a gate per number of a lapped transform, opened by how loud the grain is.

    As in the denoising of Donoho and Johnstone (1994, doi:10.1093/biomet/81.3.425), what is not above the noise goes;
    what the gates are, is learned. The picture's own quiet places tell how loud the noise is, band by band: flat ones
    show it alone. A number then goes or stays by its energy and its neighbours', of all bands, over that of the noise.
    One curve says how noise depends on the light. Convolutions see a sixteenth of the places; 1,242 numbers learn.
    It starts as the identity.
    """

    analysis: Tensor
    synthesis: Tensor

    def __init__(self) -> None:
        super().__init__()
        weights = analysis_weights() * _CODES
        weights = weights - weights.mean(dim=(2, 3), keepdim=True)  # brightness is no number's business, and never goes
        self.register_buffer("analysis", weights, persistent=False)
        self.register_buffer("synthesis", synthesis_weights(), persistent=False)
        curve = nn.Conv2d(8, 1, 1)
        self.light = nn.Sequential(nn.Conv2d(1, 8, 1), nn.ReLU(), curve)
        self.level = _NoiseLevel()
        self.own = nn.Parameter(torch.full((1, BANDS, 1, 1), _FIRST_SLOPE))
        self.near = nn.Conv2d(BANDS, BANDS, 1)
        self.amount = nn.Parameter(torch.zeros(()))
        with torch.no_grad():
            curve.weight.mul_(0.1)
            self.near.weight.copy_(-_FIRST_SLOPE * torch.eye(BANDS)[:, :, None, None])
        for layer, bias in ((curve, 0.0), (self.near, _FIRST_SLOPE)):
            nn.init.constant_(torch.as_tensor(layer.bias), bias)

    def change(self, luma: Tensor) -> Tensor:
        """What is added to the luma, (N, 1, H, W)."""
        numbers, bright, light = self._seen(luma)
        energy = (numbers * bright).square()
        gate = self._gate(energy, self.level(energy, light))
        return self._picture(numbers * gate, like=luma) * (-self.amount / _CODES)

    def taken(self, spoiled: Tensor, clean: Tensor) -> Taken:
        """What the spoiled luma's gates take of noise and of the clean luma, both (N, 1, H, W).

        The gates are told the true level, or what is guessed where that is not far off: else they would learn to stay
        shut, since small pictures seldom tell the level.
        """
        numbers, bright, light = self._seen(spoiled)
        scene = self._numbers(_around(clean))
        noise = numbers - scene
        energy = (numbers * bright).square()
        guessed = self.level(energy, light)
        true = ((noise * bright).square().mean(dim=(2, 3)) + _FLOOR).log()
        gate = self._gate(energy, true + (guessed - true).detach().clamp(-_MISLED, _MISLED)) * self.amount
        grain, harm = (self._picture(part * gate, like=spoiled) for part in (noise, scene))
        return Taken(grain, harm, guessed, true)

    def _seen(self, luma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(N, 32, h, w) numbers, (N, 1, h, w) what makes noise as loud at any light, and the light, 0-1.

        That factor is 1 in the picture's mean, or a training could make all noise as quiet as none.
        """
        around = _around(luma)
        light = F.avg_pool2d(F.avg_pool2d(around, STEP), 3, stride=1)
        curve = self.light(light - 0.5)
        return self._numbers(around), (curve - curve.mean(dim=(2, 3), keepdim=True)).exp(), light

    def _numbers(self, around: Tensor) -> Tensor:
        """(N, 32, H / 4 + 2, W / 4 + 2), rounded up, on the scale of code values."""
        return F.conv2d(around, self.analysis, stride=STEP)

    def _gate(self, energy: Tensor, level: Tensor) -> Tensor:
        """(N, 32, h, w) the share of each number that goes, given the logarithm of the noise's energy per band."""
        own = energy * (-level).exp()[:, :, None, None] + _FLOOR
        near = _pooled(own, 3, stride=1)
        return (self.near(near.log()) - self.own * own.log()).sigmoid()

    def _picture(self, numbers: Tensor, *, like: Tensor) -> Tensor:
        """(N, 1, H, W) of these numbers, in code values."""
        whole = F.pixel_shuffle(F.conv2d(numbers, self.synthesis, padding=2), STEP)
        first, (height, width) = 2 * STEP, like.shape[2:]
        return whole[:, :, first : first + height, first : first + width]


class _NoiseLevel(nn.Module):
    """Energies of places -> the logarithm of the noise's energy per band: what quiet places have, and a little more.

    Harmonic means, which the quietest places decide, over places and over wider ones, and plain means; how they are
    weighted is learned, band by band. Black borders are left out: they are quiet, and tell nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Parameter(torch.zeros(3, BANDS))
        self.above = nn.Parameter(torch.full((BANDS,), _FIRST_LEVEL))

    def forward(self, energy: Tensor, light: Tensor) -> Tensor:
        """(N, 32) of the energies (N, 32, h, w) of places, and their light (N, 1, h, w), 0-1."""
        energy = _pooled(energy, 3, stride=2)  # half of the places both ways are enough
        weight = ((light[:, :, ::2, ::2] - _BLACK) / _SHADE).clamp(0, 1) + 1e-3
        wide = _pooled(weight, _WIDE, stride=2)
        quietest = _harmonic(_pooled(weight * energy, _WIDE, stride=2) / wide, wide)
        share = weight / weight.sum(dim=(2, 3), keepdim=True)
        root = 2 * (share * (energy + _FLOOR).sqrt()).sum(dim=(2, 3)).log()
        over_bands = quietest.mean(dim=1, keepdim=True)
        measures = (_harmonic(energy, weight) - quietest, root - quietest, over_bands - quietest)
        return quietest + self.above + (self.mix[:, None] * torch.stack(measures)).sum(dim=0)


def _around(luma: Tensor) -> Tensor:
    """The luma and what lies around it, (N, 1, H + 19, W + 19).

    The last three columns and rows are there for pictures that are no whole number of steps.
    """
    return F.pad(luma, (2 * STEP, 3 * STEP - 1, 2 * STEP, 3 * STEP - 1), mode="replicate")


def _pooled(values: Tensor, size: int, *, stride: int) -> Tensor:
    """Means over squares of places; at the borders over what is there."""
    return F.avg_pool2d(values, size, stride=stride, padding=size // 2, count_include_pad=False)


def _harmonic(energy: Tensor, weight: Tensor) -> Tensor:
    """(N, 32) logarithm of the weighted harmonic mean over places."""
    share = weight / weight.sum(dim=(2, 3), keepdim=True)
    return -(share / (energy + _FLOOR)).sum(dim=(2, 3)).log()


class _Residual(nn.Module):
    """Two convolutions whose result is added to what went in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, maps: Tensor) -> Tensor:
        one, two = self.convolutions
        return torch.relu(maps + two(torch.relu(one(maps))))
