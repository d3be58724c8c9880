"""A trained net that sees pixels, in one file that torch reads as mere weights: what ``tinyvmaf export`` takes."""

import dataclasses
import pickle
import zipfile
from pathlib import Path
from typing import TypeGuard

import torch

from tinyvmaf.errors import FitError, RecipeError
from tinyvmaf.models.checkpoint import save_entries
from tinyvmaf.models.pixel_nets import FittedPixelNet, first_net
from tinyvmaf.models.pixel_recipe import pixel_recipe_from
from tinyvmaf.table.schema import TableFacts

FORMAT = "pixels-1"
"""Changes when the file's entries change their meaning."""


def write_pixel_checkpoint(path: Path, fitted: FittedPixelNet, *, data_key: str) -> None:
    """Writes the net by temp + rename.

    Args:
        path: The file.
        fitted: At the end of its training.
        data_key: Which samples and which split it was trained on.

    Raises:
        FitError: the disk does not take it.
    """
    entries = {
        "format": FORMAT,
        "recipe": dataclasses.asdict(fitted.recipe),
        "data_key": data_key,
        "weights": fitted.module.state_dict(),
        "shape": fitted.shape,
        "trained_on": [dataclasses.asdict(facts) for facts in fitted.trained_on],
        "smoke": fitted.smoke,
    }
    save_entries(path, entries)


def is_pixel_checkpoint(path: Path) -> bool:
    """Whether the file is a checkpoint of a net that sees pixels; one of a head, or no checkpoint, is not."""
    return path.is_file() and zipfile.is_zipfile(path) and _is_ours(_entries(path))


def load_pixel_checkpoint(path: Path, *, data_key: str | None = None) -> FittedPixelNet:
    """The net of a finished training.

    Args:
        path: The file.
        data_key: The samples and the split that it must be of; None: any.

    Raises:
        FitError: there is none, it is damaged, or it is of other samples.
    """
    if not path.is_file() or not zipfile.is_zipfile(path):
        raise FitError(f"{path} is not a checkpoint of tinyvmaf, or is cut off; fit with --restart")
    entries = _entries(path)
    if not _is_ours(entries):
        raise FitError(f"{path} is not a checkpoint of a net that sees pixels")
    if data_key not in {None, entries["data_key"]}:
        raise FitError(f"{path} was trained on other samples, or by another recipe; fit with --restart, or elsewhere")
    try:
        return _fitted(entries)
    except (RuntimeError, KeyError, TypeError, ValueError, RecipeError) as error:
        raise FitError(f"{path} is damaged ({error}); fit with --restart") from error


def _fitted(entries: dict[str, object]) -> FittedPixelNet:
    stored, shape, weights, facts = (entries[name] for name in ("recipe", "shape", "weights", "trained_on"))
    if not (isinstance(stored, dict) and isinstance(weights, dict) and isinstance(facts, list)):
        raise TypeError("entries of another kind")
    recipe = pixel_recipe_from(stored)
    planes, side = shape if isinstance(shape, tuple) else (0, 0)
    module = first_net(recipe, (planes, side))
    module.load_state_dict(weights)
    trained_on = tuple(TableFacts(**each) for each in facts)
    return FittedPixelNet(
        module.eval(), (planes, side), recipe.output_name, recipe, trained_on, smoke=bool(entries["smoke"])
    )


def _entries(path: Path) -> object:
    try:
        return torch.load(path, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise FitError(f"{path} is not a checkpoint of tinyvmaf, or is damaged ({error})") from error


def _is_ours(entries: object) -> TypeGuard[dict[str, object]]:
    return isinstance(entries, dict) and entries.get("format") == FORMAT
