"""Names on a command line: files, folders and patterns."""

from pathlib import Path

import pytest

from tinyvmaf.corpora.named_files import named_videos
from tinyvmaf.errors import VideoError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ref.mp4", "b.mkv", "a.mp4", "notes.txt", "deeper/c.mp4", "odd [1].mp4", ".hidden.mp4"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def names(found: tuple[Path, ...]) -> list[str]:
    return [path.name for path in found]


def test_a_folder_means_its_videos_without_the_reference(folder: Path) -> None:
    assert names(named_videos([folder], apart_from=folder / "ref.mp4")) == ["a.mp4", "b.mkv", "odd [1].mp4"]


def test_a_pattern_means_what_fits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = folder / "ref.mp4"
    assert names(named_videos([folder / "*.mp4"], apart_from=reference)) == ["a.mp4", "odd [1].mp4"]
    assert names(named_videos([folder / "**" / "c.*"], apart_from=reference)) == ["c.mp4"]
    monkeypatch.chdir(folder)
    assert named_videos([Path("deeper/*.mp4")], apart_from=reference) == (Path("deeper/c.mp4"),)


def test_a_file_is_that_file_whatever_its_name_and_kind(folder: Path) -> None:
    asked = [folder / "odd [1].mp4", folder / "notes.txt", folder / "ref.mp4", folder / "missing.mp4"]
    assert list(named_videos(asked, apart_from=folder / "ref.mp4")) == asked


def test_a_file_that_is_meant_twice_comes_once(folder: Path) -> None:
    found = named_videos([folder / "b.mkv", folder], apart_from=folder / "ref.mp4")
    assert names(found) == ["b.mkv", "a.mp4", "odd [1].mp4"]


@pytest.mark.parametrize("name", ["*.webm", "empty"])
def test_nothing_that_fits_is_an_error_that_names_it(folder: Path, name: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(VideoError, match=name.replace("*", r"\*")):
        named_videos([folder / name], apart_from=folder / "ref.mp4")


def test_a_name_that_cannot_be_looked_at_is_left_to_whoever_opens_it(folder: Path) -> None:
    long = folder / f"{'x' * 300}.mp4"
    assert named_videos([long, folder / "a.mp4"], apart_from=long) == (long, folder / "a.mp4")
