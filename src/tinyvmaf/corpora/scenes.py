"""Scenes made from nothing: dead leaves under a moving camera, leaves that fly on paths of their own, grain, fades.

The kinds of scene differ in light, texture, motion and noise, so that a small corpus spans what VMAF's features see.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
from PIL import Image

from tinyvmaf.corpora.camera import Move, Noise, expose, wander
from tinyvmaf.corpora.leaves import Forest, Look, dead_leaves
from tinyvmaf.corpora.picture import Picture, Size, Window, picture_of_planes, see, to_codes

Light = Literal["steady", "fade_in", "fade_out", "swell", "flicker"]


@dataclass(frozen=True, slots=True)
class SceneKind:
    """What scenes of one kind have in common."""

    look: Look
    """The leaves."""
    move: Move
    """The camera."""
    noise: Noise
    """The film's grain."""
    flying: int
    """Leaves that move by themselves."""
    flying_speed: float
    """Their speed, in frame widths per second."""
    light: Light = "steady"
    """How the light changes over the scene."""


SCENE_KINDS = {
    "meadow": SceneKind(Look(118, 38, 16, 10), Move(0.12, (1.0, 1.2), 0.01), Noise(1.0, 1.6), 14, 0.10),
    "chase": SceneKind(Look(110, 40, 12, 12, 0.6), Move(0.55, (1.0, 1.3)), Noise(1.2, 1.8), 22, 0.50),
    "night": SceneKind(Look(42, 20, 8, 7, 0.7), Move(0.08, (1.0, 1.15)), Noise(3.0, 2.2), 10, 0.15),
    "tripod": SceneKind(Look(125, 40, 12, 10, 0.6), Move(0, (1.0, 1.0)), Noise(0.8, 1.3), 10, 0.12),
    "mist": SceneKind(
        Look(150, 20, 4, 5, 0.35, ("cloud", "cloud", "bark")), Move(0.06, (1.0, 1.1)), Noise(0.4, 0.6), 6, 0.06
    ),
    "letters": SceneKind(
        Look(140, 40, 26, 8, 0.5, ("letters", "letters", "cloud")), Move(0.15, (1.0, 1.25)), Noise(0.6, 0.9), 8, 0.15
    ),
    "thicket": SceneKind(
        Look(98, 36, 24, 9, 1.4, ("fine", "cloud", "bark")), Move(0.15, (1.0, 1.45)), Noise(1.2, 1.8), 8, 0.1
    ),
    "dawn": SceneKind(Look(105, 38, 12, 12, 0.8), Move(0.12, (1.0, 1.2)), Noise(1.4, 2.0), 12, 0.15, "fade_in"),
    "archive": SceneKind(Look(120, 34, 9, 2, 0.6), Move(0.1, (1.0, 1.2), 0.01), Noise(5.0, 6.5), 12, 0.15, "flicker"),
    "snow": SceneKind(Look(204, 24, 7, 4, 0.6), Move(0.2, (1.0, 1.2)), Noise(0.8, 1.4), 16, 0.3, "swell"),
    "orbit": SceneKind(Look(115, 42, 14, 11), Move(0.3, (1.0, 1.4), 0.12), Noise(0.8, 1.4), 10, 0.2),
    "still": SceneKind(Look(112, 42, 16, 10), Move(0, (1.0, 1.0)), Noise(0, 0), 0, 0.0),
    "dusk": SceneKind(Look(90, 36, 8, 12, 0.5), Move(0.2, (1.0, 1.3)), Noise(1.6, 1.8), 14, 0.25, "fade_out"),
}


@dataclass(frozen=True, slots=True)
class _Flyer:
    """A cut-out leaf on a path of its own."""

    alpha: Image.Image
    luma: Image.Image
    cb: int
    cr: int
    start: tuple[float, float]
    velocity: tuple[float, float]  # frame widths (heights) per second
    sway: float  # share of the frame's width
    spin: float  # radians per second
    nearness: float  # how much faster than the picture it passes the camera


def scene_frames(
    seed: int, *, number: int = 0, size: Size, frame_count: int, fps: float = 25.0, kind: str | None = None
) -> Iterator[np.ndarray]:
    """The frames of one scene, (H * 3/2, W) uint8 planar 4:2:0 limited range, one at a time; the same for a seed.

    Args:
        seed: The corpus that the scene belongs to; decides, with ``number``, all that chance decides.
        number: The scene in its corpus; names the kind where none is named (kinds take turns).
        size: Of the frames; even, at least 32x32.
        frame_count: How many.
        fps: Frames per second, which the speeds refer to.
        kind: A name from SCENE_KINDS.

    Raises:
        ValueError: a size that is odd or below 32, or a kind that does not exist.
    """
    if min(size.width, size.height) < 32 or size.width % 2 or size.height % 2:
        raise ValueError(f"a scene of {size}: width and height must be even and at least 32")
    name = list(SCENE_KINDS)[number % len(SCENE_KINDS)] if kind is None else kind
    if name not in SCENE_KINDS:
        raise ValueError(f"no kind of scene is called {name!r}; there are {', '.join(SCENE_KINDS)}")
    return _film(SCENE_KINDS[name], np.random.default_rng((seed, number)), size=size, frame_count=frame_count, fps=fps)


