"""The sources that the kernel's accuracy is judged on: references, camera moves, made scenes, hard scenes, 10 bit.

``media`` is a folder with ``references/`` and ``photos/``, each with a ``catalog.json`` that lists ``file`` and
``role`` (train: settings may be tuned on it; judge: it only measures). Made scenes have a seed per role.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.accuracy_scenes import ADVERSARIAL
from tinyvmaf.corpora.photographs import photograph_frames
from tinyvmaf.corpora.picture import Size
from tinyvmaf.corpora.scenes import SCENE_KINDS, scene_frames
from tinyvmaf.video.encode import Rung, parse_rungs
from tinyvmaf.video.frames import decoded_frames
from tinyvmaf.video.probe import probe

ROLES = ("train", "judge")
NATIVE, HD = Size(640, 360), Size(1920, 1080)
UHD = Size(3840, 2160), Size(3200, 1800), Size(2880, 1620)
_LADDERS = tuple(
    tuple(rung for text in texts for rung in parse_rungs(text))
    for texts in (
        (
            *("x264/fast:17,32", "x264/fast@1/2:27", "x265/fast:27", "x265/fast@1/3:22", "av1/10:35", "av1/10@1/2:50"),
            *("vp9/7:40", "noise:10", "blur:1.2", "sharpen:0.8"),
        ),
        (
            *("x264/fast:23,41", "x264/fast@1/3:20", "x265/fast:36", "x265/fast@1/2:30", "av1/10:55", "vp9/7:20"),
            *("vp9/7@1/2:45", "noise:30", "blur:3", "sharpen:2"),
        ),
    )
)
"""Sources take turns between the two."""
_HARD = tuple(rung for text in ("x264/fast:20,38", "x264/fast@1/2:28", "x265/fast:30") for rung in parse_rungs(text))
_HIGH_DEPTH = tuple(
    rung
    for text in ("x264/fast:24", "x265/fast:20,30,40", "x265/fast@1/2:26", "av1/10:40", "blur:1.2", "sharpen:1")
    for rung in parse_rungs(text)
)


@dataclass(frozen=True, slots=True)
class Source:
    """One pristine video of the material and the encodes of it that are measured."""

    name: str
    """Unique; a folder's name."""
    group: str
    """references, camera, synthetic, adversarial or 10-bit: a line of the report."""
    role: str
    """train or judge."""
    content: str
    """What may not be on both sides of a split: the video, photograph or scene that it is made of."""
    frames: Callable[[], Iterator[np.ndarray]]
    """Its frames, (H * 3/2, W) uint8 planar 4:2:0."""
    rungs: tuple[Rung, ...]
    """How it is encoded."""
    lossless: bool = True
    """Whether it is kept without loss; large ones are kept nearly so, and the file kept is the reference."""
    high_depth: bool = False
    """Whether it is scaled to two thirds in 10 bits, which gives it true 10-bit values."""


def list_sources(media: Path, role: str) -> list[Source]:
    """Every source of a role, in the order in which they are worth measuring."""
    references, photographs = (_catalog(media / name, role) for name in ("references", "photos"))
    seed = 100 + ROLES.index(role)
    judges = role == "judge"
    return [
        *(_reference(path, role, turn) for turn, path in enumerate(references)),
        *_adversarial(role, seed, NATIVE, list(ADVERSARIAL)),
        *_camera_hd(photographs[:12], role, rungs=10 if judges else 6),
        *_high_depth(references[:8], photographs[:3], role),
        *_adversarial(role, seed, HD, ["letterbox", "scrolling-text", "stripes", "cuts"]),
        *_camera_uhd(photographs, role, rungs=10 if judges else 4),
        *_synthetic(role, seed, NATIVE, range(len(SCENE_KINDS)), 24),
        *_synthetic(role, seed + 10, HD, range(0, len(SCENE_KINDS), 4), 12),
    ]


def _catalog(folder: Path, role: str) -> list[Path]:
    listed = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    return sorted(folder / entry["file"] for entry in listed if entry["role"] == role)


def _reference(path: Path, role: str, turn: int) -> Source:
    return Source(
        f"reference-{path.stem}", "references", role, path.stem, partial(_cut, path, 24), _LADDERS[turn % len(_LADDERS)]
    )


def _cut(path: Path, count: int) -> Iterator[np.ndarray]:
    for frame in islice(decoded_frames(probe(path)), count):
        yield frame.to_ndarray(format="yuv420p")


def _camera_hd(paths: Sequence[Path], role: str, *, rungs: int) -> Iterator[Source]:
    for turn, path in enumerate(paths):
        yield _camera(path, role, HD, 16, _some(turn, rungs))


def _camera_uhd(paths: Sequence[Path], role: str, *, rungs: int) -> Iterator[Source]:
    for turn, path in enumerate(paths):
        yield _camera(path, role, _largest_frame(path), 4, _some(turn, rungs))


def _camera(path: Path, role: str, size: Size, count: int, rungs: tuple[Rung, ...]) -> Source:
    frames = partial(photograph_frames, path, 1, size=size, frame_count=count)
    return Source(f"camera-{path.stem}-{size}", "camera", role, path.stem, frames, rungs, lossless=False)


def _largest_frame(path: Path) -> Size:
    """The largest that the photograph holds with some room for the camera to move."""
    with Image.open(path) as image:
        held = [(image.width / size.width, image.height / size.height) for size in UHD]
    return next(size for size, room in zip(UHD, held, strict=True) if min(room) >= 1 and max(room) > 1.1)


def _synthetic(role: str, seed: int, size: Size, numbers: Sequence[int], count: int) -> Iterator[Source]:
    for number in numbers:
        kind = list(SCENE_KINDS)[number]
        frames = partial(scene_frames, seed, number=number, size=size, frame_count=count)
        yield Source(
            *(f"synthetic-{role}-{kind}-{size}", "synthetic", role, f"{seed}-{kind}", frames, _some(number, 4)),
            lossless=size.height < HD.height,
        )


def _adversarial(role: str, seed: int, size: Size, names: Sequence[str]) -> Iterator[Source]:
    count = 24 if size == NATIVE else 12
    for name in names:
        frames = partial(ADVERSARIAL[name], size, count, seed)
        yield Source(
            *(f"adversarial-{role}-{name}-{size}", "adversarial", role, f"{role}-{name}", frames, _HARD),
            lossless=size == NATIVE,
        )


def _high_depth(references: Sequence[Path], photographs: Sequence[Path], role: str) -> Iterator[Source]:
    for path in references:
        frames = partial(_cut, path, 16)
        yield Source(f"10-bit-{path.stem}", "10-bit", role, path.stem, frames, _HIGH_DEPTH[::2], high_depth=True)
    for path in photographs:
        frames = partial(photograph_frames, path, 2, size=Size(2880, 1620), frame_count=12)
        yield Source(f"10-bit-{path.stem}", "10-bit", role, path.stem, frames, _HIGH_DEPTH[1::2], high_depth=True)


def _some(turn: int, count: int) -> tuple[Rung, ...]:
    """``count`` rungs of a source's ladder, others for each source."""
    ladder = _LADDERS[turn % len(_LADDERS)]
    return tuple(ladder[(turn // len(_LADDERS) * count + step) % len(ladder)] for step in range(count))
