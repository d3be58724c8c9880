"""A lapped transform with steps of four: a picture as 32 numbers per 4x4 pixels, and the picture from them again.

The 16 products of the modified discrete cosine transform of four bands (Princen and Bradley, 1986,
doi:10.1109/TASSP.1986.1164954) under a sine window: it overlaps by half, so what is done to its numbers leaves no
blocks, and it has as many numbers as pixels. Here twice, the second time two pixels farther down and right, and half of
each: what one grid does to an edge, the other softens.
"""

import numpy as np
import torch
from torch import Tensor

STEP = 4
"""Pixels from one place to the next."""
REACH = 12
"""Pixels across that a place's numbers come from."""
BANDS = 2 * STEP * STEP
"""Numbers per place."""
_SHIFTS = (2, 4)
"""Of the two grids in the window, in pixels."""


def analysis_weights() -> Tensor:
    """(32, 1, 12, 12) of a convolution with steps of four: picture -> numbers."""
    across = _cosines()
    products = np.einsum("ay,bx->abyx", across, across).reshape(STEP * STEP, 2 * STEP, 2 * STEP)
    weights = np.zeros((BANDS, 1, REACH, REACH))
    for number, shift in enumerate(_SHIFTS):
        window = slice(shift, shift + 2 * STEP)
        weights[number * STEP * STEP :][: STEP * STEP, 0, window, window] = products / np.sqrt(2)
    return torch.from_numpy(weights.astype(np.float32))


def synthesis_weights() -> Tensor:
    """(16, 32, 3, 3) of a convolution before a shuffle by four: numbers -> picture; analysis, the other way round."""
    parts = analysis_weights().reshape(BANDS, 3, STEP, 3, STEP)  # band, window row, pixel row, the same across
    return parts.permute(2, 4, 0, 1, 3).reshape(STEP * STEP, BANDS, 3, 3).flip(2, 3).contiguous()


def _cosines() -> np.ndarray:
    """(4, 8) one band per row: orthogonal, also to itself moved by four."""
    band, place = np.arange(STEP)[:, None] + 0.5, np.arange(2 * STEP) + 0.5
    window = np.sin(np.pi * place / (2 * STEP))
    return np.sqrt(2 / STEP) * window * np.cos(np.pi / STEP * band * (place + STEP / 2))
