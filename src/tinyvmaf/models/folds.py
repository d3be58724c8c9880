"""Rows, folds and a recipe -> one net per fold and seed, all trained as stacks."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Event, Lock

import numpy as np
import torch
from numpy.typing import NDArray

from tinyvmaf.errors import FitError
from tinyvmaf.models.adam import AdamState
from tinyvmaf.models.batches import NetPlan
from tinyvmaf.models.families import frames_seen, widths_of
from tinyvmaf.models.fitted import FittedNet, facts_of, quantiles_of
from tinyvmaf.models.fr import NETS, Head
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.models.stack import (
    OnReport,
    Scaling,
    StackReport,
    first_state,
    head_of,
    predict_rows,
    scaling_of,
    total_steps,
    train_stack,
)
from tinyvmaf.progress import Progress, silent
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.splits import Fold

_STACK_NUMBERS = 2_000_000
_WORTH_A_THREAD = 250_000
_REPORTS = 100

_Job = tuple[Fold, Recipe]


@dataclass(frozen=True, slots=True, eq=False)
class FoldNet:
    """The net of one fold and one seed."""

    rows: Rows
    """All rows of all folds."""
    fold: Fold
    """What it has not seen."""
    recipe: Recipe
    """How it was trained, with its own seed."""
    scaling: Scaling
    """Of the stack that it was trained in."""
    state: AdamState
    """Of that stack."""
    place: int
    """Which net of the stack it is."""

    @property
    def parameter_count(self) -> int:
        """How many numbers the net holds."""
        return sum(parameter.numel() for parameter in self._head().parameters())

    def predict(self, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Its scores (n,) of the masked rows."""
        return predict_rows(self._head(), self.rows, mask)

    def fitted(self) -> FittedNet:
        """The same net as the next room takes it."""
        return FittedNet(
            architecture=self.recipe.architecture,
            module=self._head(),
            feature_set=self.recipe.features,
            target=self.recipe.output_name,
            output_range=self.recipe.output_range,
            recipe=self.recipe,
            seed=self.recipe.seed,
            trained_on=facts_of(self.rows, self.fold.train),
            feature_quantiles=quantiles_of(self.rows, self.fold.train),
            smoke=self.rows.smoke,
            row_axis=NETS[self.recipe.architecture].row_axis,
        )

    def _head(self) -> Head:
        return head_of(self.recipe, self.scaling, self.state, self.place)


def fit_folds(
    rows: Rows,
    folds: Sequence[Fold],
    recipe: Recipe,
    *,
    seeds: int = 1,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> tuple[FoldNet, ...]:
    """One net per fold and seed, fold after fold; seeds count up from the recipe's.

    Raises:
        FitError: there is no fold, or a loss runs away.
        CancelledError: ``cancel`` was set.
    """
    if not folds:
        raise FitError("there is no fold to train")
    recipes = [recipe.override(seed=recipe.seed + number) for number in range(seeds)]
    jobs = [(fold, seeded) for fold in folds for seeded in recipes]
    stop = _EitherEvent(cancel)
    told = _Told(progress, f"{recipe.architecture}, {len(jobs)} nets")
    # One thread per stack, and none within: threads that share a small operation wait for each other after each.
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        stacks = _stacks(jobs, recipe, threads)
        futures = [
            pool.submit(_fit_stack, rows, stack, recipe, progress=told.share(len(stacks)), cancel=stop)
            for stack in stacks
        ]
        try:
            nets = [net for future in futures for net in future.result()]
        finally:
            stop.set()  # after a failure or Ctrl-C the other stacks end at their next block of steps
            torch.set_num_threads(threads)
    return tuple(nets)


class _EitherEvent(Event):
    """Set when it is set itself, or when the caller's own event is."""

    def __init__(self, other: Event | None) -> None:
        super().__init__()
        self._other = other

    def is_set(self) -> bool:
        return super().is_set() or (self._other is not None and self._other.is_set())


class _Told:
    """The progress of several stacks as one."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress, self._label = progress, label
        self._done: list[float] = []
        self._lock = Lock()

    def share(self, stacks: int) -> OnReport:
        """What one of so many stacks tells."""
        number = len(self._done)
        self._done.append(0.0)

        def tell(report: StackReport) -> None:
            with self._lock:
                self._done[number] = report.state.step
                self._progress(sum(self._done), stacks * report.total_steps, self._label)

        return tell


def _stacks(jobs: Sequence[_Job], recipe: Recipe, threads: int) -> list[list[_Job]]:
    """The nets in stacks of equal size: one per thread where each is worth a thread, and none larger than memory likes.

    Threads hand Python's lock to each other at every operation; a stack must be large for that not to matter.
    """
    numbers = len(jobs) * max(widths_of(recipe)) * frames_seen(recipe) * recipe.batch_size
    count = min(len(jobs), max(1, min(threads, numbers // _WORTH_A_THREAD), math.ceil(numbers / _STACK_NUMBERS)))
    ends = [len(jobs) * number // count for number in range(count + 1)]
    return [list(jobs[start:end]) for start, end in pairwise(ends)]


def _fit_stack(
    rows: Rows, jobs: Sequence[_Job], recipe: Recipe, *, progress: OnReport, cancel: Event | None
) -> list[FoldNet]:
    plans = [NetPlan(fold.train, seeded.seed) for fold, seeded in jobs]
    state, scaling = first_state(recipe, plans), scaling_of(rows, recipe, plans)
    longest = max(total_steps(recipe, plan.row_count) for plan in plans)
    train_stack(
        rows,
        plans,
        recipe,
        state=state,
        scaling=scaling,
        report_every=max(1, longest // _REPORTS),
        on_report=progress,
        cancel=cancel,
    )
    return [FoldNet(rows, fold, seeded, scaling, state, place) for place, (fold, seeded) in enumerate(jobs)]
