"""What every corpus keeps to."""

from pathlib import Path

import pytest

from tests.corpora.lookalikes import MAKERS, SMALL, write
from tinyvmaf.corpora.clip import Listing
from tinyvmaf.corpora.layouts import LAYOUTS, CorpusRequest, list_corpus
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.probe import VideoFile

LADDER = ("x264:20,35", "vp9@1/2:44", "x264:20")
every_layout = pytest.mark.parametrize("layout", LAYOUTS)
layouts_with_ladder = pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "netflix"])


def listing_of(layout: str, tmp_path: Path, *, ladder: tuple[str, ...] | None = None) -> Listing:
    root = MAKERS[layout](tmp_path / "corpus ü")
    raw = SMALL if layout == "netflix" else None
    return list_corpus(CorpusRequest(layout, root, ladder=ladder, raw=raw))


def test_every_layout_is_tried() -> None:
    assert set(MAKERS) == set(LAYOUTS)


@every_layout
def test_keys_are_unique_sorted_and_fit_for_a_file_name(layout: str, tmp_path: Path) -> None:
    keys = [clip.key for clip in listing_of(layout, tmp_path).clips]
    assert keys == sorted(set(keys))
    assert keys
    assert not any("/" in key for key in keys)


@every_layout
def test_every_clip_has_its_corpus_and_a_source(layout: str, tmp_path: Path) -> None:
    listing = listing_of(layout, tmp_path)
    assert {clip.corpus for clip in listing.clips} == {listing.corpus}
    assert all(clip.source for clip in listing.clips)
    assert listing.problems == ()


@every_layout
def test_two_listings_are_equal(layout: str, tmp_path: Path) -> None:
    assert listing_of(layout, tmp_path) == listing_of(layout, tmp_path)


@every_layout
def test_files_of_clips_exist(layout: str, tmp_path: Path) -> None:
    for clip in listing_of(layout, tmp_path).clips:
        files = [file for file in (clip.reference, clip.distorted) if isinstance(file, VideoFile)]
        assert files
        assert all(file.path.is_file() for file in files)
        assert all((file.raw is not None) == (file.path.suffix == ".yuv") for file in files)


@layouts_with_ladder
def test_a_ladder_makes_pairs_with_the_rung_at_the_end_of_the_key(layout: str, tmp_path: Path) -> None:
    listing = listing_of(layout, tmp_path, ladder=LADDER)
    rungs = [clip for clip in listing.clips if isinstance(clip.distorted, Rung)]
    assert len(rungs) % 3 == 0
    assert rungs
    for clip in rungs:
        assert clip.reference is not None
        assert clip.key.endswith(f"-{clip.distorted.slug}" if isinstance(clip.distorted, Rung) else "")
        assert clip.opinion is None, "nobody has seen an encode that is yet to be made"
    listing.require_references()


@pytest.mark.parametrize("layout", ["folder", "bvi-dvc", "manifest"])
def test_pristine_videos_without_a_ladder_have_no_reference(layout: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="--ladder x264:35"):
        listing_of(layout, tmp_path).require_references()


@every_layout
def test_a_missing_and_an_empty_corpus_are_named_with_the_tree(layout: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"gone(.|\n)*expected:(.|\n)*ROOT"):
        list_corpus(CorpusRequest(layout, tmp_path / "gone"))
    (tmp_path / "bare").mkdir()
    with pytest.raises(CorpusError, match=r"bare(.|\n)*expected:(.|\n)*ROOT"):
        list_corpus(CorpusRequest(layout, tmp_path / "bare"))


@every_layout
def test_problems_make_a_whole_corpus_fail(layout: str, tmp_path: Path) -> None:
    root = MAKERS[layout](tmp_path / "c")
    broken = {
        "netflix": "dis/nonsense.yuv",
        "konvid-1k": "KoNViD_1k_videos/77.mp4",
        "bvi-dvc": "noname.mp4",
        "folder": "empty.mp4",
    }
    if layout == "manifest":
        root.write_text(root.read_text() + "gone.mp4,,,,,,\n")
    else:
        write(root / broken[layout], b"")
    listing = list_corpus(CorpusRequest(layout, root, raw=SMALL if layout == "netflix" else None))
    assert listing.problems
    assert listing.clips, "the rest is still listed"
    with pytest.raises(CorpusError, match="--skip-broken"):
        listing.require_whole()


def test_the_data_root_is_the_option_then_the_variable_then_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tinyvmaf.corpora.layouts import corpus_root

    monkeypatch.delenv("VMAF_DATA_ROOT", raising=False)
    assert corpus_root("netflix") == Path.home() / "datasets" / "netflix"
    monkeypatch.setenv("VMAF_DATA_ROOT", str(tmp_path))
    assert corpus_root("netflix") == tmp_path / "netflix"
    assert corpus_root("netflix", data_root=Path("/data")) == Path("/data/netflix")
    assert corpus_root("netflix", Path("here")) == Path("here")


def test_an_unknown_layout_and_a_rung_that_is_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="netflix, konvid-1k"):
        list_corpus(CorpusRequest("youtube", tmp_path))
    with pytest.raises(CorpusError, match="h269"):
        list_corpus(CorpusRequest("folder", make_root(tmp_path), ladder=("h269:20",)))


def make_root(tmp_path: Path) -> Path:
    return MAKERS["folder"](tmp_path / "f")
