"""How a model does on a table -> its page."""

from collections.abc import Mapping, Sequence

from tinyvmaf.bundles.bundle import Sidecar
from tinyvmaf.documents import Json
from tinyvmaf.scores.evaluate import ClipDetail, EvalReport
from tinyvmaf.scores.figures import METRICS, Figures, GroupFigures
from tinyvmaf.scores.report.markup import Markup, element, facts
from tinyvmaf.scores.report.model_plots import residual_plot, scatter_plot, source_plot
from tinyvmaf.scores.report.page import Page, Section, page_html
from tinyvmaf.scores.report.plots import Cell, Table, plot_markup, shown, table_markup
from tinyvmaf.table.schema import TableFacts

_NAMES = {"plcc": "PLCC", "srocc": "SROCC", "krocc": "KROCC", "rmse": "RMSE"}
_NO_PAIRS = "The result does not hold the pairs that these plots are made from: make it with --report or --pairs."


def eval_page(report: EvalReport, sidecar: Sidecar | None = None) -> str:
    """The page of a report, as the text of an HTML file.

    Args:
        report: With its pairs, or the plots of pairs are left out.
        sidecar: Of the model, for the facts of its training; None: not at hand.
    """
    return page_html(
        Page(
            title=f"{report.model} against {report.target}",
            summary=_summary(report),
            sections=[section for section in _sections(report, sidecar) if section.content],
        )
    )


def _summary(report: EvalReport) -> list[str]:
    said = f"RMSE on the 0 to 100 scale, {report.n_samples:,} {_rows(report)} of {len(report.per_source)} sources"
    return [
        element("p", element("strong", f"{report.rmse:.3f}"), element("span", said), class_="headline"),
        f"Protocol: {report.protocol}.",
        table_markup(_figures(report)),
    ]


def _sections(report: EvalReport, sidecar: Sidecar | None) -> list[Section]:
    pairs = report.pairs
    drawn = [_NO_PAIRS] if pairs is None else [plot_markup(scatter_plot(pairs, report.target))]
    return [
        Section("Predicted and true", drawn),
        Section("Residuals", [] if pairs is None else [plot_markup(residual_plot(pairs, report.target))]),
        Section("Sources", [plot_markup(source_plot(report))]),
        Section("Clips", [] if report.clip_detail is None else _clip_detail(report.clip_detail)),
        Section("Baselines", _baselines(report)),
        Section("Corpora", _corpora(report)),
        Section("What it was judged on", [_made(report), table_markup(tables_table(report.tables))]),
        Section("How it was trained", [] if sidecar is None else _trained(sidecar)),
    ]


def _rows(report: EvalReport) -> str:
    """What a score is of."""
    return "samples" if report.clip_detail else "frames"


def _figures(report: EvalReport) -> Table:
    rows = [
        [_rows(report), report.n_samples, *_with_intervals(report)],
        ["clips", report.clip_level.n_samples, *_with_intervals(report.clip_level)],
        ["mean over sources", len(report.per_source), *(_number(report.mean_over_sources[name]) for name in METRICS)],
    ]
    clips = report.clip_level
    if clips.rmse_p1401 is not None:
        plcc = with_interval(clips.plcc_p1401, clips.plcc_p1401_interval)
        error = with_interval(clips.rmse_p1401, clips.rmse_p1401_interval)
        rows.append(["clips, mapped by P.1401", clips.n_samples, plcc, "–", "–", error])
    caption = "Figures with their 95 % intervals, by bootstrap over sources"
    return Table(caption, ("over", "n", *_NAMES.values()), rows)


def _with_intervals(figures: Figures) -> list[str]:
    return [with_interval(getattr(figures, name), getattr(figures, f"{name}_interval")) for name in METRICS]


def with_interval(value: float | None, interval: tuple[float, float] | None) -> str:
    """A figure and its interval in words; a correlation of constant values is none."""
    bar = "" if interval is None else f" ({interval[0]:.5f} to {interval[1]:.5f})"
    return f"{_number(value)}{bar}"


