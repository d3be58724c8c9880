"""Encodes -> the plots of a score's page: over time, as a histogram, by feature, and over the bitrate."""

from collections.abc import Sequence

import numpy as np

from tinyvmaf.documents import Json
from tinyvmaf.scores.report.encodes import Encode
from tinyvmaf.scores.report.plots import Axis, Cell, Plot, Table, Trace, colour, layout, mark, numbers, plain

_SCORES = (0.0, 100.0)
_MARGIN = 2.0
_BIN = 2
_FEATURE_HEIGHT = 120
_SECONDS = "seconds"


def time_plot(encodes: Sequence[Encode]) -> Plot:
    """The score of every frame on a fixed axis, with error band, worst frames and scene cuts."""
    traces: list[Trace] = []
    for encode in encodes:
        traces += [*_band(encode), _line(encode), *_worst(encode)]
    cuts = _cut_seconds(encodes)
    return Plot(
        identity="over-time",
        words=f"The score of each frame over time, from 0 to 100{', with scene cuts' if cuts else ''}: "
        + "; ".join(_in_words(encode) for encode in encodes),
        traces=traces,
        layout=layout(
            _time_axis(encodes),
            _score_axis(),
            shapes=[_cut_line(seconds) for seconds in cuts],
            showlegend=len(encodes) > 1,
        ),
        table=_time_table(encodes),
        height=420,
    )


def histogram(encodes: Sequence[Encode]) -> Plot:
    """How many frames have which score, in steps of 2."""
    edges = np.arange(_SCORES[0], _SCORES[1] + _BIN, _BIN)
    counts = [np.histogram([frame.score for frame in encode.score.frames], edges)[0] for encode in encodes]
    shares = [100 * count / max(count.sum(), 1) for count in counts]
    middles: list[Json] = (edges[:-1] + _BIN / 2).tolist()
    said: Trace = {"hovertemplate": "score %{x}: %{y:.1f} % of frames<extra></extra>"}
    traces: list[Trace] = [
        {
            **said,
            "name": plain(encode.name),
            "x": middles,
            "y": numbers(share),
            **_bars(encode, alone=len(encodes) == 1),
        }
        for encode, share in zip(encodes, shares, strict=True)
    ]
    filled = [n for n in range(len(edges) - 1) if any(count[n] for count in counts)]
    rows = [[f"{edges[n]:.0f}–{edges[n + 1]:.0f}", *(int(count[n]) for count in counts)] for n in filled]
    return Plot(
        identity="histogram",
        words="How many per cent of the frames have which score, in steps of 2",
        traces=traces,
        layout=layout(Axis("score", _SCORES), Axis("% of frames"), bargap=0.05, showlegend=len(encodes) > 1),
        table=Table("Frames by score", ("score", *(encode.name for encode in encodes)), rows),
        height=300,
    )


def feature_plot(encodes: Sequence[Encode]) -> Plot:
    """One line per feature and encode, features one above the other."""
    names = feature_names(encodes)
    gap = 0.3 / len(names)
    entries: dict[str, Json] = {}
    traces: list[Trace] = []
    for place, name in enumerate(names):
        number = "" if place == 0 else str(place + 1)
        top = 1 - place / len(names)
        entries[f"yaxis{number}"] = {"title": {"text": name}, "domain": [top - 1 / len(names) + gap, top]}
        traces += [_feature_line(encode, name, f"y{number}", legend=place == 0) for encode in encodes]
    bottom = "y" if len(names) == 1 else f"y{len(names)}"
    columns = ("encode", "frame", "second", *names)
    rows = [
        [encode.name, frame.frame_index, frame.time_seconds, *(frame.features.get(name) for name in names)]
        for encode in encodes
        for frame in encode.frames
    ]
    return Plot(
        identity="features",
        words=f"The features that the score is made from, over time: {', '.join(names)}",
        traces=traces,
        layout={"xaxis": {**_time_axis(encodes).layout, "anchor": bottom}, **entries, "showlegend": len(encodes) > 1},
        table=Table("Features by frame", columns, rows),
        height=_FEATURE_HEIGHT * len(names) + 60,
    )


def rate_plot(encodes: Sequence[Encode]) -> Plot:
    """Score over bitrate, one line per codec."""
    known = [encode for encode in encodes if encode.sights.bitrate_kbps is not None]
    codecs = list(dict.fromkeys(str(encode.sights.codec) for encode in known))
    traces: list[Trace] = []
    for place, codec in enumerate(codecs):
        mine = sorted((each for each in known if each.sights.codec == codec), key=_rate)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": plain(codec),
                "x": numbers([_rate(encode) for encode in mine]),
                "y": numbers([encode.score.score for encode in mine]),
                "text": [plain(encode.name) for encode in mine],
                "line": {"color": colour(place)},
                "marker": {"size": 9, "symbol": mark(place)},
                "hovertemplate": "%{text}<br>%{x:,.0f} kbit/s, score %{y:.2f}<extra></extra>",
            }
        )
    rows: list[list[Cell]] = [[e.name, e.sights.codec, _rate(e), e.score.score] for e in sorted(known, key=_rate)]
    return Plot(
        identity="rate",
        words="Score over bitrate, one line per codec",
        traces=traces,
        layout=layout(
            Axis("kbit/s", more=_log_axis([_rate(each) for each in known])), Axis("score (mean)"), showlegend=True
        ),
        table=Table("Bitrate and score", ("encode", "codec", "kbit/s", "score"), rows),
        height=360,
    )


