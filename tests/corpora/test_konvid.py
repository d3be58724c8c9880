from pathlib import Path

import pytest

from tests.corpora.lookalikes import SMALL, make_konvid, write
from tinyvmaf.corpora.clip import Opinion
from tinyvmaf.corpora.konvid import list_konvid
from tinyvmaf.corpora.layouts import CorpusRequest, list_corpus
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import parse_rungs


def test_the_default_ladder_is_x264_at_35_and_opinions_stay_with_the_videos(tmp_path: Path) -> None:
    listing = list_corpus(CorpusRequest("konvid-1k", make_konvid(tmp_path)))
    assert [clip.key for clip in listing.clips] == [
        f"{number}-x264-medium-35" for number in ("10244479353", "3339962845", "4495254692")
    ]
    assert [clip.opinion for clip in listing.clips] == [None] * 3
    assert listing.clips[1].reference_opinion == Opinion(4.64)
    assert listing.mos_scale == (1, 5)


def test_without_rungs_the_videos_are_clips_with_opinions_and_no_reference(tmp_path: Path) -> None:
    listing = list_konvid(make_konvid(tmp_path))
    assert [clip.opinion for clip in listing.clips] == [Opinion(4.14), Opinion(4.64), Opinion(3.9)]
    assert all(clip.reference is None for clip in listing.clips)


def test_older_copies_with_attributes_and_long_names_are_understood(tmp_path: Path) -> None:
    for number in (12, 34):
        write(tmp_path / "KoNViD_1k_videos" / f"{number}_original_centercrop_960x540_8s.mp4")
    header = "flickr_id,hash,file_name,MOS\n"
    rows = '12,ab,"12_original_centercrop_960x540_8s.mp4",1.5\n34,cd,"34_original_centercrop_960x540_8s.mp4",2.5\n'
    write(tmp_path / "KoNViD_1k_attributes.csv", "\ufeff" + header + rows)
    listing = list_konvid(tmp_path)
    assert listing.problems == ()
    assert {clip.key: clip.opinion for clip in listing.clips} == {"12": Opinion(1.5), "34": Opinion(2.5)}


def test_a_flat_copy_and_a_doubled_folder_are_understood(tmp_path: Path) -> None:
    flat = write(tmp_path / "flat" / "12.mp4").parent
    write(flat / "KoNViD_1k_mos.csv", "flickr_id,mos\n12,3\n")
    doubled = write(tmp_path / "doubled" / "KoNViD_1k_videos" / "KoNViD_1k_videos" / "12.mp4").parents[2]
    write(doubled / "KoNViD_1k_metadata" / "KoNViD_1k_metadata" / "KoNViD_1k_mos.csv", "flickr_id,mos\n12,3\n")
    for root in (flat, doubled):
        listing = list_konvid(root, rungs=parse_rungs("x264:35"))
        assert listing.problems == ()
        assert listing.clips[0].reference_opinion == Opinion(3)


def test_videos_and_opinions_that_do_not_match_are_problems(tmp_path: Path) -> None:
    root = make_konvid(tmp_path)
    (root / "KoNViD_1k_videos" / "4495254692.mp4").unlink()
    write(root / "KoNViD_1k_videos" / "5.mp4")
    reasons = " | ".join(problem.why for problem in list_konvid(root).problems)
    assert "1 rows match no video: 4495254692" in reasons
    assert "1 videos have no opinion: 5" in reasons


def test_a_mos_outside_its_scale_and_a_missing_table_are_problems(tmp_path: Path) -> None:
    root = make_konvid(tmp_path)
    write(root / "KoNViD_1k_metadata" / "KoNViD_1k_mos.csv", "flickr_id,mos\n3339962845,44.64\n10244479353,4\n")
    assert any("44.64 lies outside its scale 1:5" in problem.why for problem in list_konvid(root).problems)
    (root / "KoNViD_1k_metadata" / "KoNViD_1k_mos.csv").unlink()
    listing = list_konvid(root)
    assert "opinions are missing" in listing.problems[0].why
    assert listing.mos_scale is None


def test_a_raw_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="MP4"):
        list_konvid(make_konvid(tmp_path), raw=SMALL)
