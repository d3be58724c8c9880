"""Pictures in Y'CbCr 4:2:0 and the windows through which a camera sees them.

A picture is larger than a frame. ``see`` resamples a window of it, placed to a fraction of a pixel, to the size of
the frame.
"""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

BLACK, WHITE, NO_COLOUR = 16, 235, 128
# ITU-R BT.709 R'G'B' (0-255) to limited-range Y'CbCr, as Pillow's 3x4 matrix.
_BT709 = (
    *(0.18259, 0.61423, 0.06201, 16.0),
    *(-0.10064, -0.33857, 0.43922, 128.0),
    *(0.43922, -0.39894, -0.04027, 128.0),
)


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of a frame or a picture."""

    width: int
    """Luma samples per line."""
    height: int
    """Lines."""

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a picture that a camera sees at one moment."""

    x: float
    """Its middle, in luma samples of the picture."""
    y: float
    """Its middle, in lines of the picture."""
    scale: float
    """Picture samples per frame sample; at 1 or more nothing is magnified."""
    tilt: float
    """Radians by which it is turned."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Three 8-bit planes, limited range, chroma at half the width and height."""

    luma: Image.Image
    """Y', mode L."""
    cb: Image.Image
    """Cb, mode L, half size."""
    cr: Image.Image
    """Cr, mode L, half size."""

    @property
    def size(self) -> Size:
        """Width and height of the luma plane."""
        return Size(*self.luma.size)


def picture_of_rgb(image: Image.Image) -> Picture:
    """The picture of an RGB image, by BT.709; an odd last column or line is cut off."""
    width, height = image.width // 2 * 2, image.height // 2 * 2
    luma, cb, cr = image.crop((0, 0, width, height)).convert("RGB", _BT709).split()
    return Picture(luma, cb.reduce(2), cr.reduce(2))


def picture_of_planes(planes: np.ndarray) -> Picture:
    """The picture of (3, H, W) Y'CbCr code values, H and W even."""
    luma, cb, cr = (Image.fromarray(plane) for plane in to_codes(planes))
    return Picture(luma, cb.reduce(2), cr.reduce(2))


def to_codes(values: np.ndarray) -> np.ndarray:
    """The values rounded to 8-bit codes, kept off the few at both ends that video reserves."""
    return np.rint(np.clip(values, 1, 254)).astype(np.uint8)


def see(picture: Picture, window: Window, frame: Size) -> Picture:
    """What the window shows, at the frame's size."""
    half = Size(frame.width // 2, frame.height // 2)
    small = Window(window.x / 2, window.y / 2, window.scale, window.tilt)
    return Picture(
        _resample(picture.luma, window, frame, Image.Resampling.BICUBIC),
        _resample(picture.cb, small, half, Image.Resampling.BILINEAR),
        _resample(picture.cr, small, half, Image.Resampling.BILINEAR),
    )


def _resample(plane: Image.Image, window: Window, size: Size, method: Image.Resampling) -> Image.Image:
    """Pillow's separable resize where the window stands upright: a third of the time of its affine transform."""
    half_width, half_height = window.scale * size.width / 2, window.scale * size.height / 2
    if window.tilt == 0:
        left, top = max(0.0, window.x - half_width), max(0.0, window.y - half_height)
        right, bottom = min(plane.width, left + 2 * half_width), min(plane.height, top + 2 * half_height)
        return plane.resize((size.width, size.height), method, box=(left, top, right, bottom))
    cosine, sine = window.scale * math.cos(window.tilt), window.scale * math.sin(window.tilt)
    left = window.x - cosine * size.width / 2 + sine * size.height / 2
    top = window.y - sine * size.width / 2 - cosine * size.height / 2
    affine = (cosine, -sine, left, sine, cosine, top)
    return plane.transform((size.width, size.height), Image.Transform.AFFINE, affine, resample=method)
