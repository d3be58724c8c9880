"""A video file as a corpus lists it, and how it is opened for reading."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from tinyvmaf.errors import VideoError
from tinyvmaf.video.pixel_format import frame_bytes

_HEADERLESS = frozenset({".yuv", ".raw", ".rgb", ".cif", ".qcif", ".nv12", ".i420"})
_Y4M_MAGIC = b"YUV4MPEG2"
_RAW_REMEDY = "if it is headerless YUV, give its layout: --size WIDTHxHEIGHT --pix-fmt FORMAT"


@dataclass(frozen=True, slots=True)
class RawFormat:
    """How headerless YUV is laid out."""

    width: int
    """Luma samples per line."""
    height: int
    """Lines."""
    pix_fmt: str
    """As ffmpeg spells it: ``yuv420p``, ``yuv420p10le``, ..."""
    fps: Fraction = Fraction(25)
    """Frames per second; names times only, no score depends on it."""

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a frame of {self.width}x{self.height} has no pixels")
        if self.fps <= 0:
            raise ValueError(f"a frame rate of {self.fps} is not positive")

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame; VideoError where the pixel format is unknown."""
        return frame_bytes(self.pix_fmt, width=self.width, height=self.height)


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A file as a corpus lists it; nothing has been opened."""

    path: Path
    """Where it lies."""
    raw: RawFormat | None = None
    """The layout, when the file is headerless YUV."""


def check_file(file: VideoFile) -> None:
    """Checks what can be told without opening the file as a video.

    Raises:
        VideoError: it is missing, empty or no file; it is headerless without a layout, or not a whole number of
            frames long; the message says what to do.
    """
    path, raw = file.path, file.raw
    size = _size_of(path)
    if size == 0:
        raise VideoError(f"{path} is empty")
    if raw is not None and size % raw.frame_bytes:
        raise VideoError(
            f"{path} has {size} bytes, which is not a whole number of {raw.width}x{raw.height} {raw.pix_fmt} frames of "
            f"{raw.frame_bytes} bytes ({size / raw.frame_bytes:.3f}): check --size and --pix-fmt, or it is cut off"
        )
    if raw is None and path.suffix.lower() in _HEADERLESS and not _starts_with(path, _Y4M_MAGIC):
        raise VideoError(f"{path} is headerless YUV: give its layout, --size WIDTHxHEIGHT --pix-fmt FORMAT")


@contextmanager
def open_container(file: VideoFile) -> Iterator[InputContainer]:
    """The file as PyAV's container, whatever characters its name holds; closed at the end.

    Raises:
        VideoError: it is not what ffmpeg's libraries can read, or breaks off while it is read.
    """
    options = {"protocol_whitelist": "file"}
    if file.raw is not None:
        options |= {
            "video_size": f"{file.raw.width}x{file.raw.height}",
            "pixel_format": file.raw.pix_fmt,
            "framerate": str(file.raw.fps),
        }
    container_format = None if file.raw is None else "rawvideo"
    url = f"file:{file.path.absolute()}"  # without the scheme, "a:b.mp4" would be read by a protocol named "a"
    try:
        with av.open(url, format=container_format, options=options, metadata_errors="replace") as container:
            yield container
    except FFmpegError as error:
        raise VideoError(
            f"{file.path} cannot be read as a video ({error.strerror}): it is broken, cut off, or "
            f"not a video; {_RAW_REMEDY}"
        ) from error


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The first video stream that is not a cover picture: what ffmpeg's specifier ``V:0`` selects.

    Raises:
        VideoError: there is none, or nothing here decodes it.
    """
    pictures = Disposition.attached_pic | Disposition.timed_thumbnails
    streams = [stream for stream in container.streams.video if not stream.disposition & pictures]
    if not streams:
        kinds = {"a cover picture" if stream.type == "video" else stream.type for stream in container.streams}
        others = " and ".join(sorted(kinds)) or "nothing"
        raise VideoError(f"{path} holds no video, only {others}")
    if streams[0].codec_context is None:
        raise VideoError(f"{path}: its video has a codec that nothing here decodes")
    return streams[0]


def _size_of(path: Path) -> int:
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: no file can have that name
        raise VideoError(f"{path} does not exist") from error
    except OSError as error:  # a name too long, a loop of links, a folder that is closed to us
        raise VideoError(f"{path} cannot be read ({error.strerror})") from error
    if stat.S_ISDIR(facts.st_mode):
        raise VideoError(f"{path} is a folder: name a video file")
    if not stat.S_ISREG(facts.st_mode):
        raise VideoError(f"{path} is not a regular file")
    return facts.st_size


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(magic)) == magic