def _number(value: float | None) -> str:
    return "constant" if value is None else f"{value:.5f}"


def _baselines(report: EvalReport) -> list[Markup]:
    if not report.baselines:
        return []
    rows: list[list[Cell]] = [
        [report.model, *(_number(getattr(report, name)) for name in METRICS), _number(report.clip_level.rmse)]
    ]
    rows += [_baseline(name, figures) for name, figures in report.baselines.items()]
    columns = ("way", *_NAMES.values(), "RMSE of clips")
    return [table_markup(Table("Other ways to the same number, on the same rows", columns, rows))]


def _baseline(name: str, figures: Mapping[str, Json]) -> list[Cell]:
    clips = figures.get("clip_level")
    clip_rmse = clips.get("rmse") if isinstance(clips, Mapping) else None
    values = [*(figures.get(metric) for metric in METRICS), clip_rmse]
    return [name, *(_number(value) if isinstance(value, float | int) else "–" for value in values)]


def _clip_detail(detail: ClipDetail) -> list[str]:
    """How near the means of clips are, where few frames of each were looked at."""
    columns = ("clips", *_NAMES.values())
    tables = [
        Table(f"Means of clips, by {name}{more}", (name, *columns), [_group(*item) for item in found])
        for name, more, found in (
            ("codec", "", detail.per_codec.items()),
            ("source", ", worst first", sorted(detail.per_source.items(), key=lambda item: -item[1].rmse)),
        )
    ]
    said = "A clip's score is the mean over the few frames that were looked at, its truth the mean over all of them."
    return [said, *map(table_markup, tables)]


def _group(name: str, found: GroupFigures) -> list[Cell]:
    return [name, found.n, *(_number(getattr(found, metric)) for metric in METRICS)]


def _corpora(report: EvalReport) -> list[Markup]:
    if len(report.per_corpus) < 2:
        return []
    rows = [_group(*item) for item in report.per_corpus.items()]
    return [table_markup(Table("Figures by corpus", ("corpus", _rows(report), *_NAMES.values()), rows))]


def _made(report: EvalReport) -> Markup:
    return facts(
        [
            ("model", report.model),
            ("SHA-256 of model.onnx", report.model_sha256),
            ("what it sees", f"{report.feature_dim} features per frame" if report.feature_dim else "pixels"),
            ("the model's own time per clip", _latency(report)),
            ("machine", report.machine),
            ("command", report.command or "not told"),
        ]
    )


def _latency(report: EvalReport) -> str:
    return f"{report.latency_ms_p50_per_clip:.3f} ms (median), {report.latency_ms_p95_per_clip:.3f} ms (95 %)"


def tables_table(tables: Sequence[TableFacts]) -> Table:
    """The tables that rows are of."""
    rows = [
        [each.corpus, each.sources, each.clips, each.frames, each.extractor, each.table_key[:16]] for each in tables
    ]
    return Table("Tables", ("corpus", "sources", "clips", "frames", "features by", "table key"), rows)


def _trained(sidecar: Sidecar) -> list[Markup]:
    recipe = sidecar.recipe
    pairs = [
        ("what it is", sidecar.description),
        ("version", str(sidecar.version)),
        ("trained numbers", shown(sidecar.parameter_count)),
        ("recipe", f"{recipe.name} ({recipe.sha256[:16]})" if recipe else "none"),
        ("seed", "none" if sidecar.seed is None else str(sidecar.seed)),
        ("commit", sidecar.commit or "not told"),
        ("license", sidecar.license),
        ("made by", f"tinyvmaf {sidecar.library_versions.tinyvmaf}, torch {sidecar.library_versions.torch or 'none'}"),
    ]
    parts = [facts(pairs)]
    if sidecar.trained_on:
        parts.append(table_markup(tables_table(sidecar.trained_on)))
    if sidecar.smoke:
        parts.append(element("p", "A smoke model: it has learned nothing."))
    return parts
