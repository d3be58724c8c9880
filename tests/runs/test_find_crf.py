"""The CRF that reaches a score: found on samples, checked, and true of the whole."""

import json
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from tests.conftest import Clips
from tinyvmaf.documents import to_document, validate
from tinyvmaf.errors import CancelledError, TargetError
from tinyvmaf.runs.crf_records import FindCrfOptions
from tinyvmaf.runs.find_crf import find_crf
from tinyvmaf.scores.score import ScoreOptions, score_pair
from tinyvmaf.video.encode import parse_rungs
from tinyvmaf.video.encoding import encode
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.probe import probe

X264 = parse_rungs("x264/veryfast:25")[0]
SHORT = FindCrfOptions(X264, target=90.0, samples=3, sample_seconds=0.4)


@pytest.fixture
def reference(clips: Clips) -> VideoFile:
    clip = ("reference.mp4", "-c:v", "libx264", "-crf", "8", "-preset", "veryfast")
    return VideoFile(clips(*clip, source="mandelbrot", frames=100, size="192x108"))


def score_at(reference: VideoFile, quality: float, folder: Path) -> float:
    """The score of the whole video at that setting, by its own encode and libvmaf."""
    made = encode(probe(reference), replace(X264, quality=quality), folder / f"{quality:g}.mkv")
    return score_pair(reference, made.file, ScoreOptions(mode="exact")).score


def test_answer_on_the_whole_video_is_the_largest_crf_that_reaches_the_target(
    reference: VideoFile, tmp_path: Path
) -> None:
    report = find_crf(reference, replace(SHORT, samples=0, mode="exact"))
    assert report.score == pytest.approx(score_at(reference, report.quality, tmp_path), abs=1e-6)
    assert 90 <= report.score <= 90.2 or score_at(reference, report.quality + 0.1, tmp_path) < 90
    assert len(report.probes) <= 6
    assert [(sample.start_seconds, sample.frame_count) for sample in report.samples] == [(0.0, 100)]
    assert report.samples[0].score == pytest.approx(report.score)


def test_samples_foretell_the_whole(reference: VideoFile, tmp_path: Path) -> None:
    output = tmp_path / "small.mp4"
    report = find_crf(reference, SHORT, output=output)
    assert [sample.frame_count for sample in report.samples] == [10, 10, 10]
    assert report.score == pytest.approx(sum(sample.score for sample in report.samples) / 3)
    made = report.encoded
    assert made is not None
    assert made.score.score == pytest.approx(score_pair(reference, VideoFile(output), ScoreOptions()).score)
    assert made.score.score == pytest.approx(report.score, abs=4)
    assert made.reached == (made.pooled >= 90)
    assert made.byte_count == output.stat().st_size
    assert report.predicted.file_bytes == pytest.approx(made.byte_count, rel=0.6)
    assert "-crf" in report.command
    assert report.command[report.command.index("-crf") + 1] == f"{report.quality:g}"
    document = json.loads(json.dumps(to_document("find-crf", report), allow_nan=False))
    validate(document)


def test_pool_decides_what_has_to_reach_the_target(reference: VideoFile) -> None:
    by_mean, by_worst = (find_crf(reference, replace(SHORT, pool=pool)) for pool in ("mean", "min"))
    assert by_worst.quality < by_mean.quality


def test_a_low_pool_of_samples_takes_more_of_them_and_is_called_a_guess(reference: VideoFile, tmp_path: Path) -> None:
    usual = replace(SHORT, samples=None, sample_seconds=0.2, target=80.0)
    assert len(find_crf(reference, usual).samples) == 3
    low = replace(usual, pool="p5")
    report = find_crf(reference, low)
    assert [sample.frame_count for sample in report.samples] == [5] * 6
    (warning,) = report.warnings
    assert warning.startswith("p5 is of 30 of 100 frames")
    assert find_crf(reference, low, output=tmp_path / "whole.mp4").warnings == ()
    assert find_crf(reference, replace(low, samples=0)).warnings == ()


def test_unreachable_target_tells_the_best(reference: VideoFile) -> None:
    with pytest.raises(TargetError, match=r"does not reach 99\.999 .* the best is 9\d\.\d\d at CRF \d"):
        find_crf(reference, replace(SHORT, target=99.999))


def test_bitrate_that_is_too_low_tells_the_best_within_it(reference: VideoFile) -> None:
    free = find_crf(reference, SHORT)
    limit = free.predicted.bitrate_kbps / 2
    with pytest.raises(TargetError, match=rf"above --bitrate-max {limit:g}; the best .* within it is \d\d\.\d"):
        find_crf(reference, replace(SHORT, bitrate_max_kbps=limit))
    assert find_crf(reference, replace(SHORT, bitrate_max_kbps=4 * limit)).quality == free.quality


@pytest.mark.parametrize("when", ["samples", "encode by", "score of", "small.mkv by"])
def test_a_cancel_at_any_step_leaves_nothing(
    reference: VideoFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    for name in ("scratch", "out"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    cancel, seen = Event(), []

    def stop(done: float, total: float | None, label: str) -> None:
        if when in label:
            seen.append(label)
            cancel.set()

    with pytest.raises(CancelledError):
        find_crf(reference, SHORT, output=tmp_path / "out" / "small.mkv", progress=stop, cancel=cancel)
    assert seen
    assert list((tmp_path / "scratch").iterdir()) == []
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"encoder": parse_rungs("noise:5")[0]},
        {"target": 100.0},
        {"target": 0.0},
        {"pool": "p2"},
        {"max_probes": 1},
        {"samples": -1},
        {"sample_seconds": 0.0},
        {"bitrate_max_kbps": 0.0},
    ],
)
def test_nonsense_is_refused(change: dict) -> None:
    with pytest.raises(ValueError, match=r"encoder|target|pooling|probes|hold"):
        replace(SHORT, **change)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["x265/ultrafast", "av1/12", "vp9/8", "vvc/faster"])
def test_every_encoder_is_searched(reference: VideoFile, encoder: str) -> None:
    rung = parse_rungs(f"{encoder}:30")[0]
    report = find_crf(reference, replace(SHORT, encoder=rung, target=85.0))
    assert report.score >= 85
    assert report.setting == ("QP" if encoder.startswith("vvc") else "CRF")
