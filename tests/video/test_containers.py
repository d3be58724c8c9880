"""The container does not change the score: one encode in MP4 and MKV, decoded to Y4M, and VP9 in WebM and MKV."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Clips, ffmpeg
from tinyvmaf.video.libvmaf import measure_pair
from tinyvmaf.video.measurement import Measurement, MeasureOptions
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import probe

_RATES = ("24000/1001", "25", "30000/1001", "60000/1001")
_H264 = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "3")
_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "60k")
_Y4M = ("-pix_fmt", "yuv420p")


def _reference(clips: Clips, fps: str) -> Path:
    return clips("reference.mp4", *_H264, "-crf", "12", source="mandelbrot", frames=24, fps=fps)


def _measure(reference: Path, distorted: Path) -> Measurement:
    plan = plan_pair(probe(reference), probe(distorted))
    assert (plan.rule, plan.frame_count) == ("time", 24)
    return measure_pair(plan, MeasureOptions(threads=1))


def _assert_equal(measurements: list[Measurement]) -> None:
    for other in measurements[1:]:
        assert np.abs(other.teacher_scores - measurements[0].teacher_scores).max() <= 1e-6
        assert np.abs(other.features - measurements[0].features).max() <= 1e-6


@pytest.mark.parametrize("fps", _RATES)
def test_one_encode_scores_the_same_in_every_container(fps: str, clips: Clips) -> None:
    reference = _reference(clips, fps)
    encode = clips.derived(reference, "a.mp4", *_H264, "-crf", "32")
    remux = clips.derived(encode, "a.mkv", "-c", "copy")
    decoded = clips.derived(encode, "a.y4m", *_Y4M)
    _assert_equal([_measure(reference, distorted) for distorted in (encode, remux, decoded)])


@pytest.mark.parametrize("fps", _RATES)
def test_vp9_scores_the_same_in_webm_and_mkv(fps: str, clips: Clips) -> None:
    reference = _reference(clips, fps)
    webm = clips.derived(reference, "a.webm", *_VP9)
    mkv = clips.derived(webm, "a.mkv", "-c", "copy")
    _assert_equal([_measure(reference, distorted) for distorted in (webm, mkv)])


@pytest.mark.parametrize("fps", _RATES)
def test_the_references_container_is_no_matter_either(fps: str, clips: Clips) -> None:
    reference = _reference(clips, fps)
    encode = clips.derived(reference, "a.mp4", *_H264, "-crf", "32")
    others = [clips.derived(reference, "r.mkv", "-c", "copy"), clips.derived(reference, "r.y4m", *_Y4M)]
    _assert_equal([_measure(each, encode) for each in (reference, *others)])


def test_ffmpegs_own_pairing_takes_wrong_frames_of_an_mkv(clips: Clips, tmp_path: Path) -> None:
    """The trap that this room exists for: stamps rounded to 1 ms against exact ones."""
    reference = clips("moving.mp4", *_H264, "-crf", "12", frames=24, fps="24000/1001")
    mkv = clips.derived(clips.derived(reference, "a.mp4", *_H264, "-crf", "24"), "a.mkv", "-c", "copy")
    log = tmp_path / "log.csv"
    plain = f"[0:v][1:v]libvmaf=log_fmt=csv:log_path={log}"
    ffmpeg("-i", str(mkv), "-i", str(reference), "-filter_complex", plain, "-f", "null", "-")
    rows = log.read_text().splitlines()
    naive = np.array([float(row.rstrip(",").split(",")[-1]) for row in rows[1:]])
    ours = _measure(reference, mkv).teacher_scores.ravel()
    assert ours.min() > 80
    assert naive.mean() < ours.mean() - 10
