"""A search for a CRF as the command takes and shows it."""

import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from tinyvmaf.runs.crf_records import CrfReport, WholeEncode
    from tinyvmaf.scores.score import Mode
    from tinyvmaf.video.encode import Rung

_ENCODER = re.compile(r"[^/@:]+(/[^/@:]+)?")


@contextmanager
def usage_errors() -> Iterator[None]:
    """Nonsense in an option is a usage error.

    Raises:
        typer.BadParameter: in place of a ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def encoder_from(text: str) -> "Rung":
    """The encoder that ``CODEC[/PRESET]`` spells, at a quality in the middle of its range.

    Raises:
        ValueError: no encoder, or no preset of it, has that name.
    """
    from tinyvmaf.video.codecs import CODECS
    from tinyvmaf.video.encode import parse_rungs

    if _ENCODER.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not an encoder: write it as CODEC or CODEC/PRESET, like x264/slow")
    encoders = {name: codec for name, codec in CODECS.items() if codec.encoder}
    name = text.split("/", maxsplit=1)[0]
    if name not in encoders:
        raise ValueError(f"unknown encoder {name!r}; known are: {', '.join(encoders)}")
    return parse_rungs(f"{text}:{int(sum(encoders[name].quality_range) / 2)}")[0]


def mode_from(text: str) -> "Mode":
    """What scores, by its name.

    Raises:
        ValueError: it has another name.
    """
    modes: tuple[Mode, ...] = ("fast", "full", "exact")
    for mode in modes:
        if text == mode:
            return mode
    raise ValueError(f"--mode {text!r} is none of {', '.join(modes)}")


def view_of(report: "CrfReport") -> "RenderableType":
    """The answer, what it would cost, the probes behind it, and the command."""
    from rich.console import Group
    from rich.text import Text

    from tinyvmaf.cli.output import file_size

    predicted = report.predicted
    what = report.teacher if report.pool == "mean" else f"{report.teacher} {report.pool}"
    lines = [
        Text.assemble(
            (f"{report.setting} {report.quality:g}", "bold"),
            f"  {report.encoder} {report.preset}: {what} {report.score:.2f} for a target of {report.target:g} "
            f"({report.extractor}{_error_bar(report)})",
        ),
        Text(_of_what(report)),
        Text(
            f"the whole: about {predicted.bitrate_kbps:.0f} kbit/s, {file_size(predicted.file_bytes)} with all "
            f"streams, {_duration(predicted.encode_seconds)} to encode on this machine"
        ),
    ]
    words = [Text(f"warning: {warning}", style="yellow") for warning in report.warnings]
    return Group(*lines, *words, Text(), _probes(report), *_whole(report))


def quoted(command: tuple[str, ...]) -> str:
    """The command as this platform's shell takes it."""
    if os.name == "nt":
        return " ".join(f'"{part}"' if re.search(r"[\s&()^?*]", part) else part for part in command)
    return shlex.join(command)


def _error_bar(report: "CrfReport") -> str:
    if report.interval is None or report.interval_level is None:
        return ""
    half = (report.interval[1] - report.interval[0]) / 2
    return f", {report.interval_level:.0%} error bar of the mean ±{half:.2f}"


def _of_what(report: "CrfReport") -> str:
    frames = sum(sample.frame_count for sample in report.samples)
    if frames == report.frame_count:
        return f"tried on all {frames} frames, in {report.elapsed_seconds:.1f} s"
    lowest = min(sample.score for sample in report.samples)
    highest = max(sample.score for sample in report.samples)
    return (
        f"tried on {len(report.samples)} samples with {frames} of {report.frame_count} frames, in "
        f"{report.elapsed_seconds:.1f} s; their own means are {lowest:.2f} to {highest:.2f}"
    )


def _probes(report: "CrfReport") -> "Table":
    from rich.table import Table

    table = Table(report.setting, report.pool, "kbit/s", "encoding", "scoring", box=None, pad_edge=False)
    for probe in report.probes:
        style = "bold" if probe.quality == report.quality else None
        table.add_row(
            f"{probe.quality:g}",
            f"{probe.score:.2f}",
            f"{probe.bitrate_kbps:.0f}",
            f"{probe.encode_seconds:.1f} s",
            f"{probe.score_seconds:.1f} s",
            style=style,
        )
    return table


def _whole(report: "CrfReport") -> "list[RenderableType]":
    from rich.text import Text

    made = report.encoded
    if made is None:
        return []
    lines: list[RenderableType] = [Text(), _made(report, made)]
    if not made.reached:
        lines.append(
            Text(
                f"the whole is below the target by {report.target - made.pooled:.2f}: try more --samples",
                style="yellow",
            )
        )
    return [*lines, *(Text(f"warning: {warning}", style="yellow") for warning in made.warnings)]


def _made(report: "CrfReport", made: "WholeEncode") -> "Text":
    from rich.text import Text

    from tinyvmaf.cli.output import file_size

    return Text.assemble(
        (str(made.path), "bold"),
        f"  {report.pool} {made.pooled:.2f}, {made.bitrate_kbps:.0f} kbit/s, {file_size(made.byte_count)}, "
        f"encoded in {_duration(made.encode_seconds)}",
    )


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.0f} s"
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole % 60} s"
