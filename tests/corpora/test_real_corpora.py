"""The corpora of real videos, where the machine has them."""

from pathlib import Path

import pytest

from tinyvmaf.corpora.layouts import CorpusRequest, list_corpus
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.probe import RawFormat, VideoFile

pytestmark = pytest.mark.realmedia


@pytest.fixture
def media(media: Path) -> Path:
    """The folder of the corpora."""
    return media / "media"


def test_netflix_mini_is_twelve_encodes_of_three_sources(media: Path) -> None:
    listing = list_corpus(CorpusRequest("netflix", media / "netflix-mini", raw=RawFormat(320, 180, "yuv420p")))
    listing.require_whole()
    listing.require_references()
    assert listing.sources == ("Bee", "KiteSurf", "Tennis")
    assert len(listing.clips) == 12
    rates = {clip.source: clip.facts.fps for clip in listing.clips if clip.facts}
    assert rates == {"Tennis": 24, "KiteSurf": 25, "Bee": 30}


def test_netflix_mini_is_refused_at_the_real_corpus_size(media: Path) -> None:
    listing = list_corpus(CorpusRequest("netflix", media / "netflix-mini"))
    assert len(listing.problems) == 3
    assert "1382400 bytes are 0 frames of 1920x1080" in listing.problems[0].why


def test_konvid_mini_is_six_videos_with_opinions_and_one_rung(media: Path) -> None:
    listing = list_corpus(CorpusRequest("konvid-1k", media / "konvid-1k-mini"))
    listing.require_whole()
    assert len(listing.clips) == 6
    assert {str(clip.distorted) for clip in listing.clips if isinstance(clip.distorted, Rung)} == {"x264/medium:35"}
    assert {clip.source: clip.reference_opinion.mos for clip in listing.clips if clip.reference_opinion}[
        "3339962845"
    ] == 4.64


def test_the_references_are_a_folder(media: Path) -> None:
    listing = list_corpus(CorpusRequest("folder", media / "references", ladder=("x264:20,34",)))
    listing.require_whole()
    assert len(listing.clips) == 2 * len(listing.sources)
    assert all(isinstance(clip.reference, VideoFile) for clip in listing.clips)
