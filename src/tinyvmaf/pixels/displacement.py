"""Where the distorted picture lies over the reference: shifted, or an enlarged part of it.

Gradients of patches are correlated at every displacement at once, by FFT. Where one displacement serves all patches,
the picture is shifted; where it grows along the picture, its size is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.glimpses import Glimpses, Patches
from tinyvmaf.video.crop import Crop

_LEAST_CORRELATION = 0.45
_LEAST_GAIN = 0.08
"""Of the correlation at the displacement over that at none."""
_ONE_FOR_ALL = 0.9
"""A shift: one displacement correlates nearly as well as the best of each patch."""
_FEWEST_PATCHES = 5
_LEAST_GROWTH = 1.5
"""Pixels by which the displacement grows along an axis; less is no change of size."""
_LARGEST_MISS = 1.0
"""Pixels by which a patch may miss the line through the others."""
_SURE_PIXELS = 4
"""How well the size of a part is known from its displacements alone."""
_NOTHING = 1e-6
"""Energy of a patch without any detail."""

_Part = tuple[int, int]
"""First sample and number of samples along an axis."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """The parts of the two pictures that show the same."""

    reference: Crop
    """Of the reference."""
    distorted: Crop
    """Of the distorted picture, as it is compared."""


@dataclass(frozen=True, slots=True)
class _Peak:
    """Where a correlation is highest: pixels down and right, how high, and how much higher than in place."""

    displacement: tuple[float, float]
    correlation: float
    gain: float

    @property
    def is_sure(self) -> bool:
        """Whether it tells of a displacement."""
        return self.correlation > _LEAST_CORRELATION and self.gain > _LEAST_GAIN


@dataclass(frozen=True, slots=True)
class _Line:
    """The displacement along an axis of ``size`` samples: ``start``, and more by ``growth`` at the other end."""

    start: float
    growth: float
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class _Correlated:
    """P patches, each with itself in the other picture."""

    products: NDArray[np.float32]
    """(P, S, S) by the displacement down and right, modulo S."""
    energies: NDArray[np.float32]
    """(P,) what a product is divided by to be a correlation."""
    centres: NDArray[np.float64]
    """(P, 2) row and column in the patch about which its detail lies, on average over both pictures."""


def overlap_of(glimpses: Glimpses, *, own_size: tuple[int, int]) -> Overlap | None:
    """The parts of the pictures that show the same; None: the whole, or nothing is sure.

    Args:
        glimpses: Patches of both pictures.
        own_size: Width and height of the distorted picture before it was scaled: perhaps those of a crop.
    """
    if not glimpses.stills:
        return None
    lines = _lines(glimpses, own_size)
    if lines is None:
        return None
    rows, columns = (_common(line) for line in lines)
    overlap = Overlap(*(Crop(w, h, x, y) for (x, w), (y, h) in zip(columns, rows, strict=True)))
    whole = Crop(glimpses.width, glimpses.height, 0, 0)
    return None if overlap == Overlap(whole, whole) else overlap


def _lines(glimpses: Glimpses, own_size: tuple[int, int]) -> tuple[_Line, _Line] | None:
    """The displacement down and right; None where it is none, or not sure."""
    found = _correlated(glimpses.stills)
    peaks = [_peak(product / energy) for product, energy in zip(found.products, found.energies, strict=True)]
    together = _peak(found.products.sum(axis=0) / found.energies.sum())
    apart = float(np.average([peak.correlation for peak in peaks], weights=found.energies))
    if together.is_sure and together.correlation > _ONE_FOR_ALL * apart:
        down, right = (float(round(each)) for each in together.displacement)
        return _Line(down, 0.0, glimpses.height), _Line(right, 0.0, glimpses.width)
    sure = np.array([peak.correlation > _LEAST_CORRELATION for peak in peaks])
    if sure.sum() < _FEWEST_PATCHES or np.mean([peak.gain for peak in peaks], where=sure) < _LEAST_GAIN:
        return None
    moved = np.array([peak.displacement for peak in peaks])  # (P, 2)
    places = glimpses.corners + found.centres - moved / 2
    down = _line(places[sure, 0], moved[sure, 0], glimpses.height, own_size[1])
    right = _line(places[sure, 1], moved[sure, 1], glimpses.width, own_size[0])
    if down is None or right is None or max(abs(down.growth), abs(right.growth)) < _LEAST_GROWTH:
        return None
    return down, right


def _correlated(stills: Sequence[Patches]) -> _Correlated:
    """Each patch of the reference with the same one of the distorted picture."""
    side = stills[0].reference.shape[-1]
    window = (np.hanning(side)[:, np.newaxis] * np.hanning(side)).astype(np.float32)
    spectrum, reference_energy, distorted_energy = 0.0, 0.0, 0.0
    for still in stills:
        for axis in (1, 2):
            reference = window * _gradient(still.reference, axis)
            distorted = window * _gradient(still.distorted, axis)
            spectrum = spectrum + np.fft.rfft2(distorted) * np.conj(np.fft.rfft2(reference))
            reference_energy = reference_energy + np.square(reference)  # (P, S, S)
            distorted_energy = distorted_energy + np.square(distorted)
    sums = [np.sum(each, axis=(1, 2)) for each in (reference_energy, distorted_energy)]
    return _Correlated(
        products=np.fft.irfft2(spectrum, s=(side, side)).astype(np.float32),
        energies=np.sqrt(sums[0] * sums[1]) + np.float32(_NOTHING),
        centres=(_centres(np.asarray(reference_energy)) + _centres(np.asarray(distorted_energy))) / 2,
    )


def _centres(energy: NDArray[np.float32]) -> NDArray[np.float64]:
    """(P, 2) row and column of the middle of each patch's energy, which need not be the middle of the patch."""
    steps = np.arange(energy.shape[-1])
    total = energy.sum(axis=(1, 2)) + _NOTHING
    return np.stack([(energy.sum(axis=2) @ steps) / total, (energy.sum(axis=1) @ steps) / total], axis=1)


def _gradient(patches: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """(P, S, S) differences of neighbours, of means over 3 x 3: finer detail does not outlive an encoder."""
    for each in (1, 2):
        patches = (np.roll(patches, 1, each) + patches + np.roll(patches, -1, each)) / np.float32(3)
    return patches - np.roll(patches, 1, axis)


def _peak(correlation: NDArray[np.float32]) -> _Peak:
    """To a part of a pixel, by the parabola through the peak and its neighbours."""
    side = len(correlation)
    top = np.unravel_index(correlation.argmax(), correlation.shape)
    highest = float(correlation[top])
    places = []
    for axis in (0, 1):
        before, after = (float(np.roll(correlation, step, axis)[top]) for step in (1, -1))
        bend = 2 * highest - before - after
        part = 0.5 * (after - before) / bend if bend > 0 else 0.0
        places.append((float(top[axis]) + part + side / 2) % side - side / 2)
    return _Peak((places[0], places[1]), highest, highest - float(correlation[0, 0]))


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
