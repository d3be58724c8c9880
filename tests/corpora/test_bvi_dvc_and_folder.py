from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.corpora.lookalikes import SMALL, frames, make_bvi_dvc, make_folder, write
from tinyvmaf.corpora.bvi_dvc import list_bvi_dvc
from tinyvmaf.corpora.folder import list_folder
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import parse_rungs
from tinyvmaf.video.probe import RawFormat, VideoFile


def test_bvi_names_give_the_raw_layout(tmp_path: Path) -> None:
    clips = {clip.key: clip for clip in list_bvi_dvc(make_bvi_dvc(tmp_path)).clips}
    boxing = clips["DBoxing_Practice_480x272_59.94fps_8bit_422"].distorted
    assert isinstance(boxing, VideoFile)
    assert boxing.raw == RawFormat(480, 272, "yuv422p", Fraction(60000, 1001))
    market = clips["DBangkokMarketVidevo_480x272_25fps_10bit_420"].distorted
    assert isinstance(market, VideoFile)
    assert market.raw == RawFormat(480, 272, "yuv420p10le", Fraction(25))


def test_one_bvi_content_in_four_sizes_is_one_source(tmp_path: Path) -> None:
    assert list_bvi_dvc(make_bvi_dvc(tmp_path)).sources == ("BangkokMarketVidevo", "Boxing_Practice")


def test_a_small_bvi_look_alike_keeps_the_rate_of_its_name(tmp_path: Path) -> None:
    write(tmp_path / "DBoxing_480x272_50fps_10bit_420.yuv", frames(2))
    (clip,) = list_bvi_dvc(tmp_path, rungs=parse_rungs("x264:35"), raw=SMALL).clips
    assert clip.reference is not None
    assert clip.reference.raw == replace(SMALL, fps=Fraction(50))


@pytest.mark.parametrize("name", ["cat.mp4", "a_480x272_25fps_7bit_420.yuv", "a_480x272_0fps_8bit_420.yuv"])
def test_a_bvi_name_that_says_nothing_is_a_problem(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    assert [problem.path for problem in list_bvi_dvc(tmp_path).problems] == [name]


def test_a_folder_is_read_with_its_subfolders_and_only_videos(tmp_path: Path) -> None:
    listing = list_folder(make_folder(tmp_path / "my videos"))
    assert listing.sources == ("cat", "deep_er_dog", "tag_straße eins")
    assert listing.corpus == "my videos"


def test_two_videos_of_one_source_name_are_a_problem(tmp_path: Path) -> None:
    for name in ("a/b.mp4", "a_b.mp4", "a_b.mkv"):
        write(tmp_path / name)
    listing = list_folder(tmp_path, rungs=parse_rungs("x264:20,35"))
    assert len(listing.clips) == 2
    assert [problem.path for problem in listing.problems] == ["a_b.mkv", "a_b.mp4"]


def test_raw_yuv_needs_its_layout_and_must_divide(tmp_path: Path) -> None:
    write(tmp_path / "a.yuv", frames(3))
    write(tmp_path / "b.yuv", frames(3) + b"x")
    assert "--size WxH --pix-fmt F" in list_folder(tmp_path).problems[0].why
    listing = list_folder(tmp_path, raw=SMALL)
    assert [clip.key for clip in listing.clips] == ["a"]
    assert "1 bytes more" in listing.problems[0].why


def test_a_folder_without_videos_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "notes.txt")
    with pytest.raises(CorpusError, match="holds no videos"):
        list_folder(tmp_path)
    with pytest.raises(CorpusError, match="is a file"):
        list_folder(tmp_path / "notes.txt")
