"""Batch normalisation of a stack is torch's own while it learns moments, and a plain dense net once it has them."""

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn

from tests.models.learnable import learnable_rows
from tinyvmaf.models.adam import AdamState
from tinyvmaf.models.fit import fit_net
from tinyvmaf.models.normed import NormedStack, folded, initial_moments, initial_normed
from tinyvmaf.models.recipe import read_recipe

WIDTHS = (6, 5, 4, 1)
BATCH = 40


def stack_at(step: int, *, nets: int = 2, total: int = 100) -> tuple[NormedStack, AdamState]:
    generator = torch.Generator().manual_seed(5)
    parameters = torch.stack([initial_normed(WIDTHS, generator=generator) for _ in range(nets)])
    parameters += 0.3 * torch.rand(parameters.shape, generator=generator)
    moments = initial_moments(WIDTHS).repeat(nets, 1) + torch.rand(nets, 18, generator=generator)
    state = AdamState(parameters, torch.zeros_like(parameters), torch.zeros_like(parameters), step, moments)
    return NormedStack(WIDTHS, activation="silu", state=state, totals=torch.full((nets,), total)), state


def torchs(state: AdamState, net: int) -> nn.Sequential:
    """The same net of torch's own layers."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(WIDTHS[:-1]):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.SiLU()]
    built = nn.Sequential(*layers, nn.Linear(WIDTHS[-2], WIDTHS[-1]))
    nn.utils.vector_to_parameters(state.parameters[net].clone(), built.parameters())
    moments = state.statistics[net].split([width for width in WIDTHS[1:-1] for _ in range(2)])
    for norm, mean, variance in zip(built[1::3], moments[::2], moments[1::2], strict=True):
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
    return built


@pytest.mark.parametrize(("step", "learns"), [(0, True), (74, True), (75, False), (99, False), (300, False)])
def test_stack_equals_torchs_batch_norm_in_training_first_and_in_evaluation_then(step: int, learns: bool) -> None:
    stack, state = stack_at(step)
    generator = torch.Generator().manual_seed(1)
    inputs, true = torch.randn(2, 6, BATCH, generator=generator), torch.randn(2, 1, BATCH, generator=generator)
    nets = [torchs(state, net).train(learns) for net in range(2)]
    outputs = stack.forward(inputs)
    stack.backward((outputs - true) * 2 / BATCH)
    for number, net in enumerate(nets):
        theirs = net(inputs[number].T)
        torch.testing.assert_close(outputs[number, 0], theirs[:, 0].detach(), atol=1e-5, rtol=1e-5)
        gradients = torch.autograd.grad(((theirs[:, 0] - true[number, 0]) ** 2).mean(), list(net.parameters()))
        expected = nn.utils.parameters_to_vector(gradients)
        torch.testing.assert_close(stack.gradients[number], expected, atol=1e-5, rtol=1e-4)
        kept = torch.cat([torch.cat([norm.running_mean, norm.running_var]) for norm in net[1::3]])
        torch.testing.assert_close(state.statistics[number], kept, atol=1e-6, rtol=1e-5)


def test_nets_of_one_stack_learn_moments_for_three_quarters_of_their_own_budget() -> None:
    _, state = stack_at(40)
    stack = NormedStack(WIDTHS, activation="silu", state=state, totals=torch.tensor([50, 100]))
    before = state.statistics.clone()
    stack.forward(torch.randn(2, 6, BATCH, generator=torch.Generator().manual_seed(2)))
    assert torch.equal(state.statistics[0], before[0])
    assert not torch.equal(state.statistics[1], before[1])


def test_folded_net_is_the_normalised_one() -> None:
    stack, state = stack_at(99)
    inputs = torch.randn(2, 6, BATCH, generator=torch.Generator().manual_seed(3))
    outputs = stack.forward(inputs)
    layers: list[nn.Module] = []
    for widths in pairwise(WIDTHS):
        layers += [nn.Linear(*widths), nn.SiLU()]
    dense = nn.Sequential(*layers[:-1])
    for net in range(2):
        weights = folded(state.parameters[net], state.statistics[net], WIDTHS)
        mine = copy.deepcopy(dense)
        nn.utils.vector_to_parameters(weights, mine.parameters())
        torch.testing.assert_close(mine(inputs[net].T)[:, 0].detach(), outputs[net, 0], atol=1e-5, rtol=1e-5)


def test_net_that_ships_makes_the_error_that_the_training_ended_with() -> None:
    rows = learnable_rows()
    train = rows.source_index > 0
    told = []
    recipe = read_recipe("fr_mlp_bn").override(epochs=40, batch_size=200, bounded=False, loss="mse")
    fitted = fit_net(rows, train, ~train, recipe, on_epoch=told.append)
    with torch.inference_mode():
        error = fitted.module(torch.from_numpy(rows.features[train])).numpy() - rows.target[train]
    assert float((error**2).mean() ** 0.5) == pytest.approx(told[-1].train_rmse, rel=0.05)
