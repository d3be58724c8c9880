"""The one training loop: K nets of one architecture at once, each with its own rows, scaling and seed.

A fit is a stack of one; leave-one-out is a stack of folds x seeds. A net comes out the same whoever trains beside it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tinyvmaf.errors import FitError
from tinyvmaf.models.adam import AdamState, adam_step, learning_rates
from tinyvmaf.models.batches import Batches, NetPlan, stream_seed
from tinyvmaf.models.families import net_of, stack_of, state_before, widths_of
from tinyvmaf.models.fr import Head
from tinyvmaf.models.losses import residuals
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.progress import stop_if_cancelled
from tinyvmaf.table.rows import Rows

_BLOCK_NUMBERS = 8_000_000
_CONSTANT = 1e-6
_WORTH_THREADS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What brings raw features to a net's inputs and a net's outputs to scores, one set per net."""

    feature_mean: Tensor
    """(K, F, 1)"""
    feature_scale: Tensor
    """(K, F, 1)"""
    score_offset: Tensor
    """(K, 1, 1)"""
    score_scale: Tensor
    """(K, 1, 1)"""


@dataclass(frozen=True, slots=True, eq=False)
class StackReport:
    """How far the training of a stack is."""

    state: AdamState
    """The weights now, and what the next step needs; a reader must copy what it keeps."""
    total_steps: int
    """The steps of the longest training in the stack."""
    steps_per_epoch: int
    """Of the net with the most rows."""
    train_rmse: float
    """Root of the mean loss since the last report, over all nets, on the 0-100 scale."""


OnReport = Callable[[StackReport], None]


def first_state(recipe: Recipe, plans: Sequence[NetPlan]) -> AdamState:
    """K nets before their first step, each as its own seed has it."""
    return state_before(recipe, [torch.Generator().manual_seed(stream_seed("weights", plan.seed)) for plan in plans])


def scaling_of(rows: Rows, recipe: Recipe, plans: Sequence[NetPlan]) -> Scaling:
    """Each net's scaling, from its own training rows only; the identity for a recipe that does not standardise."""
    nets, features = len(plans), len(recipe.features.names)
    mean, scale = torch.zeros(nets, features, 1), torch.ones(nets, features, 1)
    offset, factor = torch.zeros(nets, 1, 1), torch.ones(nets, 1, 1)
    if recipe.standardise:
        for net, plan in enumerate(plans):
            mean[net, :, 0], scale[net, :, 0] = _moments(rows.features[plan.train])
            offset[net, 0], factor[net, 0] = _moments(rows.target[plan.train][:, np.newaxis])
    return Scaling(mean, scale, offset, factor)


def total_steps(recipe: Recipe, row_count: int) -> int:
    """The budget of a net with so many training rows: an epoch is as many whole batches as hold all of them."""
    return recipe.steps if recipe.steps is not None else (recipe.epochs or 0) * steps_per_epoch(recipe, row_count)


def steps_per_epoch(recipe: Recipe, row_count: int) -> int:
    """The steps in which a net sees each of its training rows about once."""
    return math.ceil(row_count / recipe.batch_size)


def head_of(recipe: Recipe, scaling: Scaling, state: AdamState, net: int) -> Head:
    """One net of the stack on its own, in eval mode, with its scaling inside."""
    head = net_of(recipe, state, net)
    head.feature_mean.copy_(scaling.feature_mean[net, :, 0])
    head.feature_scale.copy_(scaling.feature_scale[net, :, 0])
    head.score_offset.copy_(scaling.score_offset[net, 0, 0])
    head.score_scale.copy_(scaling.score_scale[net, 0, 0])
    return head.eval()


