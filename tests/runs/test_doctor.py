"""The doctor tells what works, and works itself when any part is missing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tinyvmaf.documents import to_document, validate
from tinyvmaf.runs.doctor import Diagnosis, diagnose
from tinyvmaf.video.ffmpeg import find_ffmpeg


@pytest.fixture
def other_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that makes the machine's ffmpeg another one."""

    def use(path: Path) -> None:
        monkeypatch.setenv("TINYVMAF_FFMPEG", str(path))
        find_ffmpeg.cache_clear()

    yield use
    find_ffmpeg.cache_clear()


def named(diagnosis: Diagnosis, name: str):
    return next(check for check in diagnosis.checks if check.name == name)


def test_doctor_finds_this_machine_fit_for_scoring() -> None:
    diagnosis = diagnose()
    assert diagnosis.ok, diagnosis
    assert "libvmaf" in named(diagnosis, "ffmpeg").found
    validate(json.loads(json.dumps(to_document("doctor", diagnosis))))


def test_doctor_tells_the_fix_when_ffmpeg_is_missing(other_ffmpeg, tmp_path: Path) -> None:
    other_ffmpeg(tmp_path / "no" / "ffmpeg")
    diagnosis = diagnose()
    assert not diagnosis.ok
    assert not named(diagnosis, "ffmpeg").ok
    assert "imageio-ffmpeg" in (named(diagnosis, "ffmpeg").fix or "")


def test_doctor_finds_an_ffmpeg_without_libvmaf(other_ffmpeg, tmp_path: Path) -> None:
    bare = tmp_path / "ffmpeg"
    bare.write_text("#!/bin/sh\necho ffmpeg version 4.2.2 Copyright\n", encoding="utf-8")
    bare.chmod(0o755)
    other_ffmpeg(bare)
    check = named(diagnose(), "ffmpeg")
    assert not check.ok
    assert "libvmaf" in check.found


def test_doctor_finds_a_spoiled_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / "registry.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("TINYVMAF_SHELF", str(shelf))
    check = named(diagnose(), "shelf")
    assert not check.ok
    assert check.needed


def test_doctor_tells_where_the_kernels_code_is_kept() -> None:
    check = named(diagnose(), "kernel")
    assert check.ok
    assert "__pycache__" in check.found or "numba" in check.found.split("code in ")[1]


@pytest.mark.parametrize(
    ("missing", "check"),
    [
        ("onnxruntime", "shelf"),
        ("av", "cache"),
        ("torch", "torch"),
        ("numba", "kernel"),
        ("plotly", "reports"),
        ("mcp", "mcp"),
        ("lightning", "lightning"),
    ],
)
def test_doctor_works_without_a_library(missing: str, check: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from tinyvmaf.runs.doctor import diagnose\n"
        "print([one.name for one in diagnose().checks if not one.ok])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert check in done.stdout
