"""Whether a reference lacks what an encode loses, as if the two had been swapped: told by fine detail in patches.

A sharpened video has more detail than its reference too, but in proportion to it; a noisy one has it everywhere.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.glimpses import Patches

_LEAST_RATIO = 1.25
"""Energy of detail in the distorted picture over that in the reference, from which the two look swapped."""
_LIKE_SHARPENED = 0.85
"""Correlation of detail above which it was enhanced, not lost."""
_LIKE_NOISE = 0.45
"""First over third quartile of the difference's energy in blocks, above which it is noise: it lies on all alike."""
_DARKEST, _BRIGHTEST = 40, 215
"""8-bit code values of blocks that are looked at: near the ends of the scale even noise is cut off."""
_FEWEST_BLOCKS = 16
_BLOCK = 16
_NO_DETAIL = 0.1
"""Mean square, in 8-bit code values, that rounding alone leaves."""


def look_swapped(stills: Sequence[Patches]) -> bool:
    """Whether the distorted pictures hold detail that the references have lost."""
    if not stills:
        return False
    reference = np.concatenate([still.reference for still in stills])  # (n, S, S)
    distorted = np.concatenate([still.distorted for still in stills])
    brightness = _block_means(reference[:, 1:-1, 1:-1])
    seen = (brightness > _DARKEST) & (brightness < _BRIGHTEST)  # (n, b, b)
    if seen.sum() < _FEWEST_BLOCKS:
        return False
    reference, distorted = _detail(reference), _detail(distorted)
    had, has, common = (
        float(_block_means(each)[seen].mean()) for each in (reference**2, distorted**2, reference * distorted)
    )
    if has <= _LEAST_RATIO * had + _NO_DETAIL or common > _LIKE_SHARPENED * math.sqrt(had * has):
        return False
    quarter, three_quarters = np.percentile(_block_means((distorted - reference) ** 2)[seen], [25, 75])
    return bool(quarter < _LIKE_NOISE * three_quarters)


def _detail(patches: NDArray[np.float32]) -> NDArray[np.floating]:
    """(n, S - 2, S - 2) each sample less the mean of its four neighbours."""
    inner = patches[:, 1:-1, 1:-1]
    around = patches[:, :-2, 1:-1] + patches[:, 2:, 1:-1] + patches[:, 1:-1, :-2] + patches[:, 1:-1, 2:]
    return inner - around / np.float32(4)


def _block_means(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """(n, b, b) of whole blocks."""
    count = values.shape[-1] // _BLOCK
    cut = values[:, : count * _BLOCK, : count * _BLOCK]
    return cut.reshape(-1, count, _BLOCK, count, _BLOCK).mean(axis=(2, 4))
