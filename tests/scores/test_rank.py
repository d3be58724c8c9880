"""Encodes of one reference, worst first; a broken one does not lose the others."""

import json
from pathlib import Path

import pytest
from tests.conftest import Clips

from tinyvmaf.documents import check, to_document, validate
from tinyvmaf.errors import VideoError
from tinyvmaf.scores.rank import Ranking, rank
from tinyvmaf.scores.score import ScoreOptions, score_pair
from tinyvmaf.video.file import VideoFile


@pytest.fixture
def reference(clips: Clips) -> VideoFile:
    return VideoFile(clips("reference.mp4", "-c:v", "libx264", "-crf", "5"))


@pytest.fixture
def encodes(clips: Clips, reference: VideoFile) -> list[VideoFile]:
    return [
        VideoFile(clips.derived(reference.path, f"{crf}.mp4", "-c:v", "libx264", "-crf", crf))
        for crf in ("24", "45", "34")
    ]


@pytest.fixture
def ranking(reference: VideoFile, encodes: list[VideoFile]) -> Ranking:
    return rank(reference, encodes, ScoreOptions())


def test_worst_encode_comes_first_and_costs_least(ranking: Ranking) -> None:
    assert [encode.distorted.stem for encode in ranking.encodes] == ["45", "34", "24"]
    sizes = [encode.byte_count for encode in ranking.encodes]
    assert sizes == [encode.distorted.stat().st_size for encode in ranking.encodes] == sorted(sizes)
    assert {(encode.codec, encode.width, encode.height) for encode in ranking.encodes} == {("h264", 320, 180)}


def test_each_score_is_that_of_the_pair_alone(reference: VideoFile, ranking: Ranking) -> None:
    for encode in ranking.encodes:
        alone = score_pair(reference, VideoFile(encode.distorted), ScoreOptions())
        assert encode.score.pooled == alone.pooled
        worst = min(alone.frames, key=lambda frame: frame.score)
        assert encode.worst_seconds == worst.time_seconds


def test_pool_decides_the_order(reference: VideoFile, encodes: list[VideoFile], clips: Clips) -> None:
    """One encode is good but for a frame that is black; another is even, and worse on average."""
    black = "drawbox=enable='eq(n,7)':t=fill:color=black"
    dropout = VideoFile(clips.derived(reference.path, "drop.mp4", "-vf", black, "-c:v", "libx264", "-crf", "18"))
    by_mean = rank(reference, [dropout, encodes[2]], ScoreOptions())
    by_worst = rank(reference, [dropout, encodes[2]], ScoreOptions(), pool="min")
    assert [encode.distorted.stem for encode in by_mean.encodes] == ["34", "drop"]
    assert [encode.distorted.stem for encode in by_worst.encodes] == ["drop", "34"]
    assert by_worst.encodes[0].worst_seconds == pytest.approx(7 / 25)


def test_a_broken_encode_is_listed_and_the_others_are_ranked(
    reference: VideoFile, encodes: list[VideoFile], clips: Clips, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(encodes[0].path.read_bytes()[:2000])
    short = VideoFile(clips.derived(reference.path, "short.mp4", "-frames:v", "9", "-c:v", "libx264"))
    found = rank(reference, [VideoFile(broken), encodes[1], short], ScoreOptions())
    assert [encode.distorted.stem for encode in found.encodes] == ["45"]
    assert [failed.distorted.stem for failed in found.failed] == ["broken", "short"]
    assert "16" in found.failed[1].error
    assert "9" in found.failed[1].error


def test_a_broken_reference_is_an_error_of_its_own(encodes: list[VideoFile], tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="does not exist"):
        rank(VideoFile(tmp_path / "missing.mp4"), encodes, ScoreOptions())


def test_ranking_is_a_valid_document_with_and_without_frames(ranking: Ranking) -> None:
    document = json.loads(json.dumps(to_document("rank", ranking), allow_nan=False))
    validate(document)
    for encode in document["encodes"]:
        check({"schema": "tinyvmaf.score/1", **encode["score"]}, "score")
        assert len(encode["score"]["frames"]) == 16
    short = to_document("rank", ranking.without_frames())
    validate(short)
    assert [encode.score.frames for encode in ranking.without_frames().encodes] == [()] * 3


def test_unknown_pool_is_a_callers_bug(reference: VideoFile) -> None:
    with pytest.raises(ValueError, match="p2"):
        rank(reference, [], ScoreOptions(), pool="p2")
