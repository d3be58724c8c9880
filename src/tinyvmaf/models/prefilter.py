"""Nets that filter a video before it is encoded: luma (N, 1, H, W) of 0-1 -> the same, of any H and W.

``forward`` ends at 0 and 1, as what ships does; ``raw`` does not, so that a training has a gradient beyond.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinyvmaf.models.lapped import BANDS, STEP, analysis_weights, synthesis_weights

LUMA_RANGE = (0.0, 1.0)
_CODES = 255.0
"""Code values of a whole picture's range: noise is quiet or loud on their scale."""
_BLACK, _SHADE = 18.0, 8.0
"""Up to where luma tells nothing of noise, and how many code values later it tells all, in code values."""
_FLOOR = 0.05
"""Energy that is there whatever the picture: that of rounding."""
_CALM = 0.3
"""Brings logarithms of energies to a scale that a net starts well from."""
_FIRST_LOUDNESS = -2.0
"""Logarithm of the noise's energy over that of quiet places, before anything is learned."""
_FIRST_SLOPE = 0.8
"""Of a gate's logit over the logarithm of energy above the noise's."""


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
    One curve says how noise depends on the light. Convolutions see a sixteenth of the places; 5,274 numbers learn.
    It starts as the identity.
    """

    analysis: Tensor
    synthesis: Tensor

    def __init__(self, *, width: int = 32) -> None:
        super().__init__()
        weights = analysis_weights()  # less their means, so that brightness is no number's business, and never goes
        self.register_buffer("analysis", weights - weights.mean(dim=(2, 3), keepdim=True), persistent=False)
        self.register_buffer("synthesis", synthesis_weights(), persistent=False)
        curve, loudness = nn.Conv2d(8, 1, 1), nn.Linear(width, BANDS)
        self.light = nn.Sequential(nn.Conv2d(1, 8, 1), nn.ReLU(), curve)
        self.loudness = nn.Sequential(nn.Linear(3 * BANDS, width), nn.ReLU(), loudness)
        self.own = nn.Parameter(torch.full((1, BANDS, 1, 1), _FIRST_SLOPE))
        self.near = nn.Conv2d(BANDS, BANDS, 1)
        self.amount = nn.Parameter(torch.zeros(()))
        with torch.no_grad():
            curve.weight.mul_(0.1)
            loudness.weight.mul_(0.1)
            self.near.weight.copy_(-_FIRST_SLOPE * torch.eye(BANDS)[:, :, None, None])
        for layer, bias in ((curve, 0.0), (loudness, _FIRST_LOUDNESS), (self.near, _FIRST_SLOPE)):
            nn.init.constant_(torch.as_tensor(layer.bias), bias)

    def change(self, luma: Tensor) -> Tensor:
        """What is added to the luma, (N, 1, H, W)."""
        # The last three columns and rows are there for pictures that are no whole number of steps.
        around = F.pad(luma, (2 * STEP, 3 * STEP - 1, 2 * STEP, 3 * STEP - 1), mode="replicate") * _CODES - _CODES / 2
        numbers = F.conv2d(around, self.analysis, stride=STEP)  # (N, 32, H / 4 + 2, W / 4 + 2), rounded up
        light = F.avg_pool2d(F.avg_pool2d(around, STEP), 3, stride=1)  # (N, 1, ...) of the same places
        own = (numbers * self.light(light / _CODES).exp()).square()
        near = F.avg_pool2d(own, 3, stride=1, padding=1, count_include_pad=False)
        quiet = self._noise(near, light)[:, :, None, None]
        gate = self.near((near * quiet + _FLOOR).log()) - self.own * (own * quiet + _FLOOR).log()
        noise = F.conv2d(numbers * gate.sigmoid(), self.synthesis, padding=2)
        whole = F.pixel_shuffle(noise, STEP)[
            :, :, 2 * STEP : 2 * STEP + luma.shape[2], 2 * STEP : 2 * STEP + luma.shape[3]
        ]
        return whole * (-self.amount / _CODES)

    def _noise(self, energy: Tensor, light: Tensor) -> Tensor:
        """(N, 32) one over the noise's energy in each band, from means over the picture that quiet places decide.

        Black borders are left out: they are quiet, and tell nothing.
        """
        energy, light = (each[:, :, ::2, ::2] for each in (energy, light))  # half of the places both ways are enough
        weight = ((light + _CODES / 2 - _BLACK) / _SHADE).clamp(0, 1) + 1e-3
        weight = weight / weight.sum(dim=(2, 3), keepdim=True)
        harmonic = -(weight / (energy + _FLOOR)).sum(dim=(2, 3)).log()
        root = 2 * (weight * (energy + _FLOOR).sqrt()).sum(dim=(2, 3)).log()
        silent = ((weight * (-energy).exp()).sum(dim=(2, 3)) + 1e-3).log()
        found = torch.cat([harmonic, root, silent], dim=1)
        return (-harmonic - self.loudness(found * _CALM)).exp()


class _Residual(nn.Module):
    """Two convolutions whose result is added to what went in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, maps: Tensor) -> Tensor:
        one, two = self.convolutions
        return torch.relu(maps + two(torch.relu(one(maps))))
