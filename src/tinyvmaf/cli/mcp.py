"""The command that serves agents."""

from pathlib import Path
from typing import Annotated

import typer


def mcp(
    allow: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="A folder that agents may read below; repeatable. Default: the working folder.",
        ),
    ] = None,
) -> None:
    """Serves tinyvmaf's calls to agents as tools of the Model Context Protocol, on stdin and stdout.

    An agent's client starts it; by hand there is nothing to type. It reads below the allowed folders only.

    Example: `tinyvmaf mcp --allow ~/videos`
    """
    from tinyvmaf.mcp_server.server import serve

    serve(allow or [Path.cwd()])
