"""What a running ffmpeg says -> counts of packets, frames, errors and bytes, and the lines worth showing.

It reads the form of ``-v level+verbose -progress pipe:1``, as ffmpeg 7.1 and later write it.
"""

import re
from collections import deque
from dataclasses import dataclass

_INPUT = re.compile(
    r"Input stream #(?P<file>\d+):\d+ \(video\): (?P<packets>\d+) packets read \(\d+ bytes\); "
    r"(?:(?P<frames>\d+) frames decoded)?(?:; (?P<errors>\d+) decode errors)?"
)
_OUTPUT = re.compile(
    r"Output stream #(?P<file>\d+):\d+ \(video\): (?:(?P<frames>\d+) frames encoded; )?"
    r"(?P<packets>\d+) packets muxed \((?P<bytes>\d+) bytes\)"
)
_PREFIX = re.compile(r"^((?:\[[^\]]* @ 0x[0-9a-f]+\] )*)\[(?P<level>[a-z]+)\] ")
_DAMAGE = re.compile(
    "corrupt input packet|corrupt decoded frame|partial file|File ended prematurely|Error during demuxing|"
    "Decoding error|error while decoding|concealing"
)
"""What ffmpeg says of a broken or truncated file before it carries on and exits 0."""
_FLOOD = "libvmaf WARNING est_params"
"""Of every flat block in some of libvmaf's features; says nothing of the file."""
_TAIL_LINES = 30


@dataclass(frozen=True, slots=True)
class InputCounts:
    """What ffmpeg read from one input file."""

    packets_read: int
    """Video packets out of the container."""
    frames_decoded: int
    """Frames that the decoder gave."""
    decode_errors: int
    """Packets that the decoder refused."""


@dataclass(frozen=True, slots=True)
class OutputCounts:
    """What ffmpeg wrote to one output file."""

    frames: int
    """Video packets; one per frame."""
    byte_count: int
    """Their bytes, without the container's own."""


NOTHING_READ = InputCounts(0, 0, 0)
"""Of an input that ffmpeg never came to."""


class FfmpegLog:
    """Takes what one ffmpeg says, line by line, while it runs; each reader belongs to one thread."""

    def __init__(self) -> None:
        self.frame = 0
        """Frames that the first output has seen so far."""
        self.first_error = ""
        """The first line of level error or worse; the usual cause of a failure."""
        self.damage: list[str] = []
        """The first few lines that tell of a broken or truncated file."""
        self._inputs: dict[int, InputCounts] = {}
        self._outputs: dict[int, OutputCounts] = {}
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)

    @property
    def inputs(self) -> tuple[InputCounts, ...]:
        """What was read, per input file in the command's order; complete when ffmpeg has exited."""
        return tuple(self._inputs.get(index, NOTHING_READ) for index in range(max(self._inputs, default=-1) + 1))

    @property
    def outputs(self) -> tuple[OutputCounts, ...]:
        """What was written, per output file in the command's order; complete when ffmpeg has exited."""
        return tuple(counts for _, counts in sorted(self._outputs.items()))

    @property
    def tail(self) -> str:
        """The last warnings, errors and lines without a level."""
        return "\n".join(self._tail)

    def read_progress(self, line: str) -> None:
        """Takes one line of ``-progress``."""
        key, _, value = line.partition("=")
        if key == "frame" and value.strip().isdigit():
            self.frame = int(value)

    def read_stderr(self, line: str) -> None:
        """Takes one line of stderr."""
        prefix = _PREFIX.match(line)
        level = prefix["level"] if prefix else ""
        text = line[prefix.end() :] if prefix else line
        if level == "verbose":
            self._count(text)
        elif level != "info" and text and _FLOOD not in text:
            self._tail.append(line)
        if level in ("error", "fatal", "panic") or "libvmaf ERROR" in text:
            self.first_error = self.first_error or text
        if _DAMAGE.search(text) and len(self.damage) < 3:
            self.damage.append(line)

    def _count(self, text: str) -> None:
        if match := _INPUT.search(text):
            counts = InputCounts(int(match["packets"]), int(match["frames"] or 0), int(match["errors"] or 0))
            busiest = max(counts, self._inputs.get(int(match["file"]), counts), key=lambda each: each.packets_read)
            self._inputs[int(match["file"])] = busiest
        elif match := _OUTPUT.search(text):
            self._outputs[int(match["file"])] = OutputCounts(int(match["packets"]), int(match["bytes"]))
