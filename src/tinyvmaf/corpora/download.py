"""One URL -> one file: resumable, checked before it gets its name.

What has arrived lies in ``<name>.part``, and ``<name>.part.json`` remembers which version of the resource it is (its
ETag or Last-Modified). A later call asks for the rest with Range and If-Range (RFC 9110, 13.1.5 and 14.2), so that two
versions are never joined; a server that sends the whole again is obeyed. Only a file that passes its checks is renamed.
"""

import errno
import json
import logging
import re
import shutil
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import httpx

from tinyvmaf.corpora.files import file_sha256
from tinyvmaf.documents import write_json
from tinyvmaf.errors import DownloadError
from tinyvmaf.progress import Progress, silent, stop_if_cancelled

_LOG = logging.getLogger(__name__)
_TIMEOUT = httpx.Timeout(30.0, read=60.0)
_SPARE_BYTES = 64 << 20
_WORTH_ANOTHER_TRY = frozenset((408, 425, 429, 500, 502, 503, 504))


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a cut connection is tried again."""

    attempts: int = 6
    """Tries in a row that bring nothing new, before it is given up."""
    backoff_seconds: float = 1.0
    """The wait before the second try; doubled each time, at most a minute."""

    def wait_seconds(self, failures: int) -> float:
        """How long to wait after so many failures in a row."""
        return min(60.0, self.backoff_seconds * 2 ** (failures - 1))


@dataclass(frozen=True, slots=True)
class Download:
    """What is to be downloaded, and how far it is trusted."""

    url: str
    """Where it lies."""
    target: Path
    """The name that it gets when all checks have passed."""
    sha256: str | None = None
    """What its bytes must hash to; None: not known."""
    verify_tls: bool = True
    """Whether the host must prove who it is."""

    @property
    def part(self) -> Path:
        """What has arrived so far."""
        return self.target.with_name(self.target.name + ".part")

    @property
    def memory(self) -> Path:
        """Which version of the resource that is."""
        return self.target.with_name(self.target.name + ".part.json")


class _Cut(Exception):  # noqa: N818  never leaves this module
    """The connection ended early, or the server asked to come again."""


def download(
    job: Download,
    *,
    check: Callable[[Path], None] | None = None,
    patience: Patience | None = None,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> str:
    """Downloads the file and returns its SHA-256; ``check`` may refuse the bytes (DownloadError) before they are named.

    Raises:
        DownloadError: the host cannot be reached or trusted, the disk is full, or the bytes are not those expected.
        CancelledError: ``cancel`` was set; what has arrived is kept for the next call.
    """
    try:
        job.target.parent.mkdir(parents=True, exist_ok=True)
        _fetch_all(job, patience or Patience(), progress, cancel)
        digest = file_sha256(job.part)
        _check(job, digest, check)
        job.part.replace(job.target)
        job.memory.unlink(missing_ok=True)
    except OSError as error:
        raise _disk_error(job, error) from error
    return digest


def _fetch_all(job: Download, patience: Patience, progress: Progress, cancel: Event | None) -> None:
    failures = 0
    with httpx.Client(verify=job.verify_tls, timeout=_TIMEOUT, follow_redirects=True) as client:
        while True:
            stop_if_cancelled(cancel)
            before = _size(job.part)
            try:
                _fetch_rest(client, job, progress, cancel)
                return
            except (_Cut, httpx.TransportError) as error:
                _raise_if_hopeless(job, error)
                failures = 1 if _size(job.part) > before else failures + 1
                if failures >= patience.attempts:
                    raise DownloadError(
                        f"{job.url}: given up after {failures} tries in a row ({error or type(error).__name__}); "
                        f"{_size(job.part)} bytes are kept, call again to go on"
                    ) from error
                _LOG.info("%s: %s; trying again from byte %d", job.url, error, _size(job.part))
                (cancel or Event()).wait(patience.wait_seconds(failures))
            except (httpx.InvalidURL, httpx.HTTPError) as error:
                raise DownloadError(f"{job.url}: {error}") from error


def _fetch_rest(client: httpx.Client, job: Download, progress: Progress, cancel: Event | None) -> None:
    """One request for what is missing; returns when the whole has arrived."""
    version = _remembered_version(job)
    start = _size(job.part) if version else 0
    headers = {"Accept-Encoding": "identity"}
    if version and start:
        headers |= {"Range": f"bytes={start}-", "If-Range": version}
    with client.stream("GET", job.url, headers=headers) as response:
        if job.url.startswith("https:") and response.url.scheme != "https":
            raise DownloadError(f"{job.url} leads to {response.url}, which is not encrypted")
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and start:
            if _total_of(response) == start:
                return
            _forget(job)
            raise _Cut(f"the server has less than the {start} bytes that had arrived")
        total = _total_of(response)
        if response.status_code == httpx.codes.PARTIAL_CONTENT:
            if _first_byte(response) != start or not start:
                _forget(job)
                raise _Cut("the server sent another part than was asked for")
        elif response.status_code == httpx.codes.OK:
            start = 0
            _remember(job, response)
        else:
            raise _refusal(job, response)
        _require_space(job, (total or 0) - start)
        _write(job, response, start=start, total=total, progress=progress, cancel=cancel)


def _write(
    job: Download,
    response: httpx.Response,
    *,
    start: int,
    total: int | None,
    progress: Progress,
    cancel: Event | None,
) -> None:
    done = start
    with job.part.open("r+b" if start else "wb") as file:
        file.seek(start)
        for piece in response.iter_raw():  # pieces as they come: with a size, a cut would lose what is being gathered
            stop_if_cancelled(cancel)
            file.write(piece)
            done += len(piece)
            progress(done, total, job.target.name)
        file.truncate()
    if total is not None and done != total:
        if done > total:
            _forget(job)
        raise _Cut(f"{done} bytes arrived of {total}")


def _remember(job: Download, response: httpx.Response) -> None:
    """A weak ETag names no exact bytes, so it cannot serve If-Range; then the date does."""
    job.part.unlink(missing_ok=True)
    etag = response.headers.get("ETag", "")
    version = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified", "")
    write_json(job.memory, {"url": job.url, "version": version})


def _remembered_version(job: Download) -> str:
    try:
        memory = json.loads(job.memory.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return ""
    if not isinstance(memory, dict) or memory.get("url") != job.url:
        return ""
    return str(memory.get("version", ""))


def _forget(job: Download) -> None:
    job.part.unlink(missing_ok=True)
    job.memory.unlink(missing_ok=True)


def _check(job: Download, digest: str, check: Callable[[Path], None] | None) -> None:
    try:
        if job.sha256 is not None and digest != job.sha256.lower():
            raise DownloadError(f"{job.url}: its sha256 is {digest}, not {job.sha256}; nothing was kept")
        if check is not None:
            check(job.part)
    except DownloadError:
        _forget(job)
        raise


def _total_of(response: httpx.Response) -> int | None:
    """The size of the whole, from Content-Range or Content-Length."""
    match = re.fullmatch(r"bytes (?:\d+-\d+|\*)/(\d+)", response.headers.get("Content-Range", ""))
    if match:
        return int(match[1])
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and response.status_code == httpx.codes.OK else None


def _first_byte(response: httpx.Response) -> int | None:
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _refusal(job: Download, response: httpx.Response) -> Exception:
    words = f"the server answered {response.status_code} {response.reason_phrase}"
    if response.status_code in _WORTH_ANOTHER_TRY:
        return _Cut(words)
    return DownloadError(f"{job.url}: {words}")


def _raise_if_hopeless(job: Download, error: Exception) -> None:
    """A certificate does not get better by trying again.

    Raises:
        DownloadError: the host did not prove who it is.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            raise DownloadError(
                f"{job.url}: its host does not prove who it is ({cause}); if you know the SHA-256 of the file, "
                f"--insecure-tls --sha256 {job.target.name}=HASH takes it by that instead"
            ) from error
        cause = cause.__cause__ or cause.__context__


def _require_space(job: Download, needed: int) -> None:
    free = shutil.disk_usage(job.target.parent).free
    if needed + _SPARE_BYTES > free:
        raise DownloadError(
            f"{job.url}: {needed:,} bytes are to come and {free:,} are free in {job.target.parent}; make room, "
            "or name another folder"
        )


def _disk_error(job: Download, error: OSError) -> DownloadError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DownloadError(
            f"{job.target.parent}: the disk is full; {_size(job.part)} bytes are kept, make room and call again"
        )
    return DownloadError(f"cannot write {job.target}: {error}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
