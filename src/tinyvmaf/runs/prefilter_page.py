"""What a pre-filter saves and costs -> its page."""

from collections.abc import Mapping, Sequence

from tinyvmaf.documents import Json
from tinyvmaf.runs.eval_prefilter import PrefilterReport
from tinyvmaf.scores.filter_figures import (
    DECIDING,
    FilterCost,
    FilterDelta,
    FilteredSource,
    FilterGain,
    MeanOverSources,
)
from tinyvmaf.scores.report.markup import Markup, element, facts
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
    shown,
    spans,
    table_markup,
    zero_line,
)

_ROW_HEIGHT = 26
_BD_WORDS = (
    "Left of 0 a filter saves bits at equal quality, against the same videos without it. Lines are 95 % intervals by "
    "bootstrap over videos, from five videos on."
)


def prefilter_page(report: PrefilterReport) -> str:
    """The page of a trial, as the text of an HTML file."""
    figures = report.figures
    cells = list(dict.fromkeys((each.degradation, each.ladder) for each in figures.deltas))
    saved = [
        _saved([each for each in figures.deltas if (each.degradation, each.ladder) == cell], place)
        for place, cell in enumerate(cells)
    ]
    sections = [
        *saved,
        Section("Nearness before encoding", [plot_markup(gain_plot(figures.gains))]),
        Section("Time", [table_markup(_costs(figures.costs))]),
        Section("How it was made", [_made(report), _encodes(report.made)]),
    ]
    decides = f"A filter pays where it saves bits by {', '.join(DECIDING)} at once: sharpening alone raises plain VMAF."
    return page_html(
        Page(
            title=f"{report.model} before an encoder, on {len(report.sources)} videos",
            summary=[*report.verdicts, decides],
            sections=sections,
        )
    )


def delta_plot(deltas: Sequence[FilterDelta], place: int) -> Plot:
    """BD-rate by metric, a mark per filter, with its interval."""
    known = [each for each in deltas if each.bd_rate_percent.mean is not None]
    filters = list(dict.fromkeys(each.filter for each in deltas))
    traces = [
        _marks(number, name, [(_label(each), each.bd_rate_percent) for each in known if each.filter == name], "%")
        for number, name in enumerate(filters)
    ]
    order = [plain(_label(each)) for each in sorted(deltas, key=lambda each: _metrics(deltas).index(each.metric))]
    rows: list[list[Cell]] = [
        [each.metric, each.filter, *_mean_cells(each.bd_rate_percent), _problems(each.problems)] for each in deltas
    ]
    of = f"{deltas[0].degradation}, {deltas[0].ladder}"
    return Plot(
        identity=f"bd-rate-{place}",
        words=f"BD-rate of {', '.join(filters)} by {', '.join(_metrics(deltas))}; {of}",
        traces=traces,
        layout=_layout("BD-rate, %", order),
        table=Table(f"BD-rate, %: {of}", ("metric", "filter", "mean", "95 %", "videos", "without a BD-rate"), rows),
        height=130 + _ROW_HEIGHT * len(order),
    )


def gain_plot(gains: Sequence[FilterGain]) -> Plot:
    """The gain in PSNR before any encoding, a mark per filter, with its interval."""
    filters = list(dict.fromkeys(each.filter for each in gains))
    traces = [
        _marks(number, name, [(_of(each), each.psnr_gain_db) for each in gains if each.filter == name], "dB")
        for number, name in enumerate(filters)
    ]
    rows: list[list[Cell]] = [[each.degradation, each.filter, *_mean_cells(each.psnr_gain_db)] for each in gains]
    return Plot(
        identity="gain",
        words="Gain in PSNR of luma against the clean videos, by what was done to them; right of 0 a filter restores",
        traces=traces,
        layout=_layout("gain in PSNR, dB", [plain(_of(each)) for each in gains]),
        table=Table("Gain in PSNR, dB", ("degradation", "filter", "mean", "95 %", "videos"), rows),
        height=130 + _ROW_HEIGHT * len(gains),
    )


def _saved(deltas: Sequence[FilterDelta], place: int) -> Section:
    """One degradation and ladder."""
    content = [_BD_WORDS, plot_markup(delta_plot(deltas, place)), table_markup(_by_source(deltas))]
    return Section(f"Bits saved: {deltas[0].degradation}, {deltas[0].ladder}", content)


