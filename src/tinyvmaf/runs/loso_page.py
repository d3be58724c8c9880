"""A leave-one-out study -> its page."""

from collections.abc import Mapping

from tinyvmaf.runs.fold_figures import NetFigures
from tinyvmaf.runs.loso_report import LosoReport
from tinyvmaf.scores.figures import METRICS
from tinyvmaf.scores.report.markup import Markup, element, facts
from tinyvmaf.scores.report.model_page import with_interval
from tinyvmaf.scores.report.page import Page, Section, page_html
from tinyvmaf.scores.report.plots import (
    Axis,
    Cell,
    Plot,
    Table,
    Trace,
    colour,
    layout,
    mark,
    numbers,
    plain,
    plot_markup,
    spans,
    table_markup,
)

_NAMES = ("PLCC", "SROCC", "KROCC", "RMSE")
_ROW_HEIGHT = 24


def loso_page(report: LosoReport) -> str:
    """The page of a study, as the text of an HTML file."""
    ways = {**report.architectures, **(report.baselines or {})}
    sections = [
        Section("Folds", [_fold_words(report), plot_markup(fold_plot(ways, by=report.by))]),
        Section("Nets and baselines", [plot_markup(mean_plot(ways))]),
        Section("All held-out rows together", [table_markup(_pooled(ways))]),
        Section("KoNViD-1k held out", _konvid(report)),
        Section("How it was made", [_made(report)]),
    ]
    return page_html(
        Page(
            title=f"Leave one {report.by.replace('_', ' ')} out: {', '.join(report.architectures)}",
            summary=[_headline(report), table_markup(_means(report, ways))],
            sections=[section for section in sections if section.content],
        )
    )


def fold_plot(ways: Mapping[str, NetFigures], *, by: str) -> Plot:
    """RMSE of every fold, the worst of the first net on top, a mark per net."""
    first = next(iter(ways.values()))
    order = list(dict.fromkeys(each.held_out for each in sorted(first.folds, key=lambda fold: fold.rmse)))
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": plain(name),
            "x": numbers([fold.rmse for fold in figures.folds]),
            "y": [plain(fold.held_out) for fold in figures.folds],
            "marker": {"color": colour(place), "symbol": mark(place), "size": 9},
            "hovertemplate": "%{y}: RMSE %{x:.4f}<extra>" + plain(name) + "</extra>",
        }
        for place, (name, figures) in enumerate(ways.items())
    ]
    rows: list[list[Cell]] = [
        [fold.held_out, name, fold.corpus, fold.seed, fold.n, *(getattr(fold, metric) for metric in METRICS)]
        for name, figures in ways.items()
        for fold in sorted(figures.folds, key=lambda fold: -fold.rmse)
    ]
    return Plot(
        identity="folds",
        words=f"RMSE of each fold by {by}, for {', '.join(ways)}; logarithmic",
        traces=traces,
        layout=layout(
            Axis("RMSE", more={"type": "log"}),
            Axis("", more={"type": "category", "categoryorder": "array", "categoryarray": [plain(n) for n in order]}),
            showlegend=True,
        ),
        table=Table("Folds, worst first", ("left out", "net", "corpus", "seed", "n", *_NAMES), rows),
        height=max(220, 150 + _ROW_HEIGHT * len(order)),
    )


def mean_plot(ways: Mapping[str, NetFigures]) -> Plot:
    """Mean RMSE over folds with its interval, and the worst fold."""
    names = [*ways][::-1]
    means = [ways[name].mean["rmse"] or 0.0 for name in names]
    shown = [plain(name) for name in names]
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "mean over folds, 95 %",
            "x": numbers(means),
            "y": [*shown],
            "marker": {"color": colour(0), "size": 10},
            "error_x": spans(means, [ways[name].intervals["rmse"] for name in names], colour(0)),
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": "worst fold",
            "x": numbers([ways[name].worst.rmse for name in names]),
            "y": [*shown],
            "marker": {"color": colour(1), "symbol": "x", "size": 9},
        },
    ]
    rows: list[list[Cell]] = [
        [name, *_spread(figures), figures.worst.rmse, figures.worst.held_out] for name, figures in ways.items()
    ]
    return Plot(
        identity="means",
        words="Mean RMSE over folds with its interval, and the RMSE of the worst fold; logarithmic",
        traces=traces,
        layout=layout(Axis("RMSE", more={"type": "log"}), Axis("", more={"type": "category"}), showlegend=True),
        table=Table("RMSE over folds", ("net", "mean", "95 %", "standard deviation", "worst", "worst fold"), rows),
        height=150 + 34 * len(names),
    )


def _headline(report: LosoReport) -> Markup:
    name, figures = next(iter(report.architectures.items()))
    said = f"RMSE of {name}, mean over {report.folds} folds, {report.rows:,} frames, against {report.target}"
    mean = figures.mean["rmse"]
    shown = "–" if mean is None else f"{mean:.3f}"
    return element("p", element("strong", shown), element("span", said), class_="headline")


def _fold_words(report: LosoReport) -> str:
    return f"Each fold trains on all but one {report.by.replace('_', ' ')} and is judged on that one."


def _means(report: LosoReport, ways: Mapping[str, NetFigures]) -> Table:
    rows: list[list[Cell]] = []
    for name, figures in ways.items():
        seconds = report.training_seconds.get(name)
        cells = [with_interval(figures.mean[metric], figures.intervals[metric]) for metric in METRICS]
        rows.append(
            [name, figures.parameter_count, figures.seeds, *cells, None if seconds is None else round(seconds, 1)]
        )
    columns = ("net", "numbers fitted", "seeds", *_NAMES, "seconds to train")
    return Table("Means over folds with their 95 % intervals, by bootstrap over folds", columns, rows)


def _spread(figures: NetFigures) -> list[Cell]:
    span = figures.intervals["rmse"]
    return [figures.mean["rmse"], "–" if span is None else f"{span[0]:.4f} to {span[1]:.4f}", figures.std["rmse"]]


def _pooled(ways: Mapping[str, NetFigures]) -> Table:
    rows: list[list[Cell]] = []
    for name, figures in ways.items():
        for level, found in (("frames", figures.pooled), ("clips", figures.clip_level)):
            cells = [with_interval(getattr(found, m), getattr(found, f"{m}_interval")) for m in METRICS]
            rows.append([name, level, found.n_samples, *cells])
    return Table("By the nets of the first seed; intervals over sources", ("net", "over", "n", *_NAMES), rows)


def _konvid(report: LosoReport) -> list[Markup]:
    if report.konvid_holdout is None:
        return []
    rows: list[list[Cell]] = [[name, *(found[m] for m in METRICS)] for name, found in report.konvid_holdout.items()]
    return [table_markup(Table("On the sources that no fold trains on, mean over folds", ("net", *_NAMES), rows))]


def _made(report: LosoReport) -> Markup:
    recipes = ", ".join(
        f"{name}: {figures.recipe or 'none'} ({(figures.recipe_sha256 or '')[:12]})"
        for name, figures in report.architectures.items()
    )
    check = report.onnx_check
    which = f"{check.architecture} without {check.held_out}"
    same = f"{which}: {check.largest_difference:.2g} apart at most, on {check.rows:,} frames"
    pairs = [
        ("folds by", report.by),
        ("target", report.target),
        ("recipes", recipes),
        ("stacked net beside its ONNX", same),
        ("time", f"{report.elapsed_seconds:.1f} s"),
    ]
    return facts(pairs)
