"""Sidecar -> card: what a model is, for people. Every figure stands beside the command that made it."""

import dataclasses
from pathlib import Path

from tinyvmaf.bundles.bundle import Bundle, Sidecar
from tinyvmaf.bundles.facts import Evaluation, Latency
from tinyvmaf.documents import write_bytes, write_text

METRICS = ("plcc", "srocc", "krocc", "rmse")

_USE = {
    "fr": "Scores an encode against its pristine original, frame by frame:",
    "nr": "Scores a video that has no original to compare with:",
    "filter": "Filters a video before it is encoded:",
}
_COMMAND = {
    "fr": "tinyvmaf score reference.mp4 encode.mp4 --model {id}",
    "nr": "tinyvmaf score --no-reference video.mp4 --model {id}",
    "filter": "tinyvmaf prefilter input.mp4 output.mp4 --model {id}",
}

_FILTER_FIGURES = (
    "`tinyvmaf eval {id} --samples PAIRS` tells how much nearer it brings spoiled pictures to the clean ones, and what "
    "it does to clean ones; `tinyvmaf eval-prefilter VIDEOS --model {id}` whether an encoder saves bits by it."
)


def card_of(sidecar: Sidecar) -> str:
    """The card (Markdown), made from nothing but the sidecar."""
    sections = (_head, _use, _figures, _error_bars, _training, _credits, _limits, _facts, _int8)
    parts = [section(sidecar) for section in sections]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_bundle(directory: Path, onnx: bytes, sidecar: Sidecar, *, int8: bytes | None = None) -> Bundle:
    """The bundle, written to a folder: graphs, card, and last the sidecar, so that it vouches for the rest.

    Raises:
        BundleError: the sidecar breaks its schema.
    """
    if (int8 is None) != (sidecar.int8 is None):
        raise ValueError("the sidecar and the files disagree on whether there is an int8 form")
    bundle = Bundle(directory)
    text = sidecar.to_text()
    directory.mkdir(parents=True, exist_ok=True)
    bundle.sidecar.unlink(missing_ok=True)
    write_bytes(bundle.onnx, onnx)
    bundle.int8.unlink(missing_ok=True)
    if int8 is not None:
        write_bytes(bundle.int8, int8)
    write_text(bundle.card, card_of(sidecar))
    write_text(bundle.sidecar, text)
    return bundle


def with_figures(sidecar: Sidecar, *, evaluation: tuple[Evaluation, ...], latency: Latency | None = None) -> Sidecar:
    """The same sidecar with how the model did, and how fast."""
    return dataclasses.replace(sidecar, evaluation=evaluation, latency=latency or sidecar.latency)


def _head(sidecar: Sidecar) -> str:
    smoke = "\n\n**A smoke model: it has learned nothing, and only shows that the parts fit.**" if sidecar.smoke else ""
    return f"# {sidecar.id}, version {sidecar.version}\n\n{sidecar.description}{smoke}"


def _use(sidecar: Sidecar) -> str:
    command = _COMMAND[sidecar.kind].format(id=sidecar.id)
    return f"## Use\n\n{_USE[sidecar.kind]}\n\n    {command}\n\nLicence: {sidecar.license}"


def _figures(sidecar: Sidecar) -> str:
    if sidecar.kind == "filter":
        return f"## How well it does\n\n{_findings(sidecar)}"
    if not sidecar.evaluation:
        return "## How well it does\n\nNot judged yet."
    names = " | ".join(name.upper() for name in METRICS)
    head = f"| judged on | level | n | {names} | mean of sources | worst |\n|---|---|---|{'---|' * (len(METRICS) + 2)}"
    rows = "\n".join(_figure_row(item) for item in sidecar.evaluation)
    commands = "\n".join(dict.fromkeys(_made_by(item.command, item.report) for item in sidecar.evaluation))
    note = (
        f"In brackets: 95 % intervals, bootstrap over sources. The last two columns are RMSE, source by source. The "
        f"true value is {_truth(sidecar)}."
    )
    return f"## How well it does\n\n{head}\n{rows}\n\n{note}\n\nMade by\n\n{commands}{_latency(sidecar)}"


def _findings(sidecar: Sidecar) -> str:
    """What was measured of a filter; of one that nobody measured, how to."""
    if not sidecar.findings:
        return _FILTER_FIGURES.format(id=sidecar.id)
    lines = "\n".join(f"- {item.text}" for item in sidecar.findings)
    commands = "\n".join(dict.fromkeys(_made_by(item.command, item.report) for item in sidecar.findings))
    return f"{lines}\n\nIn brackets: 95 % intervals, bootstrap over sources, from five on.\n\nMade by\n\n{commands}"


def _figure_row(item: Evaluation) -> str:
    figures = " | ".join(_figure(getattr(item, name), getattr(item, f"{name}_interval")) for name in METRICS)
    return f"| {item.protocol}: {item.data} | {item.level} | {item.n_samples:,} | {figures} | {_by_source(item)} |"


def _by_source(item: Evaluation) -> str:
    if item.rmse_over_sources is None or item.rmse_of_worst_source is None:
        return " | "
    return f"{item.rmse_over_sources:.4f} | {item.rmse_of_worst_source:.4f} ({item.worst_source})"


