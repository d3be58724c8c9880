"""A reference and its rungs -> the one ffmpeg command that encodes, decodes and measures them all.

ffmpeg's loopback decoders (``-dec``, from 7.1 on) take the packets of an encoder straight back, without a file. The
source is decoded once. The scores equal those of encoding to files and measuring these, to the last digit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tinyvmaf.video.encode import Rung
from tinyvmaf.video.encoding import EncodePlan, encoded_form
from tinyvmaf.video.ffmpeg import available_cores
from tinyvmaf.video.filters import BY_NUMBER, SOURCE, chain, conversion_filters, input_arguments, tag_filter
from tinyvmaf.video.formats import MeasuredFormat
from tinyvmaf.video.probe import Video

_FIXED_MIB = 45
_SOURCE_FRAMES = 100
_FRAMES_PER_CORE = 6
"""Every thread of a decoder and of libvmaf holds frames of its own."""


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


def ladder_memory_bytes(reference: Video, rungs: Sequence[Rung]) -> int:
    """Peak memory of measuring a ladder (without rungs: a pair), for deciding how many may run at once.

    Fitted to the peak resident memory of ffmpeg 9.0.2 on 128 frames of 960x540 and 1920x1080, each codec alone and
    x264 four times, and then rounded up by a seventh: an encoder looks ahead, and all that while the reference waits.
    """
    source = _frame_bytes(reference, reference.bit_depth)
    total = _FIXED_MIB * 2**20 + (_SOURCE_FRAMES + _FRAMES_PER_CORE * available_cores()) * source
    for rung in rungs:
        depth = encoded_form(reference, rung).bit_depth
        codec = rung.parameters
        total += codec.memory_mib * 2**20 + codec.memory_frames * _frame_bytes(reference, depth)
    return total * 8 // 7


def _frame_bytes(video: Video, bit_depth: int) -> int:
    samples = {"420": 1.5, "410": 1.5, "400": 1.5, "422": 2, "411": 2}.get(video.subsampling, 3)
    return int(video.width * video.height * samples) * (1 if bit_depth == 8 else 2)


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
