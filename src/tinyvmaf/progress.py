"""How long work tells how far it is, and how it is stopped: small things that every room can take.

A room never prints. It calls ``progress(done, total, label)`` and asks ``cancel.is_set()``; a door draws the bar.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from threading import Event
from typing import Protocol, TypeVar

from tinyvmaf.errors import CancelledError

_POLL_SECONDS = 0.1
_Result = TypeVar("_Result")


class Progress(Protocol):
    """Told by long work how far it is; must be quick, and is called from worker threads too."""

    def __call__(self, done: float, total: float | None, label: str) -> None:
        """Takes the work done so far, the work in all (None: unknown), in the same unit, and what is being done."""


def silent(done: float, total: float | None, label: str) -> None:
    """The progress that nobody watches."""


def stop_if_cancelled(cancel: Event | None) -> None:
    """Raises CancelledError as soon as ``cancel`` is set.

    Raises:
        CancelledError: the event is set.
    """
    if cancel is not None and cancel.is_set():
        raise CancelledError("stopped on request")


def wait_for_all(
    work: Sequence[Future[_Result]], *, cancel: Event | None, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Waits for work on other threads, and raises its first error, or the cancel, as soon as it is there.

    Args:
        work: What to wait for; ending the rest of it is the caller's part.
        cancel: Set from elsewhere to stop.
        meanwhile: Called about ten times a second, on the caller's thread.

    Raises:
        CancelledError: ``cancel`` was set.
    """
    pending = set(work)
    while pending:
        done, pending = wait(pending, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
        stop_if_cancelled(cancel)
        meanwhile()
