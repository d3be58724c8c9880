"""Small videos made from nothing as arrays, what happens to them, and what libvmaf says of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.features import CANONICAL_6, NEG_6
from tinyvmaf.video.file import RawFormat, VideoFile
from tinyvmaf.video.libvmaf import Measurement, MeasureOptions, measure_pair
from tinyvmaf.video.pairing import PairPlan, plan_pair
from tinyvmaf.video.probe import Video, probe

Planes = NDArray[np.unsignedinteger]
"""(T, H, W) code values."""

PIX_FMTS = {8: "yuv420p", 10: "yuv420p10le"}


def scene(*, width: int, height: int, frames: int = 3, bit_depth: int = 8, seed: int = 0) -> Planes:
    """Waves and hard diagonal edges that move, with a little grain."""
    t, y, x = np.ogrid[0:frames, 0:height, 0:width]
    light = 0.5 + 0.25 * np.sin((x + 3 * t) / 5) * np.cos(y / 7) + 0.15 * np.sign(np.sin((x + y + 2 * t) / 9))
    grain = np.random.default_rng(seed).normal(0, 0.03, light.shape)
    return codes((light + grain) * _white(bit_depth), bit_depth)


def codes(planes: NDArray[np.float64], bit_depth: int) -> Planes:
    """The nearest code values."""
    return np.clip(np.rint(planes), 0, _white(bit_depth)).astype(np.uint8 if bit_depth == 8 else np.uint16)


def blur(planes: Planes, bit_depth: int) -> Planes:
    """A 3 x 3 binomial blur."""
    return codes(_blurred(planes), bit_depth)


def noise(planes: Planes, bit_depth: int) -> Planes:
    """White noise of a 25th of the range."""
    return codes(planes + np.random.default_rng(1).normal(0, 0.04 * _white(bit_depth), planes.shape), bit_depth)


def sharpen(planes: Planes, bit_depth: int) -> Planes:
    """Edges overdrawn, as an encoder's viewer would like them."""
    return codes(planes + 1.5 * (planes - _blurred(planes)), bit_depth)


def same(planes: Planes, bit_depth: int) -> Planes:
    """Nothing happens."""
    del bit_depth
    return planes


DISTORTIONS: dict[str, Callable[[Planes, int], Planes]] = {
    "blur": blur,
    "noise": noise,
    "sharpen": sharpen,
    "same": same,
}


def raw_video(planes: Planes, path: Path, bit_depth: int) -> Video:
    """The planes as a headerless YUV file with gray chroma."""
    _, height, width = planes.shape
    chroma = np.full(2 * ((height + 1) // 2) * ((width + 1) // 2), 1 << bit_depth - 1, planes.dtype)
    path.write_bytes(b"".join(plane.tobytes() + chroma.tobytes() for plane in planes))
    return probe(VideoFile(path, RawFormat(width, height, PIX_FMTS[bit_depth])))


def raw_pair(reference: Planes, distorted: Planes, folder: Path, bit_depth: int) -> PairPlan:
    """Both as files, and how they are compared."""
    one, other = (
        raw_video(planes, folder / name, bit_depth)
        for planes, name in ((reference, "reference.yuv"), (distorted, "distorted.yuv"))
    )
    return plan_pair(one, other)


def libvmaf(reference: Planes, distorted: Planes, folder: Path, bit_depth: int, *, neg: bool = False) -> Measurement:
    """What libvmaf prints of them: the six features of VMAF or of its NEG variant, and the score."""
    plan = raw_pair(reference, distorted, folder, bit_depth)
    return measure_pair(
        plan,
        MeasureOptions(teachers=("vmaf_neg" if neg else "vmaf",), feature_set=NEG_6 if neg else CANONICAL_6, threads=1),
    )


def _white(bit_depth: int) -> int:
    return (1 << bit_depth) - 1


def _blurred(planes: Planes) -> NDArray[np.float64]:
    values = planes.astype(np.float64)
    for axis in (1, 2):
        values = (np.roll(values, 1, axis) + 2 * values + np.roll(values, -1, axis)) / 4
    return values
