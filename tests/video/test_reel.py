"""Samples of a video: where they lie, and that they are its very frames."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Clips
from tinyvmaf.video.decode import decode_luma
from tinyvmaf.video.probe import probe
from tinyvmaf.video.reel import Sample, choose_samples, make_reel
from tinyvmaf.video.times import FrameTimes, frame_times


def at_rate(count: int, fps: float) -> FrameTimes:
    return FrameTimes(np.arange(count) / fps, stamped=True)


def test_samples_lie_evenly_and_hold_the_seconds_asked_for() -> None:
    samples = choose_samples(at_rate(6000, 25), count=4, seconds=3)
    assert [sample.frame_count for sample in samples] == [75] * 4
    middles = [sample.start_seconds + 1.5 for sample in samples]
    assert middles == pytest.approx([30, 90, 150, 210], abs=0.04)


def test_samples_that_would_fill_the_video_are_the_video() -> None:
    assert choose_samples(at_rate(100, 25), count=3, seconds=1.2) == (Sample(0.0, 100),)
    assert choose_samples(at_rate(1, 25), count=3, seconds=1) == (Sample(0.0, 1),)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p10le"])
def test_reel_holds_the_very_frames(clips: Clips, tmp_path: Path, name: str, pix_fmt: str) -> None:
    """A transport stream has no index: there a sample may begin a little later, and is of whole frames all the same."""
    source = clips(name, "-c:v", "libx264", "-g", "20", frames=90, size="96x64", filters=f"format={pix_fmt}")
    video = probe(source)
    samples = choose_samples(frame_times(video), count=3, seconds=0.4)
    reel = make_reel(video, samples, tmp_path / "reel.mkv")
    frames = [luma.tobytes() for luma in decode_luma(video)]
    found = [frames.index(luma.tobytes()) for luma in decode_luma(reel)]
    starts = [round(sample.start_seconds * 25) for sample in samples]
    assert len(set(frames)) == 90
    for place, start in enumerate(starts):
        part = found[10 * place : 10 * place + 10]
        assert part == list(range(part[0], part[0] + 10))
        assert part[0] == start or (name == "clip.ts" and start < part[0] <= start + 20)
    assert (reel.pix_fmt, reel.fps) == (pix_fmt, Fraction(25))
    assert frame_times(reel).seconds == pytest.approx(np.arange(30) / 25, abs=0.001)


def test_full_range_and_colour_tags_stay(clips: Clips, tmp_path: Path) -> None:
    tags = ("-color_range", "pc", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
    source = clips("full.mp4", "-c:v", "libx264", *tags, frames=40, filters="scale=out_range=full,format=yuv420p")
    video = probe(source)
    reel = make_reel(video, (Sample(0.2, 10), Sample(1.0, 10)), tmp_path / "reel.mkv")
    assert (reel.color_range, reel.color_matrix) == (video.color_range, video.color_matrix) == ("full", "bt709")


@pytest.mark.parametrize(("count", "seconds"), [(0, 1.0), (1, 0.0)])
def test_no_sample_is_a_callers_bug(count: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="hold nothing"):
        choose_samples(at_rate(100, 25), count=count, seconds=seconds)
