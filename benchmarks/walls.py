"""Wall times of whole commands, several ways in turn, and the report that they go into."""

import json
import logging
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from threading import Event

from tinyvmaf.errors import CancelledError

RESULTS = Path(__file__).parent / "results"
TINYVMAF = (sys.executable, "-m", "tinyvmaf")
_CHATTER = ("level+verbose", "pipe:1")


def run(command: Sequence[str], *, folder: Path | None = None) -> str:
    """What the command prints to stdout; a failure shows the end of its stderr and ends the benchmark."""
    done = subprocess.run(list(command), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)[:300]} failed ({done.returncode}):\n{done.stderr[-2000:]}")
    return done.stdout


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def alternate(ways: Mapping[str, Callable[[], object]], *, repetitions: int) -> dict[str, list[float]]:
    """Wall times by way; the ways take turns, so that a busy minute of the machine hits all of them."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(repetitions):
        for name, work in ways.items():
            taken[name].append(round(seconds(work), 3))
            print(f"  {turn + 1}/{repetitions} {name}: {taken[name][-1]:.2f} s", file=sys.stderr)
    return taken


def middle(taken: Sequence[float]) -> float:
    """The median, rounded to milliseconds."""
    return round(median(taken), 3)


def captured_argv(measure: Callable[[Event], object]) -> list[str]:
    """The ffmpeg command that ``measure`` would run, without what only tells progress; nothing is run.

    ``measure`` gets an event that is already set: the command is logged, then its run is called off.
    """
    seen = _Commands()
    logger = logging.getLogger("tinyvmaf.video.ffmpeg")
    level, stop = logger.level, Event()
    stop.set()
    logger.addHandler(seen)
    logger.setLevel(logging.DEBUG)
    try:
        measure(stop)
    except CancelledError:
        pass
    finally:
        logger.removeHandler(seen)
        logger.setLevel(level)
    return _quiet(seen.commands[-1])


class _Commands(logging.Handler):
    """Keeps the commands that the ffmpeg room logs before it runs them."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[tuple[str, ...]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one."""
        if str(record.msg).startswith("running") and isinstance(record.args, tuple):
            self.commands.append(tuple(map(str, record.args[0])))  # type: ignore[arg-type]


def _quiet(argv: Sequence[str]) -> list[str]:
    quiet = ["error" if part == _CHATTER[0] else part for part in argv]
    if "-progress" in quiet:
        at = quiet.index("-progress")
        del quiet[at : at + 2]
    return quiet


def report(name: str, result: Mapping[str, object], *, machine: Mapping[str, object], quick: bool) -> None:
    """Prints the result with the machine's facts, taken before the load that the benchmark itself is.

    A run that was not ``quick`` is kept under results/.
    """
    document = {"benchmark": name, "quick": quick, "machine": machine, **result}
    text = json.dumps(document, indent=2) + "\n"
    print(text)
    if not quick:
        temporary = RESULTS / f".{name}.{os.getpid()}.tmp"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(RESULTS / f"{name}.json")
