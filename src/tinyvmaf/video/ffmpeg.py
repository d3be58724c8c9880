"""The ffmpeg binary: found on first use, checked once for what tinyvmaf needs, and run, one command at a time.

The only place that starts a process. ``$TINYVMAF_FFMPEG`` names another binary than the one of imageio-ffmpeg.
"""

import atexit
import logging
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event
from typing import IO

import imageio_ffmpeg

from tinyvmaf.errors import CancelledError, FfmpegError, ToolError, VideoError
from tinyvmaf.progress import stop_if_cancelled
from tinyvmaf.video.ffmpeg_log import NOTHING_READ, FfmpegLog, InputCounts, OutputCounts

_OLDEST_IMAGEIO_FFMPEG = "0.8.1"
_REMEDY = (
    f"install imageio-ffmpeg>={_OLDEST_IMAGEIO_FFMPEG} (pip install -U imageio-ffmpeg), or name another ffmpeg 7.1 or "
    "later with libvmaf by TINYVMAF_FFMPEG"
)
_QUIET = ("-hide_banner", "-nostdin", "-nostats")
_POLL_SECONDS = 0.1
_VERSION_LOG = "version.json"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """One ffmpeg binary, and what it can do."""

    path: Path
    """The binary."""
    version: str
    """As it calls itself."""
    libvmaf_version: str
    """As libvmaf calls itself."""
    encoders: frozenset[str]
    """Every video encoder, by ffmpeg's name."""
    filters: frozenset[str]
    """Every filter."""


@dataclass(frozen=True, slots=True)
class FfmpegOutcome:
    """What one successful run said of itself."""

    argv: tuple[str, ...]
    """The command."""
    elapsed_seconds: float
    """Wall time from start to exit."""
    inputs: tuple[InputCounts, ...]
    """Per input file, in the command's order."""
    outputs: tuple[OutputCounts, ...]
    """Per output file, in the command's order."""
    damage: tuple[str, ...]
    """The first few lines that tell of a broken or truncated file, although ffmpeg carried on."""
    stderr_tail: str
    """Its last warnings and errors."""


@cache
def find_ffmpeg() -> Ffmpeg:
    """The ffmpeg to use, checked for libvmaf; found once per process.

    Raises:
        ToolError: there is none, it does not start, or it lacks libvmaf; the message says what to do.
    """
    path = _binary()
    banner = _ask(path, "-version").splitlines()
    filters = _names(_ask(path, "-hide_banner", "-filters"))
    if "libvmaf" not in filters:
        raise ToolError(f"the ffmpeg at {path} has no libvmaf: {_REMEDY}")
    return Ffmpeg(
        path=path,
        version=banner[0].split()[2] if banner and len(banner[0].split()) > 2 else "unknown",
        libvmaf_version=_libvmaf_version(path),
        encoders=_names(_ask(path, "-hide_banner", "-encoders")),
        filters=filters,
    )


def require_encoders(names: Sequence[str]) -> None:
    """Checks that ffmpeg has every one of these encoders.

    Raises:
        ToolError: it lacks some; the message names them and says what to do.
    """
    ffmpeg = find_ffmpeg()
    missing = sorted(set(names) - ffmpeg.encoders)
    if missing:
        raise ToolError(f"the ffmpeg at {ffmpeg.path} has no encoder {', '.join(missing)}: {_REMEDY}")


def run_ffmpeg(
    arguments: Sequence[str],
    *,
    folder: Path | None = None,
    feed: Callable[[IO[bytes]], None] | None = None,
    on_frame: Callable[[int], None] | None = None,
    cancel: Event | None = None,
) -> FfmpegOutcome:
    """Runs one ffmpeg command to its end; what it wrote is counted from its own summary.

    The child has a session of its own and is killed when this call ends in any way: a cancel, an interrupt, an
    exception out of ``on_frame``.

    Args:
        arguments: All but the program itself and the options that govern its output.
        folder: Working folder of the child.
        feed: Writes what the child reads as ``pipe:0``, on a thread of its own; where it returns, the input ends. Its
            exception ends the child and comes out of this call; a child that reads no more ends it without a word.
        on_frame: Told the frames that the first output has seen, about twice a second.
        cancel: Set from elsewhere to stop.

    Raises:
        FfmpegError: it failed; carries the command and the end of stderr.
        CancelledError: ``cancel`` was set.
    """
    argv = (str(find_ffmpeg().path), *_QUIET, "-v", "level+verbose", "-progress", "pipe:1", *arguments)
    _LOG.debug("running %s", argv)
    stop_if_cancelled(cancel)
    started = time.perf_counter()
    log = FfmpegLog()
    code = _supervise(argv, log, folder=folder, feed=feed, on_frame=on_frame, cancel=cancel)
    if code != 0:
        raise FfmpegError(_failure(code, log), argv=argv, stderr_tail=log.tail)
    elapsed = time.perf_counter() - started
    return FfmpegOutcome(argv, elapsed, log.inputs, log.outputs, tuple(log.damage), log.tail)


def check_whole(path: Path, outcome: FfmpegOutcome, index: int, *, frame_count: int) -> None:
    """Checks that ffmpeg decoded at least ``frame_count`` frames of an input, and found nothing broken in it.

    ffmpeg exits 0 on most broken files: it conceals what it cannot decode, and ends where the file ends.

    Raises:
        VideoError: with the numbers, and what ffmpeg said.
    """
    counts = outcome.inputs[index] if index < len(outcome.inputs) else NOTHING_READ
    if counts.frames_decoded >= frame_count and not counts.decode_errors and not outcome.damage:
        return
    said = f"; ffmpeg says: {outcome.damage[0]}" if outcome.damage else ""
    raise VideoError(
        f"{path} is broken or ends early: {counts.frames_decoded} frames decoded of {frame_count}, "
        f"{counts.decode_errors} decode errors{said}"
    )


