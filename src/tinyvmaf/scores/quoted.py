"""What a sidecar quotes of a report on its model."""

from typing import Literal

from tinyvmaf.bundles.facts import Evaluation, Latency
from tinyvmaf.scores.evaluate import EvalReport
from tinyvmaf.scores.figures import Figures


def evaluations_of(report: EvalReport, *, kept_in: str | None) -> tuple[Evaluation, ...]:
    """What a sidecar says of a report: its figures per frame and per clip, with the command that made them.

    Raises:
        ValueError: the report does not tell its command.
    """
    if report.command is None:
        raise ValueError(f"a report on {report.model} without the command that makes it again is not quoted")
    levels: tuple[tuple[Literal["frame", "clip"], Figures], ...] = (("frame", report), ("clip", report.clip_level))
    return tuple(
        Evaluation(
            protocol=report.protocol,
            level=level,
            data=_data(report),
            command=report.command,
            report=kept_in,
            n_samples=figures.n_samples,
            plcc=figures.plcc,
            plcc_interval=figures.plcc_interval,
            srocc=figures.srocc,
            srocc_interval=figures.srocc_interval,
            krocc=figures.krocc,
            krocc_interval=figures.krocc_interval,
            rmse=figures.rmse,
            rmse_interval=figures.rmse_interval,
            rmse_over_sources=report.mean_over_sources["rmse"] if level == "frame" else None,
            rmse_of_worst_source=report.per_source[report.worst_source].rmse if level == "frame" else None,
            worst_source=report.worst_source if level == "frame" else None,
        )
        for level, figures in levels
    )


def latency_of(report: EvalReport) -> Latency:
    """What a sidecar says of the model's own time."""
    return Latency(report.latency_ms_p50_per_clip, report.latency_ms_p95_per_clip, report.machine)


def _data(report: EvalReport) -> str:
    """The rows of a report in words: how many sources of which corpora, and who made their features."""
    extractors = ", ".join(dict.fromkeys(facts.extractor for facts in report.tables))
    return f"{len(report.per_source)} sources of {', '.join(report.per_corpus)}, features by {extractors}"
