"""A pre-filter on the bench: a blur costs bits at equal quality, and ffmpeg's filters are as strong as it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Clips
from tests.pixel_models import blurring_filter
from tests.scores.report.pages import plots
from tinyvmaf.bundles.session import open_model
from tinyvmaf.documents import validate
from tinyvmaf.runs.eval_prefilter import FilterTrial, ladders_from
from tinyvmaf.scores.matched import matched_filters

LADDER = "x264/ultrafast:22,28,34,40"


@pytest.mark.slow
def test_a_blur_does_not_pay_and_sharpening_pleases_plain_vmaf_alone(clips: Clips, tmp_path: Path) -> None:
    source = clips("pristine.mp4", "-c:v", "libx264", "-qp", "4", source="mandelbrot", frames=8)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "pristine.mp4").write_bytes(source.read_bytes())
    bundle = blurring_filter(tmp_path / "blur")
    argv = ["eval-prefilter", str(tmp_path / "corpus"), "--model", str(bundle), "--ladder", LADDER, "--frames", "6"]
    argv += ["--strength", "0.3", "--keep", str(tmp_path / "kept"), "--degradation", "none", "--json"]
    argv += ["--report", str(tmp_path / "page.html")]
    document, again = (_document(argv) for _ in range(2))
    assert again["made"] == document["made"]  # times and all: nothing was measured again
    assert [each["filter"] for each in document["made"]] == ["identity", "blurring", "unsharp", "hqdn3d"]
    assert {each["frame_count"] for each in document["made"]} == {6}
    assert document["model_sha256"] == open_model(str(bundle)).sha256
    means = {
        (each["filter"], each["metric"]): each["bd_rate_percent"]["mean"] for each in document["figures"]["deltas"]
    }
    assert means["blurring", "vmaf_neg"] > 1
    assert means["unsharp", "vmaf"] < means["unsharp", "vmaf_neg"]
    assert plots((tmp_path / "page.html").read_text(encoding="utf-8")) == ["bd-rate-0", "gain"]
    assert document["verdicts"][0].startswith(f"none, {LADDER}: does harm")


def _document(argv: list[str]):
    done = subprocess.run(
        [sys.executable, "-m", "tinyvmaf", *argv], capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    validate(document)
    return document


def test_strengths_are_matched_by_the_change_of_luma() -> None:
    rng = np.random.default_rng(0)
    before = [rng.integers(40, 200, (48, 64)).astype(np.uint8) for _ in range(3)]
    after = [np.clip(frame.astype(int) + rng.integers(-4, 5, frame.shape), 0, 255).astype(np.uint8) for frame in before]
    wanted = np.mean([np.square(late.astype(float) - early).mean() for early, late in zip(before, after, strict=True)])
    for found in matched_filters(before, after):
        assert found.mean_squared_change == pytest.approx(wanted, rel=0.1), found.text
    assert [found.text for found in matched_filters(before, before)] == ["null", "null"]


@pytest.mark.parametrize("text", ["x264:22,30", "noise:2,4,6,8", "nonsense:1,2,3,4"])
def test_a_ladder_without_a_curve_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ladder|codec|rung"):
        ladders_from([text])


def test_an_unknown_degradation_is_refused() -> None:
    with pytest.raises(ValueError, match="known are: none, blur_jpeg, grain"):
        FilterTrial(degradations=("rain",))