def available_cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _supervise(
    argv: Sequence[str],
    log: FfmpegLog,
    *,
    folder: Path | None,
    feed: Callable[[IO[bytes]], None] | None,
    on_frame: Callable[[int], None] | None,
    cancel: Event | None,
) -> int:
    """The exit status; each pipe has a thread of its own, so that none can block the child."""
    child = _start(argv, folder, fed=feed is not None)
    readers = [
        threading.Thread(target=_drain, args=(child.stdout, log.read_progress), daemon=True),
        threading.Thread(target=_drain, args=(child.stderr, log.read_stderr), daemon=True),
    ]
    feeder = None if feed is None or child.stdin is None else _Feeder(feed, child.stdin)
    workers = readers if feeder is None else [*readers, feeder]
    try:
        for worker in workers:
            worker.start()
        told = 0
        while readers[0].is_alive():
            readers[0].join(_POLL_SECONDS)
            stop_if_cancelled(cancel)
            _raise_error_of(feeder)
            if not threading.main_thread().is_alive():
                raise CancelledError("the program is ending")
            if on_frame is not None and log.frame != told:
                told = log.frame
                on_frame(told)
        code = child.wait()
        if feeder is not None:
            feeder.join()
        _raise_error_of(feeder)
        return code
    finally:
        _kill(child)
        for worker in workers:
            if worker.ident is not None:
                worker.join()
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()


class _Feeder(threading.Thread):
    """Writes the input of a child, and keeps what went wrong."""

    def __init__(self, feed: Callable[[IO[bytes]], None], pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._feed = feed
        self._pipe = pipe
        self.error: BaseException | None = None

    def run(self) -> None:
        """Feeds to the end; why a child reads no more, its exit status tells."""
        try:
            with suppress(BrokenPipeError), self._pipe:
                self._feed(self._pipe)
        except BaseException as error:
            self.error = error


def _raise_error_of(feeder: _Feeder | None) -> None:
    if feeder is not None and feeder.error is not None:
        raise feeder.error


def _start(argv: Sequence[str], folder: Path | None, *, fed: bool) -> "subprocess.Popen[bytes]":
    try:
        child = subprocess.Popen(
            argv,
            cwd=folder,
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C in the terminal reaches us, and we kill it
        )
    except OSError as error:
        raise ToolError(f"{argv[0]} does not start ({error.strerror}): {_REMEDY}") from error
    _CHILDREN.add(child)
    return child


def _drain(pipe: IO[bytes], take: Callable[[str], None]) -> None:
    for line in pipe:
        take(line.decode("utf-8", errors="replace").rstrip("\r\n"))


def _kill(child: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        child.kill()
    child.wait()
    _CHILDREN.discard(child)


def _kill_all() -> None:
    for child in tuple(_CHILDREN):
        _kill(child)


def _failure(code: int, log: FfmpegLog) -> str:
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"failed (exit {code})"
    return f"ffmpeg {how}: {log.first_error or 'it gave no reason'}"


def _binary() -> Path:
    asked = os.environ.get("TINYVMAF_FFMPEG")
    try:
        path = shutil.which(asked) if asked else imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise ToolError(f"imageio-ffmpeg brings no ffmpeg for this machine: {_REMEDY}") from error
    if path is None:
        raise ToolError(f"TINYVMAF_FFMPEG={asked} is not a program that can be run: {_REMEDY}")
    return Path(path).absolute()


def _ask(path: Path, *arguments: str, folder: Path | None = None) -> str:
    """What the binary prints to stdout."""
    argv = [str(path), *arguments]
    try:
        answer = subprocess.run(
            argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"the ffmpeg at {path} does not answer ({error}): {_REMEDY}") from error
    if answer.returncode != 0:
        reason = answer.stderr.decode("utf-8", errors="replace").strip().splitlines()[-1:]
        raise ToolError(f"the ffmpeg at {path} does not answer ({' '.join(reason)}): {_REMEDY}")
    return answer.stdout.decode("utf-8", errors="replace")


def _names(listing: str) -> frozenset[str]:
    """The second column of ``-encoders`` or ``-filters``."""
    rows = (line.split() for line in listing.splitlines() if line.startswith(" "))
    return frozenset(row[1] for row in rows if len(row) > 2 and row[1] != "=")


def _libvmaf_version(path: Path) -> str:
    """What libvmaf writes into its log of one gray frame."""
    graph = f"split[d][r];[d][r]libvmaf=log_fmt=json:log_path={_VERSION_LOG}"
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-") as folder:
        gray = ("-v", "error", "-f", "lavfi", "-i", "color=s=64x64:d=0.04")
        _ask(path, *gray, "-vf", graph, "-f", "null", "-", folder=Path(folder))
        log = Path(folder) / _VERSION_LOG
        match = re.search(r'"version": "([^"]+)"', log.read_text(encoding="utf-8")) if log.exists() else None
    return match[1] if match else "unknown"


_CHILDREN: "set[subprocess.Popen[bytes]]" = set()
atexit.register(_kill_all)
