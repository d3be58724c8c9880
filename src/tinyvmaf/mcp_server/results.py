"""What a tool answers: the very JSON document that the command of that name prints, with the schema that ships."""

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ImageContent, TextContent, ToolAnnotations

if TYPE_CHECKING:
    from tinyvmaf.documents import Json

READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
"""Every tool reads videos, tables and models below the roots, and changes nothing."""


def tool_of(function: Callable[..., Awaitable[CallToolResult]], *, title: str, answers: str) -> Tool:
    """The function as a tool that answers with documents of the kind ``answers``; its docstring is the description."""
    from tinyvmaf.documents import schema_of

    tool = Tool.from_function(
        function, title=title, description=inspect.getdoc(function), annotations=READ_ONLY, structured_output=False
    )
    tool.fn_metadata.output_schema = schema_of(answers)
    taken = tool.fn_metadata.arg_model
    taken.model_config["extra"] = "forbid"  # the SDK drops an argument that it does not know, such as a misspelt one
    taken.model_rebuild(force=True)
    tool.parameters = taken.model_json_schema(by_alias=True)
    return tool


def answer(document: "Mapping[str, Json]", *, pictures: Sequence[ImageContent] = ()) -> CallToolResult:
    """The document as structured content, as text for clients that know no other, and pictures after it."""
    text = json.dumps(document, allow_nan=False, ensure_ascii=False)
    return CallToolResult(content=[TextContent(text=text), *pictures], structured_content=dict(document))
