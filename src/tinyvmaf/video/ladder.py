"""A reference and its rungs -> the one ffmpeg command that encodes, decodes and measures them all.

ffmpeg's loopback decoders (``-dec``, from 7.1 on) take the packets of an encoder straight back, without a file. The
source is decoded once. The scores equal those of encoding to files and measuring these, to the last digit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tinyvmaf.video.encoding import EncodePlan
from tinyvmaf.video.filters import BY_NUMBER, SOURCE, chain, conversion_filters, input_arguments, tag_filter
from tinyvmaf.video.formats import MeasuredFormat
from tinyvmaf.video.probe import Video

_FIXED_BYTES = 100 * 2**20
_SOURCE_FRAMES = 100
_FRAMES_PER_RUNG = 200


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One rung within the command."""

    plan: EncodePlan
    """How it is encoded."""
    measured: MeasuredFormat
    """What it and the reference are brought to."""
    libvmaf: str
    """The filter that measures it, with its own log."""
    warnings: tuple[str, ...]
    """What a reader of the scores should know."""

    @property
    def is_encoded(self) -> bool:
        """Whether an encoder takes part; false of a degradation."""
        return self.plan.rung.encoder is not None


def ladder_arguments(reference: Video, steps: Sequence[LadderStep], *, threads: int) -> list[str]:
    """All arguments of the command. Its outputs are the encodes, in order, and then the measurements."""
    encoded = [step for step in steps if step.is_encoded]
    arguments = ["-threads", str(threads), *input_arguments(reference)]
    if encoded:
        arguments += ["-filter_complex", _encoding_graph(encoded)]
    for index, step in enumerate(encoded):
        arguments += ["-map", f"[encode{index}]", *step.plan.arguments, "-f", "null", "-"]
        arguments += ["-threads", str(-(-threads // len(encoded))), "-dec", f"{index}:0"]
    arguments += ["-filter_complex", _measuring_graph(steps)]
    for index in range(len(steps)):
        arguments += ["-map", f"[scored{index}]", "-fps_mode", "passthrough", "-f", "null", "-"]
    return arguments


def ladder_memory_bytes(reference: Video, rung_count: int) -> int:
    """Peak memory of one ladder of a reference, for deciding how many may run at once; an upper estimate."""
    frame_bytes = reference.width * reference.height * 3 // 2 * (1 if reference.bit_depth == 8 else 2)
    return _FIXED_BYTES + (_SOURCE_FRAMES + _FRAMES_PER_RUNG * rung_count) * frame_bytes


def _encoding_graph(steps: Sequence[LadderStep]) -> str:
    parts = [_split(SOURCE, [f"[source{index}]" for index in range(len(steps))])]
    parts += [f"[source{index}]{step.plan.filters}[encode{index}]" for index, step in enumerate(steps)]
    return ";".join(parts)


def _measuring_graph(steps: Sequence[LadderStep]) -> str:
    """The reference is converted once per format, and fanned out; each decoded rung is brought to its format."""
    formats = list(dict.fromkeys(step.measured for step in steps))
    degraded = [index for index, step in enumerate(steps) if not step.is_encoded]
    taps = [f"[format{index}]" for index in range(len(formats))] + [f"[source{index}]" for index in degraded]
    parts = [_split(SOURCE, taps)]
    for number, measured in enumerate(formats):
        pads = [f"[reference{index}]" for index, step in enumerate(steps) if step.measured == measured]
        filters = chain(conversion_filters(steps[0].plan.reference, measured), tag_filter(measured), BY_NUMBER)
        parts += [f"[format{number}]{filters}[converted{number}]", _split(f"[converted{number}]", pads)]
    decoder = 0
    for index, step in enumerate(steps):
        filters = chain(conversion_filters(step.plan.form, step.measured), tag_filter(step.measured), BY_NUMBER)
        if step.is_encoded:
            parts.append(f"[dec:{decoder}]{filters}[distorted{index}]")
            decoder += 1
        else:
            parts.append(f"[source{index}]{chain(step.plan.filters, filters)}[distorted{index}]")
        parts.append(f"[distorted{index}][reference{index}]{step.libvmaf}[scored{index}]")
    return ";".join(parts)


def _split(pad: str, taps: Sequence[str]) -> str:
    return f"{pad}split={len(taps)}{''.join(taps)}"
