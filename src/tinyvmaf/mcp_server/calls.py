"""Long work behind a tool: on a worker thread, with progress told steadily, and ended as soon as the call is cancelled.

The event loop only waits: it answers pings and other calls while a video is measured.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Event, Lock
from typing import TypeVar

import anyio
import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from tinyvmaf.errors import TinyVmafError

_Result = TypeVar("_Result")
_TELL_SECONDS = 0.5
"""Half of what an agent is promised."""
_AT_ONCE = 2
"""Calls that compute at a time; each takes every core, and the memory of a pair of decoders."""
_STOP_SECONDS = 2.0
_POLL_SECONDS = 0.02
_HEARTBEAT = 1e-3
"""In units of work: the protocol wants every notification to be farther than the one before."""


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a call is."""

    done: float
    """Work done so far, over all of its parts."""
    total: float | None
    """Work in all, as far as it is known; None: unknown."""
    message: str
    """What is being done."""


class Told:
    """What long work says of itself: called on its threads, read on the event loop."""

    def __init__(self) -> None:
        """Nothing has been told."""
        self._lock = Lock()
        self._parts: dict[str, tuple[float, float | None]] = {}
        self._label = "starting"

    def __call__(self, done: float, total: float | None, label: str) -> None:
        """Takes what a room tells its ``progress``."""
        with self._lock:
            self._parts[label] = (done, total)
            self._label = label

    def advance(self) -> Advance:
        """The sum over all parts that were told of, and the latest one's words."""
        with self._lock:
            parts, label = dict(self._parts), self._label
        totals = [total for _, total in parts.values()]
        known = [total for total in totals if total is not None]
        done, total = parts.get(label, (0.0, None))
        words = label if total is None else f"{label}: {done:g} of {total:g}"
        whole = sum(known) if known and len(known) == len(totals) else None
        return Advance(sum(each for each, _ in parts.values()), whole, words)


class Calls:
    """The calls of one server: so many compute at once, the others wait for their turn."""

    def __init__(self) -> None:
        """For a server that has not started yet."""
        self._limiter: anyio.CapacityLimiter | None = None
        self._running: set[Event] = set()

    async def run(self, context: Context, work: Callable[[Told, Event], _Result]) -> _Result:
        """What the work returns, done on a worker thread.

        Args:
            context: Of the request; progress goes there.
            work: Takes where to tell its progress, and the event that ends it.

        Raises:
            ToolError: the work failed for a reason that the caller should read.
        """
        self._limiter = self._limiter or anyio.CapacityLimiter(_AT_ONCE)
        told, cancel = Told(), Event()
        failure: TinyVmafError | ToolError | OSError | None = None
        results: list[_Result] = []
        async with anyio.create_task_group() as group:
            group.start_soon(_tell_steadily, context, told)
            try:
                job = partial(self._work, work, told, cancel)
                results.append(await anyio.to_thread.run_sync(job, abandon_on_cancel=True, limiter=self._limiter))
            except (TinyVmafError, ToolError, OSError) as error:  # OSError: a full disk
                failure = error
            finally:
                cancel.set()  # a call that was cancelled leaves its thread, which then ends by itself
            group.cancel_scope.cancel()
        if failure is not None:
            raise ToolError(str(failure)) from failure
        return results[0]

    def stop(self) -> None:
        """Ends all work at once, and waits until its threads have left nothing behind; for signal handlers too."""
        until = time.monotonic() + _STOP_SECONDS
        while self._running and time.monotonic() < until:
            for cancel in tuple(self._running):
                cancel.set()
            time.sleep(_POLL_SECONDS)

    def _work(self, work: Callable[[Told, Event], _Result], told: Told, cancel: Event) -> _Result:
        self._running.add(cancel)
        try:
            return work(told, cancel)
        finally:
            self._running.discard(cancel)


async def _tell_steadily(context: Context, told: Told) -> None:
    """Sends the progress at once and then twice a second, whether or not the work has anything new to tell."""
    before = 0.0
    while True:
        advance = told.advance()
        before = max(advance.done, before + _HEARTBEAT)
        total = None if advance.total is None else max(advance.total, before)
        await context.report_progress(before, total, advance.message)
        await anyio.sleep(_TELL_SECONDS)
