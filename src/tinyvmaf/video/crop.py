"""The part of a video's picture that is compared, where it is not the whole."""

import re
from dataclasses import dataclass, replace

from tinyvmaf.errors import PairingError
from tinyvmaf.video.probe import Video

_FORM = re.compile(r"(\d+):(\d+):(\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle of the coded picture."""

    width: int
    """Columns."""
    height: int
    """Lines."""
    x: int
    """Columns to the left of it."""
    y: int
    """Lines above it."""

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 1 or min(self.x, self.y) < 0:
            raise ValueError(f"a crop of {self} holds no pixel, or lies outside the picture")

    @property
    def filter(self) -> str:
        """The filter of ffmpeg; to the pixel, where chroma alone would allow every second one."""
        return f"crop={self}:exact=1"

    def __str__(self) -> str:
        return f"{self.width}:{self.height}:{self.x}:{self.y}"


def parse_crop(text: str) -> Crop:
    """The crop that a text ``WIDTH:HEIGHT:X:Y`` spells, as ffmpeg's filter takes it.

    Raises:
        ValueError: it is not of that form, or holds no pixel.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a crop: write it as WIDTH:HEIGHT:X:Y, like 1920:800:0:140")
    return Crop(*(int(number) for number in match.groups()))


def cropped(video: Video, crop: Crop | None) -> Video:
    """The video as it is seen through the crop.

    Raises:
        PairingError: the crop reaches beyond the picture.
    """
    if crop is None:
        return video
    if crop.x + crop.width > video.width or crop.y + crop.height > video.height:
        raise PairingError(f"the crop {crop} reaches beyond the {video.width}x{video.height} picture of {video.path}")
    return replace(video, width=crop.width, height=crop.height)
