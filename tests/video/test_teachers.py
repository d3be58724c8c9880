"""Each teacher bears frames down to its smallest size, and is refused before libvmaf crashes below it."""

import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tinyvmaf.errors import VideoError
from tinyvmaf.features import FEATURE_SETS
from tinyvmaf.video.ffmpeg import find_ffmpeg
from tinyvmaf.video.teachers import TEACHERS, TeacherModel, model_versions, teacher

MODELS = [model for each in TEACHERS.values() for model in each.models]


def _runs(model: TeacherModel, folder: Path, *, width: int, height: int) -> bool:
    """Whether libvmaf measures two frames of noise of that size without crashing."""
    sizes = (width * height, ((width + 1) // 2) * ((height + 1) // 2))
    frames = np.random.default_rng(0).integers(0, 255, 2 * (sizes[0] + 2 * sizes[1]), dtype=np.uint8)
    (folder / "a.yuv").write_bytes(frames.tobytes())
    raw = [
        "-f",
        "rawvideo",
        "-video_size",
        f"{width}x{height}",
        "-pixel_format",
        "yuv420p",
        "-i",
        str(folder / "a.yuv"),
    ]
    graph = f"[0:v]split[a][b];[a][b]libvmaf=model=version={model.version}"
    argv = [str(find_ffmpeg().path), "-v", "error", *raw, "-filter_complex", graph, "-f", "null", "-"]
    return subprocess.run(argv, capture_output=True, check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.version)
def test_the_smallest_frame_is_the_smallest_that_libvmaf_bears(model: TeacherModel, tmp_path: Path) -> None:
    short, long = model.smallest_side, model.smallest_longer_side
    for width, height in ((short, long), (long, short)):
        assert _runs(model, tmp_path, width=width, height=height)
    assert not _runs(model, tmp_path, width=short - 1, height=600)
    assert not _runs(model, tmp_path, width=600, height=short - 1)
    assert not _runs(model, tmp_path, width=long - 1, height=min(long - 1, short))


@pytest.mark.parametrize(
    ("height", "fps", "version"),
    [
        (1440, 25, "vmaf_v1.0.16_3d0h"),
        (1441, 40, "vmaf_v1.0.16_3d0h_2160"),
        (720, 50, "vmaf_v1.0.16_hfr_3d0h"),
        (2160, Fraction(60000, 1001), "vmaf_v1.0.16_hfr_3d0h_2160"),
    ],
)
def test_the_v1_model_follows_size_and_rate(height: int, fps: Fraction, version: str) -> None:
    assert model_versions(["vmaf_v1"], width=2000, height=height, fps=Fraction(fps)) == {"vmaf_v1": version}


def test_small_frames_are_refused_with_the_teacher_and_the_limit() -> None:
    with pytest.raises(VideoError, match=r"176x144 are too small for the teacher vmaf_v1: .* 160 pixels, .* 216"):
        model_versions(["vmaf", "vmaf_v1"], width=176, height=144, fps=Fraction(25))
    assert model_versions(["vmaf"], width=17, height=17, fps=Fraction(25)) == {"vmaf": "vmaf_v0.6.1"}


def test_an_unknown_teacher_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="unknown teacher 'vmaff'; known are: vmaf, vmaf_neg, vmaf_v1, vmaf_4k"):
        teacher("vmaff")


def test_each_feature_set_is_seen_by_its_teacher() -> None:
    for feature_set in FEATURE_SETS.values():
        assert TEACHERS[feature_set.teacher].feature_set == feature_set.name
