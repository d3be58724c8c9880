"""The kernel: a pair of frames -> the six features of VMAF v0.6.1, or of its NEG form. Importing this loads Numba."""

import threading
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from tinyvmaf.pixels.adm import adm_spans
from tinyvmaf.pixels.compiling import f32
from tinyvmaf.pixels.fused import Scratch, frame_features
from tinyvmaf.pixels.sampling import FULL, Sampling

_PATIENCE_SECONDS = 3.0
_COMPILING = "compiling the kernel for this processor: once, some 20 seconds"


class FrameKernel:
    """The six features of frames of one size. An object belongs to one thread at a time, and holds its scratch.

    Compiled code runs without the interpreter's lock: several threads, each with its own kernel, work at once.
    """

    def __init__(
        self, width: int, height: int, *, bit_depth: int, sampling: Sampling, gain_limit: float = 100.0
    ) -> None:
        """Takes the memory for frames of that size: a byte a pixel, and some rows.

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
        sizes = np.stack([spans[:, 0] for spans in self._spans], axis=1)  # (4, 2)
        self._scratch = Scratch.of(width, height, level_sizes=sizes)

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
        frame_features(
            self._plane(reference),
            self._plane(distorted),
            self._plane(reference if previous is None else previous),
            self._size,
            self._unit,
            self._gain_limit,
            self._steps,
            offsets,
            self._spans,
            self._scratch,
            out,
        )
        return out

    def _plane(self, luma: NDArray[np.integer]) -> NDArray[np.integer]:
        """The luma as whole rows of memory, padding included, which compiled code reads fastest."""
        if luma.shape != self._size or luma.dtype != self._dtype:
            raise ValueError(f"a plane of {luma.shape} {luma.dtype} is not one of {self._size} {self._dtype}")
        stride, rest = divmod(luma.strides[0], luma.itemsize)
        if rest or stride < luma.shape[1] or luma.strides[1] != luma.itemsize:
            luma = np.ascontiguousarray(luma)
            stride = luma.shape[1]
        # Always read-only: to Numba an array that may be written is another type, and compiled once more.
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
