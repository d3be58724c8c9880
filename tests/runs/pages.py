"""Results of long runs to make pages of, made without the runs."""

from pathlib import Path

from tinyvmaf.bundles.records import record_from
from tinyvmaf.runs.eval_prefilter import PrefilterReport
from tinyvmaf.runs.transfer_report import TransferReport
from tinyvmaf.scores.filter_figures import FilteredEncode, FilteredSource, filter_figures, verdicts

KEPT = Path(__file__).parents[2] / "benchmarks" / "results"
LADDER = "x264:22,28,34,40"


def kept_transfer() -> TransferReport:
    """The one that the README quotes."""
    return record_from(TransferReport, (KEPT / "transfer_references_avt.json").read_bytes(), schema="transfer")


def made_prefilter(model: str = "made_filter", *, sources: int = 5) -> PrefilterReport:
    """A trial whose filter saves 10 % of the bits, while unsharp costs 10 % more; one video has no curve by SSIM."""
    made = [
        _filtered(f"video{number}", degradation, name, factor, number)
        for number in range(sources)
        for degradation in ("none", "grain")
        for name, factor in (("identity", 1.0), (model, 0.9), ("unsharp", 1.1))
    ]
    figures = filter_figures(made)
    return PrefilterReport(
        model=model,
        model_sha256="a" * 64,
        strength=0.5,
        sources=tuple(dict.fromkeys(each.source for each in made)),
        frames=64,
        height=None,
        matching="equal change",
        figures=figures,
        verdicts=verdicts(figures, model),
        made=tuple(made),
        command="tinyvmaf eval-prefilter references",
        elapsed_seconds=12.5,
    )


def _filtered(source: str, degradation: str, name: str, factor: float, number: int) -> FilteredSource:
    encodes = [
        FilteredEncode(
            quality=22 + 6 * step,
            bitrate_kbps=factor * (4000 + 100 * number) / 2**step,
            scores={
                "vmaf_neg": 95.0 - 9 * step,
                "vmaf_v1": 93.0 - 8 * step,
                "ssim": 20.0 - (0 if number == 0 else 2 * step),
            },
            encode_seconds=0.5,
        )
        for step in range(4)
    ]
    gain = {"identity": 0.0, "unsharp": -1.0}.get(name, 0.5)
    return FilteredSource(source, degradation, name, f"{factor}", 64, 0.1, 35 + gain, {LADDER: tuple(encodes)})
