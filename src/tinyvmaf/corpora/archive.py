"""A zip file -> a folder: every CRC checked, no member outside the folder, all of it or nothing."""

import errno
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import Event

from tinyvmaf.errors import DownloadError
from tinyvmaf.progress import Progress, silent, stop_if_cancelled

_PIECE_BYTES = 1 << 20
_SPARE_BYTES = 64 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
_ENCRYPTED = 0x1
_MOST_INFLATED = 200


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive."""

    name: str
    """Relative to the folder it is unpacked to, with ``/``."""
    bytes: int
    """Its size when unpacked."""


def check_archive(path: Path, *, suffix: str = "", count: int | None = None, progress: Progress = silent) -> None:
    """Reads every member, so that every CRC is compared.

    With ``count``, so many members must end in ``suffix``.

    Raises:
        DownloadError: it is no zip file, a CRC differs, a member would escape, or the count is another.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive)
            total = sum(info.file_size for info in members.values())
            done = 0
            for info in members.values():
                with archive.open(info) as stream:
                    while piece := stream.read(_PIECE_BYTES):
                        done += len(piece)
                        progress(done, total, f"checking {_title(path)}")
    except _BROKEN as error:
        raise DownloadError(f"{path.name}: broken zip file: {error}; nothing was kept") from error
    found = sum(name.lower().endswith(suffix) for name in members)
    if count is not None and found != count:
        raise DownloadError(f"{path.name} holds {found} {suffix} files where {count} are expected; nothing was kept")


def unpack(path: Path, folder: Path, *, progress: Progress = silent, cancel: Event | None = None) -> tuple[Member, ...]:
    """Unpacks into ``folder``, which appears when the last member is written; a top folder of that name is not doubled.

    Raises:
        DownloadError: the archive is broken, would write outside the folder, or the disk is full.
        CancelledError: ``cancel`` was set; nothing is left.
    """
    try:
        with (
            zipfile.ZipFile(path) as archive,
            tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary,
        ):
            members = {_below(folder.name, name): info for name, info in _members(archive).items()}
            _require_space(path, folder, members)
            whole = Path(temporary, "whole")
            whole.mkdir()
            _write_all(archive, members, whole, progress, cancel)
            _move_in(whole, folder, list(members))
    except _BROKEN as error:
        raise DownloadError(f"{path}: broken zip file: {error}") from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full: make room and call again" if full else error
        raise DownloadError(f"cannot unpack {path.name} to {folder}: {why}") from error
    return tuple(Member(name, info.file_size) for name, info in members.items())


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files of the archive by their safe names.

    Raises:
        DownloadError: a member is unsafe.
    """
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        parts = _safe_parts(info)
        if info.is_dir() or parts[0] == "__MACOSX" or parts[-1] == ".DS_Store":
            continue
        name = "/".join(parts)
        if name in members:
            raise DownloadError(f"unsafe zip file: it holds {name} twice")
        members[name] = info
    return members


def _safe_parts(info: zipfile.ZipInfo) -> tuple[str, ...]:
    name = info.orig_filename
    kind = info.external_attr >> 16
    parts = PurePosixPath(name).parts
    unsafe = (
        (not parts or name.startswith("/"), "an absolute or empty path"),
        ("\\" in name or "\0" in name, "a path with a backslash or a zero byte"),
        (bool(re.match(r"[A-Za-z]:", name)), "a path with a drive letter"),
        (".." in parts, "a path that leaves its folder"),
        (stat.S_IFMT(kind) not in (0, stat.S_IFREG, stat.S_IFDIR), "a link or a device"),
        (bool(info.flag_bits & _ENCRYPTED), "encrypted"),
        (info.file_size > _MOST_INFLATED * max(info.compress_size, 4096), "inflated beyond belief"),
    )
    for is_so, what in unsafe:
        if is_so:
            raise DownloadError(f"unsafe zip file: its member {name!r} is {what}; nothing was unpacked")
    return parts


def _below(folder: str, name: str) -> str:
    return name.removeprefix(f"{folder}/")


def _require_space(path: Path, folder: Path, members: dict[str, zipfile.ZipInfo]) -> None:
    needed = sum(info.file_size for info in members.values())
    free = shutil.disk_usage(folder.parent).free
    if needed + _SPARE_BYTES > free:
        raise DownloadError(f"{path.name} unpacks to {needed:,} bytes and {free:,} are free in {folder.parent}")


def _write_all(
    archive: zipfile.ZipFile,
    members: dict[str, zipfile.ZipInfo],
    folder: Path,
    progress: Progress,
    cancel: Event | None,
) -> None:
    for done, (name, info) in enumerate(members.items(), start=1):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as stream, target.open("xb") as file:
            while piece := stream.read(_PIECE_BYTES):
                stop_if_cancelled(cancel)
                file.write(piece)
        progress(done, len(members), f"unpacking {_title(Path(archive.filename or ''))}")


def _move_in(whole: Path, folder: Path, names: list[str]) -> None:
    if not folder.exists():
        whole.rename(folder)
        return
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (whole / name).replace(folder / name)


def _title(path: Path) -> str:
    return path.name.removesuffix(".part")
