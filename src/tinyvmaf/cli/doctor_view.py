"""What the doctor found, for people."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.runs.doctor import Diagnosis


def view_of(diagnosis: "Diagnosis") -> "RenderableType":
    """A row per check; what is missing shows its fix."""
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for heading in ("", "part", "found"):
        table.add_column(heading)
    for check in diagnosis.checks:
        mark = "[green]ok[/]" if check.ok else "[red]no[/]" if check.needed else "[yellow]--[/]"
        table.add_row(mark, check.name, check.found if check.fix is None else f"{check.found}\n-> {check.fix}")
    return table
