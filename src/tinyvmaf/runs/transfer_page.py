"""A transfer from table to table, both ways -> its page."""

from collections.abc import Mapping

from tinyvmaf.runs.transfer_report import JudgedTable, TrainedOn, TransferFigures, TransferReport
from tinyvmaf.scores.figures import METRICS
from tinyvmaf.scores.report.markup import Markup, facts
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
_ROW_HEIGHT = 40
_READING = (
    "What a net of the other table loses against one of the table's own is what different data cost; what a net of "
    "both wins is what more data bring."
)


def transfer_page(report: TransferReport) -> str:
    """The page of a transfer, as the text of an HTML file."""
    sections = [
        Section(
            f"On {judged.judged_on}",
            [_words(judged), plot_markup(error_plot(judged, place)), table_markup(_figures(judged))],
        )
        for place, judged in enumerate(report.judged)
    ]
    tables = " and ".join(each.judged_on for each in report.judged)
    return page_html(
        Page(
            title=f"{report.architecture} from table to table: {tables}",
            summary=[
                f"Every row is judged by a net of {report.parameter_count:,} numbers that has not seen its source.",
                _READING,
                table_markup(_errors(report)),
            ],
            sections=[*sections, Section("How it was made", [_made(report)])],
        )
    )


def error_plot(judged: JudgedTable, place: int) -> Plot:
    """RMSE over frames with its interval, of clips and of the worst source, of every way to a score."""
    ways = [*ways_of(judged).items()][::-1]
    shown = [plain(name) for name, _ in ways]
    errors = [found.rmse for _, found in ways]
    series = {
        "frames, 95 %": errors,
        "clips": [found.clip_level.rmse for _, found in ways],
        "worst source": [found.worst_rmse for _, found in ways],
    }
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": numbers(values),
            "y": [*shown],
            "marker": {"color": colour(number), "symbol": mark(8 * number), "size": 10},
            "hovertemplate": "%{y}: RMSE %{x:.4f}<extra>" + name + "</extra>",
        }
        for number, (name, values) in enumerate(series.items())
    ]
    traces[0]["error_x"] = spans(errors, [found.rmse_interval for _, found in ways], colour(0))
    rows: list[list[Cell]] = [
        [name, found.rmse, _span(found), found.clip_level.rmse, found.worst_rmse, found.worst_source]
        for name, found in reversed(ways)
    ]
    columns = ("by", "RMSE of frames", "95 %", "of clips", "of the worst source", "which is")
    return Plot(
        identity=f"errors-{place}",
        words=f"RMSE on {judged.judged_on} by what the nets were trained on, with 95 % intervals; logarithmic",
        traces=traces,
        layout=layout(
            Axis("RMSE", more={"type": "log"}),
            Axis("", more={"type": "category", "categoryorder": "array", "categoryarray": [*shown]}),
            showlegend=True,
        ),
        table=Table(f"Errors on {judged.judged_on}", columns, rows),
        height=150 + _ROW_HEIGHT * len(ways),
    )


def ways_of(judged: JudgedTable) -> Mapping[str, TransferFigures]:
    """The nets by what trained them, in words, then the baselines."""
    words = {"other": judged.other, "own": judged.judged_on, "both": "both"}
    nets = {f"net of {words[trained_on]}": found for trained_on, found in judged.nets.items()}
    return {**nets, **{f"{name} of {judged.other}": found for name, found in (judged.baselines or {}).items()}}


def _words(judged: JudgedTable) -> str:
    shared = (
        f" {judged.shared_sources} of them are in {judged.other} too, whose net was trained without them."
        if judged.shared_sources
        else ""
    )
    return f"{judged.sources} sources judge.{shared}"


def _errors(report: TransferReport) -> Table:
    names: dict[TrainedOn, str] = {"other": "net of the other table", "own": "net of its own", "both": "net of both"}
    rows: list[list[Cell]] = []
    for judged in report.judged:
        cells = [_error(judged.nets.get(trained_on)) for trained_on in names]
        rows.append([judged.judged_on, *cells])
    columns = ("judged on", *names.values())
    return Table("RMSE of frames with its 95 % interval, by bootstrap over sources", columns, rows)


def _error(found: TransferFigures | None) -> str:
    return "–" if found is None else with_interval(found.rmse, found.rmse_interval)


def _span(found: TransferFigures) -> str:
    return "–" if found.rmse_interval is None else f"{found.rmse_interval[0]:.4f} to {found.rmse_interval[1]:.4f}"


def _figures(judged: JudgedTable) -> Table:
    rows: list[list[Cell]] = []
    for name, found in ways_of(judged).items():
        for level, figures in (("frames", found), ("clips", found.clip_level)):
            cells = [with_interval(getattr(figures, m), getattr(figures, f"{m}_interval")) for m in METRICS]
            rows.append([name, level, figures.n_samples, *cells])
        means = [with_interval(found.mean_over_sources[m], None) for m in METRICS]
        rows.append([name, "mean over sources", judged.sources, *means])
    columns = ("by", "over", "n", *_NAMES)
    return Table(f"Figures on {judged.judged_on}; intervals by bootstrap over sources", columns, rows)


def _made(report: TransferReport) -> Markup:
    check = report.onnx_check
    same = f"{check.largest_difference:.2g} apart at most, on {check.rows:,} frames"
    return facts(
        [
            ("net", f"{report.architecture}, {report.parameter_count:,} numbers"),
            ("recipe", f"{report.recipe} ({report.recipe_sha256[:12]})"),
            ("target", report.target),
            ("folds over the sources of a table", str(report.folds) if report.folds else "none"),
            ("stacked net beside its ONNX", same),
            ("time", f"{report.elapsed_seconds:.1f} s"),
        ]
    )
