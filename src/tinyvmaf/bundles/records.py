"""Bytes of a JSON file -> a frozen record, checked against the schema that ships, strictly."""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping

from tinyvmaf.documents import Json, check
from tinyvmaf.errors import BundleError

R = typing.TypeVar("R")

_KIND = "schema"
"""Names the kind of a document; no field of the record."""


def record_from(cls: type[R], text: bytes, *, schema: str) -> R:
    """The record that the bytes of a JSON file (a document, too) spell, checked against ``schemas/<schema>.json``.

    Raises:
        BundleError: no JSON, a key twice, a number that JSON does not have, or a breach of the schema.
    """
    try:
        fields = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique)
        check(fields, schema)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"it breaks the schema: {error}") from error
    return typing.cast(R, _build(cls, {name: value for name, value in fields.items() if name != _KIND}))


def _refuse_constant(text: str) -> typing.NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError(f"a key stands twice in {{{', '.join(key for key, _ in pairs)}}}")
    return fields


def _build(wanted: object, value: object) -> object:
    """The JSON value in the type that a record's field is annotated with; the schema has vouched for it."""
    kinds = typing.get_args(wanted)
    if typing.get_origin(wanted) in (types.UnionType, typing.Union):
        alternatives = [kind for kind in kinds if kind is not type(None)]
        return value if value is None or len(alternatives) != 1 else _build(alternatives[0], value)
    if isinstance(value, list) and typing.get_origin(wanted) is tuple:
        each = [kinds[0]] * len(value) if kinds[-1] is Ellipsis else kinds
        return tuple(_build(kind, item) for kind, item in zip(each, value, strict=True))
    if isinstance(value, dict) and typing.get_origin(wanted) is Mapping:
        return {name: _build(kinds[1], item) for name, item in value.items()}
    if isinstance(value, dict) and isinstance(wanted, type) and dataclasses.is_dataclass(wanted):
        hints = typing.get_type_hints(wanted)
        return wanted(**{name: _build(hints[name], item) for name, item in value.items()})
    return float(value) if wanted is float and isinstance(value, int) else value
