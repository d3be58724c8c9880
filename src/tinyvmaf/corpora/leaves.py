"""Dead leaves: pictures of occluding shapes whose sizes follow a power law, each with a texture of its own.

Such pictures share the statistics of natural images: scale invariance, a power spectrum that falls as about 1/f^2,
heavy-tailed gradients (Lee, Mumford, Huang 2001, doi:10.1023/A:1011109015675).
"""

import math
from dataclasses import dataclass

import numpy as np

from tinyvmaf.corpora.picture import NO_COLOUR, Size

TEXTURES = ("cloud", "fine", "bark", "stripes", "letters")


@dataclass(frozen=True, slots=True)
class Look:
    """What a scene's leaves look like."""

    brightness: float
    """Mean luma code."""
    contrast: float
    """Standard deviation of the leaves' mean luma, in code values."""
    texture: float
    """Standard deviation of the texture on a leaf, in code values."""
    colour: float
    """Standard deviation of the leaves' chroma, in code values."""
    fineness: float = 1.0
    """Above 1 the smallest leaves are smaller."""
    textures: tuple[str, ...] = ("cloud", "cloud", "fine", "bark", "stripes")
    """Names from TEXTURES, drawn with equal chance."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf, cut out."""

    alpha: np.ndarray
    """(D, D) float32, coverage 0-1; D is even."""
    planes: np.ndarray
    """(3, D, D) float32, Y'CbCr code values."""


