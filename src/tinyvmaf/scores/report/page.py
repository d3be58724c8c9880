"""Sections -> one HTML file that asks for nothing else: its style, its scripts and plotly.js stand in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from plotly.offline import get_plotlyjs

from tinyvmaf.scores.report.markup import Markup, element

_POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""A browser then refuses every request that a page could make."""
_LIGHT, _DARK = "#ffffff", "#14171c"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a page."""

    title: str
    """Its heading."""
    content: Sequence[str]
    """What stands in it; texts become paragraphs."""


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report."""

    title: str
    """What it is about."""
    summary: Sequence[str]
    """What a reader must know at once; texts become paragraphs."""
    sections: Sequence[Section]
    """In the order of reading."""
    warnings: Sequence[str] = ()
    """What a reader should know before believing it."""


def page_html(page: Page) -> str:
    """The page as the text of an HTML file."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="theme-color", content=_LIGHT, media="(prefers-color-scheme: light)"),
        element("meta", name="theme-color", content=_DARK, media="(prefers-color-scheme: dark)"),
        element("link", rel="icon", href="data:,"),
        element("title", f"{page.title} · tinyvmaf"),
        element("style", Markup(_asset("report.css"))),
    )
    main = element("main", _header(page), *map(_section, page.sections), id="content")
    skip = element("a", "Skip to the report", href="#content", class_="skip")
    scripts = [element("script", Markup(text)) for text in (get_plotlyjs(), _asset("report.js"))]
    body = element("body", skip, _contents(page), main, _footer(), *scripts)
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _header(page: Page) -> Markup:
    warned = [element("li", words) for words in page.warnings]
    note = element("ul", *warned, class_="warnings", aria_label="Warnings") if warned else Markup()
    return element("header", element("h1", page.title), *map(_paragraph, page.summary), note)


def _contents(page: Page) -> Markup:
    links = [element("a", section.title, href=f"#{_anchor(section)}") for section in page.sections]
    return element("nav", *links, aria_label="Sections")


def _section(section: Section) -> Markup:
    return element("section", element("h2", section.title), *map(_paragraph, section.content), id=_anchor(section))


def _paragraph(content: str) -> Markup:
    return content if isinstance(content, Markup) else element("p", content)


def _footer() -> Markup:
    button = element("button", "Dark or light", type="button", id="theme")
    made = "Made by tinyvmaf. This file is whole: it asks the network for nothing."
    return element("footer", element("p", made), button)


def _anchor(section: Section) -> str:
    return "-".join("".join(sign if sign.isalnum() else " " for sign in section.title.lower()).split())


def _asset(name: str) -> str:
    return resources.files("tinyvmaf.scores.report").joinpath(name).read_text(encoding="utf-8")
