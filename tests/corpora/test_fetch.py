import hashlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corpora.misbehaving_server import Site, serve
from tests.corpora.test_archive import make_zip
from tinyvmaf.corpora.download import Patience
from tinyvmaf.corpora.fetch import FetchReport, Trust, fetch_konvid
from tinyvmaf.corpora.konvid import list_konvid
from tinyvmaf.errors import DownloadError

QUICK = Patience(attempts=2, backoff_seconds=0.01)
VIDEOS = {f"KoNViD_1k_videos/{number}.mp4": b"video %d" % number * 1000 for number in (11, 12, 13)}
METADATA = {"KoNViD_1k_metadata/KoNViD_1k_mos.csv": b"flickr_id,mos\n11,1.5\n12,2.5\n13,3.5\n"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    files = {
        "/KoNViD_1k_videos.zip": make_zip(tmp_path / "v.zip", VIDEOS).read_bytes(),
        "/KoNViD_1k_metadata.zip": make_zip(tmp_path / "m.zip", METADATA).read_bytes(),
    }
    with serve(files) as site:
        yield site


def fetch(site: Site, root: Path, *, trust: Trust | None = None, video_count: int = 3) -> FetchReport:
    return fetch_konvid(root, trust=trust, home=site.url, video_count=video_count, patience=QUICK)


def digest_of(site: Site, name: str) -> str:
    return hashlib.sha256(site.files[f"/{name}"]).hexdigest()


def test_what_is_fetched_is_what_the_layout_reads(site: Site, tmp_path: Path) -> None:
    report = fetch(site, tmp_path / "k")
    assert report.videos == 3
    assert [archive.fetched for archive in report.archives] == [True, True]
    listing = list_konvid(tmp_path / "k")
    assert listing.problems == ()
    assert [clip.opinion.mos for clip in listing.clips if clip.opinion] == [1.5, 2.5, 3.5]
    assert sorted(path.name for path in (tmp_path / "k").iterdir()) == [
        "KoNViD_1k_metadata",
        "KoNViD_1k_videos",
        "hashes.json",
    ]
    record = json.loads((tmp_path / "k" / "hashes.json").read_text())
    assert record["archives"]["KoNViD_1k_videos.zip"]["sha256"] == digest_of(site, "KoNViD_1k_videos.zip")


def test_a_second_call_asks_nobody(site: Site, tmp_path: Path) -> None:
    fetch(site, tmp_path / "k")
    site.asked = []
    report = fetch(site, tmp_path / "k")
    assert site.asked == []
    assert [archive.fetched for archive in report.archives] == [False, False]


def test_a_lost_video_brings_its_archive_back(site: Site, tmp_path: Path) -> None:
    fetch(site, tmp_path / "k")
    (tmp_path / "k" / "KoNViD_1k_videos" / "12.mp4").unlink()
    site.asked = []
    assert fetch(site, tmp_path / "k").videos == 3
    assert [path for path, _, _ in site.asked] == ["/KoNViD_1k_videos.zip"]


def test_an_archive_that_had_arrived_whole_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "KoNViD_1k_videos.zip").write_bytes(site.files["/KoNViD_1k_videos.zip"])
    (tmp_path / "k" / "KoNViD_1k_metadata.zip").write_bytes(b"broken")
    assert fetch(site, tmp_path / "k").videos == 3
    assert [path for path, _, _ in site.asked] == ["/KoNViD_1k_metadata.zip"]


def test_cut_connections_do_not_matter(site: Site, tmp_path: Path) -> None:
    site.cuts = [50, 60, 1000, 2000]
    assert fetch(site, tmp_path / "k").videos == 3


def test_wrong_bytes_leave_nothing_behind(site: Site, tmp_path: Path) -> None:
    body = site.files["/KoNViD_1k_videos.zip"]
    site.files["/KoNViD_1k_videos.zip"] = body.replace(b"video 12", b"virus 12", 1)
    with pytest.raises(DownloadError, match="CRC"):
        fetch(site, tmp_path / "k")
    assert not (tmp_path / "k" / "KoNViD_1k_videos").exists()
    assert not list((tmp_path / "k").glob("*videos*"))
    assert not (tmp_path / "k" / "hashes.json").exists()
    site.files["/KoNViD_1k_videos.zip"] = body
    assert fetch(site, tmp_path / "k").videos == 3


def test_a_missing_video_and_a_missing_opinion_are_found(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"3 \.mp4 files where 1200 are expected"):
        fetch(site, tmp_path / "k", video_count=1200)
    short = {"KoNViD_1k_mos.csv": b"flickr_id,mos\n11,1.5\n12,2.5\n"}
    site.files["/KoNViD_1k_metadata.zip"] = make_zip(tmp_path / "s.zip", short).read_bytes()
    with pytest.raises(DownloadError, match="1 videos have no opinion: 13"):
        fetch(site, tmp_path / "s")
    assert not (tmp_path / "s" / "hashes.json").exists()


def test_a_hash_that_is_asked_for_is_checked_then_and_later(site: Site, tmp_path: Path) -> None:
    wrong = Trust(sha256={"KoNViD_1k_videos.zip": "0" * 64})
    with pytest.raises(DownloadError, match="not 000"):
        fetch(site, tmp_path / "k", trust=wrong)
    fetch(site, tmp_path / "k")
    with pytest.raises(DownloadError, match="fetched earlier with sha256"):
        fetch(site, tmp_path / "k", trust=wrong)


def test_insecure_tls_demands_every_hash_and_says_what_it_gives_up(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("KoNViD_1k_videos.zip", "KoNViD_1k_metadata.zip")
    hashes = {name: digest_of(site, name) for name in names}
    with pytest.raises(DownloadError, match=r"anyone between you and the host .*--sha256 KoNViD_1k_metadata\.zip=HASH"):
        fetch(site, tmp_path / "k", trust=Trust(insecure_tls=True, sha256={names[0]: hashes[names[0]]}))
    assert site.asked == []
    with caplog.at_level(logging.WARNING):
        assert fetch(site, tmp_path / "k", trust=Trust(insecure_tls=True, sha256=hashes)).videos == 3
    assert "certificate is not checked" in caplog.text


def test_a_hash_that_is_none_or_names_no_file_is_refused(tmp_path: Path, site: Site) -> None:
    with pytest.raises(DownloadError, match="64 hexadecimal digits"):
        fetch(site, tmp_path, trust=Trust(sha256={"KoNViD_1k_videos.zip": "abc"}))
    with pytest.raises(DownloadError, match=r"other\.zip"):
        fetch(site, tmp_path, trust=Trust(sha256={"other.zip": "0" * 64}))
