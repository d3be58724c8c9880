"""The command `score --no-reference`: what it prints, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Clips
from tests.pixel_models import brightness_of_patches
from tinyvmaf.documents import validate


def tinyvmaf(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "tinyvmaf", "score", "--no-reference", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return brightness_of_patches(tmp_path_factory.mktemp("patches"), half_width=4.0)


@pytest.fixture
def video(clips: Clips) -> Path:
    return clips("video.mp4", "-c:v", "libx264", size="96x64", frames=30)


def test_the_document_is_a_score_and_people_see_its_error_bar(video: Path, bundle: Path) -> None:
    document = json.loads(tinyvmaf(video, "--model", bundle, "--fps", "5", "--json").stdout)
    validate(document)
    assert (document["kind"], document["reference"], document["frame_count"]) == ("nr", None, 6)
    shown = tinyvmaf(video, "--model", bundle).stdout
    assert "90% error bar" in shown
    assert "3 frames without a reference" in shown


def test_the_model_that_comes_along_tells_good_encodes_from_bad_ones(clips: Clips) -> None:
    encodes = [
        clips(f"crf{crf}.mp4", "-c:v", "libx264", "-crf", str(crf), source="mandelbrot", size="320x240", frames=20)
        for crf in (16, 32, 48)
    ]
    good, fair, bad = (json.loads(tinyvmaf(encode, "--json").stdout)["score"] for encode in encodes)
    assert good > fair > bad + 20
    assert bad < 40


def test_several_are_scored_one_by_one_and_a_broken_one_loses_none(video: Path, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(video.read_bytes()[:600])
    done = tinyvmaf(tmp_path / "broken.mp4", video, "--model", bundle, "--json-lines", "--no-frames")
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(document["distorted"]).name for document in documents] == ["video.mp4"]
    assert done.returncode == 1
    assert "broken.mp4" in done.stderr


def test_a_gate_that_is_not_met_ends_with_3(video: Path, bundle: Path) -> None:
    assert tinyvmaf(video, "--model", bundle, "--min-score", "1").returncode == 0
    assert tinyvmaf(video, "--model", bundle, "--min-score", "99").returncode == 3


@pytest.mark.parametrize(
    "wrong", [("--exact",), ("--offset", "1"), ("--teacher", "vmaf_neg"), ("--also", "psnr"), ("--fps", "0")]
)
def test_what_needs_two_videos_ends_with_2(video: Path, bundle: Path, wrong: tuple[str, ...]) -> None:
    assert tinyvmaf(video, "--model", bundle, *wrong).returncode == 2
