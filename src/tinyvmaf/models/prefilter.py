"""Nets that filter a video before it is encoded: luma (N, 1, H, W) of 0-1 -> the same, of any H and W.

``forward`` ends at 0 and 1, as what ships does; ``raw`` does not, so that a training has a gradient beyond.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LUMA_RANGE = (0.0, 1.0)
_GREY, _DEVIATION = 0.5, 0.25
"""Of luma, roughly: brings it to a scale that a net starts well from."""


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
    """Convolutions at a quarter of the width and height, where a pixel's sixteen places are planes.

    Shuffling and the first convolution are one convolution with steps of four; the last one is shuffled back (Shi et
    al., 2016, arXiv:1609.05158). A strength for the whole picture, 0-1, multiplies the change, so that a clean picture
    can be left alone as a whole. It starts as the identity. Nothing but convolutions and ReLU, which int8 bears well.
    """

    def __init__(self, *, width: int = 24, depth: int = 3, step: int = 4) -> None:
        super().__init__()
        self.step = step
        self.first = nn.Conv2d(1, width, 3 * step, stride=step)
        middle = [nn.Conv2d(width, width, 3, padding=1) for _ in range(depth)]
        self.middle = nn.ModuleList(middle)
        self.last = nn.Conv2d(width, step * step, 3, padding=1)
        self.strength = nn.Linear(width, 1)
        for layer in (self.first, *middle):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.strength.weight)
        for layer in (self.last, self.strength):
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def change(self, luma: Tensor) -> Tensor:
        """What is added to the luma, (N, 1, H, W)."""
        step = self.step
        # The last step - 1 columns and rows are there for pictures that are no whole number of steps.
        around = F.pad(luma, (step, 2 * step - 1, step, 2 * step - 1), mode="replicate")
        maps = self.first((around - _GREY) / _DEVIATION).relu()  # (N, C, H / step, W / step), rounded up
        for layer in self.middle:
            maps = layer(maps).relu() + maps
        strength = self.strength(maps.mean(dim=(2, 3))).sigmoid()[:, :, None, None]  # (N, 1, 1, 1)
        change = F.pixel_shuffle(self.last(maps), step)
        return change[:, :, : luma.shape[2], : luma.shape[3]] * strength


class _Residual(nn.Module):
    """Two convolutions whose result is added to what went in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, maps: Tensor) -> Tensor:
        one, two = self.convolutions
        return torch.relu(maps + two(torch.relu(one(maps))))
