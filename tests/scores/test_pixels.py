"""A model that sees pixels is fed in chunks, and says of every frame what it says of it in the whole video."""

from pathlib import Path
from threading import Event

import numpy as np
import pytest
from tests.conftest import Clips
from tests.pixels.pictures import blur, libvmaf, noise, raw_pair, scene

from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.errors import BundleError, CancelledError, VideoError
from tinyvmaf.features import CANONICAL_6
from tinyvmaf.scores import pixels as room
from tinyvmaf.scores.pixels import chunk_frames, overlapping, score_pixels
from tinyvmaf.scores.score import ScoreOptions, score_pair
from tinyvmaf.video.file import VideoFile


@pytest.fixture(scope="module")
def model() -> Model:
    return open_model("vmaf_pixels")


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 9])
@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_every_frame_counts_once_and_has_its_neighbours_beside_it(count: int, size: int) -> None:
    counted = []
    for chunk in overlapping(((n, n) for n in range(count)), size=size):
        numbers = [n for n, _ in chunk.frames]
        inner = numbers[chunk.first : chunk.first + chunk.count]
        counted += inner
        assert len(inner) <= size
        assert numbers == list(range(max(inner[0] - 1, 0), min(inner[-1] + 2, count)))
    assert counted == list(range(count))


@pytest.mark.parametrize("bit_depth", [8, 10])
@pytest.mark.parametrize("size", [(96, 64), (99, 65)], ids=str)
def test_scores_are_libvmafs(model: Model, bit_depth: int, size: tuple[int, int], tmp_path: Path) -> None:
    reference = scene(width=size[0], height=size[1], frames=4, bit_depth=bit_depth)
    distorted = blur(reference, bit_depth)
    printed = libvmaf(reference, distorted, tmp_path, bit_depth)
    found = score_pixels(raw_pair(reference, distorted, tmp_path, bit_depth), model)
    np.testing.assert_allclose(found.teacher_scores, printed.teacher_scores, rtol=0, atol=0.05)
    assert found.feature_names == CANONICAL_6.names
    assert found.teacher_names == ("vmaf",)
    assert found.frame_count == 4


def test_a_score_by_pixels_is_near_libvmafs(model: Model, clips: Clips) -> None:
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "10", source="mandelbrot")
    distorted = clips.derived(reference, "distorted.mp4", "-c:v", "libx264", "-crf", "36")
    pair = VideoFile(reference), VideoFile(distorted)
    exact, found = (score_pair(*pair, options) for options in (ScoreOptions(mode="exact"), ScoreOptions(model=model)))
    assert found.score == pytest.approx(exact.score, abs=0.05)
    assert [frame.score for frame in found.frames] == pytest.approx([frame.score for frame in exact.frames], abs=0.05)
    assert (found.model, found.teacher, found.kind, found.interval) == ("vmaf_pixels", "vmaf", "fr", None)
    assert tuple(found.frames[0].features) == CANONICAL_6.names


@pytest.mark.parametrize("frames_at_once", [3, 4, 6])
def test_chunks_equal_the_whole(
    model: Model, frames_at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = scene(width=64, height=48, frames=7)
    plan = raw_pair(reference, noise(reference, 8), tmp_path, 8)
    whole = score_pixels(plan, model)
    monkeypatch.setattr(room, "CHUNK_PIXELS", frames_at_once * 64 * 48)
    told = []
    chunked = score_pixels(plan, model, progress=lambda done, total, label: told.append((done, total)))
    np.testing.assert_allclose(chunked.features, whole.features, rtol=0, atol=1e-6)
    np.testing.assert_allclose(chunked.teacher_scores, whole.teacher_scores, rtol=0, atol=1e-4)
    assert len(told) > 1
    assert told[-1] == (7, 7)


def test_large_frames_are_given_three_at_a_time() -> None:
    assert chunk_frames(width=7680, height=4320) == 1
    assert chunk_frames(width=1920, height=1080) == 5


def test_frames_below_the_smallest_are_refused(model: Model, tmp_path: Path) -> None:
    tiny = scene(width=16, height=16)
    with pytest.raises(VideoError, match="16x16 are too small for the teacher vmaf"):
        score_pixels(raw_pair(tiny, tiny, tmp_path, 8), model)


def test_a_head_is_refused(tmp_path: Path) -> None:
    video = scene(width=64, height=48)
    with pytest.raises(BundleError, match="fr_mlp_small is no model that computes a teacher from the pixels"):
        score_pixels(raw_pair(video, video, tmp_path, 8), open_model("fr_mlp_small"))


def test_it_stops_when_asked(model: Model, tmp_path: Path) -> None:
    video = scene(width=64, height=48)
    cancel = Event()
    cancel.set()
    with pytest.raises(CancelledError):
        score_pixels(raw_pair(video, video, tmp_path, 8), model, cancel=cancel)
