"""What a command shows: its answer on stdout, words and progress on stderr."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import TaskID

    from tinyvmaf.documents import Json
    from tinyvmaf.progress import Progress


def answer(document: "Mapping[str, Json]", *, as_json: bool, text: "RenderableType") -> None:
    """Prints one JSON document to stdout, or the same for people."""
    if as_json:
        sys.stdout.write(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n")
        return
    _console(stderr=False).print(text)


def answer_line(document: "Mapping[str, Json]") -> None:
    """Prints one JSON document as one line of stdout, at once."""
    sys.stdout.write(json.dumps(document, allow_nan=False, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def answer_text(line: str) -> None:
    """Prints a line to stdout as it is, however wide the terminal: one to be copied."""
    sys.stdout.write(f"{line}\n")


def file_size(byte_count: int) -> str:
    """A number of bytes for people, in the unit that leaves two or three digits."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if byte_count >= size:
            return f"{byte_count / size:.2f} {unit}"
    return f"{byte_count / 1e3:.1f} kB"


def say(words: str) -> None:
    """Prints words for people to stderr, so that stdout stays data."""
    _console(stderr=True).print(words, highlight=False, soft_wrap=True)


def complain(words: str) -> None:
    """Prints an error to stderr, red where the terminal takes colours and NO_COLOR does not forbid them."""
    _console(stderr=True).print(f"error: {words}", style="red", highlight=False, soft_wrap=True)


@contextmanager
def progress_bar() -> "Iterator[Progress]":
    """A progress callback that draws one bar with the time left, one per label; quiet where stderr is no terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    console = _console(stderr=True)
    bar = Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not console.is_terminal
    )
    tasks: dict[str, TaskID] = {}
    lock = Lock()

    def tell(done: float, total: float | None, label: str) -> None:
        with lock:
            if label not in tasks:
                tasks[label] = bar.add_task(label, total=total)
            bar.update(tasks[label], completed=done, total=total)

    with bar:
        yield tell


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    return Console(stderr=stderr, markup=False)  # brackets in names of files and extras are no markup
