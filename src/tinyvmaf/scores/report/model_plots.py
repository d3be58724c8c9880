"""Pairs of predicted and true scores -> the plots of a model's page."""

from collections.abc import Sequence

from tinyvmaf.documents import Json
from tinyvmaf.scores.evaluate import EvalReport
from tinyvmaf.scores.pairs import Pairs
from tinyvmaf.scores.report.plots import Axis, Cell, Plot, Table, Trace, colour, layout, mark, numbers, plain, spans

_SPAN = (0.0, 100.0)
_MARGIN = 2.0
_ROW_HEIGHT = 22
_LEGEND_MOST = 24
"""Sources; a longer legend would leave no plot."""


def scatter_plot(pairs: Pairs, target: str) -> Plot:
    """Predicted against true: clips as marks, a sample of frames behind them, a colour per source."""
    sources = source_order(pairs)
    traces: list[Trace] = [_diagonal(), *_frame_clouds(pairs, sources, residual=False)]
    for place, source in enumerate(sources):
        mine = [clip for clip in pairs.clips if clip.source == source]
        texts = [plain(f"{source}, {clip.key}") for clip in mine]
        trace = _marks(place, source, [clip.true for clip in mine], [clip.predicted for clip in mine], texts)
        traces.append({**trace, "hovertemplate": "%{text}<br>true %{x:.2f}, predicted %{y:.2f}<extra></extra>"})
    rows: list[list[Cell]] = [
        [clip.source, clip.key, clip.frames, clip.true, clip.predicted, clip.predicted - clip.true, clip.rmse]
        for clip in pairs.clips
    ]
    columns = ("source", "clip", "frames", "true", "predicted", "difference", "RMSE of its frames")
    return Plot(
        identity="scatter",
        words=f"Predicted scores against {target}: {len(pairs.clips)} clips of {len(sources)} sources, a colour each",
        traces=traces,
        layout=layout(
            Axis(f"{target} (true)", _wide()),
            Axis("predicted", _wide()),
            showlegend=len(sources) <= _LEGEND_MOST,
        ),
        table=Table("Clips: means over the frames that were judged", columns, rows),
        height=560,
    )


def residual_plot(pairs: Pairs, target: str) -> Plot:
    """Predicted less true over the true score."""
    sources = source_order(pairs)
    traces: list[Trace] = list(_frame_clouds(pairs, sources, residual=True))
    for place, source in enumerate(sources):
        mine = [clip for clip in pairs.clips if clip.source == source]
        apart = [clip.predicted - clip.true for clip in mine]
        texts = [plain(f"{source}, {clip.key}") for clip in mine]
        trace = _marks(place, source, [clip.true for clip in mine], apart, texts)
        traces.append({**trace, "hovertemplate": "%{text}<br>true %{x:.2f}, off by %{y:+.3f}<extra></extra>"})
    return Plot(
        identity="residuals",
        words=f"How far predictions lie above or below {target}, over {target}; frames faint, clips bold",
        traces=traces,
        layout=layout(Axis(f"{target} (true)", _wide()), Axis("predicted less true"), showlegend=False),
        table=Table("Frames by true score", ("true score", "frames", "mean", "largest"), _residual_rows(pairs)),
        height=380,
    )


def source_plot(report: EvalReport) -> Plot:
    """RMSE of every source, the worst on top, with its interval where there is one."""
    order = sorted(report.per_source, key=lambda name: report.per_source[name].rmse)
    errors = [report.per_source[name].rmse for name in order]
    bars = [(report.pairs.rmse_intervals.get(name) if report.pairs else None) for name in order]
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": numbers(errors),
        "y": [plain(name) for name in order],
        "marker": {"color": colour(0), "size": 9},
        "error_x": spans(errors, bars, colour(0)),
        "hovertemplate": "%{y}: RMSE %{x:.4f}<extra></extra>",
    }
    rows: list[list[Cell]] = []
    for name, bar in reversed(list(zip(order, bars, strict=True))):
        found = report.per_source[name]
        span = "–" if bar is None else f"{bar[0]:.4f} to {bar[1]:.4f}"
        rows.append([name, found.n, found.plcc, found.srocc, found.krocc, found.rmse, span])
    columns = ("source", "frames", "PLCC", "SROCC", "KROCC", "RMSE", "RMSE, 95 %")
    return Plot(
        identity="sources",
        words=f"RMSE of each of {len(order)} sources, the worst on top: {order[-1]} with {errors[-1]:.3f}",
        traces=[trace],
        layout=layout(Axis("RMSE", more={"rangemode": "tozero"}), Axis("", more={"type": "category"})),
        table=Table("Figures by source, worst first; intervals by bootstrap over its clips", columns, rows),
        height=max(180, 90 + _ROW_HEIGHT * len(order)),
    )


def source_order(pairs: Pairs) -> list[str]:
    """The sources in the order of their colours."""
    return list(dict.fromkeys(clip.source for clip in pairs.clips))


def _wide() -> tuple[float, float]:
    return _SPAN[0] - _MARGIN, _SPAN[1] + _MARGIN


def _diagonal() -> Trace:
    ends: list[Json] = [*_SPAN]
    line: Json = {"color": "--soft", "width": 1, "dash": "dot"}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": ends,
        "y": ends,
        "line": line,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _marks(place: int, source: str, x: Sequence[float], y: Sequence[float], texts: Sequence[str]) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": plain(source),
        "legendgroup": source,
        "x": numbers(x),
        "y": numbers(y),
        "text": [*texts],
        "marker": {"color": colour(place), "symbol": mark(place), "size": 8, "line": {"width": 1, "color": "--paper"}},
    }


def _frame_clouds(pairs: Pairs, sources: Sequence[str], *, residual: bool) -> list[Trace]:
    """The sample of frames, source by source, faint."""
    sample = pairs.frames
    places: dict[int, list[int]] = {}
    for at, number in enumerate(sample.source):
        places.setdefault(number, []).append(at)
    traces: list[Trace] = []
    for number, mine in places.items():
        true, predicted = [sample.true[at] for at in mine], [sample.predicted[at] for at in mine]
        heights = [p - t for p, t in zip(predicted, true, strict=True)] if residual else predicted
        name = sample.sources[number]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "legendgroup": name,
                "showlegend": False,
                "x": numbers(true, 5),
                "y": numbers(heights, 4),
                "marker": {"color": colour(sources.index(name), 0.35), "size": 3},
                "hoverinfo": "skip",
            }
        )
    return traces


def _residual_rows(pairs: Pairs) -> list[list[Cell]]:
    """The sample of frames in steps of 10."""
    bins: dict[int, list[float]] = {}
    for true, predicted in zip(pairs.frames.true, pairs.frames.predicted, strict=True):
        bins.setdefault(min(int(true // 10), 9), []).append(predicted - true)
    return [
        [f"{10 * number} to {10 * number + 10}", len(mine), sum(mine) / len(mine), max(mine, key=abs)]
        for number, mine in sorted(bins.items())
    ]
