"""Models beside the first one, on the same rows -> their page."""

from collections.abc import Sequence

from tinyvmaf.scores.comparison import Comparison, ComparisonReport
from tinyvmaf.scores.paired import Difference, Differences
from tinyvmaf.scores.report.markup import Markup, element, facts
from tinyvmaf.scores.report.model_page import tables_table
from tinyvmaf.scores.report.page import Page, Section, page_html
from tinyvmaf.scores.report.plots import (
    Axis,
    Cell,
    Plot,
    Table,
    Trace,
    colour,
    layout,
    numbers,
    plain,
    plot_markup,
    table_markup,
    zero_line,
)

_METRICS = {"rmse": "RMSE", "plcc": "PLCC", "srocc": "SROCC"}
_VERDICT = {"better": "better than", "worse": "worse than", "not separable": "not separable from"}
_ROW_HEIGHT = 46


def compare_page(report: ComparisonReport) -> str:
    """The page of a comparison, as the text of an HTML file."""
    verdicts = [_verdict(comparison) for comparison in report.comparisons]
    plots = [
        Section(f"Difference in {_METRICS[metric]}", [_words(metric), plot_markup(difference_plot(report, metric))])
        for metric in _METRICS
    ]
    made = facts(
        [("judged by", report.target), ("what decides", report.criterion), ("command", report.command or "not told")]
    )
    return page_html(
        Page(
            title=f"{len(report.models)} models against {report.target}",
            summary=[*verdicts, table_markup(_figures(report))],
            sections=[*plots, Section("What they were judged on", [made, table_markup(tables_table(report.tables))])],
        )
    )


def difference_plot(report: ComparisonReport, metric: str) -> Plot:
    """The differences in one metric from the first model, with their 95 % intervals."""
    found = [
        (f"{each.other}, {level}", getattr(differences, metric))
        for each in report.comparisons
        for level, differences in _levels(each)
    ]
    known = [(name, each) for name, each in reversed(found) if each.value is not None]
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": numbers([each.value for _, each in known]),
        "y": [plain(name) for name, _ in known],
        "marker": {"size": 10, "color": [colour(0) if each.separable else "--soft" for _, each in known]},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [_reach(each, 1) for _, each in known],
            "arrayminus": [_reach(each, 0) for _, each in known],
            "color": "--soft",
        },
        "hovertemplate": "%{y}: %{x:+.4g}<extra></extra>",
    }
    first = report.models[0].name
    return Plot(
        identity=f"difference-{metric}",
        words=f"{_METRICS[metric]} of each model less that of {first}, with 95 % intervals; grey: may be chance",
        traces=[trace],
        layout=layout(
            Axis(f"{_METRICS[metric]}, less that of {plain(first)}"),
            Axis("", more={"type": "category"}),
            showlegend=False,
            shapes=[zero_line()],
        ),
        table=_difference_table(metric, found),
        height=110 + _ROW_HEIGHT * max(len(known), 1),
    )


def _verdict(comparison: Comparison) -> Markup:
    mark = f"verdict-{comparison.verdict.replace(' ', '-')}"
    said = element("strong", f"{comparison.other} is {_VERDICT[comparison.verdict]} {comparison.first}", class_=mark)
    return element("p", said, f": {comparison.reason}.")


def _words(metric: str) -> str:
    side = "Left of 0 a model is nearer to the truth" if metric == "rmse" else "Right of 0 a model is better"
    return f"{side} than the first one. Lines are 95 % intervals by paired bootstrap over sources."


def _figures(report: ComparisonReport) -> Table:
    rows: list[list[Cell]] = []
    for model in report.models:
        for level, found in (("frames", model.frames), ("clips", model.clips)):
            if found is not None:
                values = [getattr(found, metric) for metric in ("plcc", "srocc", "krocc", "rmse")]
                rows.append([model.name, level, found.n, *(_figure(value) for value in values), model.protocol])
    columns = ("model", "over", "n", "PLCC", "SROCC", "KROCC", "RMSE", "rows and training")
    return Table(f"Figures on {report.sources} sources", columns, rows)


def _figure(value: float | None) -> str:
    return "constant" if value is None else f"{value:.5f}"


def _levels(comparison: Comparison) -> list[tuple[str, Differences]]:
    levels = (("frames", comparison.frames), ("clips", comparison.clips))
    return [(name, found) for name, found in levels if found is not None]


def _reach(difference: Difference, end: int) -> float:
    """From the value to one end of its interval."""
    if difference.interval is None or difference.value is None:
        return 0.0
    return round(abs(difference.interval[end] - difference.value), 6)


def _difference_table(metric: str, found: Sequence[tuple[str, Difference]]) -> Table:
    rows = [[name, *_difference_cells(each)] for name, each in found]
    columns = ("model", "difference", "95 % interval", "swaps that differ as much", "separable")
    return Table(f"Differences in {_METRICS[metric]}", columns, rows)


def _difference_cells(each: Difference) -> list[Cell]:
    span = "–" if each.interval is None else f"{each.interval[0]:+.4g} to {each.interval[1]:+.4g}"
    chance = "–" if each.p_value is None else f"{each.p_value:.1%}"
    return ["constant" if each.value is None else f"{each.value:+.4g}", span, chance, "yes" if each.separable else "no"]
