"""K dense nets with batch normalisation (Ioffe and Szegedy, 2015, arXiv:1502.03167) between layer and activation.

Each net normalises its batch by that batch's own moments for the first three quarters of its budget, and remembers
their running mean. For the last quarter it normalises by what it remembers, which then stays: so the net is trained to
the end as the one that ships, and the noise of a batch's moments does not limit how near it comes. Earlier, at the high
rates of a one-cycle, layers that nothing normalises may run away. Such a normalisation is a scale and a shift, and the
net that ships has it folded into its dense layers.

All weights of a net lie in one row of a flat tensor (K, P): of each hidden layer weights, scale and shift, then the
last layer's weights and bias. Its moments lie in (K, S): of each hidden layer means, then variances.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from tinyvmaf.models.adam import AdamState
from tinyvmaf.models.layers import ACTIVATIONS

_LEARNS_MOMENTS = 0.75
_MOMENTUM = 0.1
_EPSILON = 1e-5


class NormedStack:
    """K nets of the given widths over a state's parameters, which an optimiser may change in place.

    Args:
        widths: From the F features to the one score.
        activation: Between the layers.
        state: Of the training; the nets keep their moments in it.
        totals: (K,) the steps of each net's training.
    """

    def __init__(self, widths: Sequence[int], *, activation: str, state: AdamState, totals: Tensor) -> None:
        self.gradients = torch.zeros_like(state.parameters)
        self._widths, self._activation = widths, ACTIVATIONS[activation].forward
        self._state, self._totals = state, totals
        self._leaf = state.parameters.detach().requires_grad_()
        self._outputs = torch.empty(0)

    def forward(self, inputs: Tensor) -> Tensor:
        """The outputs (K, 1, B) of inputs (K, F, B), remembered for ``backward``; the moments go along."""
        learning = (self._state.step < self._totals * _LEARNS_MOMENTS).view(-1, 1, 1)
        *hidden, (weight, bias) = _layers(self._leaf, self._widths)
        values = inputs
        for (layer, scale, shift), (mean, variance) in zip(
            hidden, _moments(self._state.statistics, self._widths), strict=True
        ):
            values = torch.bmm(layer, values)  # (K, H, B)
            values = _normalised(values, mean, variance, learning=learning)
            values = self._activation(torch.addcmul(shift, values, scale))
        self._outputs = torch.baddbmm(bias, weight, values)  # (K, 1, B)
        return self._outputs.detach()

    def backward(self, gradient: Tensor) -> None:
        """Writes ``gradients`` from the gradient of a loss by the outputs (K, 1, B) of the last ``forward``."""
        (found,) = torch.autograd.grad(self._outputs, self._leaf, gradient)
        self.gradients.copy_(found)


def initial_normed(widths: Sequence[int], *, generator: torch.Generator) -> Tensor:
    """The first weights (P,) of one net: layers as dense nets have them, each scale 1 and each shift 0."""
    parts = []
    for inputs, outputs in pairwise(widths[:-1]):
        parts += [_uniform(inputs, inputs * outputs, generator), torch.ones(outputs), torch.zeros(outputs)]
    return torch.cat([*parts, _uniform(widths[-2], (widths[-2] + 1) * widths[-1], generator)])


def initial_moments(widths: Sequence[int]) -> Tensor:
    """The first moments (S,) of one net: mean 0 and variance 1."""
    return torch.cat([torch.cat([torch.zeros(width), torch.ones(width)]) for width in widths[1:-1]])


def folded(parameters: Tensor, moments: Tensor, widths: Sequence[int]) -> Tensor:
    """The weights of the dense net that computes the same, in the order of ``Head.parameters()``.

    Args:
        parameters: (P,) of one net.
        moments: (S,) of the same.
        widths: Of its layers.
    """
    *hidden, last = _layers(parameters.unsqueeze(0), widths)
    parts = []
    for (layer, scale, shift), (mean, variance) in zip(hidden, _moments(moments.unsqueeze(0), widths), strict=True):
        factor = scale * (variance + _EPSILON).rsqrt()  # (1, H, 1)
        parts += [factor * layer, shift - factor * mean]
    return torch.cat([part.flatten() for part in (*parts, *last)])


def _normalised(values: Tensor, mean: Tensor, variance: Tensor, *, learning: Tensor) -> Tensor:
    """The values (K, H, B) by their own moments where a net is learning these, else by the remembered (K, H, 1)."""
    if not learning.any():
        return (values - mean) * (variance + _EPSILON).rsqrt()
    own_variance, own_mean = torch.var_mean(values, dim=2, keepdim=True, correction=0)
    chosen_mean = torch.where(learning, own_mean, mean)
    chosen_variance = torch.where(learning, own_variance, variance)
    with torch.no_grad():
        momentum, count = _MOMENTUM * learning, values.shape[2]
        mean.lerp_(own_mean, momentum)
        variance.lerp_(own_variance * count / max(count - 1, 1), momentum)
    return (values - chosen_mean) * (chosen_variance + _EPSILON).rsqrt()


def _uniform(inputs: int, count: int, generator: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=generator) * 2 - 1) / math.sqrt(inputs)


def _layers(flat: Tensor, widths: Sequence[int]) -> list[tuple[Tensor, ...]]:
    """Per hidden layer weights (K, H, I), scale and shift (K, H, 1); of the last layer weights and bias."""
    hidden = [(inputs, outputs) for inputs, outputs in pairwise(widths[:-1])]
    sizes = [size for inputs, outputs in hidden for size in (inputs * outputs, outputs, outputs)]
    *parts, weight, bias = flat.split([*sizes, widths[-2] * widths[-1], widths[-1]], dim=1)
    layers: list[tuple[Tensor, ...]] = []
    for place, (inputs, outputs) in enumerate(hidden):
        layer, scale, shift = parts[3 * place : 3 * place + 3]
        layers.append((layer.view(-1, outputs, inputs), scale.unsqueeze(2), shift.unsqueeze(2)))
    return [*layers, (weight.view(-1, widths[-1], widths[-2]), bias.unsqueeze(2))]


def _moments(flat: Tensor, widths: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
    """Per hidden layer mean and variance (K, H, 1), as views."""
    parts = flat.unsqueeze(2).split([width for width in widths[1:-1] for _ in range(2)], dim=1)
    return list(zip(parts[::2], parts[1::2], strict=True))