def _figure(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "undefined (constant)"
    return f"{value:.4f}" + ("" if interval is None else f" [{interval[0]:.4f}, {interval[1]:.4f}]")


def _made_by(command: str, report: str | None) -> str:
    kept = f" (kept in `{report}`)" if report else ""
    return f"- `{command}`{kept}"


def _latency(sidecar: Sidecar) -> str:
    if sidecar.latency is None:
        return ""
    time = sidecar.latency
    return (
        f"\n\nThe model alone, features apart, takes {time.ms_p50_per_clip:.3f} ms per clip (median; 95th percentile "
        f"{time.ms_p95_per_clip:.3f} ms) on {time.machine}; the features take most of a user's time."
    )


def _error_bars(sidecar: Sidecar) -> str:
    if not sidecar.intervals:
        return ""
    columns = ("features by", "frames", "level", "a frame", "a clip's mean", "held on other sources", "on others again")
    head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"
    rows = "\n".join(
        f"| {bar.extractor}, {bar.sampling} | {bar.size_class} | {bar.level:.0%} | ± {bar.frame_half_width:.3f} | "
        f"± {bar.clip_half_width:.3f} | {_held(bar.coverage_measured, bar.clip_coverage_measured)} | "
        f"{_held(bar.frame_coverage_judged, bar.clip_coverage_judged)} |"
        for bar in sidecar.intervals
    )
    materials = "; ".join(dict.fromkeys(bar.calibrated_on for bar in sidecar.intervals))
    others = "; ".join(dict.fromkeys(bar.judged_on for bar in sidecar.intervals if bar.judged_on))
    checked = f" On others again: apart from all of that, {others}." if others else ""
    commands = dict.fromkeys(_made_by(bar.command, bar.report) for bar in sidecar.intervals if bar.command)
    made = "\n\nMade by\n\n" + "\n".join(commands) if commands else ""
    words = f"The distance to {_truth(sidecar)}, calibrated on {materials}. Held: of frames, of clips' means.{checked}"
    return f"## Error bars\n\n{head}\n{rows}\n\n{words}{made}"


def _held(frames: float | None, clips: float | None) -> str:
    """Two coverages, the clips' where it is told."""
    return ", ".join(f"{part:.1%}" for part in (frames, clips) if part is not None) or "-"


def _training(sidecar: Sidecar) -> str:
    commit = f", commit `{sidecar.commit[:12]}`" if sidecar.commit else ""
    count = f"{sidecar.parameter_count:,} parameters"
    if not sidecar.trained_on:
        return f"## What it was trained on\n\nNo table: its {count} are libvmaf's own{commit}."
    head = "| corpus | sources | clips | frames | features by | table |\n|---|---|---|---|---|---|"
    rows = "\n".join(
        f"| {item.corpus} | {item.sources:,} | {item.clips:,} | {item.frames:,} | {item.extractor} | "
        f"`{item.table_key[:12]}` |"
        for item in sidecar.trained_on
    )
    recipe = f"Recipe `{sidecar.recipe.name}` (`{sidecar.recipe.sha256[:12]}`), " if sidecar.recipe else ""
    return f"## What it was trained on\n\n{head}\n{rows}\n\n{recipe}seed {sidecar.seed}, {count}{commit}."


def _credits(sidecar: Sidecar) -> str:
    if not sidecar.credits:
        return ""
    return "## Whose material\n\n" + "\n".join(f"- {line}" for line in sidecar.credits)


def _limits(sidecar: Sidecar) -> str:
    lines = []
    if sidecar.kind == "nr":
        lines.append("It sees no original: what a picture has lost it can only guess, from what such losses look like.")
    if sidecar.kind == "filter":
        lines += [
            "It changes luma only, and knows the damage that it was trained on; other damage, or none, it may mistake.",
            "A nearer picture is not yet a cheaper one: whether it pays depends on source, encoder and rate.",
        ]
    elif sidecar.target == "mos_100":
        lines.append("It predicts opinions of the people, screens and videos of its training; others may differ.")
    else:
        lines.append(
            f"It predicts a number of libvmaf, `{sidecar.target}`. Errors and error bars here are the distance to "
            "libvmaf's number, not to people's opinion."
        )
    if any("training-fit" in item.protocol for item in sidecar.evaluation):
        lines.append("A figure marked training-fit is over videos that the training saw: it does not tell how well the "
                     "model does on others.")  # fmt: skip
    if sidecar.trained_on:
        lines.append("Material unlike its training (other codecs, sizes, screen content, HDR) has not been judged.")
    elif sidecar.feature_set:
        lines.append("On libvmaf's features it errs by rounding alone; on features that are off, it passes that on.")
    if not sidecar.intervals and sidecar.kind != "filter":
        lines.append("It has no calibrated error bar.")
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in lines)


def _facts(sidecar: Sidecar) -> str:
    features = ", ".join(f"`{name}`" for name in sidecar.feature_names)
    bounds = sidecar.output_range
    clipped = f"clipped to {bounds[0]:g}-{bounds[1]:g} inside the graph" if bounds else "unbounded"
    versions = dataclasses.asdict(sidecar.library_versions)
    used = ", ".join(f"{name} {number}" for name, number in versions.items() if number)
    takes = f"- takes {sidecar.feature_set}, unscaled: {features}\n" if sidecar.feature_set else ""
    return f"## Technical\n\n{takes}- gives `{sidecar.target}`, {clipped}\n- ONNX opset {sidecar.onnx_opset}\n- {used}"


def _int8(sidecar: Sidecar) -> str:
    """What the quantised form is, and how near."""
    if sidecar.int8 is None:
        return ""
    facts = sidecar.int8
    made = f" Made by\n\n- `{facts.command}`" if facts.command else ""
    return (
        f"## In int8\n\n`model.int8.onnx` ({facts.mode}, {facts.byte_count:,} bytes) is `{sidecar.id}:int8` wherever a "
        f"model is named. On {facts.judged_on} its PLCC with the model is {facts.plcc_to_fp32:.5f}, and the difference "
        f"{facts.rms_difference:.3g} (root mean square).{made}"
    )


def _truth(sidecar: Sidecar) -> str:
    return "people's opinion, mapped to 0-100" if sidecar.target == "mos_100" else f"libvmaf's `{sidecar.target}`"
