"""Cameras that wander over a picture: eased pans, zooms and turns, never over its edge; and the noise they add."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tinyvmaf.corpora.picture import BLACK, NO_COLOUR, Picture, Size, Window, to_codes


@dataclass(frozen=True, slots=True)
class Move:
    """How a camera moves."""

    speed: float
    """Frame widths per second, at most about; 0: it stands still."""
    scales: tuple[float, float]
    """Least and largest picture samples per frame sample; a zoom goes between them."""
    tilt: float = 0.0
    """Radians to either side by which it turns, at most."""

    def __post_init__(self) -> None:
        if not 0 < self.scales[0] <= self.scales[1]:
            raise ValueError(f"scales {self.scales} do not ascend from above 0")


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise that changes with every frame and depends on the light, as film grain and sensor noise do."""

    dark: float
    """Standard deviation in black, in luma code values."""
    bright: float
    """Standard deviation in white; in between the variances are mixed (photons arrive as a Poisson process)."""


def wander(generator: np.random.Generator, *, picture: Size, frame: Size, move: Move, fps: float) -> Iterator[Window]:
    """The windows of one frame after the other, without end: from stop to stop, slow at each."""
    here = _stop(generator, picture, frame, move)
    while True:
        there = here if move.speed == 0 else _stop(generator, picture, frame, move)
        steps = max(8, round(_distance(here, there, frame) / max(move.speed, 1e-9) * fps * 1.5))
        for step in range(steps):
            share = 0.5 - 0.5 * math.cos(math.pi * step / steps)
            yield _inside(_between(here, there, share), picture, frame)
        here = there


def expose(seen: Picture, *, gain: float, noise: Noise, generator: np.random.Generator) -> np.ndarray:
    """One frame as planar 4:2:0, (H * 3/2, W) uint8: the picture under ``gain`` times its light, with noise."""
    luma = _exposed_luma(np.asarray(seen.luma), gain, noise, generator)
    cb, cr = (_exposed_chroma(np.asarray(plane), gain) for plane in (seen.cb, seen.cr))
    flat = np.concatenate([luma.ravel(), cb.ravel(), cr.ravel()])
    return flat.reshape(-1, luma.shape[1])


def _stop(generator: np.random.Generator, picture: Size, frame: Size, move: Move) -> Window:
    x, y, zoom, turn = generator.random(4)
    scale = move.scales[0] * (move.scales[1] / move.scales[0]) ** zoom
    tilt = _largest_tilt(picture, frame, move) * (2 * turn - 1)
    return _inside(Window(x * picture.width, y * picture.height, scale, tilt), picture, frame)


def _largest_tilt(picture: Size, frame: Size, move: Move) -> float:
    """The asked tilt, less where the picture's edge would show at the smallest scale."""
    tilt = move.tilt
    while tilt > 0 and _largest_scale(picture, frame, tilt) < move.scales[0]:
        tilt = tilt * 0.7 if tilt > 0.002 else 0.0
    return tilt


def _largest_scale(picture: Size, frame: Size, tilt: float) -> float:
    across, down = _reach(frame, tilt)
    return min(picture.width / across, picture.height / down)


def _reach(frame: Size, tilt: float) -> tuple[float, float]:
    """Width and height of the upright box around the turned frame."""
    cosine, sine = math.cos(tilt), abs(math.sin(tilt))
    return frame.width * cosine + frame.height * sine, frame.width * sine + frame.height * cosine


def _inside(window: Window, picture: Size, frame: Size) -> Window:
    """The window moved, and where needed narrowed, so that it stays on the picture."""
    scale = min(window.scale, _largest_scale(picture, frame, window.tilt))
    across, down = (scale * reach / 2 for reach in _reach(frame, window.tilt))
    x = min(max(window.x, across), max(across, picture.width - across))
    y = min(max(window.y, down), max(down, picture.height - down))
    return Window(x, y, scale, window.tilt)


def _distance(here: Window, there: Window, frame: Size) -> float:
    """Frame widths that the fastest point of the picture travels."""
    travel = math.hypot(there.x - here.x, there.y - here.y) / (here.scale * frame.width)
    return travel + abs(math.log(there.scale / here.scale)) / 2 + abs(there.tilt - here.tilt) / 2


def _between(here: Window, there: Window, share: float) -> Window:
    def mix(first: float, last: float) -> float:
        return first + (last - first) * share

    scale = here.scale * (there.scale / here.scale) ** share
    return Window(mix(here.x, there.x), mix(here.y, there.y), scale, mix(here.tilt, there.tilt))


def _exposed_luma(codes: np.ndarray, gain: float, noise: Noise, generator: np.random.Generator) -> np.ndarray:
    light = (np.arange(256, dtype=np.float32) - BLACK) * np.float32(gain)
    if noise.dark == noise.bright == 0:
        return to_codes(light + BLACK)[codes]
    share = np.clip(light / 219, 0, 1)
    spread = np.sqrt(noise.dark**2 * (1 - share) + noise.bright**2 * share).astype(np.float32)
    return to_codes((light + BLACK)[codes] + spread[codes] * _bell(generator, codes.shape))


def _exposed_chroma(codes: np.ndarray, gain: float) -> np.ndarray:
    return to_codes((np.arange(256, dtype=np.float32) - NO_COLOUR) * np.float32(gain) + NO_COLOUR)[codes]


def _bell(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Nearly normal noise of variance 1: four random bytes summed, alike on every machine and faster than normals."""
    count = math.prod(shape)
    octets = np.frombuffer(generator.bytes(4 * count), np.uint8).reshape(4, *shape)
    total = octets.sum(axis=0, dtype=np.uint16)
    return (total - np.float32(510)) / np.float32(math.sqrt((256**2 - 1) / 3))