def _film(
    kind: SceneKind, generator: np.random.Generator, *, size: Size, frame_count: int, fps: float
) -> Iterator[np.ndarray]:
    largest, least = 0.35 * size.height, 3 * math.sqrt(size.height / 180) / kind.look.fineness
    forest = Forest(generator, kind.look, largest)
    room = _room(size, kind.move)
    picture = picture_of_planes(dead_leaves(forest, generator, size=room, least=least, largest=largest))
    flyers = [_flyer(forest, generator, kind, size) for _ in range(kind.flying)]
    windows = wander(generator, picture=room, frame=size, move=kind.move, fps=fps)
    for index, window in enumerate(islice(windows, frame_count)):
        seen = see(picture, window, size)
        for flyer in flyers:
            _fly(seen, flyer, window, seconds=index / fps)
        gain = _gain(kind.light, index / max(1, frame_count - 1), generator)
        yield expose(seen, gain=gain, noise=kind.noise, generator=generator)


def _room(size: Size, move: Move) -> Size:
    """The picture's size: what the widest window takes, and space to move in."""
    factor = 1.0 if move.speed == 0 else max(move.scales[1], 1.3) + min(move.speed, 0.5)
    return Size(*(2 * math.ceil(length * factor / 2) for length in (size.width, size.height)))


def _flyer(forest: Forest, generator: np.random.Generator, kind: SceneKind, size: Size) -> _Flyer:
    radius = float(forest.radii(0.04 * size.height, 0.2 * size.height, 1)[0]) * 1.3
    leaf = forest.leaf(radius, softness=1.0 + 2.0 * float(generator.random()) ** 2)
    luma, cb, cr = to_codes(leaf.planes)
    direction, pace, x, y, sway, spin, nearness = generator.random(7)
    angle, speed = 2 * math.pi * direction, kind.flying_speed * (0.4 + 1.2 * pace)
    return _Flyer(
        alpha=Image.fromarray(np.rint(255 * leaf.alpha).astype(np.uint8)),
        luma=Image.fromarray(luma),
        cb=int(cb[0, 0]),
        cr=int(cr[0, 0]),
        start=(x, y),
        velocity=(speed * math.cos(angle), speed * math.sin(angle)),
        sway=0.04 * sway if kind.flying_speed else 0.0,
        spin=3 * kind.flying_speed * (2 * spin - 1),
        nearness=1 + 0.5 * nearness,
    )


def _fly(seen: Picture, flyer: _Flyer, window: Window, *, seconds: float) -> None:
    """Lays the leaf on what the camera sees, at its place at that moment."""
    x, y = _place(flyer, window, seen.size, seconds)
    side = flyer.alpha.width // 2 * 2 + 6
    left, top = (2 * round((middle - side / 2) / 2) for middle in (x, y))
    cosine, sine = math.cos(flyer.spin * seconds), math.sin(flyer.spin * seconds)
    middle = flyer.alpha.width / 2
    offset_x = middle - cosine * (x - left) + sine * (y - top)
    offset_y = middle - sine * (x - left) - cosine * (y - top)
    affine = (cosine, -sine, offset_x, sine, cosine, offset_y)
    alpha, luma = (
        plane.transform((side, side), Image.Transform.AFFINE, affine, resample=Image.Resampling.BICUBIC)
        for plane in (flyer.alpha, flyer.luma)
    )
    half = alpha.reduce(2)
    seen.luma.paste(luma, (left, top), alpha)
    seen.cb.paste(flyer.cb, (left // 2, top // 2), half)
    seen.cr.paste(flyer.cr, (left // 2, top // 2), half)


def _place(flyer: _Flyer, window: Window, size: Size, seconds: float) -> tuple[float, float]:
    """The leaf's middle in the frame; who leaves it on one side comes back on the other."""
    x = flyer.start[0] + flyer.velocity[0] * seconds + flyer.sway * math.sin(2.5 * seconds + 9 * flyer.nearness)
    y = flyer.start[1] + flyer.velocity[1] * seconds
    x, y = x * size.width - flyer.nearness * window.x, y * size.width - flyer.nearness * window.y
    margin = flyer.alpha.width / 2 + 3
    return (
        x % (size.width + 2 * margin) - margin,
        y % (size.height + 2 * margin) - margin,
    )


def _gain(light: Light, share: float, generator: np.random.Generator) -> float:
    """The light's strength at a share (0-1) of the scene."""
    if light == "fade_in":
        return min(1.0, 0.05 + 1.6 * share)
    if light == "fade_out":
        return min(1.0, 1.6 * (1 - share) + 0.05)
    if light == "swell":
        return 0.9 + 0.25 * math.sin(2 * math.pi * share)
    if light == "flicker":
        return 1 + 0.04 * (2 * float(generator.random()) - 1)
    return 1.0
