"""Scores of videos by our kernel, by libvmaf itself, and by a head."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import Clips, ffmpeg

from tinyvmaf.bundles.session import open_model
from tinyvmaf.documents import to_document, validate
from tinyvmaf.errors import PairingError, VideoError
from tinyvmaf.features import CANONICAL_6, NEG_6
from tinyvmaf.pixels import intervals
from tinyvmaf.pixels.intervals import HalfWidths
from tinyvmaf.scores import error_bars
from tinyvmaf.scores.score import Mode, ScoreOptions, score_pair
from tinyvmaf.video.crop import Crop
from tinyvmaf.video.file import RawFormat, VideoFile

EXACT, FULL, FAST = (ScoreOptions(mode=mode) for mode in ("exact", "full", "fast"))


@pytest.fixture
def reference(clips: Clips) -> VideoFile:
    return VideoFile(clips("reference.mp4", "-c:v", "libx264", "-crf", "5"))


@pytest.fixture
def encode(clips: Clips, reference: VideoFile) -> VideoFile:
    return VideoFile(clips.derived(reference.path, "encode.mkv", "-c:v", "libx264", "-crf", "38"))


def test_score_is_what_libvmaf_says(reference: VideoFile, encode: VideoFile, tmp_path: Path) -> None:
    log = tmp_path / "vmaf.json"
    graph = (
        "[0:v]settb=AVTB,setpts=N[d];[1:v]settb=AVTB,setpts=N[r];"
        f"[d][r]libvmaf=model=version=vmaf_v0.6.1:log_fmt=json:log_path={log}"
    )
    ffmpeg("-i", str(encode.path), "-i", str(reference.path), "-filter_complex", graph, "-f", "null", "-")
    frames = json.loads(log.read_text(encoding="utf-8"))["frames"]
    result = score_pair(reference, encode, EXACT)
    assert [frame.score for frame in result.frames] == pytest.approx([f["metrics"]["vmaf"] for f in frames], abs=1e-5)
    assert result.score == pytest.approx(np.mean([frame["metrics"]["vmaf"] for frame in frames]), abs=1e-5)
    assert (result.kind, result.teacher, result.model, result.frame_count) == ("exact", "vmaf", None, 16)
    assert (result.extractor, result.interval) == ("libvmaf-integer", None)


def test_kernel_scores_as_libvmaf_and_says_what_it_is(reference: VideoFile, encode: VideoFile) -> None:
    exact, full, fast = (score_pair(reference, encode, options) for options in (EXACT, FULL, FAST))
    assert full.score == pytest.approx(exact.score, abs=0.05)
    assert fast.score == pytest.approx(exact.score, abs=0.5)
    assert [frame.time_seconds for frame in fast.frames] == [frame.time_seconds for frame in exact.frames]
    assert (full.kind, full.extractor) == ("fr", "kernel-full")
    assert (fast.kind, fast.extractor) == ("fr", "kernel-fast")
    assert ScoreOptions() == FAST


@pytest.mark.parametrize("options", [EXACT, FAST], ids=["exact", "fast"])
def test_score_is_a_valid_document(reference: VideoFile, encode: VideoFile, options: ScoreOptions) -> None:
    document = to_document("score", score_pair(reference, encode, options))
    validate(json.loads(json.dumps(document, allow_nan=False)))
    assert document["schema"] == "tinyvmaf.score/1"


def bars(*, frame: float, clip: float) -> HalfWidths:
    return HalfWidths(
        teacher="vmaf",
        sampling="fast",
        size_class="native",
        level=intervals.LEVEL,
        frame_half_width=frame,
        clip_half_width=clip,
        calibrated_on="a test",
        coverage_frame=0.9,
        coverage_clip=0.9,
    )


def test_error_bars_surround_clip_and_frames_and_stay_on_the_scale(
    reference: VideoFile, encode: VideoFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_bars, "half_widths", lambda *asked: bars(frame=99, clip=0.25))
    result = score_pair(reference, encode, FAST)
    assert result.interval == pytest.approx((result.score - 0.25, result.score + 0.25))
    assert result.interval_level == intervals.LEVEL
    assert {frame.lower for frame in result.frames} == {0.0}
    assert {frame.upper for frame in result.frames} == {100.0}
    monkeypatch.setattr(error_bars, "half_widths", lambda *asked: None)
    assert score_pair(reference, encode, FAST).interval is None


def test_a_head_takes_the_features_of_kernel_or_libvmaf(reference: VideoFile, encode: VideoFile) -> None:
    head = open_model("fr_mlp_small")
    fast, exact = (score_pair(reference, encode, ScoreOptions(mode=mode, model=head)) for mode in ("fast", "exact"))
    assert (fast.kind, exact.kind) == ("fr", "fr")
    assert (fast.extractor, exact.extractor) == ("kernel-fast", "libvmaf-integer")
    assert fast.score == pytest.approx(exact.score, abs=0.5)


def test_a_model_that_sees_pixels_measures_by_itself(reference: VideoFile, encode: VideoFile) -> None:
    by_model = score_pair(reference, encode, ScoreOptions(model=open_model("vmaf_pixels")))
    assert (by_model.kind, by_model.extractor, by_model.teacher) == ("fr", "model", "vmaf")
    assert by_model.score == pytest.approx(score_pair(reference, encode, FULL).score, abs=0.05)
    validate(to_document("score", by_model))


def test_what_only_libvmaf_computes_needs_exact() -> None:
    with pytest.raises(ValueError, match=r"vmaf_v1 .* --exact"):
        ScoreOptions(teacher="vmaf_v1")
    assert ScoreOptions(mode="exact", teacher="vmaf_v1").teacher == "vmaf_v1"


@pytest.mark.parametrize("mode", ["exact", "full"])
def test_teacher_brings_its_own_features(reference: VideoFile, encode: VideoFile, mode: Mode) -> None:
    plain = score_pair(reference, encode, ScoreOptions(mode=mode))
    neg = score_pair(reference, encode, ScoreOptions(mode=mode, teacher="vmaf_neg"))
    assert set(plain.frames[0].features) == set(CANONICAL_6.names)
    assert set(neg.frames[0].features) == set(NEG_6.names)
    assert neg.score <= plain.score + 1e-6


def test_identical_videos_score_close_to_the_top(reference: VideoFile) -> None:
    assert score_pair(reference, reference, ScoreOptions()).score > 97


def test_offset_mends_a_shifted_video(clips: Clips, reference: VideoFile) -> None:
    late = VideoFile(
        clips.derived(reference.path, "late.mp4", "-vf", "tpad=start=3:start_mode=clone", "-c:v", "libx264", "-qp", "0")
    )
    with pytest.raises(PairingError, match=r"16.*19"):
        score_pair(reference, late, ScoreOptions())
    mended = score_pair(reference, late, ScoreOptions(offset=3))
    assert mended.frame_count == 16
    assert mended.score > 95
    assert mended.pairing.offset_seconds == pytest.approx(3 / 25)
    assert score_pair(reference, late, ScoreOptions(shortest=True)).score < mended.score - 10


def test_smaller_encode_is_scaled_and_says_so(clips: Clips, reference: VideoFile) -> None:
    small = VideoFile(clips.derived(reference.path, "small.mp4", "-vf", "scale=160:90", "-c:v", "libx264"))
    assert score_pair(reference, small, ScoreOptions()).scaled_from == (160, 90)
    swapped = score_pair(small, reference, ScoreOptions())
    assert [warning for warning in swapped.warnings if "swapped" in warning] == list(swapped.warnings)[:1]


def test_crops_are_compared_alike_by_kernel_and_libvmaf(clips: Clips, reference: VideoFile) -> None:
    cut = VideoFile(clips.derived(reference.path, "cut.mp4", "-vf", "crop=302:170:9:5:exact=1", "-c:v", "libx264"))
    crop = Crop(302, 170, 9, 5)
    full, exact = (
        score_pair(reference, cut, ScoreOptions(mode=mode, reference_crop=crop)) for mode in ("full", "exact")
    )
    assert full.score == pytest.approx(exact.score, abs=0.05)
    assert full.score > score_pair(reference, cut, FULL).score + 5
    assert full.scaled_from is None
    both = score_pair(reference, reference, ScoreOptions(reference_crop=crop, distorted_crop=crop))
    assert both.score > 97
    with pytest.raises(PairingError, match="302:170:30:5 reaches beyond the 320x180"):
        score_pair(reference, cut, ScoreOptions(reference_crop=Crop(302, 170, 30, 5)))


def test_frames_below_the_smallest_size_are_refused_before_libvmaf_crashes(clips: Clips) -> None:
    tiny = VideoFile(clips("tiny.mp4", "-c:v", "libx264", size="16x16"))
    with pytest.raises(VideoError, match="16x16 are too small for the teacher vmaf"):
        score_pair(tiny, tiny, ScoreOptions())


def test_raw_yuv_whose_size_does_not_divide_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.yuv"
    path.write_bytes(bytes(1000))
    raw = VideoFile(path, RawFormat(64, 64, "yuv420p"))
    with pytest.raises(VideoError, match="1000"):
        score_pair(raw, raw, ScoreOptions())


def test_unicode_and_spaces_in_paths_do_no_harm(clips: Clips, reference: VideoFile, tmp_path: Path) -> None:
    strange = tmp_path / "ein Film, 'zitiert' – größer; [0:v].mkv"
    strange.write_bytes(clips.derived(reference.path, "encode.mkv", "-c:v", "libx264", "-crf", "38").read_bytes())
    assert score_pair(reference, VideoFile(strange), ScoreOptions()).frame_count == 16
