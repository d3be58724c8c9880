"""One owner per fact: feature names, op names, file and function sizes, names without versions."""

import ast
import re
from pathlib import Path

import pytest

import tinyvmaf
from tinyvmaf.features import CANONICAL_6

SOURCE = Path(tinyvmaf.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60


def strings(path: Path) -> set[str]:
    """String constants of a file that are code, not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    words = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words
    }


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def test_canonical_feature_names_are_spelled_in_one_file() -> None:
    pattern = re.compile(rf"(?<![A-Za-z0-9_])({'|'.join(CANONICAL_6.names)}|vif_scale)(?![A-Za-z_])")
    offenders = {relative(path) for path in FILES if any(pattern.search(text) for text in strings(path))}
    assert offenders <= {"features.py"}


def test_op_names_stay_in_bundles() -> None:
    from tinyvmaf.bundles.ops import ALLOWED_OPS

    telling = {op for op in ALLOWED_OPS if re.match(r"[A-Z][a-z]+[A-Z]", op)}
    offenders = {relative(path) for path in FILES if "bundles/" not in relative(path) and telling & strings(path)}
    assert not offenders


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION_LINES, f"{node.name} is too long"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_names_carry_no_version_and_rooms_do_not_print(path: Path) -> None:
    assert not re.search(r"(_v\d+|_new|_final|_old|utils|common)$", path.stem)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert not re.search(r"(_v\d+|_new|_final|_old)$", node.name)
        if relative(path).split("/")[0] != "cli" and isinstance(node, ast.Call):
            assert not (isinstance(node.func, ast.Name) and node.func.id == "print")
