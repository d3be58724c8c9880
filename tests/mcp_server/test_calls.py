"""Work behind tools: on threads, two at a time, ended from outside."""

import errno
import threading
import time
from collections.abc import Callable

import anyio
import pytest
from mcp import Client
from mcp.server.mcpserver import Context, MCPServer

from tinyvmaf.errors import VideoError
from tinyvmaf.mcp_server.calls import Calls, Told

Work = Callable[[Told, threading.Event], str]


def server_of(calls: Calls, work: Work) -> MCPServer:
    """A server with one tool, ``busy``."""
    server = MCPServer("test")

    async def busy(context: Context) -> str:
        """Does the work."""
        return await calls.run(context, work)

    server.add_tool(busy)
    return server


class Counter:
    """Work that sees how many others are at it."""

    def __init__(self) -> None:
        self.most, self._now, self._lock = 0, 0, threading.Lock()

    def __call__(self, told: Told, cancel: threading.Event) -> str:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.1)
        with self._lock:
            self._now -= 1
        return threading.current_thread().name


def test_two_calls_compute_at_a_time_and_the_others_get_their_turn() -> None:
    counter, answers = Counter(), []

    async def whole() -> None:
        async with Client(server_of(Calls(), counter)) as client, anyio.create_task_group() as group:

            async def call() -> None:
                answers.append(await client.call_tool("busy"))

            for _ in range(5):
                group.start_soon(call)

    anyio.run(whole)
    assert counter.most == 2
    assert len(answers) == 5
    assert threading.main_thread().name not in {answer.content[0].text for answer in answers}


@pytest.mark.parametrize(
    "error", [VideoError("x.mp4 is empty"), OSError(errno.ENOSPC, "No space left on device", "x.mp4")]
)
def test_an_error_of_a_room_or_of_the_machine_is_told_in_its_words(error: Exception) -> None:
    def work(told: Told, cancel: threading.Event) -> str:
        raise error

    async def whole():
        async with Client(server_of(Calls(), work)) as client:
            return await client.call_tool("busy")

    answer = anyio.run(whole)
    assert answer.is_error
    assert answer.content[0].text.endswith(str(error))


def test_a_cancelled_call_sets_the_event_of_its_work() -> None:
    seen: list[bool] = []
    ended = threading.Event()

    def work(told: Told, cancel: threading.Event) -> str:
        seen.append(cancel.wait(10))
        ended.set()
        return "late"

    async def whole() -> None:
        async with Client(server_of(Calls(), work)) as client:
            with anyio.move_on_after(0.3):
                await client.call_tool("busy")
            await anyio.to_thread.run_sync(ended.wait, 5)

    anyio.run(whole)
    assert seen == [True]


def test_stop_ends_all_work_and_waits_for_it() -> None:
    calls, ended = Calls(), []

    def work(told: Told, cancel: threading.Event) -> str:
        cancel.wait(10)
        time.sleep(0.2)
        ended.append(True)
        return "stopped"

    async def whole() -> None:
        async with Client(server_of(calls, work)) as client, anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "busy")
            await anyio.sleep(0.3)
            calls.stop()
            assert ended == [True]

    anyio.run(whole)
