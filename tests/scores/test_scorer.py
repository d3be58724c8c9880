"""Scores of files and of arrays from Python are those of the command."""

from pathlib import Path

import numpy as np
import pytest
from tests.conftest import Clips, ffmpeg

from tinyvmaf.errors import VideoError
from tinyvmaf.scores.score import ScoreOptions, score_pair
from tinyvmaf.scores.scorer import Scorer, score
from tinyvmaf.video.file import RawFormat, VideoFile

SIZE = (180, 320)


@pytest.fixture
def pair(clips: Clips) -> tuple[Path, Path]:
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "5", source="mandelbrot")
    return reference, clips.derived(reference, "encode.mkv", "-c:v", "libx264", "-crf", "38")


def luma(path: Path, *, pix_fmt: str = "gray", dtype=np.uint8) -> np.ndarray:
    """The frames of a video (T, H, W), decoded by ffmpeg itself."""
    plane = "extractplanes=y,format=" + pix_fmt
    data = ffmpeg("-i", f"file:{path}", "-vf", plane, "-f", "rawvideo", "pipe:1")
    return np.frombuffer(data, dtype).reshape(-1, *SIZE)


@pytest.mark.parametrize("mode", ["fast", "full", "exact"])
def test_files_score_as_by_score_pair(pair: tuple[Path, Path], mode) -> None:
    expected = score_pair(VideoFile(pair[0]), VideoFile(pair[1]), ScoreOptions(mode=mode))
    assert score(str(pair[0]), pair[1], mode=mode).score == expected.score
    assert Scorer(mode).score(*pair).interval == expected.interval


@pytest.mark.parametrize("mode", ["fast", "full", "exact"])
@pytest.mark.parametrize("model", [None, "fr_mlp_small"])
def test_arrays_score_as_the_files_they_are_of(pair: tuple[Path, Path], mode, model: str | None) -> None:
    scorer = Scorer(mode, model=model, threads=2)
    whole, arrays = scorer.score(*pair), scorer.score_arrays(luma(pair[0]), luma(pair[1]))
    assert arrays.frame_scores == pytest.approx([frame.score for frame in whole.frames], abs=1e-6)
    assert arrays.score == pytest.approx(whole.score)
    assert (arrays.interval is None) == (whole.interval is None)
    assert (arrays.extractor, arrays.model, arrays.teacher) == (whole.extractor, whole.model, whole.teacher)
    assert arrays.feature_names == tuple(whole.frames[0].features)


def test_a_model_that_sees_pixels_takes_arrays(pair: tuple[Path, Path]) -> None:
    scorer = Scorer(model="vmaf_pixels", threads=1)
    whole, arrays = scorer.score(*pair), scorer.score_arrays(luma(pair[0]), luma(pair[1]))
    assert arrays.score == pytest.approx(whole.score, abs=1e-4)


@pytest.mark.parametrize("mode", ["full", "exact"])
def test_ten_bits_score_as_the_file(clips: Clips, mode) -> None:
    deep = "format=yuv420p10le"
    reference = clips("ten.mkv", "-c:v", "libx265", "-crf", "4", "-x265-params", "log-level=none", filters=deep)
    encode = clips.derived(reference, "ten_low.mkv", "-c:v", "libx265", "-crf", "40", "-x265-params", "log-level=none")
    frames = [luma(path, pix_fmt="gray10le", dtype=np.dtype("<u2")) for path in (reference, encode)]
    arrays = Scorer(mode).score_arrays(*frames, bit_depth=10)
    assert arrays.score == pytest.approx(Scorer(mode).score(reference, encode).score, abs=1e-5)


def test_one_frame_is_a_video_of_one(pair: tuple[Path, Path]) -> None:
    frames = luma(pair[0]), luma(pair[1])
    one = Scorer("full").score_arrays(frames[0][0], frames[1][0])
    assert one.frame_scores.shape == (1,)
    assert one.score == Scorer("full").score_arrays(frames[0][:1], frames[1][:1]).score


def test_rows_that_are_not_contiguous_score_the_same(pair: tuple[Path, Path]) -> None:
    frames = [luma(path) for path in pair]
    wide = [np.concatenate([each, each], axis=2)[:, :, : SIZE[1]] for each in frames]
    assert Scorer("fast").score_arrays(*wide).score == Scorer("fast").score_arrays(*frames).score
    every_second = [each[:, ::2, ::2] for each in frames]
    copied = [np.ascontiguousarray(each) for each in every_second]
    assert Scorer("full").score_arrays(*every_second).score == Scorer("full").score_arrays(*copied).score


def test_raw_files_take_their_layout(tmp_path: Path) -> None:
    frames = np.random.default_rng(1).integers(0, 255, (3, 64, 96), dtype=np.uint8)
    frames.tofile(tmp_path / "a.yuv")
    file = VideoFile(tmp_path / "a.yuv", RawFormat(96, 64, "gray"))
    assert score(file, file, mode="full").frame_count == 3


@pytest.mark.parametrize(
    ("reference", "distorted", "bit_depth", "words"),
    [
        (np.zeros((2, 64, 64), np.uint8), np.zeros((3, 64, 64), np.uint8), None, "cannot be compared"),
        (np.zeros((2, 64, 64), np.uint8), np.zeros((2, 64, 64), np.uint16), None, "cannot be compared"),
        (np.zeros((2, 2, 64, 64), np.uint8), np.zeros((2, 2, 64, 64), np.uint8), None, "cannot be compared"),
        (np.zeros((0, 64, 64), np.uint8), np.zeros((0, 64, 64), np.uint8), None, "no frame"),
        (np.zeros((2, 64, 64), np.uint16), np.zeros((2, 64, 64), np.uint16), None, "bit_depth"),
        (np.zeros((2, 64, 64), np.uint8), np.zeros((2, 64, 64), np.uint8), 10, "bit_depth"),
        (np.zeros((2, 64, 64), np.float32), np.zeros((2, 64, 64), np.float32), None, "uint8"),
        ([[[0] * 64] * 64], [[[0] * 64] * 64], None, "no NumPy arrays"),
    ],
)
def test_nonsense_arrays_are_a_callers_bug(reference, distorted, bit_depth: int | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Scorer().score_arrays(reference, distorted, bit_depth=bit_depth)


def test_frames_that_libvmaf_does_not_bear_are_refused() -> None:
    tiny = np.zeros((2, 16, 16), np.uint8)
    with pytest.raises(VideoError, match="too small"):
        Scorer().score_arrays(tiny, tiny)


def test_a_scorer_refuses_at_once_what_it_cannot_do() -> None:
    with pytest.raises(ValueError, match="vmaf_v1"):
        Scorer("fast", teacher="vmaf_v1")
    with pytest.raises(ValueError, match="none of fast, full, exact"):
        Scorer("quick")  # pyright: ignore[reportArgumentType]
    for mode in ("fast", "exact"):
        with pytest.raises(ValueError, match="unknown teacher 'psnr'"):
            Scorer(mode, teacher="psnr")
        with pytest.raises(ValueError, match="-1 threads"):
            Scorer(mode, threads=-1)


@pytest.mark.parametrize("video", [None, 3, np.zeros((2, 64, 64), np.uint8)])
def test_what_is_no_path_is_a_callers_bug(video) -> None:
    with pytest.raises(ValueError, match="score_arrays takes frames"):
        Scorer().score(video, "encode.mp4")
