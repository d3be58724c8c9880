"""The heads: libvmaf's raw per-frame features (N, F) in, scores (N,) out; some need the frames (T, F) of one clip.

Input and output scaling are buffers of the net, so they go into the ONNX file with the weights and are never counted
as parameters. A net that is not standardised carries the identity there.
"""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from tinyvmaf.features import RowAxis
from tinyvmaf.models.temporal import KERNEL

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU}
"""Every activation that a recipe may name, as a module."""


class Head(nn.Module):
    """A stack of dense layers between an input scaling and an output scaling, clipped to ``output_range``.

    Args:
        feature_count: F, how many features a row has.
        activation: A key of ``ACTIVATIONS``, between the layers.
        output_range: The lowest and highest score that the net may give, or None for any.
        hidden: The widths of the hidden layers; None: the net's own.
    """

    hidden: ClassVar[tuple[int, ...]] = ()
    """The widths of the hidden layers, from input to output, where nobody asks for others."""
    row_axis: ClassVar[RowAxis] = "N"
    """What a row is: any frame, or the next frame of one clip."""

    feature_mean: Tensor
    feature_scale: Tensor
    score_offset: Tensor
    score_scale: Tensor

    def __init__(
        self,
        *,
        feature_count: int,
        activation: str = "silu",
        output_range: tuple[float, float] | None = None,
        hidden: tuple[int, ...] | None = None,
    ) -> None:
        super().__init__()
        widths = layer_widths(type(self), feature_count=feature_count, hidden=hidden)
        self.layers = nn.ModuleList(self.layers_of(widths))
        self.activation = ACTIVATIONS[activation]()
        self.output_range = output_range
        self.guess: nn.Module | None = None  # what stands for unknown features: raw features (N, F) to the same
        self.teacher: nn.Module | None = None  # what the net corrects: raw features (N, F) to scores (N,)
        self.register_buffer("feature_mean", torch.zeros(feature_count))
        self.register_buffer("feature_scale", torch.ones(feature_count))
        self.register_buffer("score_offset", torch.zeros(()))
        self.register_buffer("score_scale", torch.ones(()))

    def layers_of(self, widths: tuple[int, ...]) -> list[nn.Module]:
        """The layers of these widths, the last without an activation after it."""
        return [nn.Linear(inputs, outputs) for inputs, outputs in pairwise(widths)]

    def outputs(self, inputs: Tensor) -> Tensor:
        """The layers' outputs (N,) for standardised features (N, F)."""
        *inner, last = self.layers
        for layer in inner:
            inputs = self.activation(layer(inputs))  # (N, H)
        return last(inputs).squeeze(1)

    def forward(self, features: Tensor) -> Tensor:
        """The scores (N,) of raw features (N, F)."""
        known = features if self.guess is None else self.guess(features)
        outputs = self.outputs((known - self.feature_mean) / self.feature_scale)
        scores = outputs * self.score_scale + self.score_offset  # (N,)
        if self.teacher is not None:
            scores = scores + self.teacher(features)
        return scores if self.output_range is None else scores.clamp(*self.output_range)


class Linear(Head):
    """Seven parameters on six features: a weighted sum."""


class Mlp(Head):
    """As many layers of whatever widths as a recipe asks for."""

    hidden = (16, 8)


class MlpSmall(Head):
    """6-16-8-1: 257 parameters on six features."""

    hidden = (16, 8)


class MlpMedium(Head):
    """6-64-32-1: 2,561 parameters on six features."""

    hidden = (64, 32)


class MlpBn(Head):
    """6-64-32-16-1, trained with batch normalisation, which is folded into its 3,073 parameters on six features."""

    hidden = (64, 32, 16)


class TemporalCnn(Head):
    """Convolutions over a frame and two on either side: 1,105 parameters on six features.

    Beyond the ends of a clip stand its first and its last frame again, so a clip may have any length.
    """

    hidden = (16, 16)
    row_axis = "T"

    def layers_of(self, widths: tuple[int, ...]) -> list[nn.Module]:
        """Convolutions over time, and a weighted sum of what the last of them gives."""
        *hidden, last = pairwise(widths)
        return [*(nn.Conv1d(*layer, KERNEL) for layer in hidden), nn.Conv1d(*last, 1)]

    def outputs(self, inputs: Tensor) -> Tensor:
        """The layers' outputs (T,) for the standardised features (T, F) of one clip, in display order."""
        *inner, last = self.layers
        radius = len(inner) * (KERNEL // 2)
        values = nn.functional.pad(inputs.T.unsqueeze(0), (radius, radius), mode="replicate")  # (1, F, T + 2 radius)
        for layer in inner:
            values = self.activation(layer(values))
        return last(values).flatten()


NETS: dict[str, type[Head]] = {
    "linear": Linear,
    "mlp": Mlp,
    "mlp_small": MlpSmall,
    "mlp_medium": MlpMedium,
    "mlp_bn": MlpBn,
    "temporal_cnn": TemporalCnn,
}
"""Every full-reference head by its name in recipes, sidecars and commands."""


def layer_widths(net: type[Head], *, feature_count: int, hidden: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """The widths of a net's layers, from its F features to its one score."""
    return (feature_count, *(net.hidden if hidden is None else hidden), 1)
