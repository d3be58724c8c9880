"""K dense nets of one shape as one net: each layer is one batched matrix product over (K, H, B).

The backward pass is written out: for nets of a few hundred weights, a general autograd spends more time on its own
records than on arithmetic (measured on 9 nets of 6-16-8-1, batch 1024: twice the time of a step).
All weights of a net lie in one row of a flat tensor (K, P), in the order of ``Head.parameters()``, so that an optimiser
step is a handful of operations whatever the number of layers.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation and its derivative, on tensors of any shape."""

    forward: Callable[[Tensor], Tensor]
    """Values in, activations out."""
    backward: Callable[[Tensor, Tensor], Tensor]
    """The gradient by the activations and the values in, the gradient by the values out."""


ACTIVATIONS: dict[str, Activation] = {
    "silu": Activation(torch.nn.functional.silu, torch.ops.aten.silu_backward),
    "relu": Activation(torch.relu, lambda gradient, values: torch.ops.aten.threshold_backward(gradient, values, 0)),
}
"""Every activation that a recipe may name."""


class DenseStack:
    """K nets of the given widths over flat parameters (K, P), which an optimiser may change in place."""

    def __init__(self, widths: Sequence[int], *, activation: str, parameters: Tensor) -> None:
        self.parameters = parameters
        self.gradients = torch.zeros_like(parameters)
        self._activation = ACTIVATIONS[activation]
        shapes = list(pairwise(widths))
        self._weights, self._biases = layer_views(parameters, shapes)
        self._weight_gradients, self._bias_gradients = layer_views(self.gradients, shapes)
        self._inputs: list[Tensor] = []
        self._values: list[Tensor] = []

    def forward(self, inputs: Tensor) -> Tensor:
        """The outputs (K, 1, B) of inputs (K, F, B), remembered for ``backward``."""
        self._inputs, self._values = [inputs], []
        for weight, bias in zip(self._weights, self._biases, strict=True):
            if self._values:
                self._inputs.append(self._activation.forward(self._values[-1]))
            self._values.append(torch.baddbmm(bias, weight, self._inputs[-1]))  # (K, H, B)
        return self._values[-1]

    def backward(self, gradient: Tensor) -> None:
        """Writes ``gradients`` from the gradient of a loss by the outputs (K, 1, B) of the last ``forward``."""
        for layer in reversed(range(len(self._weights))):
            self._weight_gradients[layer].copy_(torch.bmm(gradient, self._inputs[layer].transpose(1, 2)))
            torch.sum(gradient, dim=2, keepdim=True, out=self._bias_gradients[layer])
            if layer:
                gradient = torch.bmm(self._weights[layer].transpose(1, 2), gradient)  # (K, H, B)
                gradient = self._activation.backward(gradient, self._values[layer - 1])


def parameter_count(widths: Sequence[int]) -> int:
    """P, the number of weights and biases of a net of these widths."""
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))


def initial_parameters(widths: Sequence[int], *, generator: torch.Generator) -> Tensor:
    """The first weights (P,) of one net: uniform within 1/sqrt(inputs) of 0, as ``torch.nn.Linear`` has them."""
    return initial_layers(list(pairwise(widths)), generator=generator)


def initial_layers(shapes: Sequence[tuple[int, int]], *, generator: torch.Generator) -> Tensor:
    """The same for layers that take and give so many numbers each."""
    layers = [
        (torch.rand((inputs + 1) * outputs, generator=generator) * 2 - 1) / math.sqrt(inputs)
        for inputs, outputs in shapes
    ]
    return torch.cat(layers)


def layer_views(flat: Tensor, shapes: Sequence[tuple[int, int]]) -> tuple[list[Tensor], list[Tensor]]:
    """Per layer its weights (K, H, I) and its biases (K, H, 1), as views of all numbers (K, P)."""
    weights, biases, at = [], [], 0
    for inputs, outputs in shapes:
        weights.append(flat[:, at : at + inputs * outputs].view(-1, outputs, inputs))
        at += inputs * outputs
        biases.append(flat[:, at : at + outputs].view(-1, outputs, 1))
        at += outputs
    return weights, biases
