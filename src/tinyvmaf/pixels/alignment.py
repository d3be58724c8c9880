"""Whether the frames of a measured pair lie on one another, in time and in space, and the right way round -> warnings.

Each warning names what would mend it, and is given only where the pictures leave no doubt: a poor, small, blurred,
sharpened or noisy encode must not be taken for a wrong pair.
"""

from dataclasses import replace

from tinyvmaf.pixels.bars import unbarred_overlap
from tinyvmaf.pixels.displacement import displaced_overlap
from tinyvmaf.pixels.glimpses import Glimpses
from tinyvmaf.pixels.lag import lag_of
from tinyvmaf.pixels.overlap import Overlap
from tinyvmaf.pixels.swapped import look_swapped
from tinyvmaf.video.crop import Crop
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.probe import Video


def alignment_warnings(plan: PairPlan, glimpses: Glimpses) -> tuple[str, ...]:
    """What a reader of the scores should know: at most one sentence, for one fault hides the others."""
    lag = lag_of(glimpses.runs, unit=glimpses.unit)
    if lag:
        where = f"to lag {lag} frames behind" if lag > 0 else f"to be {-lag} frames ahead of"
        return (f"the distorted video seems {where} the reference: compare with --offset {plan.offset + lag}",)
    own_size = plan.scaled_from or (plan.measured.width, plan.measured.height)
    overlap = unbarred_overlap(glimpses) or displaced_overlap(glimpses, own_size=own_size)
    if overlap is not None:
        return (f"the pictures seem cropped or shifted: compare what both show with {_crop_options(plan, overlap)}",)
    if _is_smaller_file(plan.reference, plan.distorted) and look_swapped(glimpses.stills):
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


def _is_smaller_file(one: Video, other: Video) -> bool:
    return one.path.stat().st_size <= other.path.stat().st_size