def feature_names(encodes: Sequence[Encode]) -> list[str]:
    """Every feature of any encode, once."""
    return list(dict.fromkeys(name for encode in encodes if encode.frames for name in encode.frames[0].features))


def _rate(encode: Encode) -> float:
    return encode.sights.bitrate_kbps or 0.0


def _bars(encode: Encode, *, alone: bool) -> Trace:
    """Bars, or the outline of bars where others would cover them."""
    if alone:
        return {"type": "bar", "marker": {"color": colour(encode.place)}}
    line: Json = {"color": colour(encode.place), "width": 1.6, "shape": "hvh"}
    return {"type": "scatter", "mode": "lines", "line": line}


def _log_axis(values: Sequence[float]) -> dict[str, Json]:
    """A logarithmic axis with the round numbers 1, 2, 5, 10, ... in full."""
    decades = range(int(np.floor(np.log10(min(values)))), int(np.ceil(np.log10(max(values)))) + 1)
    ticks = [digit * 10.0**decade for decade in decades for digit in (1, 2, 5)]
    return {"type": "log", "tickvals": [*ticks], "ticktext": [f"{tick:,g}" for tick in ticks]}


def _seconds(encode: Encode) -> list[Json]:
    return numbers(frame.time_seconds for frame in encode.frames)


def _time_axis(encodes: Sequence[Encode]) -> Axis:
    last = max((frame.time_seconds for encode in encodes for frame in encode.frames), default=0.0)
    return Axis(_SECONDS, (0.0, last) if last > 0 else None)


def _score_axis() -> Axis:
    return Axis("score", (_SCORES[0] - _MARGIN, _SCORES[1] + _MARGIN), {"zeroline": False})


def _line(encode: Encode) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines" if len(encode.frames) > 1 else "markers",
        "name": plain(encode.name),
        "legendgroup": str(encode.place),
        "x": _seconds(encode),
        "y": numbers(frame.score for frame in encode.frames),
        "text": [f"frame {frame.frame_index}" for frame in encode.frames],
        "line": {"color": colour(encode.place), "width": 1.6},
        "marker": {"color": colour(encode.place)},
        "hovertemplate": "%{text}, %{x:.3f} s: %{y:.2f}<extra></extra>",
    }


def _band(encode: Encode) -> list[Trace]:
    """Where libvmaf's own number lies; nothing where that was not measured."""
    if not encode.frames or encode.frames[0].lower is None:
        return []
    edge: Trace = {
        "type": "scatter",
        "mode": "lines",
        "x": _seconds(encode),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "legendgroup": str(encode.place),
        "showlegend": False,
    }
    low, high = numbers(frame.lower for frame in encode.frames), numbers(frame.upper for frame in encode.frames)
    return [{**edge, "y": low}, {**edge, "y": high, "fill": "tonexty", "fillcolor": colour(encode.place, 0.2)}]


def _worst(encode: Encode) -> list[Trace]:
    """Marks of the frames that have pictures; a click opens them."""
    if not encode.sights.worst:
        return []
    by_index = {frame.frame_index: frame for frame in encode.score.frames}
    frames = [by_index[each.frame_index] for each in encode.sights.worst]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": plain(f"worst frames of {encode.name}"),
            "legendgroup": str(encode.place),
            "showlegend": False,
            "x": numbers(frame.time_seconds for frame in frames),
            "y": numbers(frame.score for frame in frames),
            "customdata": [f"frame-{encode.place}-{frame.frame_index}" for frame in frames],
            "marker": {"color": colour(encode.place), "size": 11, "symbol": "diamond-open", "line": {"width": 2}},
            "hovertemplate": "frame at %{x:.3f} s: %{y:.2f}, click to see it<extra></extra>",
        }
    ]


def _cut_seconds(encodes: Sequence[Encode]) -> list[float]:
    """Where scenes begin, by the first encode that tells."""
    for encode in encodes:
        if encode.sights.cuts is not None:
            by_index = {frame.frame_index: frame.time_seconds for frame in encode.score.frames}
            return [by_index[cut] for cut in encode.sights.cuts if cut in by_index]
    return []


def _cut_line(seconds: float) -> dict[str, Json]:
    line: Json = {"color": "--soft", "width": 1, "dash": "dot"}
    at = round(seconds, 4)
    return {"type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": line}


def _in_words(encode: Encode) -> str:
    pooled = encode.score.pooled
    return f"{encode.name}: mean {pooled.mean:.2f}, lowest {pooled.min:.2f}"


def _time_table(encodes: Sequence[Encode]) -> Table:
    starts = {round(seconds, 6) for seconds in _cut_seconds(encodes)}
    rows = [
        [
            encode.name,
            frame.frame_index,
            frame.time_seconds,
            frame.score,
            frame.lower,
            frame.upper,
            "scene begins" if round(frame.time_seconds, 6) in starts else "",
        ]
        for encode in encodes
        for frame in encode.frames
    ]
    return Table("Score by frame", ("encode", "frame", "second", "score", "lower", "upper", "scene"), rows)


def _feature_line(encode: Encode, name: str, axis: str, *, legend: bool) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines" if len(encode.frames) > 1 else "markers",
        "name": plain(encode.name),
        "legendgroup": str(encode.place),
        "showlegend": legend,
        "x": _seconds(encode),
        "y": numbers(frame.features.get(name) for frame in encode.frames),
        "yaxis": axis,
        "line": {"color": colour(encode.place), "width": 1.3},
        "hovertemplate": f"%{{x:.3f}} s: %{{y:.4f}}<extra>{name}</extra>",
    }
