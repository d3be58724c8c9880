"""A training on disk: the net so far and all that the next step needs, in one file that torch reads as mere weights."""

import dataclasses
import os
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from tinyvmaf.errors import FitError, RecipeError
from tinyvmaf.models.adam import AdamState
from tinyvmaf.models.fitted import FittedNet
from tinyvmaf.models.fr import NETS
from tinyvmaf.models.recipe import Recipe, recipe_from
from tinyvmaf.models.stack import Scaling, head_of
from tinyvmaf.table.schema import TableFacts

FORMAT = 1
"""Grows when the file's entries change their meaning."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """One net at some step of its training."""

    recipe: Recipe
    """How it is trained."""
    data_key: str
    """Which rows it is trained on: a hash over the tables' keys and the split."""
    total_steps: int
    """Where the training ends."""
    state: AdamState
    """Weights and moments (1, P), and the step."""
    scaling: Scaling
    """Its input and output scaling."""
    feature_quantiles: torch.Tensor
    """(Q, F) of its training rows."""
    trained_on: tuple[TableFacts, ...]
    """The part of each table that it is trained on."""
    smoke: bool = False
    """True where the rows are made up."""

    @property
    def is_finished(self) -> bool:
        """Whether the training is at its end."""
        return self.state.step >= self.total_steps

    def fitted(self) -> FittedNet:
        """The net as it is now, as the next room takes it."""
        return FittedNet(
            architecture=self.recipe.architecture,
            module=head_of(self.recipe, self.scaling, self.state, 0),
            feature_set=self.recipe.features,
            target=self.recipe.output_name,
            output_range=self.recipe.output_range,
            recipe=self.recipe,
            seed=self.recipe.seed,
            trained_on=self.trained_on,
            feature_quantiles=self.feature_quantiles.numpy(),
            smoke=self.smoke,
            row_axis=NETS[self.recipe.architecture].row_axis,
        )


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes the checkpoint by temp + rename, so that a killed training leaves the one before whole."""
    entries = {
        "format": FORMAT,
        "recipe": dataclasses.asdict(checkpoint.recipe),
        "data_key": checkpoint.data_key,
        "total_steps": checkpoint.total_steps,
        "state": {field.name: getattr(checkpoint.state, field.name) for field in dataclasses.fields(AdamState)},
        "scaling": {field.name: getattr(checkpoint.scaling, field.name) for field in dataclasses.fields(Scaling)},
        "feature_quantiles": checkpoint.feature_quantiles,
        "trained_on": [dataclasses.asdict(facts) for facts in checkpoint.trained_on],
        "smoke": checkpoint.smoke,
    }
    save_entries(path, entries)


def save_entries(path: Path, entries: Mapping[str, object]) -> None:
    """Writes a checkpoint by temp + rename.

    Raises:
        FitError: the disk does not take it.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        torch.save(dict(entries), temporary)
        temporary.replace(path)
    except OSError as error:
        raise FitError(f"the checkpoint cannot be written to {path}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint of a file.

    Raises:
        FitError: there is none, or the file is not a checkpoint of this version.
    """
    if not path.is_file():
        raise FitError(f"no checkpoint at {path}; `tinyvmaf fit` writes one into its --out-dir")
    if not zipfile.is_zipfile(path):
        raise FitError(f"{path} is not a checkpoint of tinyvmaf, or is cut off; fit with --restart")
    try:
        entries = torch.load(path, weights_only=True)
        if entries["format"] != FORMAT:
            raise FitError(f"{path} is a checkpoint of format {entries['format']}, this version reads {FORMAT}")
        return Checkpoint(
            recipe=recipe_from(entries["recipe"]),
            data_key=entries["data_key"],
            total_steps=entries["total_steps"],
            state=AdamState(**entries["state"]),
            scaling=Scaling(**entries["scaling"]),
            feature_quantiles=entries["feature_quantiles"],
            trained_on=tuple(TableFacts(**facts) for facts in entries["trained_on"]),
            smoke=entries["smoke"],
        )
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, KeyError, TypeError, RecipeError) as error:
        raise FitError(
            f"{path} is not a checkpoint of tinyvmaf, or is damaged ({error}); fit with --restart"
        ) from error


def load_checkpoint(path: Path) -> FittedNet:
    """The net of a finished training.

    Raises:
        FitError: there is none, it is damaged, or the training was not finished.
    """
    checkpoint = read_checkpoint(path)
    if not checkpoint.is_finished:
        step, total = checkpoint.state.step, checkpoint.total_steps
        raise FitError(f"{path} stopped at step {step} of {total}; the same `tinyvmaf fit` again goes on from there")
    return checkpoint.fitted()
