"""Kept results and their pages."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Clips
from tests.scores.report.pages import figure, plots, read
from tinyvmaf.documents import to_document, validate, write_json
from tinyvmaf.errors import ReportError
from tinyvmaf.runs.reports import report_files
from tinyvmaf.scores.report.writing import write_page, write_score_page
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.score import ScoreOptions, planned_by, score_pair
from tinyvmaf.video.crop import Crop
from tinyvmaf.video.file import VideoFile

KEPT = Path(__file__).parents[2] / "benchmarks" / "results"
FULL = ScoreOptions(mode="full")


@pytest.fixture
def pair(clips: Clips) -> tuple[VideoFile, VideoFile]:
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "5")
    encode = clips.derived(reference, "encode.mkv", "-c:v", "libx264", "-crf", "38")
    return VideoFile(reference), VideoFile(encode)


@pytest.fixture
def score(pair: tuple[VideoFile, VideoFile]) -> Score:
    return score_pair(*pair, FULL)


def kept(score: Score, path: Path) -> Path:
    write_json(path, to_document("score", score))
    return path


def pictures(page: Path) -> int:
    html = page.read_text(encoding="utf-8")
    return len([attrs for tag, attrs in read(html).tags if tag == "img" and attrs.get("src")])


def test_a_kept_score_gives_the_page_that_the_score_gave(
    pair: tuple[VideoFile, VideoFile], score: Score, tmp_path: Path
) -> None:
    live, later = tmp_path / "live.html", tmp_path / "later.html"
    write_score_page(live, [score], plan_of=planned_by(pair[0], [pair[1]], FULL))
    written = report_files([kept(score, tmp_path / "score.json")], later)
    assert later.read_text(encoding="utf-8") == live.read_text(encoding="utf-8")
    assert (written.kind, written.warnings, written.byte_count) == ("score", (), later.stat().st_size)
    validate(json.loads(json.dumps(to_document("report", written))))
    assert pictures(later) >= 9


def test_pictures_are_left_out_where_asked(score: Score, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert report_files([kept(score, tmp_path / "score.json")], out, pictures=False).warnings == ()
    assert pictures(out) == 0
    assert "over-time" in plots(out.read_text(encoding="utf-8"))


def test_videos_that_are_gone_or_changed_cost_their_pictures_and_no_more(score: Score, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    gone = kept(replace(score, reference=Path("/nowhere/reference.mp4")), tmp_path / "gone.json")
    (warning,) = report_files([gone], out).warnings
    assert warning.endswith("/nowhere/reference.mp4 does not exist")
    assert "/nowhere/reference.mp4 does not exist" in out.read_text(encoding="utf-8")
    changed = kept(replace(score, frame_count=9), tmp_path / "changed.json")
    (warning,) = report_files([changed], out).warnings
    assert "the files have changed" in warning


def test_pictures_of_a_cropped_comparison_are_cropped(pair: tuple[VideoFile, VideoFile], tmp_path: Path) -> None:
    crop = Crop(160, 90, 40, 20)
    options = ScoreOptions(mode="full", reference_crop=crop, distorted_crop=crop)
    out = tmp_path / "page.html"
    write_score_page(out, [score_pair(*pair, options)], plan_of=planned_by(pair[0], [pair[1]], options))
    tags = read(out.read_text(encoding="utf-8")).tags
    assert {attrs["width"] for tag, attrs in tags if tag == "img" and attrs.get("src")} == {"160"}


def test_a_score_without_a_reference_has_a_page_without_pictures(score: Score, tmp_path: Path) -> None:
    alone = replace(score, kind="nr", reference=None, pairing=None)
    (warning,) = report_files([kept(alone, tmp_path / "alone.json")], tmp_path / "page.html").warnings
    assert warning.endswith("scored without a reference")
    assert "over-time" in plots((tmp_path / "page.html").read_text(encoding="utf-8"))


def test_several_scores_share_a_page_and_other_results_do_not(
    pair: tuple[VideoFile, VideoFile], score: Score, tmp_path: Path
) -> None:
    one, out = kept(score, tmp_path / "1.json"), tmp_path / "page.html"
    other = kept(score_pair(*pair, ScoreOptions()), tmp_path / "2.json")
    report_files([one, other], out)
    names = {each.get("name") for each in figure(out.read_text(encoding="utf-8"), "histogram")["data"]}
    assert names == {"encode.mkv (kernel-fast)", "encode.mkv (kernel-full)"}
    with pytest.raises(ReportError, match="must all be scores"):
        report_files([one, KEPT / "fr_mlp_small_fit.json"], out)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "has no page"),
        ("[]", "has no page"),
        ("no JSON", "cannot be read"),
        ('{"schema": "tinyvmaf.doctor/1"}', "it is of doctor"),
        ('{"schema": "tinyvmaf.score/1"}', "breaks the schema"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, text: str, words: str) -> None:
    result, out = tmp_path / "result.json", tmp_path / "page.html"
    result.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=words):
        report_files([result], out)
    assert not out.exists()


def test_a_page_does_not_replace_its_result(score: Score, tmp_path: Path) -> None:
    result = kept(score, tmp_path / "score.json")
    before = result.read_bytes()
    with pytest.raises(ReportError, match="result itself"):
        report_files([result], result, pictures=False)
    assert result.read_bytes() == before


def test_a_missing_result_and_a_page_that_cannot_be_written_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"none\.json cannot be read"):
        report_files([tmp_path / "none.json"], tmp_path / "page.html")
    (tmp_path / "encode.mp4").write_bytes(bytes(range(256)))
    with pytest.raises(ReportError, match="it is no text"):
        report_files([tmp_path / "encode.mp4"], tmp_path / "page.html")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match="cannot be written"):
        write_page(tmp_path / "file" / "page.html", "<!doctype html>")
