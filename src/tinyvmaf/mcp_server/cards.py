"""The cards of the shelf's models as resources: what each is, what it was judged on, and what it is not for."""

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

CARD_URI = "tinyvmaf://models/{model_id}/card"
MARKDOWN = "text/markdown"


def add_cards(server: MCPServer) -> None:
    """Adds the card of every model that is on the shelf now, and a template for those that come later."""
    from tinyvmaf.bundles.listing import listing

    for model in listing().models:
        uri = CARD_URI.format(model_id=model.id)
        add = server.resource(uri, name=model.id, description=model.description, mime_type=MARKDOWN)
        add(_reader(model.id))
    words = "The card of a model of the shelf: its figures, what they were measured on, and its limits."
    server.resource(CARD_URI, name="model_card", description=words, mime_type=MARKDOWN)(card_of)


def card_of(model_id: str) -> str:
    """The card of a model, once its files have passed every check.

    Raises:
        ResourceNotFoundError: there is no such model.
        ResourceError: a check failed.
    """
    from tinyvmaf.bundles.listing import describe
    from tinyvmaf.bundles.shelves import lookup
    from tinyvmaf.errors import TinyVmafError

    try:
        if lookup(model_id) is None:
            raise ResourceNotFoundError(f"no model {model_id!r} on the shelf")
        return describe(model_id).card or ""
    except TinyVmafError as error:
        raise ResourceError(str(error)) from error


def _reader(model_id: str):
    def card() -> str:
        """The card of one model."""
        return card_of(model_id)

    return card
