"""How much memory parallel work may take, and a budget that keeps it within that."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition, Event

import psutil

from tinyvmaf.progress import stop_if_cancelled

_SHARE = 0.8
"""Of the free memory; the rest is for the page cache and for whoever else is there."""
_CGROUP = Path("/sys/fs/cgroup")
_POLL_SECONDS = 0.1


def available_memory_bytes() -> int:
    """Bytes that may still be taken without swapping: of the machine, or of the container where that has less."""
    available = psutil.virtual_memory().available
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        with suppress(OSError, ValueError):  # no such control group, or "max"
            available = min(available, int((_CGROUP / limit).read_text()) - int((_CGROUP / used).read_text()))
    return max(0, available)


class MemoryBudget:
    """Bytes shared by parallel jobs: a job waits until its share is free."""

    def __init__(self, total_bytes: int | None = None) -> None:
        """Takes the budget; None: a share of what is free now."""
        self.total_bytes = int(available_memory_bytes() * _SHARE) if total_bytes is None else total_bytes
        self._used = 0
        self._changed = Condition()

    @contextmanager
    def reserve(self, needed_bytes: int, *, cancel: Event | None = None) -> Iterator[None]:
        """Holds that many bytes for the length of the block; what exceeds the whole budget runs alone.

        Raises:
            CancelledError: ``cancel`` was set while it waited.
        """
        needed = min(needed_bytes, self.total_bytes)
        with self._changed:
            while self._used and self._used + needed > self.total_bytes:
                stop_if_cancelled(cancel)
                self._changed.wait(_POLL_SECONDS)
            self._used += needed
        try:
            yield
        finally:
            with self._changed:
                self._used -= needed
                self._changed.notify_all()
