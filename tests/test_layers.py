"""The staircase: every import points down, and the walls around torch, subprocess and slow imports stand."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import tinyvmaf

SOURCE = Path(tinyvmaf.__file__).parent
STAIRS = (
    "errors", "progress", "documents", "features", "metrics", "video", "corpora", "pixels", "table", "models",
    "bundles", "scores", "runs", "mcp_server", "cli",
)  # fmt: skip
DOORS = ("cli", "mcp_server", "__init__", "__main__")
TORCH_MAY_BE_IN = ("models/", "bundles/export.py", "bundles/export_pixels.py")
HEAVY = {"torch", "lightning", "polars", "scipy.stats", "mcp", "numba"}
MODULES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


def imports(module: str, *, top_only: bool = False) -> set[str]:
    """Full dotted names that a module imports; with ``top_only`` those outside functions and TYPE_CHECKING."""
    tree = ast.parse((SOURCE / module).read_text(encoding="utf-8"))
    nodes = tree.body if top_only else list(ast.walk(tree))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room_of(module: str) -> str:
    return module.split("/", maxsplit=1)[0].removesuffix(".py")


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module) not in DOORS])
def test_imports_point_down_the_stairs(module: str) -> None:
    own_step = STAIRS.index(room_of(module))
    for name in imports(module):
        if name.startswith("tinyvmaf."):
            room = name.split(".")[1]
            assert STAIRS.index(room) <= own_step, f"{module} imports {name}, which stands above it"


def test_every_room_stands_on_the_stairs() -> None:
    rooms = {room_of(module) for module in MODULES} - {"__init__", "__main__"}
    assert rooms <= set(STAIRS)


@pytest.mark.parametrize("module", MODULES)
def test_torch_and_subprocess_stay_behind_their_walls(module: str) -> None:
    names = {name.split(".")[0] for name in imports(module)}
    if not module.startswith(TORCH_MAY_BE_IN):
        assert not names & {"torch", "lightning"}
    if module != "video/ffmpeg.py":
        assert "subprocess" not in names


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module) in DOORS])
def test_doors_import_no_room_at_the_top(module: str) -> None:
    rooms = {name.split(".")[1] for name in imports(module, top_only=True) if name.startswith("tinyvmaf.")}
    assert rooms <= {"errors", "cli", room_of(module)}, f"{module} imports {rooms} at its top"


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module) not in DOORS])
def test_rooms_import_at_the_top_of_the_file(module: str) -> None:
    inner = imports(module) - imports(module, top_only=True)
    typing_only = {name for name in inner if name in _type_checking_imports(module)}
    # each costs what only some calls need
    licensed = {"jsonschema", "torch", "tinyvmaf.pixels.kernel_rows", "tinyvmaf.pixels.array_rows"}
    assert not {name for name in inner - typing_only if not _is_of(name, licensed)}


@pytest.mark.parametrize("door", ["tinyvmaf", "tinyvmaf.cli", "tinyvmaf.scores.score", "tinyvmaf.scores.no_reference"])
def test_light_doors_load_nothing_heavy(door: str) -> None:
    code = f"import json, sys, {door}; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))
    assert not loaded & HEAVY


def _is_of(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _type_checking_imports(module: str) -> set[str]:
    tree = ast.parse((SOURCE / module).read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for inner in ast.walk(node):
                if isinstance(inner, ast.ImportFrom):
                    found |= {f"{inner.module}.{alias.name}" for alias in inner.names}
                elif isinstance(inner, ast.Import):
                    found |= {alias.name for alias in inner.names}
    return found
