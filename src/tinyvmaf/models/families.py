"""The kinds of nets: first weights, forward and backward pass of a stack of each, and one of them on its own."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from tinyvmaf.models.adam import AdamState
from tinyvmaf.models.fr import NETS, Head, MlpBn, TemporalCnn, layer_widths
from tinyvmaf.models.layers import DenseStack, initial_parameters
from tinyvmaf.models.normed import NormedStack, folded, initial_moments, initial_normed
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.models.temporal import TemporalStack, initial_temporal, window_of


class NetStack(Protocol):
    """K nets of one shape in training."""

    gradients: Tensor
    """(K, P) by the weights, in the order in which the state has these."""

    def forward(self, inputs: Tensor) -> Tensor:
        """The outputs (K, 1, B) of inputs (K, F, B x W), W frames per output, remembered for ``backward``."""
        ...

    def backward(self, gradient: Tensor) -> None:
        """Writes ``gradients`` from the gradient of a loss by the outputs (K, 1, B) of the last ``forward``."""
        ...


def widths_of(recipe: Recipe) -> tuple[int, ...]:
    """The widths of the layers of the recipe's net, from its F features to its one score."""
    net = NETS[recipe.architecture]
    return layer_widths(net, feature_count=len(recipe.features.names), hidden=recipe.hidden)


def frames_seen(recipe: Recipe) -> int:
    """W, how many frames one score depends on: the frame itself, and as many before as after it."""
    return window_of(widths_of(recipe)) if _is_temporal(recipe) else 1


def state_before(recipe: Recipe, generators: Sequence[torch.Generator]) -> AdamState:
    """K nets before their first step, each with weights of its own generator."""
    widths = widths_of(recipe)
    initial = initial_parameters
    if _is_normed(recipe):
        initial = initial_normed
    if _is_temporal(recipe):
        initial = initial_temporal
    parameters = torch.stack([initial(widths, generator=generator) for generator in generators])
    state = AdamState(parameters, torch.zeros_like(parameters), torch.zeros_like(parameters))
    if _is_normed(recipe):
        state.statistics = initial_moments(widths).repeat(len(generators), 1)
    return state


def stack_of(recipe: Recipe, state: AdamState, totals: Tensor) -> NetStack:
    """The nets of the state in training, whose budgets are ``totals`` (K,) steps."""
    widths, activation = widths_of(recipe), recipe.activation
    if _is_normed(recipe):
        return NormedStack(widths, activation=activation, state=state, totals=totals)
    if _is_temporal(recipe):
        return TemporalStack(widths, activation=activation, parameters=state.parameters)
    return DenseStack(widths, activation=activation, parameters=state.parameters)


def net_of(recipe: Recipe, state: AdamState, place: int) -> Head:
    """One net of the state on its own, without its input and output scaling."""
    net = NETS[recipe.architecture](
        feature_count=len(recipe.features.names),
        activation=recipe.activation,
        output_range=recipe.output_range,
        hidden=recipe.hidden,
    )
    weights = state.parameters[place].clone()
    if _is_normed(recipe):
        weights = folded(weights, state.statistics[place], widths_of(recipe))
    torch.nn.utils.vector_to_parameters(weights, net.parameters())
    return net


def _is_normed(recipe: Recipe) -> bool:
    return issubclass(NETS[recipe.architecture], MlpBn)


def _is_temporal(recipe: Recipe) -> bool:
    return issubclass(NETS[recipe.architecture], TemporalCnn)