def predict(head: torch.nn.Module, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The scores (N,) of raw features (N, F)."""
    with torch.inference_mode():
        return head(torch.from_numpy(np.ascontiguousarray(features))).numpy()


def train_stack(
    rows: Rows,
    plans: Sequence[NetPlan],
    recipe: Recipe,
    *,
    state: AdamState,
    scaling: Scaling,
    report_every: int,
    on_report: OnReport,
    cancel: Event | None = None,
) -> None:
    """Trains the nets from ``state`` to the end of their budgets, in place.

    Raises:
        FitError: a loss became infinite or no number.
        CancelledError: ``cancel`` was set.
    """
    counts = [plan.row_count for plan in plans]
    totals = torch.tensor([total_steps(recipe, count) for count in counts])
    longest = int(totals.max())
    features = torch.from_numpy(np.ascontiguousarray(rows.features.T))  # (F, N)
    batches = Batches(features, torch.from_numpy(rows.target), plans, batch_size=recipe.batch_size)
    loop = _Loop(recipe, scaling, state, totals)
    block_steps = max(1, _BLOCK_NUMBERS // (len(plans) * (len(features) + 1) * recipe.batch_size))
    while state.step < longest:
        report_step = min(longest, (state.step // report_every + 1) * report_every)
        started, squares = state.step, 0.0
        while state.step < report_step:
            stop_if_cancelled(cancel)
            with _threads_for(len(plans) * recipe.batch_size * max(loop.widths)):
                squares += loop.run(*batches.block(state.step, min(block_steps, report_step - state.step)))
        if not math.isfinite(squares):
            raise FitError(
                f"the loss became {squares} by step {state.step}: take a lower --lr than {recipe.learning_rate}"
            )
        rmse = math.sqrt(squares / (state.step - started))
        on_report(StackReport(state, longest, steps_per_epoch(recipe, max(counts)), rmse))


class _Loop:
    """The steps of one stack."""

    def __init__(self, recipe: Recipe, scaling: Scaling, state: AdamState, totals: Tensor) -> None:
        self.widths = widths_of(recipe)
        self._net = stack_of(recipe, state, totals)
        self._recipe, self._scaling, self._state, self._totals = recipe, scaling, state, totals

    def run(self, features: Tensor, target: Tensor) -> float:
        """Makes the steps that a block holds; the sum over them of the mean squared residual."""
        size = self._recipe.batch_size
        features.sub_(self._scaling.feature_mean).div_(self._scaling.feature_scale)
        squares = torch.zeros(())
        for at in range(0, target.shape[2], size):
            squares += self._step(features[:, :, at : at + size], target[:, :, at : at + size])
        return float(squares)

    def _step(self, features: Tensor, true: Tensor) -> Tensor:
        recipe, scale = self._recipe, self._scaling.score_scale
        predicted = torch.addcmul(self._scaling.score_offset, self._net.forward(features), scale)  # (K, 1, B)
        residual = residuals(predicted, true, loss=recipe.loss)
        squares = residual.square().mean()
        # The loss is the mean square in units of the net's own output.
        self._net.backward(residual.mul_(2 / recipe.batch_size).div_(scale))
        rates = learning_rates(
            recipe.schedule, highest=recipe.learning_rate, step=self._state.step, totals=self._totals
        )
        adam_step(self._state, self._net.gradients, rates, weight_decay=recipe.weight_decay)
        return squares


@contextmanager
def _threads_for(numbers: int) -> Iterator[None]:
    """One thread while tensors of so many numbers are worked on, where more would wait for each other most of the time.

    On a busy machine a hundredfold: each of the step's small operations ends with all threads meeting.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if numbers < _WORTH_THREADS else threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _moments(values: NDArray[np.float32]) -> tuple[Tensor, Tensor]:
    mean = values.mean(axis=0, dtype=np.float64)
    deviation = values.std(axis=0, dtype=np.float64)
    # A column that never varies says nothing: it is centred and left at that.
    deviation[deviation < _CONSTANT] = 1.0
    return torch.from_numpy(mean.astype(np.float32)), torch.from_numpy(deviation.astype(np.float32))
