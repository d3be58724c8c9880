"""HTML made of elements: every text is escaped, whatever a file is called."""

import json
from collections.abc import Iterable, Sequence
from html import escape

from tinyvmaf.documents import Json


class Markup(str):
    """A text that is HTML already; any other text is escaped where it is put into an element."""

    __slots__ = ()


_EMPTY = frozenset({"img", "input", "meta", "br", "link"})
_NEWLINE_AFTER = frozenset({"tr", "table", "section", "figure", "p", "li", "head", "body", "details", "dl", "header"})

Attribute = str | int | bool | None


def element(name: str, /, *children: str, **attributes: Attribute) -> Markup:
    """One element; ``class_`` and the like lose the underscore at their end, others become hyphens.

    An attribute of None or False is left out, True stands without a value.
    """
    words = [f" {_attribute(key)}{_value(value)}" for key, value in attributes.items() if value not in (None, False)]
    start = f"<{name}{''.join(words)}>"
    if name in _EMPTY:
        return Markup(start)
    after = "\n" if name in _NEWLINE_AFTER else ""
    return Markup(f"{start}{joined(children)}</{name}>{after}")


def joined(parts: Iterable[str]) -> Markup:
    """The parts one after the other, texts escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def script_data(identity: str, value: Json) -> Markup:
    """A JSON value for scripts to read; no text in it can end the element."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(f'<script type="application/json" id="{escape(identity)}">{text}</script>\n')


def facts(pairs: Sequence[tuple[str, str]]) -> Markup:
    """A list of names and what they are."""
    lines = [element("div", element("dt", name), element("dd", value)) for name, value in pairs]
    return element("dl", *lines, class_="facts")


def _attribute(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")


def _value(value: Attribute) -> str:
    return "" if value is True else f'="{escape(str(value))}"'
