"""A video file -> what it holds: size, rate, pixel format, colour, rotation; by its header and, where needed, one frame."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

Subsampling = Literal["420", "422", "444", "400", "411", "440", "410", "rgb"]
ColorRange = Literal["limited", "full"]


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


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A file as a corpus lists it; nothing has been opened."""

    path: Path
    """Where it lies."""
    raw: RawFormat | None = None
    """The layout, when the file is headerless YUV."""


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
    """Average frames per second, as the container tells."""
    pix_fmt: str
    """As ffmpeg spells it."""
    bit_depth: int
    """Bits per sample of the first component."""
    subsampling: Subsampling
    """Chroma layout; ``400`` is gray."""
    has_alpha: bool
    """The pixel format carries transparency."""
    color_range: ColorRange
    """Untagged YUV counts as limited, as ffmpeg takes it; ``yuvj`` formats and RGB are full."""
    color_matrix: str | None
    """RGB to YUV matrix, as ffmpeg spells it (``bt709``, ``smpte170m``, ...); None: not tagged."""
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
    """As ffmpeg spells it; ``rawvideo`` for headerless YUV."""
    frame_count_from_header: int | None
    """What the container says (for raw YUV: what the size yields); None: it does not say."""

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.file.path
