"""The heads: libvmaf's raw per-frame features (N, F) in, scores (N,) out.

Input and output scaling are buffers of the net, so they go into the ONNX file with the weights and are never counted
as parameters. A net that is not standardised carries the identity there.
"""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

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
        self.layers = nn.ModuleList(nn.Linear(inputs, outputs) for inputs, outputs in pairwise(widths))
        self.activation = ACTIVATIONS[activation]()
        self.output_range = output_range
        self.register_buffer("feature_mean", torch.zeros(feature_count))
        self.register_buffer("feature_scale", torch.ones(feature_count))
        self.register_buffer("score_offset", torch.zeros(()))
        self.register_buffer("score_scale", torch.ones(()))

    def forward(self, features: Tensor) -> Tensor:
        """The scores (N,) of raw features (N, F)."""
        hidden = (features - self.feature_mean) / self.feature_scale
        *inner, last = self.layers
        for layer in inner:
            hidden = self.activation(layer(hidden))  # (N, H)
        scores = last(hidden).squeeze(1) * self.score_scale + self.score_offset  # (N,)
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


NETS: dict[str, type[Head]] = {
    "linear": Linear,
    "mlp": Mlp,
    "mlp_small": MlpSmall,
    "mlp_medium": MlpMedium,
    "mlp_bn": MlpBn,
}
"""Every full-reference head by its name in recipes, sidecars and commands."""


def layer_widths(net: type[Head], *, feature_count: int, hidden: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """The widths of a net's layers, from its F features to its one score."""
    return (feature_count, *(net.hidden if hidden is None else hidden), 1)
