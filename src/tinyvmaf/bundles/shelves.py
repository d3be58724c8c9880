"""The two shelves, read: the shipped one inside the package, the user's in the platform's data folder.

A shelf is a folder with ``registry.json``, the trust root, and one folder per model. This file only reads;
``registry.py`` writes.
"""

import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

import platformdirs

from tinyvmaf.bundles.bundle import ID_PATTERN, Bundle, Kind
from tinyvmaf.bundles.records import record_from
from tinyvmaf.errors import BundleError, ShelfError

ShelfName = Literal["shipped", "user"]
QuantMode = Literal["fp32", "dynamic", "static"]
MAX_REGISTRY_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Int8Stamp:
    """The quantised model beside a model."""

    onnx_sha256: str
    """Of ``model.int8.onnx``."""


@dataclass(frozen=True, slots=True)
class RegistryRow:
    """One model of a shelf."""

    id: str
    """As in the sidecar."""
    kind: Kind
    """As in the sidecar."""
    path: str
    """Of the model inside the shelf: ``<id>/model.onnx``."""
    onnx_sha256: str
    """Of ``model.onnx``."""
    sidecar_sha256: str
    """Of ``model.json``."""
    card_sha256: str
    """Of ``card.md``."""
    opset: int
    """As the graph declares it."""
    license: str
    """As in the sidecar."""
    smoke: bool
    """As in the sidecar."""
    quant_mode: QuantMode
    """``fp32``: there is no ``model.int8.onnx``."""
    int8: Int8Stamp | None
    """The quantised model; None: there is none."""
    quant_accuracy_budget_plcc: float
    """How much PLCC quantising may cost."""
    description: str
    """As in the sidecar."""

    def __post_init__(self) -> None:
        if self.path != f"{self.id}/model.onnx":
            raise BundleError(f"the registry puts {self.id} at {self.path!r}, not at {self.id}/model.onnx")


@dataclass(frozen=True, slots=True)
class Registry:
    """What ``registry.json`` says."""

    schema_version: int
    """Of this record."""
    models: tuple[RegistryRow, ...]
    """By id."""

    def __post_init__(self) -> None:
        ids = [row.id for row in self.models]
        if len(set(ids)) != len(ids):
            raise BundleError(f"the registry names a model twice: {', '.join(ids)}")


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of models."""

    name: ShelfName
    """The shipped one is never written."""
    directory: Path
    """Holds ``registry.json``; need not exist yet."""

    @property
    def registry_path(self) -> Path:
        """The trust root."""
        return self.directory / "registry.json"

    def bundle(self, model_id: str) -> Bundle:
        """The folder of a model."""
        return Bundle(self.directory / model_id)

    def read(self) -> Registry:
        """Its registry, empty when there is none yet.

        Raises:
            ShelfError: it is there and cannot be read, or breaks its schema.
        """
        try:
            with self.registry_path.open("rb") as file:
                text = file.read(MAX_REGISTRY_BYTES)
            return record_from(Registry, text, schema="registry")
        except FileNotFoundError:
            return Registry(schema_version=1, models=())
        except (OSError, BundleError) as error:
            raise ShelfError(f"{self.registry_path} is broken: {error}; restore it, or move it away") from error


@dataclass(frozen=True, slots=True)
class Entry:
    """A registered model and the shelf it stands on."""

    shelf: Shelf
    """Where."""
    row: RegistryRow
    """What the registry says of it."""

    @property
    def bundle(self) -> Bundle:
        """Its folder."""
        return self.shelf.bundle(self.row.id)


def shipped_shelf() -> Shelf:
    """The shelf inside the package."""
    return Shelf("shipped", Path(str(resources.files("tinyvmaf").joinpath("bundles", "shelf"))))


def user_shelf() -> Shelf:
    """The user's own shelf: ``$TINYVMAF_SHELF``, else the platform's data folder."""
    folder = os.environ.get("TINYVMAF_SHELF")
    return Shelf("user", Path(folder) if folder else platformdirs.user_data_path("tinyvmaf", appauthor=False))


def shelves() -> tuple[Shelf, ...]:
    """Both shelves; the shipped one goes first, so that nothing can stand in front of its models.

    Where ``$TINYVMAF_SHELF`` is the shipped one itself (in a checkout, to put a model there), it counts as the user's.
    """
    shipped, own = shipped_shelf(), user_shelf()
    return (own,) if own.directory.resolve() == shipped.directory.resolve() else (shipped, own)


def entries() -> tuple[Entry, ...]:
    """Every registered model of both shelves.

    Raises:
        ShelfError: a registry is broken.
    """
    return tuple(Entry(shelf, row) for shelf in shelves() for row in shelf.read().models)


def lookup(model_id: str) -> Entry | None:
    """The registered model of that id, None when there is none.

    Raises:
        ShelfError: a registry is broken.
    """
    if not ID_PATTERN.fullmatch(model_id):
        return None
    rows = (Entry(shelf, row) for shelf in shelves() for row in shelf.read().models)
    return next((entry for entry in rows if entry.row.id == model_id), None)


def find(model_id: str) -> Entry:
    """The registered model of that id.

    Raises:
        ShelfError: there is none; the message names those there are. Or a registry is broken.
    """
    entry = lookup(model_id)
    if entry is None:
        known = ", ".join(entry.row.id for entry in entries()) or "none yet"
        raise ShelfError(f"no model {model_id!r} on the shelf, and no such file; on the shelf: {known}")
    return entry
