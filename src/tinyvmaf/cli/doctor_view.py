"""What the doctor found, for people."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.runs.doctor import Diagnosis


def view_of(diagnosis: "Diagnosis") -> "RenderableType":
    """A row per check; what is missing shows its fix."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold")
    for heading in ("", "part", "found"):
        table.add_column(heading, overflow="fold")  # a path is to be copied, so none is cut
    for check in diagnosis.checks:
        mark = ("ok", "green") if check.ok else ("no", "red") if check.needed else ("--", "yellow")
        table.add_row(Text(*mark), check.name, check.found if check.fix is None else f"{check.found}\n-> {check.fix}")
    return table
