"""PSNR and SSIM by frame: PSNR as numpy computes it, SSIM as ffmpeg says it, both on the frames that the plan pairs."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Clips, ffmpeg
from tinyvmaf.video.decode import distorted_luma, reference_luma
from tinyvmaf.video.pairing import PairPlan, plan_pair
from tinyvmaf.video.probe import probe
from tinyvmaf.video.psnr_ssim import METRICS, measure_metrics

PIXELS = {"yuv420p": "format=yuv420p", "yuv422p10le": "format=yuv422p10le"}


def planned(clips: Clips, pix_fmt: str) -> PairPlan:
    reference = clips("reference.mkv", "-c:v", "ffv1", filters=PIXELS[pix_fmt])
    distorted = clips.derived(reference, "encode.mkv", "-c:v", "libx264", "-crf", "35")
    return plan_pair(probe(reference), probe(distorted))


@pytest.mark.parametrize("pix_fmt", PIXELS)
def test_psnr_of_luma_is_what_the_pixels_say(clips: Clips, pix_fmt: str) -> None:
    plan = planned(clips, pix_fmt)
    peak = 2 ** (10 if "10" in pix_fmt else 8) - 1
    expected = [
        10 * np.log10(peak**2 / np.mean((reference.astype(float) - distorted) ** 2))
        for reference, distorted in zip(reference_luma(plan), distorted_luma(plan), strict=True)
    ]
    found = measure_metrics(plan, ("psnr",))
    assert list(found) == list(METRICS["psnr"])
    assert found["psnr_y"] == pytest.approx(expected, abs=1e-4)


def test_ssim_is_that_of_ffmpegs_filter_alone(clips: Clips, tmp_path: Path) -> None:
    plan = planned(clips, "yuv420p")
    log = tmp_path / "ssim.log"
    graph = f"[0:v]settb=AVTB,setpts=N[d];[1:v]settb=AVTB,setpts=N[r];[d][r]ssim=stats_file={log}"
    pair = ("-i", str(plan.distorted.path), "-i", str(plan.reference.path))
    ffmpeg(*pair, "-filter_complex", graph, "-f", "null", "-")
    lines = log.read_text(encoding="ascii").splitlines()
    found = measure_metrics(plan, ("ssim", "psnr"))
    assert list(found) == [*METRICS["psnr"], *METRICS["ssim"]]
    for column, name in (("ssim_y", "Y"), ("ssim_cb", "U"), ("ssim_cr", "V"), ("ssim", "All")):
        theirs = [float(re.findall(rf"\b{name}:([\d.]+)", line)[0]) for line in lines]
        assert found[column] == pytest.approx(theirs, abs=2e-6)  # six decimals, rounded twice


def test_equal_frames_have_the_highest_psnr_that_libvmaf_gives(clips: Clips) -> None:
    for pix_fmt, highest in (("yuv420p", 60), ("yuv422p10le", 72)):
        reference = probe(clips("reference.mkv", "-c:v", "ffv1", filters=PIXELS[pix_fmt]))
        found = measure_metrics(plan_pair(reference, reference), ("psnr", "ssim"))
        assert set(found["psnr"]) == {highest}
        assert set(found["ssim"]) == {1.0}


def test_an_offset_is_the_plans(clips: Clips) -> None:
    """Frames 3 on of the late video are the reference's from 0 on."""
    reference = clips("reference.mkv", "-c:v", "ffv1")
    late = clips.derived(reference, "late.mkv", "-vf", "tpad=start=3:start_mode=clone", "-c:v", "ffv1")
    found = measure_metrics(plan_pair(probe(reference), probe(late), offset=3), ("psnr",))
    assert found["psnr_y"].tolist() == [60.0] * 16


def test_unknown_metric_is_refused_before_anything_runs(clips: Clips) -> None:
    with pytest.raises(ValueError, match="msssim"):
        measure_metrics(planned(clips, "yuv420p"), ("msssim",))
