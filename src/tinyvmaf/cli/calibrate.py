"""The command that calibrates a head's error bars."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.runs.calibrate import CalibrationReport


def calibrate(
    model: Annotated[Path, typer.Argument(help="A bundle of `tinyvmaf fit`, before it goes to a shelf.")],
    *,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="A table of its training; repeatable, in fit's order.")
    ] = None,
    samples: Annotated[
        list[Path] | None,
        typer.Option(help="Of a net that sees pixels: the samples of its training; repeatable, in fit's order."),
    ] = None,
    on_samples: Annotated[
        list[Path] | None,
        typer.Option(help="Samples that set the bars, by sources that training held out; default: each --samples."),
    ] = None,
    judge_samples: Annotated[
        list[Path] | None, typer.Option(help="Samples of other sources, that check the bars; repeatable.")
    ] = None,
    on: Annotated[
        list[str] | None,
        typer.Option(help="A table whose errors set the bars, also of the kernel; repeatable; default: each --table."),
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option(help="A table of other sources, that checks the bars; repeatable.")
    ] = None,
    groups: Annotated[int, typer.Option(min=2, help="Groups of sources; a net is trained without each.")] = 9,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Error bars of a model at 90 %, by extractor, sampling and frame size; they go into its sidecar and card.

    Nets of the model's own recipe are trained without a group of sources each, and judged on it; a table of the kernel
    (--on) is judged by libvmaf's number for the same frames, so libvmaf's table of the same clips is needed too. The
    bars of a net that sees pixels are set by the sources that its training held out.

    Example: `tinyvmaf calibrate runs/small/bundle --table train.parquet --on train.parquet --on train_kernel.parquet`

    Example: `tinyvmaf calibrate runs/nr/bundle --samples patches --judge-samples other_patches`
    """
    if samples:
        from tinyvmaf.cli.sample_models import calibrate_samples, refuse_for_samples

        refuse_for_samples(table=table, on=on, judge=judge)
        calibrate_samples(model, samples, on=on_samples or (), judges=judge_samples or (), view=_view, as_json=as_json)
        return
    if on_samples or judge_samples:
        raise typer.BadParameter("--on-samples and --judge-samples go with the --samples of a net that sees pixels")
    if not table:
        raise typer.BadParameter("give the --table of its training, or --samples of a net that sees pixels")
    from tinyvmaf.bundles.session import bundle_at
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.cli.training_view import command_line
    from tinyvmaf.documents import to_document
    from tinyvmaf.runs.calibrate import CalibrateOptions, run_calibrate
    from tinyvmaf.table.store import read_tables

    options = CalibrateOptions(groups=groups, command=command_line())
    tables, setting, judges = read_tables(table), read_tables(on or ()), read_tables(judge or ())
    with progress_bar() as progress:
        report = run_calibrate(bundle_at(model), tables, options, on=setting, judges=judges, progress=progress)
    answer(to_document("calibrate", report), as_json=as_json, text=_view(report))


def _view(report: "CalibrationReport") -> "RenderableType":
    """The bars, how often they hold, and what has none."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    head = Text(f"{report.model}: distance to {report.target}, {report.level:.0%}", style="bold")
    columns = ("features by", "frames", "sources", "a frame", "a clip", "held", "clips", "elsewhere", "clips")
    bars = Table(*columns, box=None, pad_edge=False)
    for bar in report.bars:
        known = bar.interval
        bars.add_row(
            f"{known.extractor}, {known.sampling}",
            known.size_class,
            f"{bar.calibrated.sources}",
            f"± {known.frame_half_width:.4f}",
            f"± {known.clip_half_width:.4f}",
            _part(known.coverage_measured),
            _part(known.clip_coverage_measured),
            _part(known.frame_coverage_judged),
            _part(known.clip_coverage_judged),
        )
    return Group(head, bars, *[Text(f"no bar: {words}", style="yellow") for words in report.left_out])


def _part(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
