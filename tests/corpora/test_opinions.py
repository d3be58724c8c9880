from pathlib import Path

import pytest

from tests.corpora.lookalikes import SMALL, make_folder, make_netflix, write
from tinyvmaf.corpora.clip import Opinion
from tinyvmaf.corpora.layouts import CorpusRequest, list_corpus
from tinyvmaf.corpora.opinions import parse_scale, read_opinions
from tinyvmaf.errors import CorpusError

CLIP = "BigBuckBunny_20_288_375"


@pytest.mark.parametrize("name", [CLIP, f"{CLIP}.yuv", f"dis/{CLIP}.yuv", f"./dis/{CLIP}.yuv"])
def test_a_clip_is_found_by_its_key_its_file_name_and_any_tail_of_its_path(tmp_path: Path, name: str) -> None:
    table = write(tmp_path / "mos.csv", f"path;MOS;mos_ci\n{name};2.5;0.3\n")
    request = CorpusRequest("netflix", make_netflix(tmp_path / "n"), raw=SMALL, mos_csv=table, mos_scale=(1, 5))
    listing = list_corpus(request)
    assert listing.clips[0].opinion == Opinion(2.5, 0.3)
    assert listing.mos_scale == (1, 5)
    assert "3 clips have no opinion" in listing.remarks[-1].why


def test_opinions_of_a_ladder_may_be_of_the_encode_or_of_the_reference(tmp_path: Path) -> None:
    table = write(tmp_path / "mos.csv", "key,mos\ncat-x264-medium-35,2\ncat.mp4,5\ndeep/er/dog.y4m,4\n")
    request = CorpusRequest(
        "folder", make_folder(tmp_path / "f"), ladder=("x264:20,35",), mos_csv=table, mos_scale=(1, 5)
    )
    clips = {clip.key: clip for clip in list_corpus(request).clips}
    assert clips["cat-x264-medium-35"].opinion == Opinion(2)
    assert clips["cat-x264-medium-20"].opinion is None
    assert clips["cat-x264-medium-20"].reference_opinion == Opinion(5)
    assert clips["deep_er_dog-x264-medium-35"].reference_opinion == Opinion(4)


def test_rows_that_match_nothing_or_two_videos_are_remarks(tmp_path: Path) -> None:
    for name in ("a/x.mp4", "b/x.mp4", "c.mp4"):
        write(tmp_path / "f" / name)
    table = write(tmp_path / "mos.csv", "key,mos\nx.mp4,2\nghost,3\nc,4\nc.mp4,4\n")
    listing = list_corpus(CorpusRequest("folder", tmp_path / "f", mos_csv=table, mos_scale=(1, 5)))
    reasons = " | ".join(remark.why for remark in listing.remarks)
    assert "'x.mp4' names 2 videos: a_x, b_x" in reasons
    assert "1 rows match no video: ghost" in reasons
    assert "'c.mp4' tells of c once more" in reasons
    assert "2 clips have no opinion" in reasons
    listing.require_whole()


def test_a_table_that_matches_no_clip_is_an_error(tmp_path: Path) -> None:
    table = write(tmp_path / "mos.csv", "key,mos\nghost,3\n")
    with pytest.raises(CorpusError, match="a row is 'ghost', a clip is 'cat'"):
        list_corpus(CorpusRequest("folder", make_folder(tmp_path / "f"), mos_csv=table, mos_scale=(1, 5)))


def test_opinions_need_a_scale(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="--mos-scale 1:5"):
        list_corpus(CorpusRequest("folder", make_folder(tmp_path / "f"), mos_csv=tmp_path / "mos.csv"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("video quality\n1,2\n", "cells under"),
        ("what,mos\na,1\n", "needs a header with mos and one of key"),
        ("key,score\na,1\n", "needs a header with mos"),
        ("key,mos,mos\na,1,2\n", "column twice"),
        ('key,mos\n"a,1\n', "no CSV table"),
    ],
)
def test_a_table_that_is_none_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_opinions(write(tmp_path / "mos.csv", text), scale=(1, 5))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,good,", "mos 'good' is no number"),
        ("a,nan,", "mos 'nan' is no number"),
        ("a,6,", "lies outside"),
        ("a,3,-1", "is negative"),
        (",3,", "names no video"),
        ("b,3,", "names the video 'b' again"),
    ],
)
def test_a_row_that_is_not_understood_is_a_problem_with_its_line(tmp_path: Path, row: str, reason: str) -> None:
    table = read_opinions(write(tmp_path / "mos.csv", f"key,mos,mos_ci\nb,1,\n{row}\n"), scale=(1, 5))
    assert list(table.opinions) == ["b"]
    assert "line 3" in table.problems[0].why
    assert reason in table.problems[0].why


def test_scales_are_worst_and_best() -> None:
    assert parse_scale("1:5") == (1, 5)
    assert parse_scale("100:0") == (100, 0)
    for text in ("5", "1:1", "a:b", "1:2:3", "1:nan"):
        with pytest.raises(CorpusError, match="WORST:BEST"):
            parse_scale(text)