def _by_source(deltas: Sequence[FilterDelta]) -> Table:
    sources = list(
        dict.fromkeys(name for each in deltas for name in (*each.bd_rate_percent.per_source, *each.problems))
    )
    rows: list[list[Cell]] = [
        [name, *(_signed(each.bd_rate_percent.per_source.get(name)) for each in deltas)] for name in sorted(sources)
    ]
    return Table("BD-rate by video, %", ("video", *(_label(each) for each in deltas)), rows)


def _marks(place: int, name: str, found: Sequence[tuple[str, MeanOverSources]], unit: str) -> Trace:
    means = [each.mean or 0.0 for _, each in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": plain(name),
        "x": numbers(means),
        "y": [plain(label) for label, _ in found],
        "marker": {"color": colour(place), "symbol": mark(8 * place), "size": 10},
        "error_x": spans(means, [each.interval for _, each in found], colour(place)),
        "hovertemplate": f"%{{y}}: %{{x:+.2f}} {unit}<extra></extra>",
    }


def _layout(title: str, order: Sequence[str]) -> Mapping[str, Json]:
    rows: dict[str, Json] = {"type": "category", "categoryorder": "array", "categoryarray": [*reversed(order)]}
    return layout(Axis(title), Axis("", more=rows), showlegend=True, shapes=[zero_line()])


def _metrics(deltas: Sequence[FilterDelta]) -> list[str]:
    return list(dict.fromkeys(each.metric for each in deltas))


def _label(delta: FilterDelta) -> str:
    return f"{delta.metric}, {delta.filter}"


def _of(gain: FilterGain) -> str:
    return f"{gain.degradation}, {gain.filter}"


def _mean_cells(found: MeanOverSources) -> list[Cell]:
    span = "–" if found.interval is None else f"{found.interval[0]:+.2f} to {found.interval[1]:+.2f}"
    return [_signed(found.mean), span, len(found.per_source)]


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _problems(problems: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in problems.items()) or "none"


def _costs(costs: Sequence[FilterCost]) -> Table:
    rows: list[list[Cell]] = [
        [
            each.filter,
            each.degradation,
            each.ladder,
            each.filter_ms_per_frame,
            each.encode_ms_per_frame,
            "–" if each.overhead_percent is None else f"{each.overhead_percent:+.0f} %",
        ]
        for each in costs
    ]
    columns = ("filter", "degradation", "ladder", "filtering, ms per frame", "encoding, ms per frame", "more time")
    return Table("Time: filtering once and encoding one rung, against encoding that rung alone", columns, rows)


def _encodes(made: Sequence[FilteredSource]) -> Markup:
    """Everything that was encoded and measured, folded."""
    metrics = list(dict.fromkeys(m for each in made for some in each.ladders.values() for e in some for m in e.scores))
    rows: list[list[Cell]] = [
        [
            *(each.source, each.degradation, each.filter, each.setting, ladder, f"{encode.quality:g}"),
            shown(encode.bitrate_kbps, 1),
            *(encode.scores.get(metric) for metric in metrics),
        ]
        for each in made
        for ladder, encodes in each.ladders.items()
        for encode in encodes
    ]
    columns = ("video", "degradation", "filter", "setting", "ladder", "CRF", "kbit/s", *metrics)
    table = table_markup(Table("All encodes, each judged against the clean video", columns, rows))
    return element("details", element("summary", f"All {len(rows)} encodes"), table, class_="behind")


def _made(report: PrefilterReport) -> Markup:
    return facts(
        [
            ("model", report.model),
            ("SHA-256 of model.onnx", report.model_sha256),
            ("strength", f"{report.strength:g}"),
            ("videos", ", ".join(report.sources)),
            ("frames of each", f"the first {report.frames}" if report.frames else "all"),
            ("made so high", f"{report.height} lines" if report.height else "as they are"),
            ("ffmpeg's filters are as strong as it", report.matching),
            ("command", report.command or "not told"),
            ("time", f"{report.elapsed_seconds:.1f} s"),
        ]
    )
