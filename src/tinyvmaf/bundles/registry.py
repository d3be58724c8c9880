"""What stands on the shelves: list, verify, register, remove. Only the user's shelf is ever written.

A model arrives by a renamed folder and then by its row in ``registry.json``; it leaves in the opposite order. So the
registry never names a model that is not whole, whenever the work is cut off.
"""

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from tinyvmaf.bundles.bundle import Bundle, Sidecar
from tinyvmaf.bundles.cards import card_of
from tinyvmaf.bundles.facts import ACCURACY_BUDGET_PLCC
from tinyvmaf.bundles.session import ModelFiles, bundle_at, open_entry, open_files, read_bundle, sha256_of
from tinyvmaf.bundles.shelves import (
    Entry,
    Int8Stamp,
    Registry,
    RegistryRow,
    Shelf,
    ShelfName,
    entries,
    find,
    lookup,
    shelves,
    user_shelf,
)
from tinyvmaf.documents import check, to_json, write_text
from tinyvmaf.errors import BundleError, ShelfError

LOCK_SECONDS = 30.0
PARTS = frozenset({"model.onnx", "model.json", "card.md", "model.int8.onnx"})
"""What a model's folder may hold."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one model of a shelf is whole."""

    id: str
    """Of the model; empty: the shelf's registry itself."""
    shelf: ShelfName
    """Where it stands."""
    ok: bool
    """It passed every check, and opens."""
    reason: str | None
    """Why not; None when it is whole."""


def list_models() -> tuple[RegistryRow, ...]:
    """The rows of every registered model, shipped ones first.

    Raises:
        ShelfError: a registry is broken.
    """
    return tuple(entry.row for entry in entries())


def verify_all() -> tuple[Verdict, ...]:
    """A verdict on every model of both shelves, opened with every check; never raises for a broken one."""
    return tuple(verdict for shelf in shelves() for verdict in _verify_shelf(shelf))


def register(
    which: str | Path, *, model_id: str | None = None, replace: bool = False, allow_smoke: bool = False
) -> Entry:
    """The model at a path, copied to the user's shelf after every check; another id is written into its sidecar.

    Another model in the place of one of the same id is that id's next version.

    Raises:
        ShelfError: the id is taken, or the model is a smoke model, or the shelf cannot be written.
        ModelRefusedError: the model fails a check.
    """
    bundle = bundle_at(Path(which))
    files = read_bundle(bundle)
    open_files(files, bundle, source="path")
    if files.sidecar.smoke and not allow_smoke:
        raise ShelfError(f"{bundle.directory} is a smoke model that has learned nothing; --allow-smoke takes it anyway")
    named, shelf = _restated(files, id=model_id or files.sidecar.id), user_shelf()
    try:
        with _locked(shelf):
            return _place(_counted(named), shelf, replace=replace)
    except OSError as error:
        raise ShelfError(f"the shelf {shelf.directory} cannot be written: {error}; set TINYVMAF_SHELF") from error


def restate(entry: Entry, sidecar: Sidecar) -> Entry:
    """The same model of the user's shelf with another sidecar, and the card made of it.

    Raises:
        ShelfError: it stands on the shipped shelf, or the shelf cannot be written.
        ModelRefusedError: its files are not those that the registry names.
    """
    if entry.shelf.name != "user":
        raise ShelfError(f"{entry.row.id} came with the package and is not written")
    files = read_bundle(entry.bundle, row=entry.row)
    text, card = sidecar.to_text().encode(), card_of(sidecar).encode()
    try:
        with _locked(entry.shelf):
            restated = dataclasses.replace(files, sidecar=sidecar, sidecar_text=text, card=card)
            return _place(restated, entry.shelf, replace=True)
    except OSError as error:
        raise ShelfError(f"the shelf {entry.shelf.directory} cannot be written: {error}") from error


def remove(model_id: str) -> None:
    """Takes one of the user's own models off the shelf, and deletes its files.

    Raises:
        ShelfError: there is no such model, or it is a shipped one.
    """
    entry = find(model_id)
    if entry.shelf.name != "user":
        raise ShelfError(f"{model_id} came with the package and cannot be removed")
    try:
        with _locked(entry.shelf):
            _write(entry.shelf, [row for row in entry.shelf.read().models if row.id != model_id])
            _delete(entry.bundle)
    except OSError as error:
        raise ShelfError(f"the shelf {entry.shelf.directory} cannot be written: {error}") from error


def _verify_shelf(shelf: Shelf) -> Iterator[Verdict]:
    try:
        rows = shelf.read().models
    except ShelfError as error:
        yield Verdict("", shelf.name, ok=False, reason=str(error))
        return
    for row in rows:
        try:
            open_entry(Entry(shelf, row))
            _check_unshadowed(shelf, row.id)
        except BundleError as error:
            yield Verdict(row.id, shelf.name, ok=False, reason=str(error))
        else:
            yield Verdict(row.id, shelf.name, ok=True, reason=None)


