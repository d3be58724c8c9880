"""How long work tells how far it is, and how it is stopped: two small things that every room can take.

A room never prints. It calls ``progress(done, total, label)`` and asks ``cancel.is_set()``; a door draws the bar.
"""

from threading import Event
from typing import Protocol

from tinyvmaf.errors import CancelledError


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
