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
from tinyvmaf.models.families import frames_seen, net_of, stack_of, state_before, widths_of
from tinyvmaf.models.fr import Head
from tinyvmaf.models.guess import OwnGuess, guess_of, known_features
from tinyvmaf.models.losses import residuals
from tinyvmaf.models.opinion import (
    OwnTeacher,
    corrected_teacher,
    frames_of_rows,
    frames_per_row,
    learned_of,
    pooled,
    rows_per_step,
    unpooled,
)
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.progress import stop_if_cancelled
from tinyvmaf.table.clips import clips_of, neighbours_of
from tinyvmaf.table.rows import Rows

_BLOCK_NUMBERS = 8_000_000
_CONSTANT = 1e-6
_WORTH_THREADS = 100_000
_CORRECTION_SCALE = 10.0


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
        known = known_features(rows.features, recipe)
        for net, plan in enumerate(plans):
            mean[net, :, 0], scale[net, :, 0] = _moments(known[plan.train])
            offset[net, 0], factor[net, 0] = _moments(rows.target[plan.train][:, np.newaxis])
    if recipe.correction:  # of no teacher's level: to add nothing is where it starts from, and what it decays to
        offset, factor = torch.zeros_like(offset), torch.full_like(factor, _CORRECTION_SCALE)
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
    guess = guess_of(recipe)
    head.guess = None if guess is None else OwnGuess(guess, len(recipe.features.names))
    svr = corrected_teacher(recipe)
    head.teacher = None if svr is None else OwnTeacher(svr)
    return head.eval()


def predict_rows(head: Head, rows: Rows, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The scores (n,) of the masked rows, which hold a clip whole or not at all."""
    features = rows.features[mask]
    if head.row_axis == "N":
        return _predict(head, features)
    scores = np.empty(len(features), np.float32)
    for clip in clips_of(rows.clip_index[mask], rows.frame_index[mask]):
        scores[clip] = _predict(head, features[clip])
    return scores


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
    features = torch.from_numpy(np.ascontiguousarray(known_features(rows.features, recipe).T))  # (F, N)
    frames = frames_of_rows(rows, recipe)
    batches = Batches(
        features,
        learned_of(rows, recipe, frames),
        plans,
        batch_size=rows_per_step(recipe),
        windows=_windows(rows, recipe, frames),
    )
    loop = _Loop(recipe, scaling, state, totals)
    seen = frames_seen(recipe)
    block_steps = max(1, _BLOCK_NUMBERS // (len(plans) * (len(features) * seen + 1) * recipe.batch_size))
    while state.step < longest:
        report_step = min(longest, (state.step // report_every + 1) * report_every)
        started, squares = state.step, 0.0
        while state.step < report_step:
            stop_if_cancelled(cancel)
            with _threads_for(len(plans) * recipe.batch_size * seen * max(widths_of(recipe))):
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
        self._net = stack_of(recipe, state, totals)
        self._recipe, self._scaling, self._state, self._totals = recipe, scaling, state, totals

    def run(self, features: Tensor, target: Tensor) -> float:
        """Makes the steps that a block holds; the sum over them of the mean squared residual."""
        size, seen = rows_per_step(self._recipe), features.shape[2] // target.shape[2]
        features.sub_(self._scaling.feature_mean).div_(self._scaling.feature_scale)
        squares = torch.zeros(())
        for at in range(0, target.shape[2], size):
            squares += self._step(features[:, :, at * seen : (at + size) * seen], target[:, :, at : at + size])
        return float(squares)

    def _step(self, features: Tensor, true: Tensor) -> Tensor:
        recipe, scale, frames = self._recipe, self._scaling.score_scale, frames_per_row(self._recipe)
        scores = torch.addcmul(self._scaling.score_offset, self._net.forward(features), scale)  # (K, 1, B x M)
        residual = residuals(pooled(scores, frames), true[:, :1], loss=recipe.loss)  # (K, 1, B)
        squares = residual.square().mean()
        if true.shape[1] > 1:
            residual.mul_(true[:, 1:])
        # The loss is the mean square in units of the net's own output.
        self._net.backward(unpooled(residual.mul_(2 / residual.shape[2]).div_(scale), frames))
        rates = learning_rates(
            recipe.schedule, highest=recipe.learning_rate, step=self._state.step, totals=self._totals
        )
        adam_step(self._state, self._net.gradients, rates, weight_decay=recipe.weight_decay)
        return squares


def _predict(head: Head, features: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.inference_mode():
        return head(torch.from_numpy(np.ascontiguousarray(features))).numpy()


def _windows(rows: Rows, recipe: Recipe, frames: NDArray[np.int64] | None) -> Tensor | None:
    """(N, M x W) the rows that a net sees for each row, from those (N, M) that it stands for; None: the row alone."""
    seen = frames_seen(recipe)
    if seen == 1:
        return None if frames is None else torch.from_numpy(frames)
    neighbours = neighbours_of(rows.clip_index, rows.frame_index, radius=seen // 2)
    return torch.from_numpy(neighbours if frames is None else neighbours[frames].reshape(len(frames), -1))


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
