"""K nets of convolutions over time, trained on windows of neighbouring frames.

A hidden layer sees a frame and one neighbour on either side, so H of them see H frames each way, and a window of
2H + 1 frames gives the one score of its middle frame.
All weights of a net lie in one row of a flat tensor (K, P), in the order of ``Head.parameters()``.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from tinyvmaf.models.layers import ACTIVATIONS, initial_layers, layer_views

KERNEL = 3
"""Frames that a hidden layer sees at once."""


class TemporalStack:
    """K nets of the given widths over flat parameters (K, P), which an optimiser may change in place."""

    def __init__(self, widths: Sequence[int], *, activation: str, parameters: Tensor) -> None:
        self.gradients = torch.zeros_like(parameters)
        self._shapes = temporal_shapes(widths)
        self._window = window_of(widths)
        self._activation = ACTIVATIONS[activation].forward
        self._leaf = parameters.detach().requires_grad_()
        self._outputs = torch.empty(0)

    def forward(self, inputs: Tensor) -> Tensor:
        """The outputs (K, 1, B) of windows (K, F, B x W), frame after frame, remembered for ``backward``."""
        *hidden, (weight, bias) = zip(*layer_views(self._leaf, self._shapes), strict=True)
        values = inputs.unflatten(2, (-1, self._window))  # (K, F, B, W)
        for layer, shift in hidden:
            seen = values.unfold(3, KERNEL, 1).movedim(4, 2)  # (K, F, KERNEL, B, W - 2)
            product = torch.baddbmm(shift, layer, seen.flatten(3).flatten(1, 2))  # (K, H, B x (W - 2))
            values = self._activation(product).unflatten(2, seen.shape[3:])
        self._outputs = torch.baddbmm(bias, weight, values.flatten(2))
        return self._outputs.detach()

    def backward(self, gradient: Tensor) -> None:
        """Writes ``gradients`` from the gradient of a loss by the outputs (K, 1, B) of the last ``forward``."""
        (found,) = torch.autograd.grad(self._outputs, self._leaf, gradient)
        self.gradients.copy_(found)


def initial_temporal(widths: Sequence[int], *, generator: torch.Generator) -> Tensor:
    """The first weights (P,) of one net, as ``torch.nn.Conv1d`` has them."""
    return initial_layers(temporal_shapes(widths), generator=generator)


def temporal_shapes(widths: Sequence[int]) -> list[tuple[int, int]]:
    """Per layer how many numbers it takes at once, and how many it gives."""
    *hidden, last = pairwise(widths)
    return [*((KERNEL * inputs, outputs) for inputs, outputs in hidden), last]


def window_of(widths: Sequence[int]) -> int:
    """How many frames one score depends on."""
    return (KERNEL - 1) * (len(widths) - 2) + 1
