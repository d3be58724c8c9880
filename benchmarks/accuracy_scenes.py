"""Scenes that are hard on a metric that looks at some rows only, or at the edges of a picture.

Each is a function of the frame's size, the number of frames and a seed, and yields (H * 3/2, W) uint8 planar 4:2:0.
"""

from collections.abc import Callable, Iterator
from itertools import islice, repeat

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tinyvmaf.corpora.picture import BLACK, NO_COLOUR, Size
from tinyvmaf.corpora.scenes import SCENE_KINDS, scene_frames

Frames = Iterator[np.ndarray]
Scene = Callable[[Size, int, int], Frames]

_LETTERBOX_ASPECT = 2.39
_CUT_EVERY = 5
_GRAIN = 18.0
_SCROLL_LINES = 3


def _letterbox(size: Size, count: int, seed: int) -> Frames:
    bar = (size.height - int(size.width / _LETTERBOX_ASPECT)) // 4 * 2
    for frame in scene_frames(seed, number=1, size=size, frame_count=count):
        luma, chroma = _planes(frame, size)
        luma[:bar] = luma[-bar:] = BLACK
        chroma[:, : bar // 2] = chroma[:, -bar // 2 :] = NO_COLOUR
        yield _frame(luma, chroma)


def _static_text(size: Size, count: int, seed: int) -> Frames:
    return repeat(_gray(_page(size, seed)), count)


def _scrolling_text(size: Size, count: int, seed: int) -> Frames:
    page = _page(Size(size.width, size.height + _SCROLL_LINES * count), seed)
    for index in range(count):
        yield _gray(page[index * _SCROLL_LINES :][: size.height])


def _stripes(size: Size, count: int, seed: int) -> Frames:
    """From left to right: stripes of two and of six lines, upright ones of three columns, and rings."""
    y, x = np.mgrid[: size.height, : size.width]
    quarter = 4 * x // size.width
    for index in range(count):
        rings = np.sin((x**2 + y**2) / (2.0 * size.height) + index + seed) > 0
        masks = [(y + index) % 4 < 2, (y + index) % 12 < 6, (x + index) % 6 < 3, rings]
        yield _gray(np.where(np.choose(quarter, masks), 200, 60).astype(np.uint8))


def _combing(size: Size, count: int, seed: int) -> Frames:
    """Even lines of one moment, odd lines of the next, as interlaced video shown whole."""
    frames = scene_frames(seed, number=1, size=size, frame_count=2 * count)
    for first, second in zip(frames, frames, strict=True):
        combed = first.copy()
        combed[1 : size.height : 2] = second[1 : size.height : 2]
        yield combed


def _grain(size: Size, count: int, seed: int) -> Frames:
    generator = np.random.default_rng(seed)
    for frame in scene_frames(seed, number=0, size=size, frame_count=count):
        luma, chroma = _planes(frame, size)
        noisy = luma + generator.normal(0, _GRAIN, luma.shape)
        yield _frame(np.clip(noisy, BLACK, 235).astype(np.uint8), chroma)


def _fades(size: Size, count: int, seed: int) -> Frames:
    """From black to the scene and on to white."""
    for index, frame in enumerate(scene_frames(seed, number=6, size=size, frame_count=count)):
        share = 2 * index / max(1, count - 1)
        end, weight = (BLACK, share) if share <= 1 else (235, 2 - share)
        luma, chroma = _planes(frame, size)
        yield _frame((end + weight * (luma.astype(float) - end)).astype(np.uint8), chroma)


def _black(size: Size, count: int, _seed: int) -> Frames:
    return repeat(_gray(np.full((size.height, size.width), BLACK, np.uint8)), count)


def _still(size: Size, count: int, seed: int) -> Frames:
    return repeat(next(scene_frames(seed, number=6, size=size, frame_count=1)), count)


def _one_frame(size: Size, _count: int, seed: int) -> Frames:
    return scene_frames(seed, number=0, size=size, frame_count=1)


def _cuts(size: Size, count: int, seed: int) -> Frames:
    for shot in range(-(-count // _CUT_EVERY)):
        length = min(_CUT_EVERY, count - shot * _CUT_EVERY)
        yield from scene_frames(seed + 1, number=shot % len(SCENE_KINDS), size=size, frame_count=length)


ADVERSARIAL: dict[str, Scene] = {
    "letterbox": _letterbox,
    "static-text": _static_text,
    "scrolling-text": _scrolling_text,
    "stripes": _stripes,
    "combing": _combing,
    "grain": _grain,
    "fades": _fades,
    "black": _black,
    "still": _still,
    "one-frame": _one_frame,
    "cuts": _cuts,
}
"""Every scene by its name in the report."""


def _planes(frame: np.ndarray, size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Copies of the luma (H, W) and of both chroma planes (2, H/2, W/2)."""
    luma, chroma = frame[: size.height].copy(), frame[size.height :].copy()
    return luma, chroma.reshape(2, size.height // 2, size.width // 2)


def _frame(luma: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    return np.concatenate([luma, chroma.reshape(-1, luma.shape[1])])


def _gray(luma: np.ndarray) -> np.ndarray:
    return np.concatenate([luma, np.full((luma.shape[0] // 2, luma.shape[1]), NO_COLOUR, np.uint8)])


def _page(size: Size, seed: int) -> np.ndarray:
    """(H, W) light letters on a dark page."""
    generator = np.random.default_rng(seed)
    page = Image.new("L", (size.width, size.height), 40)
    draw = ImageDraw.Draw(page)
    tops = range(4, size.height, max(14, size.width // 50))
    letters = generator.integers(33, 126, (len(tops), size.width // 6))
    font = ImageFont.load_default(max(10, size.width // 64))
    for top, line in zip(islice(tops, None), letters, strict=True):
        draw.text((8, top), "".join(map(chr, line)), fill=220, font=font)
    return np.asarray(page).copy()
