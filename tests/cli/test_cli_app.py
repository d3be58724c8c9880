"""The command line around its commands: version, help, errors in one line, colours."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tinyvmaf.cli.doctor_view import view_of
from tinyvmaf.cli.output import answer, progress_bar
from tinyvmaf.runs.doctor import Check, Diagnosis

RED = "\x1b[31m"
STAGES = ["demo", "extract-features", "fit", "register", "models", "score", "mcp"]


def tinyvmaf(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "tinyvmaf", *map(str, arguments)]
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(argv, env={**clean, **environment}, capture_output=True, text=True, check=False, timeout=120)


def test_version_is_told_without_a_command() -> None:
    done = tinyvmaf("--version")
    assert (done.returncode, done.stdout) == (0, f"tinyvmaf {version('tinyvmaf')}\n")


def test_help_lists_commands_in_the_order_in_which_data_flows() -> None:
    shown = [line.split()[1] for line in tinyvmaf("--help").stdout.splitlines() if line.startswith("│ ")]
    assert [name for name in shown if name in STAGES] == STAGES


def test_an_error_is_red_on_terminals_and_plain_under_no_color(tmp_path: Path) -> None:
    missing = tmp_path / "missing.mp4"
    assert tinyvmaf("score", missing, missing).stderr == f"error: {missing} does not exist\n"
    assert RED in tinyvmaf("score", missing, missing, FORCE_COLOR="1").stderr
    assert RED not in tinyvmaf("score", missing, missing, FORCE_COLOR="1", NO_COLOR="1").stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux's")
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_full_disk_is_one_line_and_no_traceback(form: tuple[str, ...]) -> None:
    argv = [sys.executable, "-m", "tinyvmaf", "models", "list", *form]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("error: ")
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    done = tinyvmaf("export-svr", "vmaf", "-o", tmp_path / "file" / "bundle")
    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path / 'file' / 'bundle'}: Not a directory\n"


def test_brackets_are_printed_as_they_are(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    torch = Check(name="torch", ok=False, needed=False, found="none", fix="pip install 'tinyvmaf[train]'")
    ffmpeg = Check(name="ffmpeg", ok=True, needed=True, found=f"/{'long/' * 20}ffmpeg", fix=None)
    answer({}, as_json=False, text=view_of(Diagnosis(ok=True, checks=(torch, ffmpeg))))
    shown = capsys.readouterr().out
    assert "tinyvmaf[train]" in shown
    assert ffmpeg.found in "".join(shown.split())


def test_progress_of_a_file_with_brackets_is_drawn(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    with progress_bar() as tell:
        tell(1, 2, "a[/b][final].mp4")
    assert "a[/b][final].mp4" in capsys.readouterr().err
