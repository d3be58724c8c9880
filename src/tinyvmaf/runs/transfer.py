"""Train on one table, judge on the other, both ways; beside it nets of the judged table's own, and of both together.

All judge the same rows: every row of a table. The net of the other table has seen none of its sources; those of its own
and of both are cut by source into a few folds, each judging the sources that it has not seen. So "own" less "other" is
what different data cost, and "both" less "own" is what more data bring.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Event

import numpy as np

from tinyvmaf.documents import to_document, write_json
from tinyvmaf.errors import TableError
from tinyvmaf.models.folds import FoldNet, fit_folds
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.progress import Progress, silent
from tinyvmaf.runs.baselines import baseline_scores
from tinyvmaf.runs.onnx_check import onnx_check
from tinyvmaf.runs.transfer_report import JudgedTable, TrainedOn, TransferFigures, TransferReport
from tinyvmaf.scores.figures import Figures, Scores, clip_figures, figures_of, group_figures, mean_figures
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.splits import Fold, Mask
from tinyvmaf.table.targets import MOS

REPORT = "transfer_report.json"
TABLES = 2


@dataclass(frozen=True, slots=True)
class TransferOptions:
    """What is made besides the nets that change tables."""

    folds: int = 5
    """Folds over each table's sources, for the nets of its own and of both; 0: no such nets."""
    baselines: bool = True
    """Whether the baselines are made too, from the other table."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One net to train: what it judges, and what it is trained on."""

    table: int
    trained_on: TrainedOn
    fold: Fold


def run_transfer(
    rows: Rows,
    names: Sequence[str],
    recipe: Recipe,
    out_dir: Path,
    options: TransferOptions,
    *,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> TransferReport:
    """Trains and judges both ways, and writes ``transfer_report.json`` into ``out_dir``.

    Args:
        rows: Of two tables, on the features and the target of the recipe.
        names: Of the tables.
        recipe: How every net is trained.
        out_dir: Made where it does not exist.
        options: What to make.
        progress: Told how far the training is.
        cancel: Stops the work.

    Raises:
        TableError: the rows are not of two tables, or one holds no source that the other lacks.
        FitError: a loss runs away.
        BundleError: a net's ONNX does not compute what the net computes.
        CancelledError: ``cancel`` was set.
    """
    started = time.monotonic()
    if len(names) != TABLES or rows.table_index.max() != TABLES - 1:
        raise TableError(f"transfer takes two tables that both have rows with {recipe.target}, not {len(names)}")
    out_dir.mkdir(parents=True, exist_ok=True)
    jobs = _jobs(rows, names, options.folds)
    nets = fit_folds(rows, [job.fold for job in jobs], recipe, progress=progress, cancel=cancel)
    baselines = _baselines(rows, jobs, recipe, progress=progress, cancel=cancel) if options.baselines else {}
    report = TransferReport(
        architecture=recipe.architecture,
        parameter_count=nets[0].parameter_count,
        recipe=recipe.name,
        recipe_sha256=recipe.sha256,
        target=recipe.target,
        folds=options.folds,
        judged=tuple(
            _judged(rows, names, table, trained=list(zip(jobs, nets, strict=True)), baselines=baselines.get(table))
            for table in range(TABLES)
        ),
        onnx_check=onnx_check(nets[0]),
        elapsed_seconds=time.monotonic() - started,
    )
    write_json(out_dir / REPORT, to_document("transfer", report))
    return report


def _jobs(rows: Rows, names: Sequence[str], folds: int) -> list[_Job]:
    """The nets that change tables first, then those of a table's own and of both."""
    across = [_Job(table, "other", _across(rows, names, table)) for table in range(TABLES)]
    within = [
        _Job(table, trained_on, fold)
        for table in range(TABLES)
        for test in _source_folds(rows, table, folds)
        for trained_on, fold in _within(rows, names[table], table, test)
    ]
    return [*across, *within]


def _across(rows: Rows, names: Sequence[str], table: int) -> Fold:
    """All of the other table trains, less the sources that this one holds too."""
    test = rows.table_index == table
    train = ~test & ~np.isin(rows.source_index, rows.source_index[test])
    if not train.any():
        raise TableError(f"{names[1 - table]} holds no source that {names[table]} lacks: nothing is left to train on")
    return _fold(rows, names[table], train, test)


def _source_folds(rows: Rows, table: int, folds: int) -> list[Mask]:
    """The rows of a table, cut by source into so many parts (a part per source where there are fewer)."""
    mine = rows.table_index == table
    sources = np.unique(rows.source_index[mine])
    count = min(folds, len(sources)) if len(sources) > 1 else 0
    return [mine & np.isin(rows.source_index, sources[number::count]) for number in range(count)]


def _within(rows: Rows, name: str, table: int, test: Mask) -> list[tuple[TrainedOn, Fold]]:
    unseen = ~np.isin(rows.source_index, rows.source_index[test])
    own = unseen & (rows.table_index == table)
    return [("own", _fold(rows, name, own, test)), ("both", _fold(rows, name, unseen, test))]


def _fold(rows: Rows, name: str, train: Mask, test: Mask) -> Fold:
    return Fold("", name, train, test, np.zeros(len(rows), dtype=bool))


def _baselines(
    rows: Rows, jobs: Sequence[_Job], recipe: Recipe, *, progress: Progress, cancel: Event | None
) -> dict[int, dict[str, TransferFigures]]:
    """Per judged table, by name."""
    across = [job for job in jobs if job.trained_on == "other"]
    scores = baseline_scores(rows, [job.fold for job in across], recipe, progress=progress, cancel=cancel)
    return {
        job.table: {name: _figures(rows, job.fold.test, mine[number]) for name, mine in scores.items()}
        for number, job in enumerate(across)
    }


def _judged(
    rows: Rows,
    names: Sequence[str],
    table: int,
    *,
    trained: Sequence[tuple[_Job, FoldNet]],
    baselines: Mapping[str, TransferFigures] | None,
) -> JudgedTable:
    mine, other = (rows.table_index == number for number in (table, 1 - table))
    scores: dict[TrainedOn, Scores] = {}
    for job, net in trained:
        if job.table == table:
            whole = scores.setdefault(job.trained_on, np.full(len(rows), np.nan))
            whole[job.fold.test] = net.predict(job.fold.test)
    return JudgedTable(
        judged_on=names[table],
        other=names[1 - table],
        sources=len(np.unique(rows.source_index[mine])),
        shared_sources=len(np.intersect1d(rows.source_index[mine], rows.source_index[other])),
        nets={trained_on: _figures(rows, mine, predicted[mine]) for trained_on, predicted in scores.items()},
        baselines=baselines,
    )


def _figures(rows: Rows, mask: Mask, predicted: Scores) -> TransferFigures:
    true, groups, clips = rows.target[mask].astype(np.float64), rows.source_index[mask], rows.clip_index[mask]
    frames = figures_of(predicted, true, groups)
    numbers, first = np.unique(groups, return_index=True)
    by_source = [group_figures(predicted[groups == number], true[groups == number]) for number in numbers]
    worst = int(np.argmax([found.rmse for found in by_source]))
    return TransferFigures(
        **{field.name: getattr(frames, field.name) for field in fields(Figures)},
        clip_level=clip_figures(predicted, true, clips=clips, groups=groups, opinions=rows.target_name == MOS),
        mean_over_sources=mean_figures(by_source),
        worst_source=str(rows.source[mask][first[worst]]),
        worst_rmse=by_source[worst].rmse,
    )
