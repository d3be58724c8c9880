"""The parts of docs/bundle.md that are made from the op list and from the schemas that ship."""

import json
import re
from collections.abc import Mapping
from importlib import resources

from tinyvmaf.bundles.ops import OPS_OF_RECORD, OUR_OPS
from tinyvmaf.documents import Json

OPS_PER_LINE = 8


def with_generated_parts(page: str) -> str:
    """The page with everything between ``<!-- part -->`` and ``<!-- /part -->`` made anew, for every known part."""
    parts = {
        "ops": op_list(),
        "sidecar": schema_table("sidecar"),
        "registry": schema_table("registry"),
    }
    for name, text in parts.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        page = pattern.sub(lambda match, text=text: f"{match[1]}{text}{match[2]}", page)
    return page


def op_list() -> str:
    """The allowlist of record, and ours with the reasons, in Markdown."""
    names = sorted(OPS_OF_RECORD)
    lines = [" ".join(names[i : i + OPS_PER_LINE]) for i in range(0, len(names), OPS_PER_LINE)]
    record = "```\n" + "\n".join(lines) + "\n```\n"
    ours = "".join(f"| `{name}` | {reason} |\n" for name, reason in sorted(OUR_OPS.items()))
    return f"{record}\nBesides:\n\n| op | why |\n|---|---|\n{ours}"


def schema_table(what: str) -> str:
    """The fields of a JSON file that ships with a schema, in Markdown, nested ones indented by their path."""
    text = resources.files("tinyvmaf").joinpath("schemas", f"{what}.json").read_text(encoding="utf-8")
    rows = "".join(f"| `{path}` | {kind} | {words} |\n" for path, kind, words in _fields(json.loads(text), ""))
    return f"| field | type | meaning |\n|---|---|---|\n{rows}"


def _fields(schema: Mapping[str, Json], prefix: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for name, field in _object(schema.get("properties")).items():
        inner = _object(field)
        path = f"{prefix}{name}"
        found.append((path, _kind(inner), str(inner.get("description", ""))))
        found += _fields(inner, f"{path}.")
        found += _fields(_object(inner.get("items")), f"{path}[].")
        for alternative in _list(inner.get("anyOf")):
            found += _fields(_object(alternative), f"{path}.")
    return found


def _kind(field: Mapping[str, Json]) -> str:
    """The type of a field in a word or two."""
    if "const" in field:
        return json.dumps(field["const"])
    if "enum" in field:
        return ", ".join(json.dumps(value) for value in _list(field["enum"]))
    if "anyOf" in field:
        return " or ".join(_kind(_object(item)) for item in _list(field["anyOf"]))
    kind = field.get("type", "")
    return " or ".join(str(item) for item in kind) if isinstance(kind, list) else str(kind)


def _object(value: Json | Mapping[str, Json]) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
