"""The public names are exactly ``__all__``, and each resolves."""

import ast
from pathlib import Path

import pytest

import tinyvmaf


@pytest.mark.parametrize("name", tinyvmaf.__all__)
def test_public_name_resolves_and_has_words(name: str) -> None:
    assert getattr(tinyvmaf, name).__doc__


def test_public_names_are_those_that_type_checkers_see() -> None:
    tree = ast.parse(Path(tinyvmaf.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = sorted(alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names)
    assert seen == tinyvmaf.__all__ == sorted(tinyvmaf.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = tinyvmaf.nonsense


def test_who_explores_finds_every_public_name() -> None:
    assert set(tinyvmaf.__all__) <= set(dir(tinyvmaf))
