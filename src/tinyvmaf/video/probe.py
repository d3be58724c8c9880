"""A video file -> what it holds: size, rate, pixel format, colour, rotation; from its header and its first frame."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from av.container import InputContainer
from av.error import InvalidDataError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tinyvmaf.errors import VideoError
from tinyvmaf.video.colors import MATRICES, PRIMARIES, TRANSFERS
from tinyvmaf.video.file import RawFormat, VideoFile, check_file, open_container, video_stream
from tinyvmaf.video.pixel_format import Subsampling, bit_depth, has_alpha, subsampling

__all__ = ["ColorRange", "RawFormat", "Subsampling", "Video", "VideoFile", "probe"]

ColorRange = Literal["limited", "full"]

_FULL_RANGE = 2
_TEXT_CODECS = frozenset({"ansi", "bintext", "idf", "xbin"})
_PACKETS_BEFORE_A_FRAME = 300
"""More than any decoder holds back, and than a cut in the middle of a group of pictures leaves without a frame."""


@dataclass(frozen=True, slots=True)
class Video:
    """A video file that has been opened once, and what it holds; sizes are as coded, without rotation."""

    file: VideoFile
    """Where it lies, and how it is read."""
    width: int
    """Luma samples per line, as coded (not rotated)."""
    height: int
    """Lines, as coded."""
    fps: Fraction
    """Frames per second as the container tells, on average; 25 where it tells nothing."""
    pix_fmt: str
    """As ffmpeg spells it."""
    bit_depth: int
    """Bits per sample of the first component; 32 for floats."""
    subsampling: Subsampling
    """Chroma layout; ``400`` is gray."""
    has_alpha: bool
    """The pixel format carries transparency."""
    color_range: ColorRange
    """Untagged YUV counts as limited, as ffmpeg takes it; ``yuvj`` formats and RGB are full."""
    color_matrix: str | None
    """RGB to YUV matrix as ffmpeg spells it (``bt709``, ``smpte170m``, ...); None: not tagged, or RGB."""
    color_transfer: str | None
    """Transfer characteristic as ffmpeg spells it (``bt709``, ``smpte2084``, ...); None: not tagged."""
    color_primaries: str | None
    """Primaries as ffmpeg spells them; None: not tagged."""
    sample_aspect_ratio: Fraction
    """Width of a pixel over its height; 1 where unknown."""
    interlaced: bool
    """The frames hold two fields."""
    rotation: int
    """Degrees (0-359, counter-clockwise) that a player turns the picture by; neither we nor ffmpeg apply it."""
    codec: str
    """As ffmpeg names the standard (``h264``, ``av1``); ``rawvideo`` for headerless YUV and Y4M."""
    frame_count_from_header: int | None
    """What the container says (for raw YUV: what the size yields); None: it does not say."""

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.file.path


def probe(file: VideoFile | Path) -> Video:
    """What the video file holds, from its header and its first frame.

    Raises:
        VideoError: there is no such file, it holds no video, it is broken, or it is headerless and comes without a
            layout (or with one that does not fit); the message says what to do.
    """
    file = file if isinstance(file, VideoFile) else VideoFile(file)
    check_file(file)
    with open_container(file) as container:
        stream = video_stream(container, file.path)
        frame = _first_frame(container, stream, file.path)
        return _video(file, stream, frame)


def _first_frame(container: InputContainer, stream: VideoStream, path: Path) -> VideoFrame:
    codec = stream.codec_context.codec.canonical_name
    if codec in _TEXT_CODECS:
        raise VideoError(f"{path} is text, not a video")
    frame = next(_first_frames(container, stream), None)
    if frame is None:
        raise VideoError(f"{path} holds no frame that can be decoded (codec {codec}): it is broken or cut off")
    return frame


def _first_frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Frames out of the first packets; a packet that yields none is what ``decode_luma`` will report."""
    for number, packet in enumerate(container.demux(stream)):
        with suppress(InvalidDataError):
            yield from stream.codec_context.decode(packet if packet.size else None)
        if number > _PACKETS_BEFORE_A_FRAME:
            return


def _video(file: VideoFile, stream: VideoStream, frame: VideoFrame) -> Video:
    context = stream.codec_context
    pix_fmt = frame.format.name
    chroma = subsampling(pix_fmt)
    return Video(
        file=file,
        width=frame.width,
        height=frame.height,
        fps=_fps(stream),
        pix_fmt=pix_fmt,
        bit_depth=bit_depth(pix_fmt),
        subsampling=chroma,
        has_alpha=has_alpha(pix_fmt),
        color_range=_color_range(frame),
        color_matrix=None if chroma == "rgb" else MATRICES.get(frame.colorspace),
        color_transfer=TRANSFERS.get(context.color_trc),
        color_primaries=PRIMARIES.get(context.color_primaries),
        sample_aspect_ratio=stream.sample_aspect_ratio or Fraction(1),
        interlaced=bool(frame.interlaced_frame),
        rotation=frame.rotation % 360,
        codec=context.codec.canonical_name,
        frame_count_from_header=_frame_count(file, stream),
    )


def _fps(stream: VideoStream) -> Fraction:
    """The container's average, or the round rate behind it where stamps of 1 ms blur it by less than 1 %."""
    average, likely = stream.average_rate, stream.guessed_rate
    if average and likely:
        return likely if abs(likely / average - 1) < Fraction(1, 100) else average
    return average or likely or Fraction(25)


def _color_range(frame: VideoFrame) -> ColorRange:
    full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj") or frame.format.is_rgb
    return "full" if full or subsampling(frame.format.name) == "rgb" else "limited"


def _frame_count(file: VideoFile, stream: VideoStream) -> int | None:
    if file.raw is not None:
        return file.path.stat().st_size // file.raw.frame_bytes
    return stream.frames or None
