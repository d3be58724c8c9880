"""The command line: one file per room it opens. A command parses, makes one library call, prints."""

from tinyvmaf.cli.app import main

__all__ = ["main"]
