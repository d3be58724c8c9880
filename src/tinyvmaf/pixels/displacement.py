"""Where the distorted picture lies over the reference: shifted, or an enlarged part of it.

Where one displacement serves all patches, the picture is shifted; where it grows along the picture, it is resized.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.glimpses import Glimpses
from tinyvmaf.pixels.overlap import Overlap
from tinyvmaf.pixels.patch_peaks import LEAST_CORRELATION, LEAST_GAIN, PatchPeaks, Peak, patch_peaks
from tinyvmaf.video.crop import Crop

_ONE_FOR_ALL = 0.9
"""A shift: one displacement correlates nearly as well as the best of each patch."""
_FEWEST_AGREEING = 3
"""Patches of which each must tell of the shift: a single thing that moves is none."""
_FEWEST_PATCHES = 5
"""Through which the line of a growth is drawn."""
_LEAST_GROWTH = 1.5
"""Pixels by which the displacement grows along an axis; less is no change of size."""
_LARGEST_MISS = 1.0
"""Pixels by which a patch may miss what the others tell."""
_SURE_PIXELS = 4
"""How well the size of a part is known from its displacements alone."""

_Part = tuple[int, int]
"""First sample and number of samples along an axis."""


@dataclass(frozen=True, slots=True)
class _Line:
    """The displacement along an axis of ``size`` samples: ``start``, and more by ``growth`` at the other end."""

    start: float
    growth: float
    size: int


def displaced_overlap(glimpses: Glimpses, *, own_size: tuple[int, int]) -> Overlap | None:
    """The parts of the pictures that show the same; None: the whole, or nothing is sure.

    Args:
        glimpses: Patches of both pictures.
        own_size: Width and height of the distorted picture before it was scaled: perhaps those of a crop.
    """
    peaks = patch_peaks(glimpses.stills) if glimpses.stills else None
    lines = None if peaks is None else _shift(glimpses, peaks) or _growth(glimpses, peaks, own_size)
    if lines is None:
        return None
    rows, columns = (_common(line) for line in lines)
    overlap = Overlap(*(Crop(w, h, x, y) for (x, w), (y, h) in zip(columns, rows, strict=True)))
    return None if overlap.is_whole(glimpses.width, glimpses.height) else overlap


def _shift(glimpses: Glimpses, peaks: PatchPeaks) -> tuple[_Line, _Line] | None:
    """One displacement down and right for the whole picture; None: there is none."""
    together = peaks.together
    apart = float(np.average([peak.correlation for peak in peaks.apart], weights=peaks.energies))
    if together.correlation < max(LEAST_CORRELATION, _ONE_FOR_ALL * apart) or together.gain < LEAST_GAIN:
        return None
    agreeing = [peak for peak in peaks.apart if peak.correlation > LEAST_CORRELATION and _near(peak, together)]
    if len(agreeing) < _FEWEST_AGREEING:
        return None
    down, right = (float(round(each)) for each in together.displacement)
    return _Line(down, 0.0, glimpses.height), _Line(right, 0.0, glimpses.width)


def _near(one: Peak, other: Peak) -> bool:
    return bool(np.abs(np.subtract(one.displacement, other.displacement)).max() <= _LARGEST_MISS)


def _growth(glimpses: Glimpses, peaks: PatchPeaks, own_size: tuple[int, int]) -> tuple[_Line, _Line] | None:
    """A displacement that grows along the picture; None: there is none, or too few patches tell of it."""
    sure = np.array([peak.correlation > LEAST_CORRELATION for peak in peaks.apart])
    if sure.sum() < _FEWEST_PATCHES or np.mean([peak.gain for peak in peaks.apart], where=sure) < LEAST_GAIN:
        return None
    moved = np.array([peak.displacement for peak in peaks.apart])  # (P, 2)
    # A patch is cut at one place from both pictures: its detail lies half the displacement before that, and behind.
    places = glimpses.corners + peaks.centres - moved / 2
    down = _line(places[sure, 0], moved[sure, 0], glimpses.height, own_size[1])
    right = _line(places[sure, 1], moved[sure, 1], glimpses.width, own_size[0])
    if down is None or right is None or max(abs(down.growth), abs(right.growth)) < _LEAST_GROWTH:
        return None
    return down, right


def _line(places: NDArray[np.float64], moved: NDArray[np.float64], size: int, own: int) -> _Line | None:
    """The straight line through the displacements, less those far off it; None where too few are left.

    Its slope is known where the part that it tells of is about as large as the distorted picture itself.
    """
    while len(places) >= _FEWEST_PATCHES:
        slope, start = np.polyfit(places, moved, 1)
        misses = np.abs(start + slope * places - moved)
        if misses.max() <= _LARGEST_MISS:
            if own != size and abs(size / (1 + slope) - own) < _SURE_PIXELS:
                slope = size / own - 1
                start = np.mean(moved - slope * places)
            return _Line(float(start), float(slope) * size, size)
        kept = misses < misses.max()
        places, moved = places[kept], moved[kept]
    return None


def _common(line: _Line) -> tuple[_Part, _Part]:
    """What both pictures show along an axis: in the reference, and in the distorted one.

    A changed size is cut to even samples, as encoders cut; a mere shift is one by whole samples.
    """
    zoom, step = 1 + line.growth / line.size, 2 if line.growth else 1
    first, last = max(0.0, -line.start / zoom), min(float(line.size), (line.size - line.start) / zoom)
    return (
        _whole(first, last, line.size, step),
        _whole(first * zoom + line.start, last * zoom + line.start, line.size, step),
    )


def _whole(first: float, last: float, size: int, step: int) -> _Part:
    """The range in steps; all of it where less than half a step is missing at both ends."""
    if first < step / 2 and size - last < step / 2:
        return 0, size
    start = step * round(first / step)
    return start, min(step * round((last - first) / step), size - start)
