"""Where scenes begin."""

import numpy as np
from tests.conftest import Clips, ffmpeg

from tinyvmaf.scores.scene_cuts import Changes, cuts_among
from tinyvmaf.scores.score import ScoreOptions, plan_for
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.pictures import reference_seen


def test_a_sudden_change_is_a_cut_and_steady_motion_is_none() -> None:
    assert cuts_among([0, 2, 3, 40, 2, 3, 2, 1]) == (3,)
    assert cuts_among([0, *[30.0] * 20]) == ()
    assert cuts_among([0, 2, 2, 6, 2, 2]) == ()


def test_a_flash_of_one_frame_is_one_cut_at_most() -> None:
    changes = Changes()
    for level in [40, 40, 40, 200, 40, 40, 40]:
        changes.see(np.full((36, 64), level, np.uint8))
    assert changes.cuts == (3,)


def test_still_and_black_videos_have_none() -> None:
    changes = Changes()
    for _ in range(9):
        changes.see(np.zeros((36, 64), np.uint8))
    assert changes.cuts == ()
    assert cuts_among([]) == ()


def test_cuts_of_a_real_video_are_where_two_clips_were_joined(clips: Clips, tmp_path) -> None:
    parts = [clips(f"{name}.mp4", "-c:v", "libx264", source=name, frames=14) for name in ("testsrc2", "mandelbrot")]
    joined = tmp_path / "joined.mp4"
    inputs = [word for part in (*parts, parts[0]) for word in ("-i", f"file:{part}")]
    ffmpeg(*inputs, "-filter_complex", "concat=n=3", "-c:v", "libx264", f"file:{joined}")
    plan = plan_for(VideoFile(joined), VideoFile(joined), ScoreOptions())
    changes = Changes()
    for frame in reference_seen(plan, ()):
        changes.see(frame.coarse)
    assert changes.cuts == (14, 28)
