"""What a page holds, read by Python's own parser."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Read(HTMLParser):
    """Tags, texts and tables of a page."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside.append(tag)
        if tag == "script":
            self.scripts.append("")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._inside[-1:] == ["script"]:
            self.scripts[-1] += data
            return
        if set(self._inside[-2:]) & {"td", "th"} and self.rows:
            self.rows[-1][-1] += data
        self.texts.append(data)

    def __hash__(self) -> int:
        return id(self)


def read(html: str) -> Read:
    parser = Read()
    parser.feed(html)
    parser.close()
    return parser


def figure(html: str, identity: str) -> dict:
    """The numbers of a plot."""
    start = html.index(f'id="{identity}-data">') + len(f'id="{identity}-data">')
    return json.loads(html[start : html.index("</script>", start)])


def plots(html: str) -> list[str]:
    return [attrs["id"] or "" for _, attrs in read(html).tags if attrs.get("class") == "plot"]
