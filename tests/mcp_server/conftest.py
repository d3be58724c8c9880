"""A folder that agents may read, with a pair of videos, and the SDK's own in-memory client."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio
import pytest
from mcp import Client

from tests.conftest import Clips
from tinyvmaf.mcp_server.server import make_server

Result = TypeVar("Result")


@dataclass(frozen=True)
class Workplace:
    """Where agents may read."""

    folder: Path

    def ask(self, talk: Callable[[Client], Awaitable[Result]]) -> Result:
        """What a talk with a fresh server says."""

        async def whole() -> Result:
            async with Client(make_server([self.folder])) as client:
                return await talk(client)

        return anyio.run(whole)

    def call(self, tool: str, /, **arguments: object):
        """The answer of one tool."""
        return self.ask(lambda client: client.call_tool(tool, arguments))


@pytest.fixture
def workplace(tmp_path: Path, clips: Clips) -> Workplace:
    """``reference.mp4``, its poor encode ``encode.mp4``, and a worse one below ``more/``."""
    folder = tmp_path / "agents may read"
    (folder / "more").mkdir(parents=True)
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "5", source="mandelbrot")
    for name, crf in (("encode.mp4", "38"), ("more/worse.mp4", "48")):
        encode = clips.derived(reference, Path(name).name, "-c:v", "libx264", "-crf", crf)
        (folder / name).write_bytes(encode.read_bytes())
    (folder / "reference.mp4").write_bytes(reference.read_bytes())
    return Workplace(folder)