def _check_unshadowed(shelf: Shelf, model_id: str) -> None:
    """An upgrade may ship a model whose id the user has taken before."""
    first = shelves()[0]
    if first != shelf and any(row.id == model_id for row in first.read().models):
        raise ShelfError(f"the package now ships a model {model_id} too; register yours with another --id")


def _restated(files: ModelFiles, **changes: str | int) -> ModelFiles:
    """The same files with other entries of the sidecar, and with a card in any case."""
    try:
        sidecar = dataclasses.replace(files.sidecar, **changes)  # pyright: ignore[reportArgumentType]  id or version
    except BundleError as error:
        raise ShelfError(str(error)) from error
    if sidecar == files.sidecar:
        return files if files.card else dataclasses.replace(files, card=card_of(sidecar).encode())
    text = sidecar.to_text().encode()
    return dataclasses.replace(files, sidecar=sidecar, sidecar_text=text, card=card_of(sidecar).encode())


def _counted(files: ModelFiles) -> ModelFiles:
    """The next version where it replaces another whole model of its id; the same where it is that very model."""
    taken = lookup(files.sidecar.id)
    if taken is None:
        return files
    try:
        before = read_bundle(taken.bundle, row=taken.row)
    except BundleError:  # a broken one has no version, and may always be replaced
        return files
    return _restated(files, version=before.sidecar.version + (before.sha256 != files.sha256))


def _place(files: ModelFiles, shelf: Shelf, *, replace: bool) -> Entry:
    """Folder first, registry last; the caller holds the lock."""
    row = _row(files)
    taken = lookup(row.id)
    if taken is not None and (taken.shelf != shelf or not replace):
        way_out = "--replace takes its place" if taken.shelf == shelf else "give another --id"
        raise ShelfError(f"the id {row.id} is taken on the {taken.shelf.name} shelf; {way_out}")
    rows = [other for other in shelf.read().models if other.id != row.id]
    arriving = Bundle(shelf.directory / f".{row.id}.arriving")
    _delete(arriving)
    arriving.directory.mkdir()
    arriving.onnx.write_bytes(files.onnx)
    if files.int8 is not None:
        arriving.int8.write_bytes(files.int8)
    arriving.card.write_bytes(files.card or b"")
    arriving.sidecar.write_bytes(files.sidecar_text)
    if taken is not None:
        _write(shelf, rows)
    _delete(shelf.bundle(row.id))
    arriving.directory.rename(shelf.bundle(row.id).directory)
    _write(shelf, [*rows, row])
    return Entry(shelf, row)


def _row(files: ModelFiles) -> RegistryRow:
    sidecar, int8 = files.sidecar, files.sidecar.int8
    return RegistryRow(
        id=sidecar.id,
        kind=sidecar.kind,
        path=f"{sidecar.id}/model.onnx",
        onnx_sha256=files.sha256,
        sidecar_sha256=sha256_of(files.sidecar_text),
        card_sha256=sha256_of(files.card or b""),
        opset=sidecar.onnx_opset,
        license=sidecar.license,
        smoke=sidecar.smoke,
        quant_mode="fp32" if int8 is None else int8.mode,
        int8=None if int8 is None else Int8Stamp(int8.onnx_sha256),
        quant_accuracy_budget_plcc=ACCURACY_BUDGET_PLCC if int8 is None else int8.accuracy_budget_plcc,
        description=sidecar.description,
    )


def _write(shelf: Shelf, rows: list[RegistryRow]) -> None:
    registry = Registry(schema_version=1, models=tuple(sorted(rows, key=lambda row: row.id)))
    fields = to_json(registry)
    check(fields, "registry")
    write_text(shelf.registry_path, json.dumps(fields, indent=2) + "\n")


def _delete(bundle: Bundle) -> None:
    """Deletes a model's folder, but no folder that holds anything else: a shelf may lie where other files are.

    Raises:
        ShelfError: it holds something that is no part of a bundle.
    """
    if not bundle.directory.exists():
        return
    parts = list(bundle.directory.iterdir())
    strange = [part.name for part in parts if part.name not in PARTS or not part.is_file()]
    if strange:
        raise ShelfError(f"{bundle.directory} holds {', '.join(strange)}, no part of a model; move that away first")
    for part in parts:
        part.unlink()
    bundle.directory.rmdir()


@contextlib.contextmanager
def _locked(shelf: Shelf) -> Iterator[None]:
    """One writer at a time; the lock of a killed process is free."""
    shelf.directory.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(shelf.directory / ".registry.lock", timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise ShelfError(f"another process has been writing {shelf.directory} for {LOCK_SECONDS:g} s") from error
