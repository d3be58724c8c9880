"""SHA-256 of files, remembered by path, size, time of change and inode, so that a large video is read once.

One small file per video path, replaced as a whole: any number of processes may share the folder.
"""

import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock
from uuid import uuid4

from tinyvmaf.errors import VideoError

_SETTLED_SECONDS = 2.0
"""A file that changed this shortly before is not remembered: a coarse clock would hide its next change."""


class FileHashes:
    """Hashes of files, remembered in a folder; safe for threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes: dict[Path, str] = {}
        self._lock = Lock()

    def sha256(self, path: Path) -> str:
        """SHA-256 of the file's bytes, in hex; once known, the same for the life of this object.

        Raises:
            VideoError: the file is missing, a folder, or changes while it is read.
        """
        with self._lock:
            known = self._hashes.get(path)
        if known is None:
            known = self._from_disk(path)
            with self._lock:
                self._hashes[path] = known
        return known

    def forget(self) -> None:
        """Forgets every hash, in the folder too."""
        with self._lock:
            self._hashes.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _from_disk(self, path: Path) -> str:
        try:
            before = _identity(path)
            remembered = self._remembered(path, before)
            if remembered is not None:
                return remembered
            with path.open("rb") as file:
                known = hashlib.file_digest(file, "sha256").hexdigest()
            after = _identity(path)
        except OSError as error:
            raise VideoError(f"{path}: cannot be read ({error.strerror})") from error
        if after != before:
            raise VideoError(f"{path}: changed while it was read; run again when it is finished")
        if time.time_ns() - after["mtime_ns"] > _SETTLED_SECONDS * 1e9:
            self._remember(path, {**after, "sha256": known})
        return known

    def _remembered(self, path: Path, identity: dict[str, int]) -> str | None:
        try:
            entry = json.loads(self._entry(path).read_text(encoding="utf-8"))
            known = entry.pop("sha256")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # not remembered, or half of it lost with a disk: it is read again
        return known if entry == identity else None

    def _remember(self, path: Path, entry: dict[str, int | str]) -> None:
        """Best effort: a folder that takes nothing costs a second reading, and the clip store will say so."""
        place = self._entry(path)
        temporary = place.with_name(f".{uuid4().hex}.tmp")
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                temporary.write_text(json.dumps(entry), encoding="utf-8")
                temporary.replace(place)
            finally:
                temporary.unlink(missing_ok=True)

    def _entry(self, path: Path) -> Path:
        return self._folder / f"{hashlib.sha256(os.fsencode(path.absolute())).hexdigest()}.json"


def _identity(path: Path) -> dict[str, int]:
    facts = path.stat()
    return {"size": facts.st_size, "mtime_ns": facts.st_mtime_ns, "inode": facts.st_ino}
