"""Rows, folds and a recipe -> one net per fold and seed, all trained as stacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import FitError
from tinyvmaf.models.adam import AdamState
from tinyvmaf.models.batches import NetPlan
from tinyvmaf.models.fitted import FittedNet, facts_of, quantiles_of
from tinyvmaf.models.fr import NETS, layer_widths
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.models.stack import (
    Scaling,
    StackReport,
    first_state,
    head_of,
    predict,
    scaling_of,
    total_steps,
    train_stack,
)
from tinyvmaf.progress import Progress, silent
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.splits import Fold

_STACK_NUMBERS = 4_000_000
_REPORTS = 100


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
        """How many numbers were trained."""
        return self.state.parameters.shape[1]

    def predict(self, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Its scores (n,) of the masked rows."""
        return predict(head_of(self.recipe, self.scaling, self.state, self.place), self.rows.features[mask])

    def fitted(self) -> FittedNet:
        """The same net as the next room takes it."""
        return FittedNet(
            architecture=self.recipe.architecture,
            module=head_of(self.recipe, self.scaling, self.state, self.place),
            feature_set=self.recipe.features,
            target=self.recipe.output_name,
            output_range=self.recipe.output_range,
            recipe=self.recipe,
            seed=self.recipe.seed,
            trained_on=facts_of(self.rows, self.fold.train),
            feature_quantiles=quantiles_of(self.rows, self.fold.train),
            smoke=self.rows.smoke,
        )


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
    size = _nets_per_stack(recipe)
    stacks = [jobs[at : at + size] for at in range(0, len(jobs), size)]
    nets: list[FoldNet] = []
    for number, stack in enumerate(stacks):
        share = _Share(progress, f"{recipe.architecture}, {len(jobs)} nets", number, len(stacks))
        nets += _fit_stack(rows, stack, recipe, progress=share, cancel=cancel)
    return tuple(nets)


@dataclass(frozen=True, slots=True)
class _Share:
    """The progress of one stack as a part of the whole."""

    progress: Progress
    label: str
    number: int
    stacks: int

    def __call__(self, report: StackReport) -> None:
        total = report.total_steps
        self.progress(self.number * total + report.state.step, self.stacks * total, self.label)


def _fit_stack(
    rows: Rows, jobs: Sequence[tuple[Fold, Recipe]], recipe: Recipe, *, progress: _Share, cancel: Event | None
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


def _nets_per_stack(recipe: Recipe) -> int:
    """So many that a layer's activations stay within the processor's cache, or near it."""
    widest = max(layer_widths(NETS[recipe.architecture], feature_count=len(recipe.features.names)))
    return max(1, _STACK_NUMBERS // (widest * recipe.batch_size))
