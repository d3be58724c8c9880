"""Clean luma -> the same as a camera, film or an earlier generation would have handed it on: what pre-filters undo.

Each degradation is a function of a picture and a frame's number, made for one clip: what a clip has throughout (how
strong its grain is) is drawn once, what changes from frame to frame (the grain itself) anew for each number. The same
seed gives the same pictures on every machine.
"""

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from tinyvmaf.pixels.patches import Codes

Degrade = Callable[[Codes, int], Codes]
"""Takes (H, W) luma and the frame's number, gives the degraded luma."""

BLUR_SIGMA = 1.2
"""Of ``blur_jpeg``, in pixels."""
JPEG_QUALITY = 35
"""Of ``blur_jpeg``, as Pillow counts it."""
VERSION = 1
"""Grows when a degradation gives other pictures for the same seed."""

_BLACK, _WHITE = 16, 235
_SENSOR = (0.8, 6.0)
_FILM = (1.5, 9.0)
_FILM_SIZE = (0.45, 1.3)
_TRUNCATED_AT = 4
"""Standard deviations of a Gaussian filter's reach."""


@dataclass(frozen=True, slots=True)
class Grain:
    """How one clip is grainy; standard deviations are in 8-bit code values."""

    sensor: float
    """Of a sensor's noise where the picture is white; grows with the root of the light. 0: none."""
    film: float
    """Of film grain at middle gray; less in shadows and lights. 0: none."""
    film_size: float
    """Standard deviation of the Gaussian that a grain spreads over, in pixels."""


def degradation(name: str, *, seed: int) -> Degrade:
    """The degradation of that name for one clip.

    Args:
        name: One of ``DEGRADATIONS``.
        seed: Decides all that chance decides; another one per clip.

    Raises:
        ValueError: there is none of that name; the message names those there are.
    """
    if name not in DEGRADATIONS:
        raise ValueError(f"unknown degradation {name!r}; known are: {', '.join(DEGRADATIONS)}")
    return DEGRADATIONS[name](seed)


def draw_grain(generator: np.random.Generator) -> Grain:
    """A sensor's noise, film grain, or both, of a strength between hardly seen and disturbing."""
    kind, *shares = generator.random(4)
    sensor, film, size = (
        _between(*ends, share) for ends, share in zip((_SENSOR, _FILM, _FILM_SIZE), shares, strict=True)
    )
    return Grain(sensor if kind < 2 / 3 else 0.0, film if kind > 1 / 3 else 0.0, size)


def grainy(luma: Codes, look: Grain, generator: np.random.Generator) -> Codes:
    """The picture with that grain: correlated over neighbours, and of a strength that the light decides."""
    light = np.clip((luma.astype(np.float32) - _BLACK) / (_WHITE - _BLACK), 0, 1)
    noise = np.zeros(luma.shape, np.float32)
    if look.sensor:  # shot noise on top of what the electronics make in the dark
        noise += look.sensor * np.sqrt(0.1 + 0.9 * light) * generator.standard_normal(luma.shape, np.float32)
    if look.film:
        strength = 0.3 + 0.7 * np.sqrt(4 * light * (1 - light))
        noise += look.film * strength * _spread(generator.standard_normal(luma.shape, np.float32), look.film_size)
    return _rounded(luma + noise)


def blurred_jpeg(luma: Codes) -> Codes:
    """A Gaussian blur of sigma 1.2, and JPEG of quality 35."""
    blurred = _rounded(gaussian_filter(luma.astype(np.float32), BLUR_SIGMA, mode="nearest"))
    file = io.BytesIO()
    Image.fromarray(blurred).save(file, format="JPEG", quality=JPEG_QUALITY)
    with Image.open(file) as image:
        return np.asarray(image, np.uint8)


def _grain_of_clip(seed: int) -> Degrade:
    look = draw_grain(np.random.default_rng(seed))
    return lambda luma, number: grainy(luma, look, np.random.default_rng((seed, number)))


def _between(low: float, high: float, share: float) -> float:
    """In equal ratios, so that weak and strong are equally often drawn."""
    return low * (high / low) ** float(share)


def _spread(noise: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """White noise filtered by a Gaussian, of the same variance as before."""
    reach = int(_TRUNCATED_AT * sigma + 0.5)
    taps = [math.exp(-(place**2) / (2 * sigma**2)) for place in range(-reach, reach + 1)]
    gain = sum(tap**2 for tap in taps) / sum(taps) ** 2  # of the variance, along each of two axes
    spread = gaussian_filter(noise, sigma, mode="wrap", truncate=_TRUNCATED_AT)
    return spread.astype(np.float32) / np.float32(gain)


def _rounded(values: NDArray[np.floating]) -> Codes:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


DEGRADATIONS: Mapping[str, Callable[[int], Degrade]] = {
    "none": lambda _: lambda luma, _number: luma,
    "blur_jpeg": lambda _: lambda luma, _number: blurred_jpeg(luma),
    "grain": _grain_of_clip,
}
"""Every degradation of pictures by name, each made for one clip from a seed; ``none`` leaves all as it is."""
