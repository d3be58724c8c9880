"""Models and shelves as the commands show them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.bundles.listing import Listing, ModelDescription, Verification
    from tinyvmaf.runs.cards import FilledShelf


def listing_view(listing: "Listing") -> "RenderableType":
    """A table of all models, and where the shelves are."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    places = Text("\n".join(f"{shelf.shelf}: {shelf.directory}" for shelf in listing.shelves), style="dim")
    if not listing.models:
        return Group(Text("no models yet"), places)
    table = Table("id", "shelf", "kind", "licence", "description", box=None, pad_edge=False)
    for model in listing.models:
        smoke = " (smoke: has learned nothing)" if model.smoke else ""
        table.add_row(model.id, model.shelf, model.kind, Text(model.license), Text(model.description + smoke))
    return Group(table, places)


def model_view(described: "ModelDescription") -> "RenderableType":
    """Where a model is and what its hash is, in short."""
    from rich.text import Text

    where = "on no shelf" if described.shelf is None else f"on the {described.shelf} shelf"
    return Text(f"{described.id}  {where}\n{described.directory}\nsha256 {described.onnx_sha256}")


def card_view(described: "ModelDescription") -> "RenderableType":
    """The model's card, and where it is."""
    from rich.console import Group
    from rich.markdown import Markdown

    return Group(Markdown(described.card or ""), model_view(described))


def verification_view(result: "Verification") -> "RenderableType":
    """One line per model, with the reason where it is not whole."""
    from rich.text import Text

    if not result.models:
        return Text("no models yet")
    lines = [
        f"ok      {verdict.id} ({verdict.shelf})"
        if verdict.ok
        else f"BROKEN  {verdict.id or 'registry'} ({verdict.shelf}): {verdict.reason}"
        for verdict in result.models
    ]
    return Text("\n".join(lines))


def cards_view(filled: "FilledShelf") -> "RenderableType":
    """One line per model: what its card quotes, and whether it was written."""
    from rich.text import Text

    lines = [
        f"{'written' if card.changed else 'same':8}{card.id}: {', '.join(card.reports) or 'no report on it'}"
        for card in filled.models
    ]
    return Text("\n".join(lines) or "no models yet")
