"""Reports on a filter -> the lines that its card quotes.

Two kinds of report tell of one: how near it brings pictures to the clean ones, and what it saves before an encoder.
"""

from tinyvmaf.bundles.facts import Finding
from tinyvmaf.errors import ReportError
from tinyvmaf.metrics import Interval
from tinyvmaf.runs.eval_prefilter import PrefilterReport
from tinyvmaf.scores.evaluate_samples import UNTOUCHED, FilterFigures, FilterReport
from tinyvmaf.scores.filter_figures import DECIDING


def picture_findings(report: FilterReport, *, kept_in: str) -> tuple[Finding, ...]:
    """A line per degradation: PSNR before and after, the gain with its interval, on what.

    Raises:
        ReportError: the report does not tell its command.
    """
    lines = [_picture_line(name, figures) for name, figures in report.per_degradation.items()]
    return _findings([f"{line}; {report.protocol}." for line in lines], report.command, kept_in)


def encode_findings(report: PrefilterReport, *, kept_in: str) -> tuple[Finding, ...]:
    """What was encoded, then a line per degradation and ladder: the verdict, its intervals, the cost in time.

    Raises:
        ReportError: the report does not tell its command, or its verdicts are not those of its figures.
    """
    frames = f"the first {report.frames} frames" if report.frames else "all frames"
    made_high = f", made {report.height} lines high" if report.height else ""
    head = f"Before an encoder, at strength {report.strength:g}: {frames} of {len(report.sources)} sources{made_high}."
    cells = dict.fromkeys((d.degradation, d.ladder) for d in report.figures.deltas if d.filter == report.model)
    if len(cells) != len(report.verdicts):
        raise ReportError(f"{kept_in} has {len(report.verdicts)} verdicts on {len(cells)} curves; make it again")
    lines = [
        "; ".join(part for part in (verdict, _intervals(report, cell), _overhead(report, cell)) if part) + "."
        for verdict, cell in zip(report.verdicts, cells, strict=True)
    ]
    return _findings([head, *lines], report.command, kept_in)


def _findings(lines: list[str], command: str | None, kept_in: str) -> tuple[Finding, ...]:
    if not command:
        raise ReportError(f"{kept_in} does not tell the command that makes it again, so no card quotes it")
    return tuple(Finding(line, command, kept_in) for line in lines)


def _picture_line(name: str, figures: FilterFigures) -> str:
    on = f"{figures.n:,} pictures of {figures.sources:,} sources"
    if name == UNTOUCHED:
        return f"Clean pictures: {figures.psnr_after:.2f} dB to themselves after it (at most 80), {on}"
    gain = f"{figures.gain_db:+.2f} dB{_span(figures.gain_interval)}"
    return f"Spoiled by {name}: PSNR from {figures.psnr_before:.2f} to {figures.psnr_after:.2f} dB, {gain}, {on}"


def _intervals(report: PrefilterReport, cell: tuple[str, str]) -> str:
    """Of the deltas that the verdict is about; empty: too few sources for any."""
    found = {
        delta.metric: delta.bd_rate_percent.interval
        for delta in report.figures.deltas
        if (delta.degradation, delta.ladder, delta.filter) == (*cell, report.model)
    }
    spans = [f"{metric}{_span(found[metric])}" for metric in DECIDING if found.get(metric)]
    return f"intervals: {', '.join(spans)}" if spans else ""


def _overhead(report: PrefilterReport, cell: tuple[str, str]) -> str:
    """How much longer an encode takes; empty: not known."""
    costs = [
        cost.overhead_percent
        for cost in report.figures.costs
        if (cost.degradation, cost.ladder, cost.filter) == (*cell, report.model) and cost.overhead_percent is not None
    ]
    return f"time of an encode with it {costs[0]:+.0f} %" if costs else ""


def _span(interval: Interval | None) -> str:
    return "" if interval is None else f" [{interval[0]:+.2f}, {interval[1]:+.2f}]"
