"""Which files an agent may name: those below the folders that the user allowed, after every link is resolved."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcp.server.mcpserver.exceptions import ToolError

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model
    from tinyvmaf.table.store import ClipTable
    from tinyvmaf.video.file import RawFormat, VideoFile


@dataclass(frozen=True, slots=True)
class Roots:
    """The folders that an agent may read below."""

    folders: tuple[Path, ...]
    """Without links; a relative path is taken from the first."""

    def path(self, text: str) -> Path:
        """The place that a text names, without links.

        Raises:
            ToolError: it lies outside; the message does not tell whether it is there.
        """
        try:
            resolved = (self.folders[0] / text).resolve()
            resolved.exists()  # asks the system whether such a name can be
        except (OSError, RuntimeError, ValueError) as error:  # loops of links, names that no file can have
            raise ToolError(f"{text!r} is not a path: {error}") from error
        if not any(resolved.is_relative_to(folder) for folder in self.folders):
            allowed = ", ".join(str(folder) for folder in self.folders)
            raise ToolError(f"{text} is outside the folders that may be read ({allowed}): the user can add --allow DIR")
        return resolved

    def video(self, text: str, raw: "RawFormat | None" = None) -> "VideoFile":
        """The video that a text names; a playlist, which would open other files, is refused.

        Raises:
            ToolError: it lies outside.
            VideoError: it is no video that holds its own frames.
        """
        from tinyvmaf.video.file import VideoFile
        from tinyvmaf.video.self_contained import check_self_contained

        file = VideoFile(self.path(text), raw)
        check_self_contained(file)
        return file

    def model(self, which: str, *, threads: int = 1) -> "Model":
        """The model of a shelf by its id, else of a path, after every check.

        Raises:
            ToolError: the path lies outside.
            ModelRefusedError: a check failed.
            ShelfError: there is no such model.
        """
        from tinyvmaf.bundles.model import INT8_SUFFIX
        from tinyvmaf.bundles.session import bundle_at, open_model
        from tinyvmaf.bundles.shelves import find, lookup

        plain = which.removesuffix(INT8_SUFFIX)
        if lookup(plain) is not None:
            return open_model(which, threads=threads)
        path = self.path(which)
        if not path.exists():
            find(plain)  # says which ids there are
        bundle = bundle_at(path)
        for part in (bundle.onnx, bundle.int8, bundle.sidecar, bundle.card):
            self.path(str(part))  # each may be a link of its own
        return open_model(path, threads=threads)

    def tables(self, arguments: "str | Sequence[str]") -> "tuple[ClipTable, ...]":
        """The clip tables that ``F.parquet`` or ``NAME=F.parquet`` name.

        Raises:
            ToolError: one lies outside.
            TableError: one cannot be read, or breaks the schema.
        """
        from tinyvmaf.table.store import parse_table_argument, read_table

        several = [arguments] if isinstance(arguments, str) else arguments
        named = [parse_table_argument(text) for text in several]
        return tuple(read_table(self.path(str(each.path)), name=each.name) for each in named)


def allowed_roots(folders: Sequence[Path]) -> Roots:
    """The roots of ``--allow``, which are folders."""
    return Roots(tuple(folder.resolve() for folder in folders))
