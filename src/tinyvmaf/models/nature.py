"""What a no-reference net is told of a picture besides what it finds itself: contrast, and statistics of nature.

Mittal, Moorthy and Bovik, "No-reference image quality assessment in the spatial domain", 2012,
doi:10.1109/TIP.2012.2214050. Luma less its local mean, over its local deviation, is near to a Gaussian in a natural
picture, whatever it shows; what spoils the picture changes the shape, and that of the products of neighbours. Here by
plain moments, which a graph computes, in place of the paper's fitted distributions (``pixels/naturalness.py``).

All of it is in float32 where a training is in mixed precision: a variance is a small difference of large numbers.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

GREY = 128.0
DEVIATION = 64.0
"""Of luma, roughly: brings code values to a scale that a net starts well from."""

_SIGMA, _REACH = 7 / 6, 3
"""Of the Gaussian that local means are taken by, in pixels; as the paper has them."""
_TINY = 0.1 / DEVIATION**2
_SCALES = 3
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Right, below, and along both diagonals."""
_OF_CONTRAST, _OF_PRODUCTS, _OF_DEVIATION, _OF_CHANGE = 3, 3, 2, 4
_SOFT = 1e-4
"""Below the moments whose logarithm is taken; a picture without any contrast has none."""


class LocalContrast(nn.Module):
    """Luma less its local mean, over its local deviation; that deviation; and the change in time over it too."""

    weights: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = torch.exp(-torch.arange(-_REACH, _REACH + 1).square() / (2 * _SIGMA**2))
        taps = taps / taps.sum()
        self.register_buffer("weights", (taps[:, None] * taps)[None, None], persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """(N, C, S, S) of standardised luma, and its change -> (N, C + 1, S, S)."""
        with torch.autocast(samples.device.type, enabled=False):
            return self._contrast(samples)

    def _contrast(self, samples: Tensor) -> Tensor:
        luma, change = samples[:, :1], samples[:, 1:]
        mean = self._blurred(luma)
        variance = (self._blurred(luma.square()) - mean.square()).clamp(min=0)
        deviation = (variance + _TINY).sqrt()  # whose gradient is finite where nothing varies
        steps = deviation + 1 / DEVIATION  # a code value more, so that rounding alone is no contrast
        return torch.cat([(luma - mean) / steps, (steps * DEVIATION).log() - 1, change / (steps + 1 / DEVIATION)], 1)

    def _blurred(self, plane: Tensor) -> Tensor:
        return F.conv2d(F.pad(plane, (_REACH,) * 4, mode="replicate"), self.weights)


class Naturalness(nn.Module):
    """Moments of a place's contrast at three sizes, brought to mean 0 and deviation 1 over what has trained.

    Args:
        planes: 1 luma, or 2 with the change since the frame before, which has moments of its own.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, *, planes: int) -> None:
        super().__init__()
        self.planes = planes
        self.contrast = LocalContrast()
        per_scale = _OF_CONTRAST + _OF_PRODUCTS * len(_NEIGHBOURS) + _OF_DEVIATION
        self.count = _SCALES * (per_scale + _OF_CHANGE * (planes - 1))
        self.register_buffer("mean", torch.zeros(self.count))
        self.register_buffer("variance", torch.ones(self.count))

    def forward(self, samples: Tensor) -> Tensor:
        """(N, C, S, S) of standardised luma, and its change -> (N, ``count``)."""
        with torch.autocast(samples.device.type, enabled=False):
            return self._standard(self._moments(samples))

    def _moments(self, samples: Tensor) -> Tensor:
        found = []
        for scale in range(_SCALES):
            if scale:
                samples = F.avg_pool2d(samples, 2)
            contrast = self.contrast(samples)  # (N, C + 1, S, S)
            found += _of_picture(contrast[:, :1], contrast[:, 1:2])
            if self.planes > 1:
                found += _of_change(contrast[:, 2:])
        return torch.cat(found, dim=1)

    def _standard(self, moments: Tensor) -> Tensor:
        if self.training:
            return F.batch_norm(moments, self.mean, self.variance, training=True)
        return (moments - self.mean) / (self.variance + 1e-5).sqrt()


def _of_picture(normal: Tensor, logs: Tensor) -> list[Tensor]:
    """(N, 1) each, of contrast and of its deviation's logarithm."""
    found = [*_of_shape(normal), _mean(logs), (_mean(logs.square()) - _mean(logs).square() + _SOFT).sqrt()]
    for down, across in _NEIGHBOURS:
        found += _of_products(normal, down, across)
    return found


def _of_change(changes: Tensor) -> list[Tensor]:
    """(N, 1) each, of the change in time: its shape, and how it varies from column to column."""
    return [*_of_shape(changes), _log(_mean((changes[..., 1:] - changes[..., :-1]).abs()))]


def _of_shape(plane: Tensor) -> list[Tensor]:
    """How wide a distribution is, by its mean absolute value and its variance, and how heavy its tails are."""
    absolute, square = _mean(plane.abs()), _mean(plane.square())
    return [_log(absolute), _log(square), _log(_mean(plane.square().square())) - 2 * _log(square)]


def _of_products(normal: Tensor, down: int, across: int) -> list[Tensor]:
    """Of products of neighbours: their mean, and how wide they are on either side of 0."""
    height, width = normal.shape[2:]
    here = normal[:, :, : height - down, max(0, -across) : width - max(0, across)]
    there = normal[:, :, down:, max(0, across) : width - max(0, -across)]
    products = here * there
    return [_mean(products), _log(_mean(products.relu())), _log(_mean((-products).relu()))]


def _mean(plane: Tensor) -> Tensor:
    return plane.mean(dim=(2, 3))


def _log(moment: Tensor) -> Tensor:
    return (moment + _SOFT).log()
