"""What the demo made, for people: the LOSO table, and one video scored by libvmaf and by the net that was trained."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.runs.demo import DemoReport


def view_of(report: "DemoReport") -> "RenderableType":
    """The folds of the leave-one-source-out study, then the score."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    (name, figures), *_ = report.loso.architectures.items()
    table = Table("held-out source", "frames", "PLCC", "SROCC", "RMSE", box=None, pad_edge=False)
    for fold in figures.folds:
        table.add_row(fold.held_out, str(fold.n), _number(fold.plcc), _number(fold.srocc), _number(fold.rmse))
    mean = figures.mean
    table.add_row("mean over folds", "", *(_number(mean[metric]) for metric in ("plcc", "srocc", "rmse")), style="bold")
    made = f"{report.sources} made videos, {report.clips} encodes, {report.frames} frames: {report.table}"
    return Group(
        Text(made),
        Text(f"\n{name} against libvmaf's VMAF, leave one source out:", style="bold"),
        table,
        Text(f"\nmodel {report.model} is on your shelf ({report.model_sha256[:12]}...); it scores {report.distorted}:"),
        Text(f"  libvmaf {report.score_exact:.3f}   {report.model} {report.score_model:.3f}", style="bold"),
        Text(f"  where it is worst, and how that looks: {report.report}"),
        Text(f"\nnext: tinyvmaf score {report.reference} {report.distorted} --model {report.model}"),
    )


def _number(value: float | None) -> str:
    return "constant" if value is None else f"{value:.4f}"
