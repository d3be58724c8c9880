"""The command that makes the int8 form of a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.bundles.quantize import Fidelity, QuantizeReport

EXIT_GATE = 3


def quantize(
    model: Annotated[str, typer.Argument(help="A model of the shelf by its id, or the path of a bundle.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the bundle with its int8 form.")],
    table: Annotated[
        list[str] | None, typer.Option(help="A clip table, for a head on features: F.parquet; repeatable.")
    ] = None,
    samples: Annotated[
        Path | None, typer.Option(help="A folder of extract-samples, for a model that takes pixels.")
    ] = None,
    static: Annotated[
        bool, typer.Option("--static", help="Ranges are calibrated once, not taken anew at each run.")
    ] = False,
    budget: Annotated[float, typer.Option(min=0, max=1, help="How much PLCC it may cost.")] = 0.01,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The int8 form of a model beside it, with size, loss and speed; exits with 3, and writes nothing, past the budget.

    The data calibrate (--static: every second source) and judge. `register` takes the int8 form along, and `ID:int8`
    means it wherever a model is named.

    Example: `tinyvmaf quantize fr_mlp_medium --table table.parquet --static -o quantised`
    """
    from tinyvmaf.bundles.quantize import judging_data
    from tinyvmaf.bundles.quantize import quantize as quantise
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.cli.training_view import command_line
    from tinyvmaf.documents import to_document
    from tinyvmaf.table.samples import read_samples
    from tinyvmaf.table.store import read_tables

    if bool(table) == (samples is not None):
        raise typer.BadParameter("give what the model takes: --table for features, or --samples for pixels")
    data = judging_data(
        model, tables=read_tables(table or ()), samples=None if samples is None else read_samples(samples)
    )
    with progress_bar() as progress:
        mode = "static" if static else "dynamic"
        report = quantise(model, data, out, mode=mode, budget_plcc=budget, command=command_line(), progress=progress)
    answer(to_document("quantize", report), as_json=as_json, text=_view(report))
    if not report.accepted:
        raise typer.Exit(EXIT_GATE)


def _view(report: "QuantizeReport") -> "RenderableType":
    """Both forms side by side, and what became of it."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table("", "bytes", "ms per clip", "PLCC", "RMSE", box=None, pad_edge=False)
    forms = (
        ("float32", report.fp32_bytes, report.fp32_ms_per_clip, report.fp32),
        (f"int8, {report.mode}", report.int8_bytes, report.int8_ms_per_clip, report.int8),
    )
    for name, size, milliseconds, fidelity in forms:
        table.add_row(name, f"{size:,}", f"{milliseconds:.3f}", *_figures(fidelity))
    between = "undefined" if report.plcc_to_fp32 is None else f"{report.plcc_to_fp32:.5f}"
    differences = f"RMS difference {report.rms_difference:.3g}, largest {report.largest_difference:.3g}"
    lines = [
        f"between the two: PLCC {between}, {differences}",
        f"on {report.judged_on}",
        f"{report.out}" if report.accepted else f"not written: {report.reason}",
    ]
    return Group(Text(f"{report.model}", style="bold"), table, Text("\n".join(lines)))


def _figures(fidelity: "Fidelity | None") -> tuple[str, str]:
    if fidelity is None:
        return "", ""
    return "constant" if fidelity.plcc is None else f"{fidelity.plcc:.5f}", f"{fidelity.rmse:.4f}"
