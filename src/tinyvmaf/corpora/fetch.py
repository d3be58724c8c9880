"""KoNViD-1k from its home on the web -> the folder that ``--layout konvid-1k`` reads.

The two archives are published without checksums. So every CRC inside is checked, the videos are counted and joined with
the opinions, and the hashes seen are written to ``hashes.json``, last of all: where it stands, the rest is whole.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from tinyvmaf.corpora.archive import Member, check_archive, unpack
from tinyvmaf.corpora.download import Download, Patience, download
from tinyvmaf.corpora.files import file_sha256
from tinyvmaf.corpora.konvid import list_konvid
from tinyvmaf.documents import Json, write_json
from tinyvmaf.errors import DownloadError
from tinyvmaf.progress import Progress, silent

HOME = "https://datasets.vqa.mmsp-kn.de/archives"
"""Where the archives lie."""
HASHES = "hashes.json"
"""What was fetched, and its hashes; in the corpus's folder."""

_VIDEOS = "KoNViD_1k_videos.zip"
_METADATA = "KoNViD_1k_metadata.zip"
_VIDEO_COUNT = 1200
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trust:
    """By what a download is believed."""

    insecure_tls: bool = False
    """The host need not prove who it is; then the hash of every file must be known."""
    sha256: Mapping[str, str] | None = None
    """What files must hash to, by their names."""


@dataclass(frozen=True, slots=True)
class FetchedArchive:
    """One archive that was fetched, now or earlier."""

    name: str
    """Its file name."""
    url: str
    """Where it came from."""
    sha256: str
    """The hash that was seen."""
    members: tuple[Member, ...]
    """The files in it."""
    fetched: bool
    """Whether it was fetched now."""


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What there is after fetching."""

    root: Path
    """The corpus's folder."""
    archives: tuple[FetchedArchive, ...]
    """The archives that it came in."""
    videos: int
    """The corpus's videos, each with an opinion."""


def fetch_konvid(
    root: Path,
    *,
    trust: Trust | None = None,
    home: str = HOME,
    video_count: int = _VIDEO_COUNT,
    patience: Patience | None = None,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> FetchReport:
    """Downloads, checks and unpacks KoNViD-1k (2.3 GB, unpacked as much again); what is there already is left as it is.

    Raises:
        DownloadError: a download fails or does not verify, or a hash that the trust asks for is not given.
        CancelledError: ``cancel`` was set; what has arrived is kept for the next call.
    """
    trust = trust or Trust()
    _require_hashes(trust)
    seen = _seen(root)
    archives: list[FetchedArchive] = []
    for name, suffix, count in ((_METADATA, ".csv", None), (_VIDEOS, ".mp4", video_count)):
        archive = seen.get(name)
        if archive is None or not _is_whole(root, archive):
            job = Download(f"{home}/{name}", root / name, (trust.sha256 or {}).get(name), not trust.insecure_tls)
            check = partial(check_archive, suffix=suffix, count=count, progress=progress)
            digest = _digest_of_earlier(job, check) or download(
                job, check=check, patience=patience, progress=progress, cancel=cancel
            )
            members = unpack(job.target, root / job.target.stem, progress=progress, cancel=cancel)
            archive = FetchedArchive(name, job.url, digest, members, fetched=True)
        _require_same(archive, trust)
        archives.append(archive)
    listing = list_konvid(root)
    if listing.problems:
        raise DownloadError(f"{root}: {listing.problems[0].path}: {listing.problems[0].why}")
    _record(root, archives)
    return FetchReport(root, tuple(archives), len(listing.clips))


def _require_hashes(trust: Trust) -> None:
    unknown = sorted(set(trust.sha256 or {}) - {_VIDEOS, _METADATA})
    if unknown:
        raise DownloadError(f"--sha256 names {', '.join(unknown)}; the files are {_METADATA} and {_VIDEOS}")
    for name, digest in (trust.sha256 or {}).items():
        if len(digest) != 64 or not set(digest.lower()) <= set("0123456789abcdef"):
            raise DownloadError(f"--sha256 {name}={digest}: a SHA-256 has 64 hexadecimal digits")
    if not trust.insecure_tls:
        return
    missing = [name for name in (_METADATA, _VIDEOS) if name not in (trust.sha256 or {})]
    if missing:
        wanted = " ".join(f"--sha256 {name}=HASH" for name in missing)
        raise DownloadError(
            "--insecure-tls gives up knowing who sends the bytes: anyone between you and the host can replace them. "
            f"So their hashes must be known from elsewhere: {wanted}"
        )
    _LOG.warning("--insecure-tls: the host's certificate is not checked; the files are believed by their hashes alone")


def _seen(root: Path) -> dict[str, FetchedArchive]:
    """The archives of an earlier call by their names; none where the record is missing or not understood."""
    try:
        record = json.loads((root / HASHES).read_text(encoding="utf-8"))
        return {
            name: FetchedArchive(
                name, one["url"], one["sha256"], tuple(Member(**member) for member in one["members"]), fetched=False
            )
            for name, one in record["archives"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _digest_of_earlier(job: Download, check: Callable[[Path], None]) -> str | None:
    """The hash of an archive that an interrupted call has left whole; None where there is none, or a broken one."""
    if not job.target.is_file():
        return None
    digest = file_sha256(job.target)
    try:
        check(job.target)
    except DownloadError:
        return None
    return digest if job.sha256 in (None, digest) else None


def _is_whole(root: Path, archive: FetchedArchive) -> bool:
    folder = root / Path(archive.name).stem
    files = ((folder / member.name, member.bytes) for member in archive.members)
    return all(path.is_file() and path.stat().st_size == size for path, size in files)


def _require_same(archive: FetchedArchive, trust: Trust) -> None:
    wanted = (trust.sha256 or {}).get(archive.name, archive.sha256)
    if archive.sha256 != wanted.lower():
        raise DownloadError(
            f"{archive.name} was fetched earlier with sha256 {archive.sha256}, not {wanted}: "
            "name another folder, or remove this one"
        )


def _record(root: Path, archives: list[FetchedArchive]) -> None:
    """Writes the hashes, then removes the archives: their content is unpacked."""
    entries: dict[str, Json] = {
        archive.name: {
            "url": archive.url,
            "sha256": archive.sha256,
            "members": [{"name": member.name, "bytes": member.bytes} for member in archive.members],
        }
        for archive in archives
    }
    write_json(root / HASHES, {"schema": "tinyvmaf.hashes/1", "archives": entries})
    for archive in archives:
        (root / archive.name).unlink(missing_ok=True)
