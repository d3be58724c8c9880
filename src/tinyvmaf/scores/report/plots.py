"""Plots as plotly.js draws them, each with the table that it is made from.

A colour is the name of one of the page's own CSS colours (``--series-1``, or with its opacity ``--series-1/0.2``), so
that a plot is as dark or light as the page.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tinyvmaf.documents import Json
from tinyvmaf.scores.report.markup import Markup, element, script_data

SERIES = 8
"""Colours for things to be told apart; further ones begin again, with another mark."""
_LONG = 48
"""Signs of a cell that stands on several lines."""
_MARKS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")

Trace = dict[str, Json]
Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people and for screen readers."""

    caption: str
    """What it shows."""
    columns: tuple[str, ...]
    """Their names; the first column names the row."""
    rows: Sequence[Sequence[Cell]]
    """One cell per column; None: there is no such number."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot and what it says without being seen."""

    identity: str
    """Of its element on the page."""
    words: str
    """What is drawn, for those who do not see it."""
    traces: Sequence[Trace]
    """As plotly.js takes them."""
    layout: Mapping[str, Json]
    """As plotly.js takes it, less fonts and colours."""
    table: Table
    """The same numbers."""
    height: int = 380
    """Pixels."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a plot."""

    title: str
    """What it measures, with the unit."""
    span: tuple[float, float] | None = None
    """Where it begins and ends; None: as the numbers ask for."""
    more: Mapping[str, Json] = field(default_factory=dict)
    """Further entries as plotly.js takes them."""

    @property
    def layout(self) -> dict[str, Json]:
        """The entry of a layout."""
        span: dict[str, Json] = {} if self.span is None else {"range": [*self.span]}
        return {"title": {"text": self.title}, **span, **self.more}


def layout(x: Axis, y: Axis, **more: Json) -> dict[str, Json]:
    """The layout of a plot with two axes."""
    return {"xaxis": x.layout, "yaxis": y.layout, **more}


def colour(place: int, opacity: float | None = None) -> str:
    """The colour of the thing at that place, from 0."""
    name = f"--series-{place % SERIES + 1}"
    return name if opacity is None else f"{name}/{opacity}"


def mark(place: int) -> str:
    """The mark of the thing at that place; all things of one round of colours share theirs."""
    return _MARKS[place // SERIES % len(_MARKS)]


def spans(values: Sequence[float], intervals: Sequence[tuple[float, float] | None], ink: str) -> dict[str, Json]:
    """The ``error_x`` of values with intervals; None: it has none."""
    pairs = list(zip(values, intervals, strict=True))
    above: list[Json] = [0 if span is None else round(span[1] - value, 6) for value, span in pairs]
    below: list[Json] = [0 if span is None else round(value - span[0], 6) for value, span in pairs]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": ink}


def zero_line() -> dict[str, Json]:
    """The shape of a dotted line at 0 of the first axis."""
    line: Json = {"color": "--soft", "width": 1, "dash": "dot"}
    return {"type": "line", "xref": "x", "yref": "paper", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "line": line}


def numbers(values: Iterable[float | None], digits: int = 6) -> list[Json]:
    """With so many significant digits, since a page has no use for more."""
    return [None if value is None else float(f"{value:.{digits}g}") for value in values]


def plot_markup(plot: Plot) -> Markup:
    """The plot's place on the page, its numbers, and its table, folded."""
    place = element(
        "div", class_="plot", id=plot.identity, role="img", aria_label=plot.words, style=f"height:{plot.height}px"
    )
    figure: Json = {"data": [dict(trace) for trace in plot.traces], "layout": dict(plot.layout)}
    table = element("details", element("summary", "Table of this plot"), table_markup(plot.table), class_="behind")
    return element("figure", place, script_data(f"{plot.identity}-data", figure), table)


def table_markup(table: Table) -> Markup:
    """The table; it scrolls by itself where the page is narrow."""
    head = element("tr", *(element("th", name, scope="col") for name in table.columns))
    rows = [_row(row) for row in table.rows]
    caption = element("caption", table.caption)
    whole = element("table", caption, element("thead", head), element("tbody", *rows))
    return element("div", whole, class_="scroll", tabindex=0, role="region", aria_label=table.caption)


def shown(value: Cell, digits: int = 3) -> str:
    """A cell's text: a whole number by thousands, another one with so many digits."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"


def _row(row: Sequence[Cell]) -> Markup:
    first, *others = row
    cells = [element("td", shown(cell), class_=_kind(cell)) for cell in others]
    return element("tr", element("th", shown(first), scope="row"), *cells)


def _kind(cell: Cell) -> str | None:
    """Numbers stand to the right; long words may take several lines."""
    if not isinstance(cell, str):
        return "number"
    return "words" if len(cell) > _LONG else None


def plain(text: str) -> str:
    """A text for plotly.js, which would take ``<b>`` in a file's name for markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
