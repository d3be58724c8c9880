"""Camera moves over photographs: videos with the statistics of a true picture at any size that the photograph holds.

The folder holds JPEG or PNG files, one video is made of each::

    DIR/
      harbour.jpg
      market.png
"""

import math
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from tinyvmaf.corpora.camera import Move, Noise, expose, wander
from tinyvmaf.corpora.picture import Picture, Size, picture_of_rgb, see
from tinyvmaf.errors import CorpusError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
WIDEST_SCALE = 1.3
"""Picture samples per frame sample at the widest: more would alias, less would leave no room for a zoom."""


def list_photographs(root: Path) -> tuple[Path, ...]:
    """The photographs in a folder, by name.

    Raises:
        CorpusError: there is no such folder, or no photograph in it.
    """
    if not root.is_dir():
        raise CorpusError(f"{root}: no such folder; --photos takes a folder of JPEG or PNG files")
    found = sorted(path for path in root.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise CorpusError(f"{root}: holds no JPEG or PNG file")
    return tuple(found)


def photograph_frames(
    path: Path, seed: int, *, size: Size, frame_count: int, fps: float = 25.0
) -> Iterator[np.ndarray]:
    """Frames of a camera that wanders over the photograph, (H * 3/2, W) uint8 planar 4:2:0; the same for a seed.

    Args:
        path: A JPEG or PNG file.
        seed: Decides, with the file's name, all that chance decides.
        size: Of the frames; even.
        frame_count: How many.
        fps: Frames per second, which the speeds refer to.

    Raises:
        CorpusError: not a picture, or smaller than the frame (nothing is ever magnified).
    """
    generator = np.random.default_rng((seed, zlib.crc32(path.name.encode())))
    picture = _shrunk(path, size, generator)
    move = _move(picture.size, size, generator)
    noise = Noise(*(0.6 + 1.2 * generator.random(2)))
    windows = wander(generator, picture=picture.size, frame=size, move=move, fps=fps)
    for window in islice(windows, frame_count):
        yield expose(see(picture, window, size), gain=1.0, noise=noise, generator=generator)


def _shrunk(path: Path, size: Size, generator: np.random.Generator) -> Picture:
    """The photograph shrunk by area, by a whole number that leaves a frame some room to move in."""
    image = _open(path)
    held = min(image.width // 2 * 2 / size.width, image.height // 2 * 2 / size.height)
    if held < 1:
        raise CorpusError(_too_small(path, image, size))
    target = held * (0.45 + 0.3 * generator.random())
    return picture_of_rgb(image.reduce(max(1, math.floor(target))))


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise CorpusError(f"{path}: not a picture that can be read ({error})") from error


def _too_small(path: Path, image: Image.Image, size: Size) -> str:
    """The message, with the largest frame of the asked shape that the photograph holds."""
    held = min(image.width / size.width, image.height / size.height)
    largest = Size(int(size.width * held) // 2 * 2, int(size.height * held) // 2 * 2)
    return (
        f"{path}: a photograph of {image.width}x{image.height} holds no frame of {size}, "
        f"and nothing is magnified; the largest of this shape is {largest}"
    )


def _move(picture: Size, size: Size, generator: np.random.Generator) -> Move:
    """A pan with some zoom; every second camera turns too."""
    held = min(picture.width / size.width, picture.height / size.height)
    least = 1 + 0.1 * generator.random() * min(1.0, held - 1)
    widest = min(max(held, least), WIDEST_SCALE)
    speed, turns = generator.random(2)
    return Move(0.05 + 0.3 * speed, (least, widest), tilt=0.06 if turns < 0.5 else 0.0)
