"""Records as JSON documents: what ``--json`` prints, what a report file holds, what an agent receives.

A document is ``{"schema": "tinyvmaf.<what>/1", ...}``; its JSON Schema lies in ``schemas/<what>.json``.
"""

import dataclasses
import json
import math
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def to_document(what: str, record: object, *, version: int = 1) -> dict[str, Json]:
    """The record (a dataclass or a mapping) as a document of the kind ``what``.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot hold.
        TypeError: a field holds something that has no JSON form.
    """
    fields = to_json(record)
    if not isinstance(fields, dict):
        raise TypeError(f"a document is made from a record, not from {type(record).__name__}")
    return {"schema": f"tinyvmaf.{what}/{version}", **fields}


def to_json(value: object) -> Json:  # noqa: PLR0911  one return per kind of value
    """The value in JSON's own types: records become objects, arrays lists, paths and fractions text and numbers."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float | np.floating | Fraction):
        return _finite(float(value))
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    if isinstance(value, Path | datetime):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return [to_json(item) for item in value.tolist()]
    if isinstance(value, Sequence):
        return [to_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def validate(document: Mapping[str, Json]) -> None:
    """Checks a document against the JSON Schema of its kind.

    Raises:
        ValueError: it breaks the schema; the message names the place.
    """
    check(document, str(document["schema"]).removeprefix("tinyvmaf.").split("/")[0])


def schema_of(what: str) -> dict[str, Json]:
    """The JSON Schema of documents of the kind ``what``."""
    text = resources.files("tinyvmaf").joinpath("schemas", f"{what}.json").read_text(encoding="utf-8")
    return json.loads(text)


def check(fields: Json | Mapping[str, Json], what: str) -> None:
    """Checks what a JSON file holds against ``schemas/<what>.json``.

    Raises:
        ValueError: it breaks the schema; the message names the place.
    """
    error = next(iter(_validator(what).iter_errors(fields)), None)
    if error is not None:
        raise ValueError(f"{what} document, at {error.json_path}: {error.message}")


def write_json(path: Path, document: Mapping[str, Json]) -> None:
    """Writes the document by temp + rename, so that a reader never sees half of it."""
    write_text(path, json.dumps(document, indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text by temp + rename."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a file by temp + rename."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@cache
def _validator(what: str):
    from jsonschema import Draft202012Validator  # noqa: PLC0415  150 ms that only a check pays

    return Draft202012Validator(schema_of(what))


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{number} has no JSON form: a missing number is null")
    return number
