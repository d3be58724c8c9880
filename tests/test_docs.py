"""Every command, public function, record field and module has words, and the generated pages are in step."""

import ast
import re
from pathlib import Path

import anyio
import pytest

import tinyvmaf
from tests.write_docs import DOCS, PAGES, _leaves
from tinyvmaf.cli.app import app

SOURCE = Path(tinyvmaf.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_modules_functions_and_records_have_words(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "the module has no docstring"
    for node in public_parts(tree):
        assert node.name.startswith("__") or ast.get_docstring(node), f"{node.name} has no docstring"
        if isinstance(node, ast.ClassDef) and _is_record(node):
            for field in undocumented_fields(node):
                pytest.fail(f"{node.name}.{field} has no words")


def public_parts(tree: ast.Module) -> list[ast.FunctionDef | ast.ClassDef]:
    """The public functions and classes of a module, and the public methods of those classes."""
    parts = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    public = [node for node in parts if not node.name.startswith("_")]
    methods = [inner for node in public if isinstance(node, ast.ClassDef) for inner in node.body]
    return public + [
        inner for inner in methods if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_")
    ]


def _is_record(node: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)


def undocumented_fields(node: ast.ClassDef) -> list[str]:
    missing = []
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and not ast.unparse(statement.target).startswith("_"):
            has_words = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            if not has_words:
                missing.append(ast.unparse(statement.target))
    return missing


def test_every_command_and_option_has_words_and_every_command_an_example() -> None:
    from typer.main import get_command

    for name, command in get_command(app).commands.items():
        assert "Example" in command.help, f"{name} has no example"
        for full, leaf in _leaves(name, command):
            assert leaf.help, f"{full} has no words"
            assert "Example" in leaf.help, f"{full} has no example"
            for param in leaf.params:
                assert getattr(param, "help", ""), f"{full} {param.name} has no words"


@pytest.mark.parametrize("page", PAGES)
def test_generated_page_is_in_step(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page](), "run `make docs`"


def test_every_public_name_is_on_the_python_page() -> None:
    shown = re.findall(r"^::: tinyvmaf\.(\w+)$", (DOCS / "api.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(shown) == tinyvmaf.__all__


def test_every_page_is_in_the_sites_navigation() -> None:
    listed = set(re.findall(r"^ +- [^:]+: (\S+\.md)$", (DOCS.parent / "mkdocs.yml").read_text(), flags=re.MULTILINE))
    assert listed == {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}


def test_every_tool_of_the_mcp_server_is_on_its_page() -> None:
    from tinyvmaf.mcp_server.server import make_server

    page = (DOCS / "mcp.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE))
    assert shown == {tool.name for tool in anyio.run(make_server([DOCS]).list_tools)}