class Forest:
    """Draws leaves of one look from one generator; holds the textures that they are cut from."""

    def __init__(self, generator: np.random.Generator, look: Look, largest: float) -> None:
        self._generator = generator
        self._look = look
        side = 1 << max(8, math.ceil(math.log2(2 * largest + 8)))
        self._textures = {name: np.tile(_texture(generator, name, side), (2, 2)) for name in sorted(set(look.textures))}
        self._side = side

    def leaf(self, radius: float, *, softness: float = 1.0) -> Leaf:
        """A leaf of about that radius, in pixels, its edge ``softness`` pixels wide."""
        half = math.ceil(radius * 1.05 + softness)
        x, y = self._turned(half)
        alpha = np.clip(0.5 - (self._outline(x, y) - radius) / softness, 0, 1)
        return Leaf(alpha, self._paint(x / radius, y / radius, textured=radius >= 4))

    def ground(self, size: Size) -> np.ndarray:
        """The (3, H, W) far plane that shows where no leaf lies: a cloud of light and colour."""
        side = 1 << math.ceil(math.log2(max(size.width, size.height)))
        cloud = _fractal(self._generator, side, 1.6)
        spreads = (0.8 * self._look.contrast, 0.7 * self._look.colour, 0.7 * self._look.colour)
        middles = (self._look.brightness, NO_COLOUR, NO_COLOUR)
        # Light and the two colours are parts of one cloud, far enough from each other to go their own ways.
        planes = [
            middle + spread * np.roll(cloud, part * side // 3, axis=(0, 1))[: size.height, : size.width]
            for part, (middle, spread) in enumerate(zip(middles, spreads, strict=True))
        ]
        return np.stack(planes).astype(np.float32)

    def radii(self, least: float, largest: float, count: int) -> np.ndarray:
        """(count,) radii with density r^-3, the law under which the picture looks alike at every scale."""
        share = self._generator.random(count)
        return (least**-2 - share * (least**-2 - largest**-2)) ** -0.5

    def _turned(self, half: int) -> tuple[np.ndarray, np.ndarray]:
        """(2 half, 2 half) coordinates about a leaf's middle, turned and stretched at random."""
        angle, stretch = self._generator.random(2) * (2 * math.pi, 0.8)
        cosine, sine = math.cos(angle), math.sin(angle)
        line = np.arange(0.5 - half, half, dtype=np.float32)
        x = line[None] * np.float32(cosine) + line[:, None] * np.float32(sine)
        y = (line[:, None] * np.float32(cosine) - line[None] * np.float32(sine)) * np.float32(1 + stretch)
        return x, y

    def _outline(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Distance from the middle as the shape measures it: round, or with 3 to 5 corners."""
        corners = int(self._generator.integers(1, 6))
        if corners < 3:
            return np.sqrt(x * x + y * y)
        angles = np.arange(corners) * (2 * math.pi / corners)
        sides = [x * np.float32(math.cos(angle)) + y * np.float32(math.sin(angle)) for angle in angles]
        # A shape of the round one's size: corners reach further out than sides.
        return np.maximum.reduce(sides) * np.float32({3: 1.9, 4: 1.4, 5: 1.25}[corners])

    def _paint(self, x: np.ndarray, y: np.ndarray, *, textured: bool) -> np.ndarray:
        look, generator = self._look, self._generator
        luma, shade_x, shade_y, blue, red = generator.standard_normal(5).astype(np.float32)
        base = np.clip(look.brightness + look.contrast * luma, 22, 232)
        light = base + look.contrast * np.float32(0.25) * (shade_x * x + shade_y * y)
        if textured:
            light = light + self._crop(x.shape[0]) * (look.texture * (0.3 + generator.random()) * min(1.0, base / 110))
        blue, red = (NO_COLOUR + look.colour * value for value in (blue - 0.6 * red, red))
        return np.stack(
            [light.astype(np.float32), np.full(x.shape, blue, np.float32), np.full(x.shape, red, np.float32)]
        )

    def _crop(self, side: int) -> np.ndarray:
        names = self._look.textures
        texture = self._textures[names[int(self._generator.integers(len(names)))]]
        top, left = self._generator.integers(0, self._side, 2)
        return texture[top : top + side, left : left + side]


def dead_leaves(
    forest: Forest, generator: np.random.Generator, *, size: Size, least: float, largest: float
) -> np.ndarray:
    """The (3, H, W) float32 Y'CbCr picture of leaves that fell one on the other until nearly nothing bare is left."""
    planes = forest.ground(size)
    mean_area = 2 * math.pi * math.log(largest / least) / (least**-2 - largest**-2)
    radii = forest.radii(least, largest, round(2.4 * size.width * size.height / mean_area))
    places = generator.random((len(radii), 2)) * (size.width, size.height)
    for radius, (x, y) in zip(radii, places, strict=True):
        _lay(planes, forest.leaf(float(radius)), round(x), round(y))
    return planes


def _lay(planes: np.ndarray, leaf: Leaf, x: int, y: int) -> None:
    """Lays the leaf on the picture, its middle at (x, y); what hangs over the edge is cut."""
    half = leaf.alpha.shape[0] // 2
    top, left = max(0, y - half), max(0, x - half)
    below = planes[:, top : y + half, left : x + half]
    down, across = (slice(first - start + half, None) for first, start in ((top, y), (left, x)))
    rows, columns = below.shape[1:]
    alpha, leaf_planes = leaf.alpha[down, across][:rows, :columns], leaf.planes[:, down, across][:, :rows, :columns]
    below += alpha * (leaf_planes - below)


def _texture(generator: np.random.Generator, name: str, side: int) -> np.ndarray:
    """A (side, side) float32 texture of mean 0 and variance about 1; it repeats without a seam."""
    if name == "cloud":
        return _fractal(generator, side, 1.2)
    if name == "fine":
        return _fractal(generator, side, 0.6)
    if name == "bark":
        return _fractal(generator, side, 1.0, lengthening=6.0)
    if name == "stripes":
        waves = side // int(generator.integers(6, 14))
        phase = np.arange(side) * (2 * math.pi * waves / side) + 2 * _fractal(generator, side, 1.6)
        return (1.4 * np.sin(phase)).astype(np.float32)
    return _letters(generator, side)


def _fractal(generator: np.random.Generator, side: int, power: float, *, lengthening: float = 1.0) -> np.ndarray:
    """Periodic noise whose amplitude falls as 1/f^power; lengthened along the lines where asked."""
    across = np.fft.rfftfreq(side)[None] * lengthening
    distance = np.hypot(np.fft.fftfreq(side)[:, None], across)
    distance[0, 0] = np.inf
    white = np.fft.rfft2(generator.standard_normal((side, side)))
    noise = np.fft.irfft2(white * distance**-power, s=(side, side))
    return (noise / noise.std()).astype(np.float32)


def _letters(generator: np.random.Generator, side: int) -> np.ndarray:
    """Lines of glyph-like marks with hard edges, as print has them."""
    alphabet = generator.random((24, 7, 5)) < 0.45
    cells = np.zeros((24, 16, 8), np.float32)
    cells[:, 1:15, 1:6] = alphabet.repeat(2, axis=1)
    rows, columns = side // 16, side // 8
    glyphs = cells[generator.integers(0, 24, (rows, columns))] * (generator.random((rows, columns, 1, 1)) < 0.85)
    marks = glyphs.transpose(0, 2, 1, 3).reshape(rows * 16, columns * 8)
    return 2.5 * (0.25 - marks)
