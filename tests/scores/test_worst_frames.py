"""The worst frames of a score: which they are, how they look, and what fell there."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.conftest import Clips, ffmpeg

from tinyvmaf.features import CANONICAL_6
from tinyvmaf.scores.result import FrameScore, Score
from tinyvmaf.scores.score import ScoreOptions, plan_for, score_pair
from tinyvmaf.scores.worst_frames import fallen_feature, frame_pictures, png_bytes, worst_frames
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import probe


@pytest.fixture
def reference(clips: Clips) -> VideoFile:
    return VideoFile(clips("reference.mp4", "-c:v", "libx264", "-crf", "5"))


@pytest.fixture
def encode(clips: Clips, reference: VideoFile) -> VideoFile:
    return VideoFile(clips.derived(reference.path, "encode.mkv", "-c:v", "libx264", "-crf", "38"))


@pytest.fixture
def score(reference: VideoFile, encode: VideoFile) -> Score:
    return score_pair(reference, encode, ScoreOptions())


def with_scores(score: Score, values: list[float], *, fps: float = 25) -> Score:
    empty = dict.fromkeys(CANONICAL_6.names, 0.5)
    frames = tuple(FrameScore(n, n / fps, value, None, None, empty) for n, value in enumerate(values))
    return replace(score, frames=frames)


def test_the_worst_come_first_and_none_are_neighbours(score: Score) -> None:
    made = with_scores(score, [90, 20, 10, 30, 90, 90, 90, 40, 90, 90, 90, 90])
    assert worst_frames(made, 2) == (2, 7)
    assert worst_frames(made, 0) == ()
    assert worst_frames(with_scores(score, [5, 4, 3]), 3) == (2, 0)


def test_a_long_dip_gives_one_frame_and_leaves_room_for_others(score: Score) -> None:
    values = [90.0] * 250
    values[40:60] = [10.0] * 20  # less than a second of 25 fps
    values[200] = 50.0
    assert set(worst_frames(with_scores(score, values), 3)) == {40, 53, 200}


def test_a_score_without_frames_has_no_worst_ones(score: Score) -> None:
    assert worst_frames(replace(score, frames=()), 4) == ()


def decoded(path: Path, index: int, filters: str) -> np.ndarray:
    """The frame as ffmpeg itself turns it to RGB."""
    graph = f"select=eq(n\\,{index}),{filters}"
    flags = ["-sws_flags", "bicubic+accurate_rnd+full_chroma_int"]
    raw = ffmpeg(
        "-i", f"file:{path}", "-vf", graph, *flags, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"
    )
    return np.frombuffer(raw, np.uint8).reshape(180, 320, 3)


def test_pictures_are_what_ffmpeg_shows(reference: VideoFile, encode: VideoFile) -> None:
    plan = plan_for(reference, encode, ScoreOptions())
    last, first = frame_pictures(plan, (11, 3))
    assert (last.frame_index, first.frame_index) == (11, 3)
    tags = "setparams=range=limited:colorspace=smpte170m"
    for picture, path in ((last.reference, reference.path), (last.distorted, encode.path)):
        assert np.abs(picture.astype(int) - decoded(path, 11, tags)).max() <= 1
    assert np.abs(first.reference.astype(int) - decoded(reference.path, 3, tags)).max() <= 1


def test_the_difference_is_black_where_nothing_differs(reference: VideoFile) -> None:
    (same,) = frame_pictures(plan_for(reference, reference, ScoreOptions()), (5,))
    assert same.difference.max() == 0
    changed = replace(same, distorted=np.clip(same.reference.astype(int) + 9, 0, 255).astype(np.uint8))
    unclipped = same.reference <= 246
    assert set(np.unique(changed.difference[unclipped])) == {36}


def test_a_smaller_encode_is_shown_in_the_references_size(clips: Clips, reference: VideoFile) -> None:
    small = VideoFile(clips.derived(reference.path, "small.mp4", "-vf", "scale=160:90", "-c:v", "libx264"))
    (pictures,) = frame_pictures(plan_for(reference, small, ScoreOptions()), (2,))
    assert pictures.distorted.shape == pictures.reference.shape == (180, 320, 3)


def test_an_offset_shows_the_frames_that_were_compared(clips: Clips, reference: VideoFile) -> None:
    late = VideoFile(
        clips.derived(
            reference.path, "late.mp4", "-vf", "trim=start_frame=3,setpts=N/25/TB", "-c:v", "libx264", "-crf", "1"
        )
    )
    plan = plan_pair(probe(reference), probe(late), offset=-3)
    (pictures,) = frame_pictures(plan, (4,))
    assert np.abs(pictures.reference.astype(int) - pictures.distorted).mean() < 2
    (straight,) = frame_pictures(plan_for(reference, reference, ScoreOptions()), (7,))
    np.testing.assert_array_equal(pictures.reference, straight.reference)


def test_a_portrait_phone_video_stands_upright(clips: Clips, reference: VideoFile) -> None:
    turned = VideoFile(clips.derived(reference.path, "turned.mp4", "-c", "copy", before=["-display_rotation", "90"]))
    (pictures,) = frame_pictures(plan_for(turned, turned, ScoreOptions()), (0,))
    (flat,) = frame_pictures(plan_for(reference, reference, ScoreOptions()), (0,))
    assert pictures.reference.shape == (320, 180, 3)
    shown = ffmpeg("-i", f"file:{turned.path}", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    by_player = np.frombuffer(shown, np.uint8).reshape(320, 180, 3).astype(int)
    assert np.abs(pictures.reference - by_player).mean() < 3 < np.abs(np.rot90(flat.reference, -1) - by_player).mean()


def test_a_frame_that_was_not_compared_is_the_callers_bug(reference: VideoFile) -> None:
    with pytest.raises(ValueError, match="16"):
        frame_pictures(plan_for(reference, reference, ScoreOptions()), (16,))


def test_png_holds_the_picture_or_a_smaller_one(reference: VideoFile) -> None:
    (pictures,) = frame_pictures(plan_for(reference, reference, ScoreOptions()), (0,))
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(png_bytes(pictures.reference)))), pictures.reference)
    assert Image.open(BytesIO(png_bytes(pictures.reference, widest=100))).size == (100, 56)


def test_the_feature_that_fell_most_is_named_and_motion_never_is(score: Score) -> None:
    names = CANONICAL_6.names
    usual = dict.fromkeys(names, 0.9)
    frames = [FrameScore(n, n / 25, 90, None, None, usual) for n in range(20)]
    low = {**usual, names[2]: 0.4, names[0]: 0.85, names[-1]: 0.0}
    frames[7] = FrameScore(7, 7 / 25, 20, None, None, low)
    made = replace(score, frames=tuple(frames))
    fall = fallen_feature(made, 7)
    assert fall is not None
    assert (fall.feature, fall.value, fall.usual) == (names[2], 0.4, 0.9)
    assert fallen_feature(made, 3) is None
