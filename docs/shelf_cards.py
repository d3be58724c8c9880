"""A hook of the site's build: a page for the card of every model on the shipped shelf, and a link to it."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from tinyvmaf.bundles.shelves import shipped_shelf

_SECTION = "Models"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Adds the cards to the navigation."""
    section = next(entry for entry in config.nav or [] if _SECTION in entry)
    section[_SECTION] += [{model_id: _page(model_id)} for model_id in _ids()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the cards as pages."""
    for model_id in _ids():
        card = shipped_shelf().bundle(model_id).card.read_text(encoding="utf-8")
        files.append(File.generated(config, _page(model_id), content=card))
    return files


def _ids() -> list[str]:
    return [row.id for row in shipped_shelf().read().models]


def _page(model_id: str) -> str:
    return f"models/{model_id}.md"
