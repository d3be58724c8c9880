"""Black bars that one of the two pictures has and the other has not: what is left without them."""

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.glimpses import Glimpses, Profile
from tinyvmaf.pixels.overlap import Overlap
from tinyvmaf.video.crop import Crop

_BLACK = 20
"""8-bit code value up to which a row is part of a bar, in the mean; black is 16, and encoders ring."""
_LEAST_PART = 0.5
"""Of a side that must be left: less is a dark picture."""
_LEAST_BAR = 4
"""Samples by which the two must differ."""
_LEAST_GAIN = 0.1
"""Of the correlation of what is left over that of the whole pictures."""
_GRID = 24
"""Samples along each side of the pictures that are correlated."""


def unbarred_overlap(glimpses: Glimpses) -> Overlap | None:
    """What is left of both pictures without their bars; None: both have the same bars, or nothing is sure."""
    if glimpses.profiles is None:
        return None
    reference, distorted = (_inside(each, glimpses.unit) for each in glimpses.profiles)
    if reference is None or distorted is None or _differ_by(reference, distorted) < _LEAST_BAR:
        return None
    whole = Crop(glimpses.width, glimpses.height, 0, 0)
    gain = _correlation(glimpses, reference, distorted) - _correlation(glimpses, whole, whole)
    return Overlap(reference, distorted) if gain > _LEAST_GAIN else None


def _inside(profile: Profile, unit: float) -> Crop | None:
    """The part between the bars; None where little is left."""
    rows, columns = (np.flatnonzero(each * unit > _BLACK) for each in (profile.rows, profile.columns))
    if len(rows) < _LEAST_PART * len(profile.rows) or len(columns) < _LEAST_PART * len(profile.columns):
        return None
    (top, bottom), (left, right) = (rows[0], rows[-1]), (columns[0], columns[-1])
    return Crop(int(right - left) + 1, int(bottom - top) + 1, int(left), int(top))


def _differ_by(one: Crop, other: Crop) -> int:
    return max(abs(one.x - other.x), abs(one.y - other.y), abs(one.width - other.width), abs(one.height - other.height))


def _correlation(glimpses: Glimpses, reference: Crop, distorted: Crop) -> float:
    """Of these parts of the two pictures, over all tiny ones."""
    sides = (("reference", reference), ("distorted", distorted))
    one, other = (
        np.stack([_sampled(tiny, part, glimpses) for run in glimpses.runs for tiny in getattr(run, side)])
        for side, part in sides
    )
    one, other = one - one.mean(), other - other.mean()
    energy = np.square(one).mean() * np.square(other).mean()
    return float((one * other).mean() / np.sqrt(energy)) if energy else 0.0


def _sampled(tiny: np.ndarray, part: Crop, glimpses: Glimpses) -> NDArray[np.float32]:
    """(_GRID, _GRID) the nearest samples of a part."""
    places = (np.arange(_GRID) + 0.5) / _GRID
    rows = (part.y + places * part.height) * tiny.shape[0] / glimpses.height
    columns = (part.x + places * part.width) * tiny.shape[1] / glimpses.width
    return tiny[np.ix_(rows.astype(np.intp), columns.astype(np.intp))].astype(np.float32)
