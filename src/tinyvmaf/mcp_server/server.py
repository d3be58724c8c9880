"""The MCP server: tools, cards as resources and one prompt, confined to folders that the user allows."""

import os
import signal
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.tools import Tool

from tinyvmaf.mcp_server.calls import Calls
from tinyvmaf.mcp_server.cards import add_cards
from tinyvmaf.mcp_server.model_tools import ModelTools
from tinyvmaf.mcp_server.prompts import explain_low_score
from tinyvmaf.mcp_server.results import tool_of
from tinyvmaf.mcp_server.roots import Roots, allowed_roots
from tinyvmaf.mcp_server.scoring_tools import ScoringTools
from tinyvmaf.mcp_server.worst_tool import WorstFramesTool

_SIGNALLED = 128
"""To which a shell adds the number of the signal."""
_INSTRUCTIONS = """Quality scores of videos. score_video is the fast one, vmaf_score libvmaf's own number; rank_encodes
compares encodes of one reference, describe_worst_frames shows where an encode is bad. Paths are taken from the first of
these folders, and only files below them are read: {folders}."""


def make_server(folders: Sequence[Path], calls: Calls | None = None) -> MCPServer:
    """The server, which reads videos, tables and models below the folders only.

    Args:
        folders: Where agents may read.
        calls: What runs their calls; None: one of its own.

    Raises:
        ShelfError: a shelf of models is broken.
    """
    roots = allowed_roots(folders)
    server = MCPServer(
        "tinyvmaf",
        title="tinyvmaf: video quality",
        instructions=_INSTRUCTIONS.format(folders=", ".join(str(folder) for folder in roots.folders)),
        version=version("tinyvmaf"),
        tools=_tools(roots, calls or Calls()),
    )
    add_cards(server)
    server.add_prompt(Prompt.from_function(explain_low_score, title="Why does this encode score low?"))
    return server


def serve(folders: Sequence[Path]) -> None:
    """Serves on stdin and stdout until the client closes them, or a signal ends the process."""
    calls = Calls()
    server = make_server(folders, calls)

    def leave(number: int, _: FrameType | None) -> None:
        """Ends at once: a thread that waits for stdin would keep the process until the client wrote or went away."""
        calls.stop()
        os._exit(_SIGNALLED + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    server.run("stdio")


def _tools(roots: Roots, calls: Calls) -> list[Tool]:
    """In the order in which an agent needs them."""
    scoring, worst, models = ScoringTools(roots, calls), WorstFramesTool(roots, calls), ModelTools(roots, calls)
    return [
        tool_of(scoring.score_video, title="Score a video", answers="score"),
        tool_of(scoring.vmaf_score, title="Exact VMAF of a video", answers="score"),
        tool_of(scoring.rank_encodes, title="Rank encodes of one reference", answers="rank"),
        tool_of(worst.describe_worst_frames, title="Show the worst frames", answers="worst-frames"),
        tool_of(models.list_models, title="List the models of the shelf", answers="models"),
        tool_of(models.eval_model_on_table, title="Judge a model on clip tables", answers="eval"),
        tool_of(models.compare_models, title="Compare models on clip tables", answers="compare-models"),
        tool_of(models.doctor, title="What works on this machine", answers="doctor"),
    ]
