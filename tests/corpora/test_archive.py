import stat
import zipfile
from pathlib import Path

import pytest

from tinyvmaf.corpora.archive import Member, check_archive, unpack
from tinyvmaf.errors import DownloadError


def make_zip(path: Path, members: dict[str, bytes], *, mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.filename = info.orig_filename = name
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return path


def test_unpacking_does_not_double_the_top_folder(tmp_path: Path) -> None:
    path = make_zip(
        tmp_path / "videos.zip", {"videos/": b"", "videos/a.mp4": b"a", "videos/b/c.mp4": b"cc", "__MACOSX/._a": b"x"}
    )
    assert unpack(path, tmp_path / "videos") == (Member("a.mp4", 1), Member("b/c.mp4", 2))
    assert (tmp_path / "videos" / "b" / "c.mp4").read_bytes() == b"cc"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["videos", "videos.zip"]


def test_unpacking_into_a_folder_that_is_there_keeps_what_else_is_in_it(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "videos.zip", {"a.mp4": b"new"})
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_bytes(b"old")
    (tmp_path / "videos" / "mine.txt").write_bytes(b"mine")
    unpack(path, tmp_path / "videos")
    assert (tmp_path / "videos" / "a.mp4").read_bytes() == b"new"
    assert (tmp_path / "videos" / "mine.txt").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("../evil.mp4", "leaves its folder"),
        ("a/../../evil.mp4", "leaves its folder"),
        ("/etc/evil.mp4", "absolute"),
        ("C:/evil.mp4", "drive letter"),
        ("a\\..\\evil.mp4", "backslash"),
    ],
)
def test_a_member_that_would_escape_is_refused(tmp_path: Path, name: str, what: str) -> None:
    path = make_zip(tmp_path / "v.zip", {"good.mp4": b"good", name: b"evil"})
    for attempt in (lambda: check_archive(path), lambda: unpack(path, tmp_path / "out" / "v")):
        (tmp_path / "out").mkdir(exist_ok=True)
        with pytest.raises(DownloadError, match=what):
            attempt()
    assert list((tmp_path / "out").iterdir()) == []


def test_links_and_inflation_are_refused(tmp_path: Path) -> None:
    link = make_zip(tmp_path / "l.zip", {"a.mp4": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777)
    with pytest.raises(DownloadError, match="link"):
        check_archive(link)
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.mp4", bytes(20_000_000))
    with pytest.raises(DownloadError, match="beyond belief"):
        check_archive(tmp_path / "b.zip")


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "v.zip", {"a.mp4": b"the content of a video"})
    check_archive(path, suffix=".mp4", count=1)
    path.write_bytes(path.read_bytes().replace(b"the content", b"The content"))
    with pytest.raises(DownloadError, match="CRC"):
        check_archive(path)
    with pytest.raises(DownloadError, match="CRC"):
        unpack(path, tmp_path / "v")
    assert not (tmp_path / "v").exists()


def test_what_is_no_zip_or_cut_short_is_told(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "v.zip", {"a.mp4": b"a" * 1000})
    for content in (b"<html>Not found</html>", b"", path.read_bytes()[:500]):
        path.write_bytes(content)
        with pytest.raises(DownloadError, match="broken zip file"):
            check_archive(path)


def test_the_members_are_counted(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "v.zip", {"a.mp4": b"a", "b.MP4": b"b", "c.txt": b"c"})
    check_archive(path, suffix=".mp4", count=2)
    with pytest.raises(DownloadError, match=r"holds 2 \.mp4 files where 1200 are expected"):
        check_archive(path, suffix=".mp4", count=1200)
