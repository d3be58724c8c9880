"""Whether the frames of a measured pair lie on one another, in time and in space, and the right way round -> warnings.

Each warning names what would mend it, and is given only where the pictures leave no doubt: a poor, small, blurred,
sharpened or noisy encode must not be taken for a wrong pair.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.displacement import Overlap, overlap_of
from tinyvmaf.pixels.glimpses import Glimpses, Patches
from tinyvmaf.pixels.lag import lag_of
from tinyvmaf.video.crop import Crop
from tinyvmaf.video.pairing import PairPlan

_LEAST_DETAIL_RATIO = 1.25
"""Energy of fine detail in the distorted picture over that in the reference, from which the two look swapped."""
_LIKE_SHARPENED = 0.85
"""Correlation of fine detail above which it was enhanced, not lost."""
_LIKE_NOISE = 0.4
"""Spread of the difference's energy from block to block below which it is noise, which lies on everything alike."""
_BLOCK = 16
_NO_DETAIL = 0.1
"""Mean square, in 8-bit code values, that rounding alone leaves."""


def alignment_warnings(plan: PairPlan, glimpses: Glimpses) -> tuple[str, ...]:
    """What a reader of the scores should know: at most one sentence, for one fault hides the others."""
    lag = lag_of(glimpses.runs, unit=glimpses.unit)
    if lag:
        where = f"to lag {lag} frames behind" if lag > 0 else f"to be {-lag} frames ahead of"
        return (f"the distorted video seems {where} the reference: compare with --offset {plan.offset + lag}",)
    overlap = overlap_of(glimpses, own_size=plan.scaled_from or (plan.measured.width, plan.measured.height))
    if overlap is not None:
        return (f"the pictures seem cropped or shifted: compare what both show with {_crop_options(plan, overlap)}",)
    if _seem_swapped(plan, glimpses.stills):
        return ("the reference has less detail than the distorted video; if the two are swapped, swap the arguments",)
    return ()


def _crop_options(plan: PairPlan, overlap: Overlap) -> str:
    """The options that leave the common part, in each video's own pixels."""
    measured = plan.measured.width, plan.measured.height
    whole = Crop(*measured, 0, 0)
    own = plan.scaled_from or measured
    reference, distorted = overlap.reference, overlap.distorted
    options = []
    if reference != whole:
        options.append(f"--reference-crop {_within(plan.reference_crop, reference)}")
    if distorted != whole:
        across, down = own[0] / measured[0], own[1] / measured[1]
        scaled = (distorted.width * across, distorted.height * down, distorted.x * across, distorted.y * down)
        options.append(f"--distorted-crop {_within(plan.distorted_crop, Crop(*(round(each) for each in scaled)))}")
    return " ".join(options)


def _within(asked: Crop | None, part: Crop) -> Crop:
    """The part of what was already cut."""
    return part if asked is None else replace(part, x=asked.x + part.x, y=asked.y + part.y)


def _seem_swapped(plan: PairPlan, stills: Sequence[Patches]) -> bool:
    """Whether the reference lacks detail as an encode does, and is the smaller file.

    A sharpened video has more detail too, but in proportion to the reference's; a noisy one has more of it everywhere.
    """
    sizes = [video.path.stat().st_size for video in (plan.reference, plan.distorted)]
    if not stills or sizes[0] > sizes[1]:
        return False
    reference = _detail(np.concatenate([still.reference for still in stills]))  # (n, S, S)
    distorted = _detail(np.concatenate([still.distorted for still in stills]))
    energies = float(np.square(reference).mean()), float(np.square(distorted).mean())
    if energies[1] <= _LEAST_DETAIL_RATIO * energies[0] + _NO_DETAIL:
        return False
    correlation = float((reference * distorted).mean()) / math.sqrt(energies[0] * energies[1] + _NO_DETAIL)
    lost = _block_means(np.square(distorted - reference))
    return correlation < _LIKE_SHARPENED and float(lost.std() / lost.mean()) > _LIKE_NOISE


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
