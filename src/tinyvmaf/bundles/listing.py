"""What the shelves and their models look like from outside: the records behind ``models list | show | verify``."""

from dataclasses import dataclass
from pathlib import Path

from tinyvmaf.bundles.bundle import Kind, Sidecar
from tinyvmaf.bundles.registry import Verdict, verify_all
from tinyvmaf.bundles.session import open_model
from tinyvmaf.bundles.shelves import QuantMode, ShelfName, entries, lookup, shelves
from tinyvmaf.documents import Json, to_document


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One line of the list."""

    id: str
    """Its name."""
    shelf: ShelfName
    """Where it stands."""
    kind: Kind
    """Full reference, no reference, or a pre-filter."""
    license: str
    """Its terms."""
    smoke: bool
    """It has learned nothing."""
    quant_mode: QuantMode
    """Whether there is a quantised form, and how it was made."""
    opset: int
    """Of its ONNX."""
    onnx_sha256: str
    """Of ``model.onnx``, by the registry."""
    description: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class ListedShelf:
    """One of the two shelves."""

    shelf: ShelfName
    """Which."""
    directory: Path
    """Where it is."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All that stands on the shelves."""

    models: tuple[ListedModel, ...]
    """Shipped ones first, by id."""
    shelves: tuple[ListedShelf, ...]
    """Where they are."""

    def to_document(self) -> dict[str, Json]:
        """The JSON document ``tinyvmaf.models/1``."""
        return to_document("models", self)


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """One model, opened with every check."""

    id: str
    """Its name."""
    shelf: ShelfName | None
    """Where it stands; None: on none."""
    directory: Path
    """Its folder."""
    onnx_sha256: str
    """Of the bytes that were opened."""
    sidecar: Sidecar
    """What ``model.json`` holds."""
    card: str | None
    """What ``card.md`` holds."""

    def to_document(self) -> dict[str, Json]:
        """The JSON document ``tinyvmaf.model/1``."""
        return to_document("model", self)


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the shelves are whole."""

    ok: bool
    """Every model is."""
    models: tuple[Verdict, ...]
    """One verdict per model."""

    def to_document(self) -> dict[str, Json]:
        """The JSON document ``tinyvmaf.verification/1``."""
        return to_document("verification", self)


def listing() -> Listing:
    """All that stands on the shelves, by the registries; no model is opened.

    Raises:
        ShelfError: a registry is broken.
    """
    rows = tuple(
        ListedModel(
            id=entry.row.id,
            shelf=entry.shelf.name,
            kind=entry.row.kind,
            license=entry.row.license,
            smoke=entry.row.smoke,
            quant_mode=entry.row.quant_mode,
            opset=entry.row.opset,
            onnx_sha256=entry.row.onnx_sha256,
            description=entry.row.description,
        )
        for entry in entries()
    )
    return Listing(rows, tuple(ListedShelf(shelf.name, shelf.directory) for shelf in shelves()))


def describe(which: str | Path) -> ModelDescription:
    """The model of an id or of a path, after every check.

    Raises:
        ModelRefusedError: a check failed.
        ShelfError: there is no such model.
    """
    model = open_model(which)
    entry = lookup(model.sidecar.id) if model.source == "shelf" else None
    return ModelDescription(
        id=model.sidecar.id,
        shelf=entry.shelf.name if entry else None,
        directory=model.bundle.directory,
        onnx_sha256=model.sha256,
        sidecar=model.sidecar,
        card=model.card,
    )


def verification() -> Verification:
    """A verdict on every model of both shelves."""
    verdicts = verify_all()
    return Verification(all(verdict.ok for verdict in verdicts), verdicts)
