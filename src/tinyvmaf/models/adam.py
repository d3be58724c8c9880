"""Adam on a stack of nets, and the schedules of its learning rate."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8
_WARM_UP = 0.3
_FIRST, _LAST = 1 / 25, 1 / 250_000


@dataclass(slots=True)
class AdamState:
    """What K nets are at one step of their training; changed in place by ``adam_step``."""

    parameters: Tensor
    """(K, P) the weights."""
    first_moments: Tensor
    """(K, P) the running mean of the gradients."""
    second_moments: Tensor
    """(K, P) the running mean of their squares."""
    step: int = 0
    """How many steps were made."""
    statistics: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    """(K, S) what nets remember of the batches that they saw, apart from weights; nothing for most nets."""


def adam_step(state: AdamState, gradients: Tensor, learning_rates: Tensor, *, weight_decay: float = 0.0) -> None:
    """One step of Adam (Kingma and Ba, 2015, arXiv:1412.6980), in place; a net of learning rate 0 stays as it is.

    The decay is apart from the gradient (Loshchilov and Hutter, 2019, arXiv:1711.05101).
    """
    state.step += 1
    if weight_decay:
        state.parameters.mul_(1 - learning_rates * weight_decay)
    state.first_moments.lerp_(gradients, 1 - _BETA1)
    state.second_moments.mul_(_BETA2).addcmul_(gradients, gradients, value=1 - _BETA2)
    deviation = (state.second_moments / (1 - _BETA2**state.step)).sqrt_().add_(_EPSILON)
    rates = learning_rates / (1 - _BETA1**state.step)
    state.parameters.sub_(deviation.reciprocal_().mul_(state.first_moments).mul_(rates))


def learning_rates(schedule: str, *, highest: float, step: int, totals: Tensor) -> Tensor:
    """The learning rates (K, 1) at a step, from 0, of trainings that take ``totals`` (K,) steps; 0 beyond them."""
    fractions = [step / total if step < total else None for total in totals.tolist()]
    rates = [0.0 if fraction is None else highest * SCHEDULES[schedule](fraction) for fraction in fractions]
    return torch.tensor(rates).unsqueeze(1)


def _one_cycle(fraction: float) -> float:
    """Up and down along half cosines (Smith and Topin, 2019, arXiv:1708.07120), with torch's ``OneCycleLR`` ends."""
    if fraction < _WARM_UP:
        return _cosine(_FIRST, 1.0, fraction / _WARM_UP)
    return _cosine(1.0, _LAST, (fraction - _WARM_UP) / (1 - _WARM_UP))


def _cosine(start: float, end: float, fraction: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2


SCHEDULES: dict[str, Callable[[float], float]] = {"constant": lambda fraction: 1.0, "one-cycle": _one_cycle}
"""Fraction of the training done -> part of the highest learning rate."""
