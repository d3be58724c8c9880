"""Patches of two pictures -> by how much each is displaced: gradients, correlated at every displacement by FFT."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.pixels.glimpses import Patches

LEAST_CORRELATION = 0.45
"""Of gradients that are the same picture's."""
LEAST_GAIN = 0.08
"""Of the correlation at a displacement over that in place."""
_IN_PLACE = 0.9
"""Correlation in place above which nothing is displaced."""
_NOTHING = np.float32(1e-6)
"""Energy of a patch without any detail."""

_Gradients = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Peak:
    """Where a correlation is highest."""

    displacement: tuple[float, float]
    """Pixels down and right, from the reference to the distorted picture."""
    correlation: float
    """There; at most 1."""
    gain: float
    """Over the correlation in place."""


@dataclass(frozen=True, slots=True, eq=False)
class PatchPeaks:
    """Where P patches of the distorted picture correlate most with the reference's."""

    together: Peak
    """By one displacement of all patches."""
    apart: tuple[Peak, ...]
    """(P,) by each patch's own."""
    energies: NDArray[np.float32]
    """(P,) of each patch's gradients: what its peak weighs."""
    centres: NDArray[np.float64]
    """(P, 2) row and column in the patch about which its detail lies, on average over both pictures."""


def patch_peaks(stills: Sequence[Patches]) -> PatchPeaks | None:
    """How patches are displaced, by all stills together; None: the pictures lie on one another without doubt."""
    gradients = [_gradients(still, axis) for still in stills for axis in (1, 2)]
    reference, distorted = (sum(np.square(each[side]) for each in gradients) for side in (0, 1))  # (P, S, S)
    energies = np.sqrt(np.sum(reference, axis=(1, 2)) * np.sum(distorted, axis=(1, 2))) + _NOTHING  # (P,)
    if sum(float((one * other).sum()) for one, other in gradients) > _IN_PLACE * energies.sum():
        return None
    spectrum = reduce(np.add, (np.fft.rfft2(other) * np.conj(np.fft.rfft2(one)) for one, other in gradients))
    products = np.fft.irfft2(spectrum, s=gradients[0][0].shape[1:])  # (P, S, S) by displacement, modulo S
    return PatchPeaks(
        together=_peak(products.sum(axis=0) / energies.sum()),
        apart=tuple(_peak(product / energy) for product, energy in zip(products, energies, strict=True)),
        energies=energies,
        centres=(_centres(np.asarray(reference)) + _centres(np.asarray(distorted))) / 2,
    )


def _gradients(still: Patches, axis: int) -> _Gradients:
    """(P, S, S) of the reference and of the distorted picture, fading towards the patch's border."""
    hann = np.hanning(still.reference.shape[-1]).astype(np.float32)
    window = np.outer(hann, hann)
    return window * _gradient(still.reference, axis), window * _gradient(still.distorted, axis)


def _gradient(patches: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """(P, S, S) differences of neighbours, of means over 3 x 3: finer detail does not outlive an encoder."""
    for each in (1, 2):
        patches = (np.roll(patches, 1, each) + patches + np.roll(patches, -1, each)) / np.float32(3)
    return patches - np.roll(patches, 1, axis)


def _centres(energy: NDArray[np.float32]) -> NDArray[np.float64]:
    """(P, 2) row and column of the middle of each patch's energy, which need not be the middle of the patch."""
    steps = np.arange(energy.shape[-1])
    total = energy.sum(axis=(1, 2)) + _NOTHING
    return np.stack([(energy.sum(axis=2) @ steps) / total, (energy.sum(axis=1) @ steps) / total], axis=1)


def _peak(correlation: NDArray[np.floating]) -> Peak:
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
    return Peak((places[0], places[1]), highest, highest - float(correlation[0, 0]))
