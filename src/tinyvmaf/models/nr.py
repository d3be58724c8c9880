"""Nets that score a video without its reference: samples of luma in 8 bit code values -> scores on 0-100.

``forward`` ends at 0 and 100, as what ships does; ``raw`` does not, so that a training has a gradient beyond.
"""

import torch
from torch import Tensor, nn

from tinyvmaf.models.nature import DEVIATION, GREY, LocalContrast, Naturalness

SCORE_RANGE = (0.0, 100.0)
_DROPPED = 0.3
"""The part of what convolutions found that a step of the training does not see."""


class ScoreNet(nn.Module):
    """A body that gives one number per sample, near deviation 1, brought to the scale of the scores."""

    score_mean: Tensor
    score_deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("score_mean", torch.tensor(50.0))
        self.register_buffer("score_deviation", torch.tensor(25.0))

    def set_scale(self, mean: float, deviation: float) -> None:
        """Brings the body's numbers to scores of that mean and deviation."""
        self.score_mean.fill_(mean)
        self.score_deviation.fill_(deviation)

    def forward(self, samples: Tensor) -> Tensor:
        """Scores (N,), 0-100."""
        return self.raw(samples).clamp(*SCORE_RANGE)

    def raw(self, samples: Tensor) -> Tensor:
        """The same without ends."""
        return self.body((samples - GREY) / DEVIATION) * self.score_deviation + self.score_mean

    def body(self, samples: Tensor) -> Tensor:
        """One number (N,) per sample of standardised luma."""
        raise NotImplementedError


class NrMobilenet(ScoreNet):
    """The net of record: a stem and five depthwise-separable blocks on the whole picture, 19,105 numbers.

    Takes (N, 1, 224, 224). Widths and count are the record's; the strides are ours.
    """

    def __init__(self) -> None:
        super().__init__()
        blocks = [_separable(*shape) for shape in ((16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 128, 2))]
        self.features = nn.Sequential(_convolution(1, 16, stride=2), *blocks)
        self.last = nn.Linear(128, 1)

    def body(self, samples: Tensor) -> Tensor:
        """One number (N,) per picture (N, 1, S, S)."""
        return self.last(self.features(samples).mean(dim=(2, 3))).flatten()


class NrPatch(ScoreNet):
    """Places of a picture at its own size -> one score; a place tells its weight too (attention).

    Artefacts are small and local, so nothing is made smaller before the net has seen it. What it sees is contrast
    (``LocalContrast``), which looks alike in dark and light, flat and busy pictures, so that what is learned of some
    pictures holds for others. Of each place the net keeps mean and deviation of what its convolutions found, so that a
    few bad blocks in a good place show, and the statistics of natural pictures (``Naturalness``), which hold for
    pictures that it has not seen; those alone give a first score, which the rest corrects. Places are put together
    twice: by learned weights, which lets the net trust places that tell much, and by their plain mean.

    Args:
        planes: 1 luma, or 2 with the difference to the frame before.
    """

    def __init__(self, *, planes: int = 2) -> None:
        super().__init__()
        shapes = ((24, 32, 1), (32, 48, 2), (48, 64, 1), (64, 64, 2), (64, 96, 1))
        first = _convolution(planes + 1, 24, stride=2, kernel=5)
        self.features = nn.Sequential(LocalContrast(), first, *[_separable(*shape) for shape in shapes])
        self.dropout = nn.Dropout(_DROPPED)
        self.nature = Naturalness(planes=planes)
        self.place = nn.Sequential(nn.Linear(2 * shapes[-1][1] + self.nature.count, 64), nn.SiLU())
        self.weight = nn.Linear(64, 1)
        self.straight = nn.Linear(self.nature.count, 1)
        self.last = nn.Sequential(nn.Linear(128, 64), nn.SiLU(), nn.Linear(64, 1))

    def body(self, samples: Tensor) -> Tensor:
        """One number (N,) per time point of places (N, P, C, S, S)."""
        count = samples.shape[1]
        flat = samples.flatten(0, 1)  # (N P, C, S, S)
        natural = self.nature(flat)  # (N P, M)
        places = self.place(torch.cat([self.dropout(self._found(flat)), natural], dim=1))  # (N P, 64)
        places = places.reshape(-1, count, places.shape[1])  # (N, P, 64)
        weights = self.weight(places).softmax(dim=1)  # (N, P, 1)
        both = torch.cat([(places * weights).sum(dim=1), places.mean(dim=1)], dim=1)  # (N, 128)
        first = self.straight(natural.reshape(-1, count, self.nature.count).mean(dim=1))  # (N, 1)
        return (self.last(both) + first).flatten()

    def _found(self, flat: Tensor) -> Tensor:
        """(N P, 192) mean and deviation of each of the maps that the convolutions end in."""
        maps = self.features(flat)  # (N P, 96, S/8, S/8)
        mean = maps.mean(dim=(2, 3), keepdim=True)
        deviation = ((maps - mean).square().mean(dim=(2, 3)) + 1e-5).sqrt()
        return torch.cat([mean.flatten(1), deviation], dim=1)


def _convolution(inputs: int, outputs: int, *, stride: int, kernel: int = 3) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


def _separable(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """A convolution of each plane on its own, and one that mixes planes (Howard et al., 2017, arXiv:1704.04861)."""
    planewise = nn.Conv2d(inputs, inputs, 3, stride=stride, padding=1, groups=inputs, bias=False)
    mixing = nn.Conv2d(inputs, outputs, 1, bias=False)
    norms = nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)
    return nn.Sequential(planewise, norms[0], nn.ReLU(), mixing, norms[1], nn.ReLU())
