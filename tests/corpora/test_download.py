import errno
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from tests.corpora.misbehaving_server import Site, serve
from tinyvmaf.corpora.download import Download, Patience, download
from tinyvmaf.errors import CancelledError, DownloadError

BODY = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(BODY).hexdigest()
QUICK = Patience(attempts=3, backoff_seconds=0.01)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve({"/big.bin": BODY}) as site:
        yield site


@pytest.fixture
def job(site: Site, tmp_path: Path) -> Download:
    return Download(f"{site.url}/big.bin", tmp_path / "new" / "big.bin")


def leftovers(job: Download) -> list[str]:
    return sorted(path.name for path in job.target.parent.iterdir())


def test_a_download_is_the_file_and_nothing_else(site: Site, job: Download) -> None:
    told: list[tuple[float, float | None, str]] = []
    assert download(job, progress=lambda *now: told.append(now)) == DIGEST
    assert job.target.read_bytes() == BODY
    assert leftovers(job) == ["big.bin"]
    assert told[-1] == (len(BODY), len(BODY), "big.bin")
    assert site.asked == [("/big.bin", None, None)]


def test_a_cut_connection_goes_on_where_it_was_cut(site: Site, job: Download) -> None:
    site.cuts = [300_000, 300_000, 1]
    assert download(job, patience=QUICK) == DIGEST
    starts = [wanted for _, wanted, _ in site.asked]
    assert starts == [None, "bytes=300000-", "bytes=600000-", "bytes=600001-"]
    assert {validator for _, _, validator in site.asked[1:]} == {'"one"'}


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(site: Site, job: Download) -> None:
    site.cuts = [300_000, 0, 0, 0]
    with pytest.raises(DownloadError, match="300000 bytes are kept, call again"):
        download(job, patience=QUICK)
    assert leftovers(job) == ["big.bin.part", "big.bin.part.json"]
    site.cuts, site.asked = [], []
    assert download(job) == DIGEST
    assert site.asked == [("/big.bin", "bytes=300000-", '"one"')]


def test_a_resource_that_has_changed_is_never_joined_with_its_old_beginning(site: Site, job: Download) -> None:
    site.cuts = [300_000]
    with pytest.raises(DownloadError):
        download(job, patience=Patience(attempts=1))
    site.files["/big.bin"] = BODY[::-1]
    site.etag = '"two"'
    download(job)
    assert job.target.read_bytes() == BODY[::-1]


def test_a_server_that_ignores_ranges_is_taken_from_the_start(site: Site, job: Download) -> None:
    site.knows_ranges = False
    site.cuts = [300_000, 200_000]
    assert download(job, patience=QUICK) == DIGEST
    assert job.target.read_bytes() == BODY


def test_a_server_that_sends_another_range_is_taken_from_the_start(site: Site, job: Download) -> None:
    site.wrong_range = True
    site.cuts = [300_000]
    assert download(job, patience=QUICK) == DIGEST


def test_the_date_stands_in_for_a_weak_etag(site: Site, job: Download) -> None:
    site.etag, site.last_modified = 'W/"one"', "Tue, 15 Nov 1994 12:45:26 GMT"
    site.cuts = [300_000]
    assert download(job, patience=QUICK) == DIGEST
    assert site.asked[1] == ("/big.bin", "bytes=300000-", site.last_modified)


def test_a_resource_without_any_version_is_never_resumed(site: Site, job: Download) -> None:
    site.etag = ""
    site.cuts = [300_000]
    assert download(job, patience=QUICK) == DIGEST
    assert [wanted for _, wanted, _ in site.asked] == [None, None]


def test_a_part_that_was_complete_is_only_named(site: Site, job: Download) -> None:
    site.cuts = [300_000]
    with pytest.raises(DownloadError):
        download(job, patience=Patience(attempts=1))
    job.part.write_bytes(BODY)
    assert download(job) == DIGEST


def test_a_part_that_is_longer_than_the_resource_is_thrown_away(site: Site, job: Download) -> None:
    site.cuts = [300_000]
    with pytest.raises(DownloadError):
        download(job, patience=Patience(attempts=1))
    job.part.write_bytes(BODY + b"more")
    assert download(job, patience=QUICK) == DIGEST
    assert job.target.read_bytes() == BODY


def test_a_part_of_another_address_is_not_resumed(site: Site, job: Download) -> None:
    job.target.parent.mkdir()
    job.part.write_bytes(b"something else")
    job.memory.write_text('{"url": "http://elsewhere/big.bin", "version": "\\"one\\""}')
    assert download(job) == DIGEST


def test_wrong_bytes_are_not_kept(site: Site, job: Download) -> None:
    from dataclasses import replace

    with pytest.raises(DownloadError, match=f"its sha256 is {DIGEST}, not 000"):
        download(replace(job, sha256="0" * 64))
    assert leftovers(job) == []

    def refuse(part: Path) -> None:
        raise DownloadError(f"{part.name} is not what it should be")

    with pytest.raises(DownloadError, match="not what it should be"):
        download(job, check=refuse)
    assert leftovers(job) == []
    assert download(replace(job, sha256=DIGEST.upper())) == DIGEST


def test_a_busy_server_is_asked_again_and_a_missing_file_is_not(site: Site, job: Download) -> None:
    site.statuses = [503, 429]
    assert download(job, patience=QUICK) == DIGEST
    site.asked = []
    with pytest.raises(DownloadError, match="404"):
        download(Download(f"{site.url}/gone", job.target), patience=QUICK)
    assert len(site.asked) == 1


def test_a_host_that_is_not_there_is_an_error_after_some_tries(job: Download, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="given up after 3 tries"):
        download(Download("http://127.0.0.1:9/x", tmp_path / "x"), patience=QUICK)
    with pytest.raises(DownloadError):
        download(Download("no address", tmp_path / "x"), patience=QUICK)


def test_a_disk_without_room_is_told_before_anything_is_written(job: Download, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(job.target.parent.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(DownloadError, match=r"1,024,000 bytes are to come and 1,000 are free"):
        download(job)


def test_a_disk_that_fills_up_is_told_and_what_has_arrived_is_kept(
    job: Download, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_up(done: float, total: float | None, label: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DownloadError, match=r"the disk is full; .* bytes are kept"):
        download(job, progress=fill_up)
    assert job.part.exists()


def test_a_place_that_cannot_be_written_is_told(job: Download) -> None:
    job.target.parent.write_text("a file")
    with pytest.raises(DownloadError, match="cannot write"):
        download(job)


def test_a_stopped_download_keeps_what_has_arrived(site: Site, job: Download) -> None:
    stop = Event()
    with pytest.raises(CancelledError):
        download(job, progress=lambda *now: stop.set(), cancel=stop)
    assert 0 < job.part.stat().st_size < len(BODY)
    assert download(job) == DIGEST
    assert site.asked[1][1] is not None


def test_a_certificate_that_does_not_verify_is_told_at_once_with_the_way_out(tmp_path: Path) -> None:
    import ssl

    import httpx

    from tinyvmaf.corpora.download import _raise_if_hopeless

    cause = ssl.SSLCertVerificationError("certificate has expired")
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.__cause__ = cause
    with pytest.raises(DownloadError, match=r"--insecure-tls --sha256 x\.zip=HASH"):
        _raise_if_hopeless(Download("https://host/x.zip", tmp_path / "x.zip"), error)
