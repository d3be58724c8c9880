"""Where recipes lie, and a TOML file of entries -> a record that has been checked entry by entry.

Two families share this: heads on features (``models/recipe.py``), and nets on pixels (``models/pixel_recipe.py``).
"""

import dataclasses
import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar, get_type_hints

from tinyvmaf.errors import RecipeError
from tinyvmaf.models.recipe_entries import typed

R = TypeVar("R")

ARCHITECTURE = "architecture"
"""The entry that tells which family a recipe is of."""
PIXEL_RECIPES: Mapping[str, str] = {
    "nr_mobilenet": "record/c2",
    "nr_patch": "nr_vmaf",
    "residual_cnn": "record/c3",
    "prefilter_lite": "prefilter_lite",
}
"""By net that sees pixels the recipe that it is trained by where none is named."""


def recipe_entries(name_or_path: str) -> dict[str, object]:
    """The entries of a recipe by its name (``fr_mlp_small``, ``record/c1``) or of a TOML file, with its ``name``.

    Raises:
        RecipeError: there is no such recipe, or it is not TOML.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml":
        if not path.is_file():
            raise RecipeError(f"no recipe file at {path}; give a TOML file or one of {', '.join(recipe_names())}")
        return _parse(path.read_text(encoding="utf-8"), name=path.stem)
    if name_or_path not in recipe_names():
        raise RecipeError(f"no recipe {name_or_path!r}; there are {', '.join(recipe_names())}, or give a .toml file")
    return _parse(_folder().joinpath(f"{name_or_path}.toml").read_text(encoding="utf-8"), name=name_or_path)


def recipe_names() -> tuple[str, ...]:
    """The names of all recipes that came with the package, sorted."""
    return tuple(sorted(_names_below(_folder(), "")))


def record_of(cls: type[R], entries: Mapping[str, object]) -> R:
    """The record of these entries, each checked against its annotation.

    Raises:
        RecipeError: an entry is unknown, missing or of another kind; the message names it and what would do.
    """
    kinds = get_type_hints(cls)
    fields = dataclasses.fields(cls)  # pyright: ignore[reportArgumentType]  the two families are dataclasses
    name = str(entries["name"])
    if unknown := sorted(set(entries) - set(kinds)):
        valid = ", ".join(entry for entry in kinds if entry != "name")
        raise RecipeError(f"recipe {name}: unknown entry {', '.join(unknown)}; there are {valid}")
    required = {f.name for f in fields if f.default is dataclasses.MISSING}
    if missing := sorted(required - set(entries)):
        raise RecipeError(f"recipe {name}: entry {', '.join(missing)} is missing")
    return cls(**{entry: typed(name, entry, value, kinds[entry]) for entry, value in entries.items()})


def _parse(text: str, *, name: str) -> dict[str, object]:
    try:
        return {**tomllib.loads(text), "name": name}
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"recipe {name} is not TOML: {error}") from error


def _names_below(folder: Traversable, prefix: str) -> list[str]:
    names = []
    for entry in folder.iterdir():
        if entry.is_dir():
            names += _names_below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".toml"):
            names.append(prefix + entry.name.removesuffix(".toml"))
    return names


def _folder() -> Traversable:
    packaged = resources.files("tinyvmaf").joinpath("recipes")
    # An editable installation has no copy in the package: there the checkout's own folder is it.
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "recipes"
