"""How much nearer a filter brings pictures to the clean ones -> its page."""

from tinyvmaf.scores.evaluate_samples import FilterReport
from tinyvmaf.scores.report.markup import facts
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
    spans,
    table_markup,
    zero_line,
)

_ROW_HEIGHT = 46


def filter_page(report: FilterReport) -> str:
    """The page of a report, as the text of an HTML file."""
    made = facts(
        [
            ("model", report.model),
            ("SHA-256 of model.onnx", report.model_sha256),
            ("the model alone", f"{report.milliseconds_per_megapixel:.1f} ms per megapixel, on one thread"),
            ("machine", report.machine),
            ("command", report.command or "not told"),
        ]
    )
    words = "Right of 0 the filter brings pictures nearer to the clean ones; of clean pictures any change does harm."
    judged = Section("What it was judged on", [made, table_markup(tables_table(report.tables))])
    return page_html(
        Page(
            title=f"{report.model} on spoiled and on clean pictures",
            summary=[f"Protocol: {report.protocol}."],
            sections=[Section("Gain", [words, plot_markup(gain_plot(report))]), judged],
        )
    )


def gain_plot(report: FilterReport) -> Plot:
    """The gain in PSNR by what spoiled the pictures, with its 95 % interval."""
    found = [*report.per_degradation.items()][::-1]
    gains = [each.gain_db for _, each in found]
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": numbers(gains),
        "y": [plain(name) for name, _ in found],
        "marker": {"size": 10, "color": colour(0)},
        "error_x": spans(gains, [each.gain_interval for _, each in found], colour(0)),
        "hovertemplate": "%{y}: %{x:+.3f} dB<extra></extra>",
    }
    rows: list[list[Cell]] = []
    for name, each in report.per_degradation.items():
        low, high = each.gain_interval or (None, None)
        span = "–" if low is None or high is None else f"{low:+.3f} to {high:+.3f}"
        figures = (each.psnr_before, each.psnr_after, f"{each.gain_db:+.3f}", span, each.l1_before, each.l1_after)
        rows.append([name, each.n, each.sources, *figures])
    columns = ("spoiled by", "pictures", "sources", "PSNR before", "after", "gain", "95 %", "L1 before", "after it")
    return Plot(
        identity="gain",
        words="Gain in PSNR of luma by what spoiled the pictures, with 95 % intervals by bootstrap over sources",
        traces=[trace],
        layout=layout(
            Axis("gain in PSNR, dB"), Axis("", more={"type": "category"}), showlegend=False, shapes=[zero_line()]
        ),
        table=Table("Nearness to the clean pictures, in dB and as mean absolute difference (0 to 1)", columns, rows),
        height=110 + _ROW_HEIGHT * len(found),
    )
