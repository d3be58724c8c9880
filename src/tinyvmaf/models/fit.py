"""Rows and a recipe -> one fitted net; an interrupted training goes on from its checkpoint, to the very same net."""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np
import torch
from numpy.typing import NDArray

from tinyvmaf.errors import FitError
from tinyvmaf.metrics import rmse
from tinyvmaf.models.batches import NetPlan
from tinyvmaf.models.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from tinyvmaf.models.fitted import FittedNet, facts_of, quantiles_of
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.models.stack import (
    StackReport,
    first_state,
    head_of,
    predict_rows,
    scaling_of,
    steps_per_epoch,
    total_steps,
    train_stack,
)
from tinyvmaf.table.rows import Rows

Mask = NDArray[np.bool_]

_MOST_REPORTS = 50
_CHECKPOINT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Epoch:
    """Where a training is, at the end of an epoch."""

    step: int
    """Steps made."""
    total_steps: int
    """Steps in all."""
    epoch: int
    """Whole epochs done."""
    train_rmse: float
    """Root of the mean loss since the last report, on the 0-100 scale."""
    val_rmse: float | None
    """On the rows held out; None: there are none."""
    elapsed_seconds: float
    """Since this run of the training began."""


def no_watcher(epoch: Epoch) -> None:
    """The training that nobody watches."""


def no_listener(words: str) -> None:
    """The words that nobody hears."""


def fit_net(
    rows: Rows,
    train: Mask,
    val: Mask,
    recipe: Recipe,
    *,
    checkpoint: Path | None = None,
    restart: bool = False,
    on_epoch: Callable[[Epoch], None] = no_watcher,
    on_start: Callable[[str], None] = no_listener,
    cancel: Event | None = None,
) -> FittedNet:
    """The net that the recipe makes of the rows.

    Args:
        rows: On the recipe's features and target.
        train: (N,) the rows that train.
        val: (N,) the rows whose error is told on the way; they change nothing.
        recipe: How to train.
        checkpoint: Where the training is kept; one of the same recipe and rows that lies there is gone on with.
        restart: Start anew whatever lies there.
        on_epoch: Told how the training goes: for a budget in epochs after each, else some fifty times.
        on_start: Told in words whether a training is gone on with.
        cancel: Stops the training; the checkpoint keeps what was done by an epoch of the last second or two.

    Raises:
        FitError: there is nothing to train on, or the loss runs away.
        CancelledError: ``cancel`` was set.
    """
    if not train.any():
        raise FitError("there is no row to train on")
    plan = NetPlan(train, recipe.seed)
    start = _first_checkpoint(rows, plan, recipe)
    if checkpoint is not None and checkpoint.exists() and not restart:
        start = _resumed(start, checkpoint, on_start)
    started, written = time.monotonic(), -math.inf

    def report(now: StackReport) -> None:
        nonlocal written
        held_out = _val_rmse(rows, val, start)
        epoch = now.state.step // now.steps_per_epoch
        on_epoch(Epoch(now.state.step, now.total_steps, epoch, now.train_rmse, held_out, time.monotonic() - started))
        if checkpoint is not None and time.monotonic() - written >= _CHECKPOINT_SECONDS:
            write_checkpoint(checkpoint, start)
            written = time.monotonic()

    train_stack(
        rows,
        (plan,),
        recipe,
        state=start.state,
        scaling=start.scaling,
        report_every=_report_every(recipe, plan.row_count),
        on_report=report,
        cancel=cancel,
    )
    if checkpoint is not None:
        write_checkpoint(checkpoint, start)
    return start.fitted()


def data_key(rows: Rows, train: Mask) -> str:
    """A hash of which rows train: the tables' keys, and which of their rows."""
    digest = hashlib.sha256("/".join(facts.table_key for facts in rows.facts).encode())
    digest.update(np.packbits(train).tobytes())
    return digest.hexdigest()


def _first_checkpoint(rows: Rows, plan: NetPlan, recipe: Recipe) -> Checkpoint:
    return Checkpoint(
        recipe=recipe,
        data_key=data_key(rows, plan.train),
        total_steps=total_steps(recipe, plan.row_count),
        state=first_state(recipe, (plan,)),
        scaling=scaling_of(rows, recipe, (plan,)),
        feature_quantiles=torch.from_numpy(quantiles_of(rows, plan.train)),
        trained_on=facts_of(rows, plan.train),
        smoke=rows.smoke or total_steps(recipe, plan.row_count) == 0,
    )


def _resumed(start: Checkpoint, path: Path, on_start: Callable[[str], None]) -> Checkpoint:
    """The checkpoint at the path where it is of the same training, else the start."""
    kept = read_checkpoint(path)
    if kept.recipe.sha256 != start.recipe.sha256:
        on_start(f"{path} is of another recipe: starting anew")
        return start
    if kept.data_key != start.data_key:
        on_start(f"{path} is of another table or split: starting anew")
        return start
    on_start(f"going on from {path}, at step {kept.state.step} of {kept.total_steps}")
    return kept


def _report_every(recipe: Recipe, row_count: int) -> int:
    epoch = steps_per_epoch(recipe, row_count)
    if recipe.steps is None:
        return epoch
    return epoch * math.ceil(recipe.steps / epoch / _MOST_REPORTS) or epoch


def _val_rmse(rows: Rows, val: Mask, now: Checkpoint) -> float | None:
    if not val.any():
        return None
    return rmse(predict_rows(head_of(now.recipe, now.scaling, now.state, 0), rows, val), rows.target[val])
