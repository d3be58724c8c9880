"""The command `find-crf`: what it prints, and that an interrupt leaves nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_cli_score import tinyvmaf
from tests.conftest import Clips
from tinyvmaf.documents import validate

SHORT = ("--encoder", "x264/veryfast", "--samples", "3", "--sample-seconds", "0.4")


@pytest.fixture
def reference(clips: Clips) -> Path:
    clip = ("reference.mp4", "-c:v", "libx264", "-crf", "8", "-preset", "veryfast")
    return clips(*clip, source="mandelbrot", frames=100, size="192x108")


def test_answer_names_the_crf_and_the_command(reference: Path) -> None:
    done = tinyvmaf("find-crf", reference, *SHORT, "--target", "88")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("CRF ")
    command = done.stdout.rstrip().splitlines()[-1]
    assert command.startswith("ffmpeg -i ")
    quality = done.stdout.split()[1]
    assert f" -crf {quality} " in command


def test_encode_scores_the_whole_and_ends_by_its_score(reference: Path, tmp_path: Path) -> None:
    output = tmp_path / "small.mp4"
    done = tinyvmaf("find-crf", reference, *SHORT, "--target", "88", "--encode", output, "--json")
    document = json.loads(done.stdout)
    validate(document)
    assert output.stat().st_size == document["encoded"]["byte_count"]
    assert done.returncode == (0 if document["encoded"]["pooled"] >= 88 else 3)
    assert document["encoded"]["reached"] == (done.returncode == 0)


def test_unreachable_target_is_an_error_of_one_line(reference: Path) -> None:
    done = tinyvmaf("find-crf", reference, *SHORT, "--target", "99.999")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "the best is" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ("--encoder", "x263"),
        ("--encoder", "noise"),
        ("--encoder", "x264/quick"),
        ("--encoder", "x264:20"),
        ("--target", "101"),
        ("--pool", "p2"),
        ("--mode", "slow"),
        ("--teacher", "nonsense"),
        ("--probes", "1"),
        ("--sample-seconds", "0"),
        ("--sample-seconds", "nan"),
        ("--bitrate-max", "nan"),
    ],
)
def test_wrong_use_ends_with_2(reference: Path, wrong: tuple[str, ...]) -> None:
    assert tinyvmaf("find-crf", reference, *SHORT, *wrong).returncode == 2


def test_an_interrupt_leaves_nothing(clips: Clips, tmp_path: Path) -> None:
    """Ctrl-C while the whole is encoded: neither samples nor half an encode stay."""
    long = clips("long.mp4", "-c:v", "libx264", "-preset", "ultrafast", size="640x360", frames=400)
    scratch, out = tmp_path / "scratch", tmp_path / "out"
    scratch.mkdir()
    out.mkdir()
    slow = ("--encoder", "x264/placebo", "--samples", "1", "--sample-seconds", "0.1", "--target", "60", "--probes", "2")
    argv = [sys.executable, "-m", "tinyvmaf", "find-crf", str(long), *slow, "--encode", str(out / "small.mkv")]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as running:
        until = time.monotonic() + 90
        while not list(out.iterdir()) and running.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert running.poll() is None, running.communicate()
        running.send_signal(signal.SIGINT)
        _, words = running.communicate(timeout=30)
    assert running.returncode == 130
    assert b"stopped" in words
    assert list(out.iterdir()) == []
    assert list(scratch.iterdir()) == []
