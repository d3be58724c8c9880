"""What the commands that train show to people: a line per epoch, and tables of figures."""

import shlex
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.models.fit import Epoch
    from tinyvmaf.runs.fit import FitReport
    from tinyvmaf.runs.fold_figures import NetFigures
    from tinyvmaf.runs.loso_report import LosoReport

_CORRELATIONS = ("plcc", "srocc", "krocc")


def command_line() -> str:
    """What was typed, as a reader can type it again."""
    return shlex.join(["tinyvmaf", *sys.argv[1:]])


def epoch_line(epoch: "Epoch") -> str:
    """One line on where a training is."""
    held_out = "" if epoch.val_rmse is None else f", held out {epoch.val_rmse:.3f}"
    return (
        f"epoch {epoch.epoch}, step {epoch.step:,} of {epoch.total_steps:,}: "
        f"RMSE {epoch.train_rmse:.3f} in training{held_out}  ({epoch.elapsed_seconds:.1f} s)"
    )


def fit_view(report: "FitReport") -> "RenderableType":
    """The net beside its baselines, and where the files lie."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    found = report.evaluation
    table = Table("", "PLCC", "SROCC", "KROCC", "RMSE", "RMSE of clips", box=None, pad_edge=False)
    held_out = f"{report.val_rows:,} frames of {len(report.val_sources)} sources, held out by {report.val_mode}"
    values = [getattr(found, name) for name in _CORRELATIONS]
    table.add_row(Text(report.model), *map(_correlation, values), _error(found.rmse), _error(found.clip_level.rmse))
    for name, figures in (found.baselines or {}).items():
        clip_level = figures["clip_level"]
        clip_rmse = clip_level["rmse"] if isinstance(clip_level, Mapping) else None
        correlations = [_correlation(figures[metric]) for metric in _CORRELATIONS]
        table.add_row(Text(name, style="dim"), *correlations, _error(figures["rmse"]), _error(clip_rmse))
    smoke = [Text("a smoke model: it has learned nothing", style="yellow")] if report.smoke else []
    files = f"{report.checkpoint}\n{report.bundle}\n{report.checkpoint.parent / 'eval_report.json'}"
    return Group(Text(held_out, style="bold"), table, Text(), *smoke, Text(files))


def loso_view(report: "LosoReport") -> "RenderableType":
    """Mean and deviation over folds of every net and baseline, and the folds of the first net, worst first."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    head = f"{report.folds} folds by {report.by}, {report.rows:,} frames, {report.target}: mean ± deviation over folds"
    table = Table("", "numbers", "PLCC", "SROCC", "KROCC", "RMSE", "worst", "seconds", box=None, pad_edge=False)
    for name, figures in report.architectures.items():
        table.add_row(Text(name), *_row(figures), f"{report.training_seconds[name]:.1f}")
    for name, figures in (report.baselines or {}).items():
        table.add_row(Text(name, style="dim"), *_row(figures), "")
    first, nets = next(iter(report.architectures.items()))
    folds = Table(f"{first}, left out", "seed", "n", "PLCC", "SROCC", "KROCC", "RMSE", box=None, pad_edge=False)
    for fold in sorted(nets.folds, key=lambda fold: -fold.rmse):
        correlations = [_correlation(getattr(fold, metric)) for metric in _CORRELATIONS]
        folds.add_row(Text(fold.held_out), str(fold.seed), f"{fold.n:,}", *correlations, _error(fold.rmse))
    return Group(Text(head, style="bold"), table, Text(), folds)


def _row(figures: "NetFigures") -> list[str]:
    pairs = {name: (figures.mean[name], figures.std[name]) for name in (*_CORRELATIONS, "rmse")}
    cells = [_spread(*pairs[name], digits=5) for name in _CORRELATIONS]
    return [f"{figures.parameter_count:,}", *cells, _spread(*pairs["rmse"], digits=3), _error(figures.worst.rmse)]


def _spread(mean: float | None, deviation: float | None, *, digits: int) -> str:
    return "-" if mean is None or deviation is None else f"{mean:.{digits}f} ± {deviation:.{digits}f}"


def _correlation(value: object) -> str:
    return f"{value:.5f}" if isinstance(value, float) else "-"


def _error(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "-"
