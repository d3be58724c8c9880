"""Long calls tell their progress, never block the server, and end when they are cancelled; over stdio too."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters

from tests.conftest import Clips
from tests.mcp_server.conftest import Workplace
from tinyvmaf.mcp_server.calls import Told
from tinyvmaf.mcp_server.server import make_server

PROMISED_SECONDS = 1.0
"""Between two words on progress."""
CANCELLED_SECONDS = 2.0
"""Until nothing of a cancelled call is left."""


@pytest.fixture
def long_pair(workplace: Workplace, clips: Clips) -> dict[str, str]:
    """60 s at 1080p, which libvmaf is busy with for longer than any test waits: the reference against itself."""
    second = clips("second.mp4", "-c:v", "libx264", "-preset", "ultrafast", size="1920x1080", frames=25)
    minute = clips.derived(second, "minute.mp4", "-c", "copy", before=("-stream_loop", "59"))
    (workplace.folder / "long.mp4").symlink_to(workplace.folder / "kept.mp4")
    (workplace.folder / "kept.mp4").hardlink_to(minute)
    return {"reference": "long.mp4", "distorted": "long.mp4"}


def server_on_stdio(folder: Path) -> StdioServerParameters:
    argv = ["-m", "tinyvmaf", "mcp", "--allow", str(folder)]
    return StdioServerParameters(command=sys.executable, args=argv, env=dict(os.environ), cwd=folder)


def measuring_processes() -> set[int]:
    """Every ffmpeg that runs libvmaf on this machine and was started by these tests or by a server of theirs."""
    parents, found = {}, set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[1])
            if b"libvmaf=" in (path.parent / "cmdline").read_bytes():
                found.add(int(path.parent.name))
        except OSError:
            continue
    return {one for one in found if os.getpid() in _ancestors(one, parents)}


def _ancestors(process: int, parents: dict[int, int]) -> set[int]:
    above: set[int] = set()
    while process in parents and process not in above:
        above.add(process)
        process = parents[process]
    return above


async def _cancelled(client: Client, pair: dict[str, str]) -> tuple[list[float], list[float], float]:
    """Starts the exact score, cancels it after some seconds, and sees when its ffmpeg is gone.

    The times at which progress came, the progress itself, and the seconds until no ffmpeg was left.
    """
    times, values = [time.monotonic()], []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        times.append(time.monotonic())
        values.append(progress)

    async with anyio.create_task_group() as group:

        async def call() -> None:
            await client.call_tool("vmaf_score", pair, progress_callback=tell)

        group.start_soon(call)
        with anyio.fail_after(30):
            while not measuring_processes():
                await anyio.sleep(0.05)
        await anyio.sleep(2.5)
        assert measuring_processes(), "the pair is too short for this test"
        times.append(time.monotonic())
        asked = time.monotonic()
        before = time.monotonic()
        await client.list_tools(cache_mode="refresh")
        assert time.monotonic() - before < PROMISED_SECONDS, "the server is blocked"
        group.cancel_scope.cancel()
    while measuring_processes() and time.monotonic() - asked < 20:
        await anyio.sleep(0.05)
    return times, values, time.monotonic() - asked


def _check(outcome: tuple[list[float], list[float], float]) -> None:
    times, values, seconds = outcome
    assert len(values) >= 4
    assert max(after - before for before, after in pairwise(times)) <= PROMISED_SECONDS
    assert all(before < after for before, after in pairwise(values)), "the protocol wants progress to grow"
    assert seconds < CANCELLED_SECONDS


@pytest.mark.slow
def test_a_call_on_a_minute_at_1080p_tells_its_progress_each_second_and_ends_within_two(
    workplace: Workplace, long_pair: dict[str, str]
) -> None:
    _check(workplace.ask(lambda client: _cancelled(client, long_pair)))


@pytest.mark.slow
def test_the_same_over_stdio(workplace: Workplace, long_pair: dict[str, str]) -> None:
    async def whole() -> tuple[list[float], list[float], float]:
        async with Client(server_on_stdio(workplace.folder)) as client:
            return await _cancelled(client, long_pair)

    _check(anyio.run(whole))


@pytest.mark.slow
def test_a_client_that_goes_away_leaves_no_ffmpeg(workplace: Workplace, long_pair: dict[str, str]) -> None:
    async def whole() -> None:
        with anyio.move_on_after(4):
            async with Client(server_on_stdio(workplace.folder)) as client:
                await client.call_tool("vmaf_score", long_pair)

    anyio.run(whole)
    until = time.monotonic() + 5
    while measuring_processes() and time.monotonic() < until:
        time.sleep(0.05)
    assert not measuring_processes()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_its_ffmpeg_though_stdin_stays_open(
    workplace: Workplace, long_pair: dict[str, str], number: signal.Signals
) -> None:
    asked = server_on_stdio(workplace.folder)
    argv = [asked.command, *asked.args]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None and server.stdout is not None
        client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        call = {"name": "vmaf_score", "arguments": long_pair}
        server.stdin.write(_request(1, "initialize", client))
        server.stdin.flush()
        assert b"tinyvmaf" in server.stdout.readline()
        server.stdin.write(_request(None, "notifications/initialized", {}) + _request(2, "tools/call", call))
        server.stdin.flush()
        until = time.monotonic() + 30
        while not measuring_processes() and time.monotonic() < until:
            time.sleep(0.05)
        server.send_signal(number)
        assert server.wait(timeout=CANCELLED_SECONDS) == 128 + number
        assert not measuring_processes()


def _request(identity: int | None, method: str, parameters: dict) -> bytes:
    request = {"jsonrpc": "2.0", "method": method, "params": parameters}
    return json.dumps(request if identity is None else {**request, "id": identity}).encode() + b"\n"


@pytest.mark.slow
def test_a_server_on_stdio_scores(workplace: Workplace) -> None:
    async def whole():
        async with Client(server_on_stdio(workplace.folder)) as client:
            return await client.call_tool("score_video", {"reference": "reference.mp4", "distorted": "encode.mp4"})

    found = anyio.run(whole).structured_content
    again = workplace.call("score_video", reference="reference.mp4", distorted="encode.mp4").structured_content
    assert found["score"] == again["score"]


@pytest.mark.realmedia
@pytest.mark.parametrize("fixture", ["160x90", "src01_10le", "sparks"])
def test_golden_fixtures_to_five_decimals(media: Path, fixture: str) -> None:
    golden = media / "golden"
    asserted = json.loads((golden / "netflix_asserts.json").read_text(encoding="utf-8"))["fixtures"]
    facts = next(one for one in asserted if one["id"] == fixture)
    arguments = {name: facts[name] for name in ("reference", "distorted", "width", "height", "pix_fmt")}

    async def whole():
        async with Client(make_server([golden])) as client:
            return await client.call_tool("vmaf_score", arguments)

    score = anyio.run(whole).structured_content["score"]
    exact = fixture != "160x90"  # its claim is of the Python harness, whose features have other roundings
    claims = facts["asserted"]["VMAFEXEC" if exact else "VMAF"]
    assert claims
    for claim in claims:
        assert round(score - claim["value"], 5 if exact else claim["places"]) == 0


def test_progress_of_several_parts_adds_up() -> None:
    told = Told()
    assert told.advance().total is None
    told(3, 10, "first")
    told(10, 10, "first")
    told(1, 5, "second")
    advance = told.advance()
    assert (advance.done, advance.total, advance.message) == (11, 15, "second: 1 of 5")
    told(2, None, "third")
    assert told.advance().total is None
