"""The entries of a recipe: what kinds of values there are, and the check of one against the kind that it must be."""

from collections.abc import Mapping
from types import UnionType
from typing import TypeGuard, get_args

from tinyvmaf.errors import RecipeError

Value = None | bool | int | float | str | tuple[str, ...] | tuple[int, ...]
"""What an entry of a recipe can be."""

_WORDS: Mapping[object, str] = {
    bool: "true or false",
    int: "a whole number",
    int | None: "a whole number",
    float: "a number",
    str: "a text",
    str | None: "a text",
    tuple[str, ...]: "a list of texts",
    tuple[int, ...] | None: "a list of whole numbers",
}
_ITEMS: Mapping[object, type] = {tuple[str, ...]: str, tuple[int, ...] | None: int}


def typed(recipe: str, entry: str, value: object, kind: object) -> Value:
    """The value of an entry as its kind has it: a whole number where a number is asked for becomes one, a list a tuple.

    Raises:
        RecipeError: it is of another kind; the message names the recipe and the entry, and what would do.
    """
    if isinstance(value, list | tuple):
        if all(_fits(item, _ITEMS.get(kind)) for item in value):
            return tuple(value)
    elif _fits(value, kind):
        return float(value) if kind is float and isinstance(value, int) else value
    raise RecipeError(f"recipe {recipe}: {entry} is {value!r}, but must be {_WORDS[kind]}")


def _fits(value: object, kind: object) -> TypeGuard[bool | int | float | str | None]:
    """Whether it is of the kind; True is no number here."""
    if isinstance(value, bool):
        return kind is bool
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return any(type(value) is one or (one is float and isinstance(value, int)) for one in kinds)
