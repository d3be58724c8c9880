"""A pair of frames -> the six features of VMAF v0.6.1, or of its NEG form, in one pass of compiled code."""

import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from tinyvmaf.pixels.adm import LEVELS, SENSITIVITIES, adm_level, adm_row_finest, adm_score, adm_spans
from tinyvmaf.pixels.compiling import compiled, f32, source_stamp
from tinyvmaf.pixels.motion import mean_motion
from tinyvmaf.pixels.pyramid import halve_2, halve_3, halve_row_1
from tinyvmaf.pixels.rows import PAD, RING, load_rows
from tinyvmaf.pixels.sampling import FULL, Sampling
from tinyvmaf.pixels.vif import BLOCK, vif_0, vif_1, vif_2, vif_3

_PATIENCE_SECONDS = 1.5
_COMPILING = "compiling the kernel for this processor: once, some 20 seconds"


class _Planes(NamedTuple):
    """The halved planes: of VIF by scale, of the wavelets by level; each of both pictures."""

    vif: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]
    adm: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]


@compiled
def _finest(
    reference, distorted, r1, d1, a1, b1, height, width, unit, gain_limit, rows, columns, sums, rings, halving, adm
):
    """Halves both pictures, and takes them apart on the finest level, in one pass over their rows."""
    ring1, ring2 = rings
    slots, split = halving
    loaded = 0
    for i in range((height + 1) // 2):
        stop = min(2 * i + 5, height)
        load_rows(reference, ring1, loaded, stop, width, unit)
        load_rows(distorted, ring2, loaded, stop, width, unit)
        loaded = stop
        if i < height // 2:
            halve_row_1(ring1, i, r1[i], height, width, slots, split)
            halve_row_1(ring2, i, d1[i], height, width, slots, split)
        if rows[1] <= i < rows[2]:
            adm_row_finest(
                ring1, ring2, i, a1, b1, height, width, SENSITIVITIES[0], gain_limit, rows, columns, sums, adm
            )


def _compiled_features(stamp: int):
    """The whole work on one pair of frames; kept on disk until a source of one of its parts changes."""

    @compiled
    def features(
        reference,
        distorted,
        previous,
        height,
        width,
        unit,
        gain_limit,
        steps,
        offsets,
        spans,
        planes,
        scratch,
        sums,
        out,
    ):
        """Fills ``out`` (6,): ADM2, VIF at four scales, motion against ``previous``."""
        stamp  # noqa: B018
        (r1, d1), (r2, d2), (r3, d3) = planes.vif
        (a1, b1), (a2, b2), (a3, b3), (a4, b4) = planes.adm
        rings, halving, vif, adm = scratch
        down, across = spans
        sums[:] = 0
        _finest(
            reference,
            distorted,
            r1,
            d1,
            a1,
            b1,
            height,
            width,
            f32(128) * unit,
            gain_limit,
            down[0],
            across[0],
            sums[0],
            rings,
            halving,
            adm,
        )
        halve_2(r1, r2, height // 2, width // 2, rings[0], *halving)
        halve_2(d1, d2, height // 2, width // 2, rings[0], *halving)
        halve_3(r2, r3, height // 4, width // 4, rings[0], *halving)
        halve_3(d2, d3, height // 4, width // 4, rings[0], *halving)
        rows, block, arguments = vif
        halved = f32(1 / 256)
        out[1] = vif_0(
            reference, distorted, height, width, unit, gain_limit, offsets[0], steps[0], rows, block, arguments
        )
        out[2] = vif_1(
            r1, d1, height // 2, width // 2, halved, gain_limit, offsets[1], steps[1], rows, block, arguments
        )
        out[3] = vif_2(
            r2, d2, height // 4, width // 4, halved, gain_limit, offsets[2], steps[2], rows, block, arguments
        )
        out[4] = vif_3(
            r3, d3, height // 8, width // 8, halved, gain_limit, offsets[3], steps[3], rows, block, arguments
        )
        out[5] = unit * mean_motion(previous, reference, height, width, offsets[4], steps[4], rows, arguments[0])
        for level, (x, y), (u, v) in ((1, (a1, b1), (a2, b2)), (2, (a2, b2), (a3, b3)), (3, (a3, b3), (a4, b4))):
            adm_level(
                x,
                y,
                u,
                v,
                rings,
                down[level],
                across[level],
                down[level - 1, 0],
                across[level - 1, 0],
                SENSITIVITIES[level],
                gain_limit,
                sums[level],
                adm,
            )
        out[0] = adm_score(sums, down, across)

    return features


_features = _compiled_features(source_stamp())


class FrameKernel:
    """The six features of frames of one size. An object belongs to one thread at a time, and holds its scratch.

    Compiled code runs without the interpreter's lock: several threads, each with its own kernel, work at once.
    """

    def __init__(
        self, width: int, height: int, *, bit_depth: int, sampling: Sampling, gain_limit: float = 100.0
    ) -> None:
        """Takes the memory for frames of that size: about 14 bytes a pixel.

        Args:
            width: Columns.
            height: Rows.
            bit_depth: Of the luma: 8 to 16.
            sampling: Which rows are looked at.
            gain_limit: How far enhancement is rewarded: 100 as VMAF v0.6.1 has it, 1 for its NEG form.
        """
        self._size = height, width
        self._unit = f32(2.0 ** (8 - bit_depth))
        self._dtype = np.dtype(np.uint8 if bit_depth == 8 else np.uint16)
        self._gain_limit = f32(gain_limit)
        self._sampling = sampling
        self._steps = _fitting(sampling.steps, height)
        self._spans = adm_spans(height), adm_spans(width)
        self._planes = _Planes(
            vif=tuple(_pair(height >> scale, width >> scale) for scale in (1, 2, 3)),
            adm=tuple(_pair(int(down[0]), int(across[0])) for down, across in zip(*self._spans, strict=True)),
        )
        half = (width + 1) // 2 + 2 * PAD
        rings = np.zeros((2, RING, half), np.float32), np.zeros((2, RING, half), np.float32)
        halving = np.zeros(9, np.int64), _rows(2, half)
        vif = np.zeros(17, np.int64), _rows(10, BLOCK + 2 * PAD), _rows(3, width + 2 * PAD)
        restored = np.zeros((3, 3, half), np.float32)
        mask = np.zeros(half, np.float32)
        adm = _rows(4, half), _rows(3, half), _rows(3, half), restored, _rows(3, half), mask, np.zeros(4, np.int64)
        self._scratch = rings, halving, vif, adm
        self._sums = np.zeros((LEVELS, 6))

    def features(
        self,
        reference: NDArray[np.integer],
        distorted: NDArray[np.integer],
        previous: NDArray[np.integer] | None,
        frame_index: int,
    ) -> NDArray[np.float64]:
        """(6,) the features in the order of CANONICAL_6, but for the last, which is the change from ``previous``.

        Args:
            reference: (H, W) luma code values; columns are contiguous, rows may be padded.
            distorted: (H, W) likewise.
            previous: (H, W) the reference's frame before; None for the first, whose change is 0.
            frame_index: 0-based; picks the rows of the sample.

        Raises:
            ValueError: a plane is of another size or type.
        """
        out = np.zeros(6)
        offsets = np.minimum(self._sampling.offsets(frame_index), self._steps - 1)
        _features(
            self._plane(reference),
            self._plane(distorted),
            self._plane(reference if previous is None else previous),
            self._size[0],
            self._size[1],
            self._unit,
            self._gain_limit,
            self._steps,
            offsets,
            self._spans,
            self._planes,
            self._scratch,
            self._sums,
            out,
        )
        return out

    def _plane(self, luma: NDArray[np.integer]) -> NDArray[np.integer]:
        """The luma as whole rows of memory, padding included, which compiled code reads fastest."""
        if luma.shape != self._size or luma.dtype != self._dtype:
            raise ValueError(f"a plane of {luma.shape} {luma.dtype} is not one of {self._size} {self._dtype}")
        stride, rest = divmod(luma.strides[0], luma.itemsize)
        if rest or stride < luma.shape[1] or luma.strides[1] != luma.itemsize:
            return np.ascontiguousarray(luma)
        return as_strided(luma, (luma.shape[0], stride), (luma.strides[0], luma.itemsize), writeable=False)


def compile_kernel(*, bit_depth: int, tell: Callable[[str], None] | None = None) -> None:
    """Makes the compiled code ready, so that no frame waits for it: from the disk in half a second, or compiled anew.

    Args:
        bit_depth: Of the luma that will be measured.
        tell: Called with a sentence where it takes longer than from the disk.
    """
    patience = threading.Timer(_PATIENCE_SECONDS, tell or _say_nothing, [_COMPILING])
    patience.daemon = True
    patience.start()
    try:
        kernel = FrameKernel(32, 32, bit_depth=bit_depth, sampling=FULL)
        black = np.zeros((32, 32), np.uint8 if bit_depth == 8 else np.uint16)
        kernel.features(black, black, None, 0)
    finally:
        patience.cancel()


def _say_nothing(_: str) -> None:
    """For callers that do not ask."""


def _fitting(steps: tuple[int, ...], height: int) -> NDArray[np.int64]:
    """The steps, but none so long that a small picture has less than four rows of a step."""
    rows = (height, height // 2, height // 4, height // 8, height)
    return np.array([max(min(step, count // 4), 1) for step, count in zip(steps, rows, strict=True)])


def _rows(count: int, width: int) -> NDArray[np.float32]:
    return np.zeros((count, width), np.float32)


def _pair(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return _rows(height, width), _rows(height, width)
