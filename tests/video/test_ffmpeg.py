"""ffmpeg is found, checked, run, counted, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from tests.conftest import Clips
from tinyvmaf.errors import CancelledError, FfmpegError, ToolError, VideoError
from tinyvmaf.video.codecs import CODECS
from tinyvmaf.video.ffmpeg import check_whole, find_ffmpeg, require_encoders, run_ffmpeg
from tinyvmaf.video.ffmpeg_log import FfmpegLog, InputCounts, OutputCounts

ENDLESS = ("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-f", "null", "-")
FAKE = """#!/bin/sh
case "$*" in
  *-version*) echo "ffmpeg version 4.2.2-static Copyright (c) 2000-2019";;
  *-filters*) echo " ... scale V->V Scale the input video";;
esac
"""


@pytest.fixture
def other_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """Where TINYVMAF_FFMPEG points to; nothing lies there yet."""
    path = tmp_path / "ffmpeg"
    monkeypatch.setenv("TINYVMAF_FFMPEG", str(path))
    find_ffmpeg.cache_clear()
    yield path
    find_ffmpeg.cache_clear()


def test_ffmpeg_has_libvmaf_and_every_encoder() -> None:
    ffmpeg = find_ffmpeg()
    assert ffmpeg.libvmaf_version != "unknown"
    assert {codec.encoder for codec in CODECS.values() if codec.encoder} <= ffmpeg.encoders
    require_encoders(["libx264"])
    with pytest.raises(ToolError, match="no encoder libnone: install imageio-ffmpeg>="):
        require_encoders(["libnone"])


def test_an_ffmpeg_without_libvmaf_is_refused_with_the_remedy(other_ffmpeg: Path) -> None:
    other_ffmpeg.write_text(FAKE)
    other_ffmpeg.chmod(0o755)
    with pytest.raises(ToolError, match=r"has no libvmaf: install imageio-ffmpeg>=0\.8"):
        find_ffmpeg()


def test_an_ffmpeg_that_is_not_there_or_does_not_start_is_refused(other_ffmpeg: Path) -> None:
    with pytest.raises(ToolError, match="is not a program that can be run"):
        find_ffmpeg()
    other_ffmpeg.write_bytes(b"\x7fELF nonsense")
    other_ffmpeg.chmod(0o755)
    with pytest.raises(ToolError, match="does not answer"):
        find_ffmpeg()


def test_the_named_ffmpeg_is_used(other_ffmpeg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.delenv("TINYVMAF_FFMPEG")
        real = find_ffmpeg().path
    find_ffmpeg.cache_clear()
    other_ffmpeg.symlink_to(real)
    assert find_ffmpeg().path == other_ffmpeg


def test_a_run_counts_what_it_read_and_wrote(clips: Clips) -> None:
    clip = clips("a.mp4", "-c:v", "libx264")
    outcome = run_ffmpeg(["-i", str(clip), "-i", str(clip), "-map", "1:v", "-c", "copy", "-f", "null", "-"])
    assert outcome.inputs[1].packets_read == 16
    assert outcome.outputs[0].frames == 16
    assert 1000 < outcome.outputs[0].byte_count < clip.stat().st_size
    assert outcome.damage == ()


def test_a_failure_carries_its_command_and_the_end_of_stderr() -> None:
    with pytest.raises(FfmpegError, match=r"^ffmpeg failed \(exit \d+\): .*nofilter") as failure:
        run_ffmpeg(["-f", "lavfi", "-i", "nofilter", "-f", "null", "-"])
    assert "\n" not in str(failure.value)
    assert failure.value.argv[-2:] == ("null", "-")
    assert "[error]" in failure.value.stderr_tail
    assert "[verbose]" not in failure.value.stderr_tail


def test_a_crash_is_named_by_its_signal() -> None:
    tiny = "color=size=8x8:duration=0.2,split[a][b];[a][b]libvmaf"
    with pytest.raises(FfmpegError, match="was ended by SIGSEGV"):
        run_ffmpeg(["-f", "lavfi", "-i", tiny, "-f", "null", "-"])


def test_a_flood_on_stderr_blocks_nothing(clips: Clips) -> None:
    clip = clips("a.mp4", "-c:v", "libx264")
    outcome = run_ffmpeg(["-v", "level+trace", "-i", str(clip), "-f", "null", "-"])
    assert outcome.inputs == (InputCounts(16, 16, 0),)


def test_a_cancelled_run_ends_at_once_and_leaves_no_child() -> None:
    cancel = Event()
    Thread(target=lambda: (time.sleep(0.3), cancel.set())).start()
    started = time.perf_counter()
    with pytest.raises(CancelledError):
        run_ffmpeg(["-re", *ENDLESS], cancel=cancel)
    assert time.perf_counter() - started < 5
    assert not psutil.Process().children()


def test_an_exception_out_of_the_callback_leaves_no_child() -> None:
    def stop(frame: int) -> None:
        raise RuntimeError(f"enough after {frame}")

    with pytest.raises(RuntimeError, match="enough"):
        run_ffmpeg(ENDLESS, on_frame=stop)
    assert not psutil.Process().children()


@pytest.mark.parametrize("thread", ["main", "daemon", "other"])
def test_an_interrupt_leaves_no_ffmpeg_behind(thread: str) -> None:
    runs = {
        "main": "run()",
        "daemon": "threading.Thread(target=run, daemon=True).start(); time.sleep(60)",
        "other": "threading.Thread(target=run).start(); time.sleep(60)",
    }
    script = (
        "import threading, time\nfrom tinyvmaf.video.ffmpeg import run_ffmpeg\n"
        f"def run(): run_ffmpeg({['-re', *ENDLESS]!r}, on_frame=lambda frame: print(frame, flush=True))\n{runs[thread]}"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        children = psutil.Process(process.pid).children()
        assert len(children) == 1
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=20)
    gone, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert gone


def test_the_summary_is_read_line_by_line() -> None:
    log = FfmpegLog()
    for line in (
        "[in#1 @ 0x5] [verbose] Input stream #1:0 (video): 9 packets read (2 bytes); 8 frames decoded; 1 decode errors",
        "[in#1 @ 0x5581] [verbose]   Input stream #1:1 (video): 0 packets read (0 bytes); ",
        "[out#0 @ 0x5581] [verbose]   Output stream #0:0 (video): 8 frames encoded; 8 packets muxed (3392 bytes); ",
        "[in#1/mov @ 0x5581] [error] stream 0, offset 0x6faf: partial file",
        "libvmaf WARNING est_params: covariance matrix is singular",
    ):
        log.read_stderr(line)
    log.read_progress("frame=12")
    assert log.inputs == (InputCounts(0, 0, 0), InputCounts(9, 8, 1))
    assert log.outputs == (OutputCounts(8, 3392),)
    assert log.damage == ["[in#1/mov @ 0x5581] [error] stream 0, offset 0x6faf: partial file"]
    assert log.frame == 12
    assert log.tail == log.damage[0]


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
def test_a_file_that_breaks_off_or_is_damaged_is_seen_although_ffmpeg_exits_0(
    container: str, clips: Clips, tmp_path: Path
) -> None:
    clip = clips(f"a.{container}", "-c:v", "libx264", *(["-movflags", "+faststart"] if container == "mp4" else []))
    data = bytearray(clip.read_bytes())
    cut, hit = tmp_path / f"cut.{container}", tmp_path / f"hit.{container}"
    cut.write_bytes(data[: len(data) * 6 // 10])
    third = len(data) // 3  # a bit here and there may decode to a wrong picture that no decoder can tell
    data[third : 2 * third] = bytes(byte ^ 0x5A for byte in data[third : 2 * third])
    hit.write_bytes(data)
    for path in (cut, hit):
        outcome = run_ffmpeg(["-i", str(path), "-f", "null", "-"])
        with pytest.raises(VideoError, match=r"broken or ends early: \d+ frames decoded of 16, \d+ decode errors"):
            check_whole(path, outcome, 0, frame_count=16)
