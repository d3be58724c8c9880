"""The command `score`: what it prints, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Clips
from tinyvmaf.documents import validate
from tinyvmaf.features import CANONICAL_6, NEG_6

GOLDEN_160X90 = "160x90"
MEASURING_THREADS = 4
"""The main one, two that decode, and one that computes."""


def tinyvmaf(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "tinyvmaf", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def pair(clips: Clips) -> tuple[Path, Path]:
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "5")
    return reference, clips.derived(reference, "encode.mkv", "-c:v", "libx264", "-crf", "38")


def test_json_goes_to_stdout_and_nothing_else_does(pair: tuple[Path, Path]) -> None:
    done = tinyvmaf("score", *pair, "--json")
    document = json.loads(done.stdout)
    validate(document)
    assert done.returncode == 0
    assert len(document["frames"]) == document["frame_count"] == 16
    assert json.loads(tinyvmaf("score", *pair, "--json", "--no-frames").stdout)["frames"] == []


def test_gate_that_is_not_met_ends_with_3(pair: tuple[Path, Path]) -> None:
    assert tinyvmaf("score", *pair, "--min-score", "1").returncode == 0
    unmet = tinyvmaf("score", *pair, "--min-score", "99.9", "--pool", "p1")
    assert unmet.returncode == 3
    assert "p1" in unmet.stdout


def test_error_is_one_line_and_ends_with_1(pair: tuple[Path, Path], tmp_path: Path) -> None:
    done = tinyvmaf("score", pair[0], tmp_path / "missing.mp4")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" in tinyvmaf("--debug", "score", pair[0], tmp_path / "missing.mp4").stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ("--size", "320"),
        ("--size", "320x180"),
        ("--teacher", "nonsense"),
        ("--pool", "nonsense"),
        ("--pair", "nonsense"),
        ("--exact", "--fast"),
        ("--fast", "--full"),
        ("--teacher", "vmaf_v1"),
        ("--reference-crop", "320:180"),
        ("--distorted-crop", "0:180:0:0"),
        ("--offset", "many"),
        ("--min-score", "nan"),
        ("--min-score", "101"),
        ("--csv", "."),
        ("--report", "table.parquet"),
    ],
)
def test_wrong_use_ends_with_2(pair: tuple[Path, Path], wrong: tuple[str, ...]) -> None:
    assert tinyvmaf("score", *pair, *wrong).returncode == 2


@pytest.mark.parametrize("option", ["--csv", "--report", "--libvmaf-json"])
def test_an_option_without_its_file_does_not_eat_a_video(pair: tuple[Path, Path], option: str) -> None:
    reference, encode = pair
    before = reference.read_bytes()
    done = tinyvmaf("score", option, reference, encode, encode)
    assert done.returncode == 2
    assert done.stdout == ""
    assert reference.read_bytes() == before


def test_unknown_model_names_those_there_are(pair: tuple[Path, Path]) -> None:
    done = tinyvmaf("score", *pair, "--model", "nonsense")
    assert done.returncode == 1
    assert "nonsense" in done.stderr


def test_training_without_torch_tells_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "sys.argv = ['tinyvmaf', 'fit', '--table', 't.parquet', '--out-dir', 'o']\n"
        "from tinyvmaf.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.strip() == "error: training needs torch: pip install 'tinyvmaf[train]'"


def test_termination_ends_ffmpeg_too(clips: Clips) -> None:
    long = clips("long.mp4", "-c:v", "libx264", "-preset", "ultrafast", size="1280x720", frames=300)
    argv = [sys.executable, "-m", "tinyvmaf", "score", "--exact", str(long), str(long)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        child, until = None, time.monotonic() + 60
        while child is None and running.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
            child = _measuring(running.pid)
        assert child is not None, "no ffmpeg was seen"
        running.send_signal(signal.SIGTERM)
        _, words = running.communicate(timeout=20)
        assert running.returncode == 130
        assert b"stopped" in words
    assert not Path(f"/proc/{child}").exists()


def test_an_interrupted_kernel_ends_at_once(clips: Clips) -> None:
    long = clips("long.mp4", "-c:v", "libx264", "-preset", "ultrafast", size="1280x720", frames=300)
    argv = [sys.executable, "-m", "tinyvmaf", "score", "--full", "--threads", "1", str(long), str(long)]
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=alone) as running:
        until = time.monotonic() + 60
        while _thread_count(running.pid) < MEASURING_THREADS and running.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, words = running.communicate(timeout=20)
    assert running.returncode == 130
    assert b"stopped" in words
    assert b"Traceback" not in words


def _thread_count(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").glob("*")))


_WITHOUT = """
import sys
for name in ("torch", "onnxruntime", "polars"):
    sys.modules[name] = None
sys.argv = ["tinyvmaf", "score", *sys.argv[1:]]
from tinyvmaf.cli import main
main()
"""


def test_a_score_by_the_kernel_needs_neither_ffmpeg_nor_onnx_nor_torch(pair: tuple[Path, Path]) -> None:
    argv = [sys.executable, "-c", _WITHOUT, *map(str, pair), "--fast"]
    environment = {**os.environ, "TINYVMAF_FFMPEG": "/nowhere"}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "kernel-fast" in done.stdout


def _measuring(parent: int) -> int | None:
    """The ffmpeg that measures below a process, found in /proc."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rsplit(")", 1)[1].split()
            command = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and b"libvmaf=" in command:
            return int(path.parent.name)
    return None


@pytest.mark.realmedia
@pytest.mark.parametrize("fixture", [GOLDEN_160X90, "src01_10le", "sparks", "akiyo_multiply"])
def test_golden_fixtures_through_the_command(media: Path, fixture: str) -> None:
    facts = next(
        one
        for one in json.loads((media / "golden" / "netflix_asserts.json").read_text(encoding="utf-8"))["fixtures"]
        if one["id"] == fixture
    )
    neg = fixture == "akiyo_multiply"
    raw = ("--size", f"{facts['width']}x{facts['height']}", "--pix-fmt", facts["pix_fmt"])
    files = [media / "golden" / facts[side] for side in ("reference", "distorted")]
    for teacher, names in {"vmaf": CANONICAL_6.names, **({"vmaf_neg": NEG_6.names} if neg else {})}.items():
        result = json.loads(tinyvmaf("score", *files, "--exact", *raw, "--teacher", teacher, "--json").stdout)
        prefix = "VMAF_integer_feature" if fixture == GOLDEN_160X90 else "VMAFEXEC"
        for name in names:
            for claim in facts["asserted"].get(f"{prefix}_{name}", []):
                mean = sum(frame["features"][name] for frame in result["frames"]) / result["frame_count"]
                assert round(mean - claim["value"], claim["places"]) == 0, (teacher, name)
        if neg and teacher == "vmaf":
            assert result["score"] == 100.0  # 132.73 before libvmaf's clip
            continue
        key = "VMAFNEG" if neg else "VMAF" if fixture == GOLDEN_160X90 else "VMAFEXEC"
        for claim in facts["asserted"][key]:
            assert round(result["score"] - claim["value"], claim["places"]) == 0, (teacher, result["score"])
