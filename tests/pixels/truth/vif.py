"""Visual information fidelity of one frame at four scales, as integer_vif.c computes it.

Sheikh and Bovik, "Image information and visual quality", IEEE TIP 15(2), 2006, doi:10.1109/TIP.2005.859378, in pixels.
"""

from dataclasses import dataclass

import numpy as np

from tests.pixels.truth.filters import GAUSSIANS, HORIZONTAL, VERTICAL, Plane, filtered, rounded_shift

NOISE_VARIANCE = 2 << 16
"""Of the eye's own noise (2), in the fixed point of the variances (16 bits)."""
_LOG2 = np.zeros(65537, np.int64)
_LOG2[32767:65536] = np.floor(np.log2(np.arange(32767, 65536)).astype(np.float32) * 2048 + np.float32(0.5))


@dataclass(frozen=True, slots=True)
class Moments:
    """Local moments of the two planes, 16 bits after the point."""

    reference_variance: Plane
    distorted_variance: Plane
    covariance: Plane


def vif(reference: Plane, distorted: Plane, *, bit_depth: int, gain_limit: float) -> list[float]:
    """VIF at scales 0 to 3."""
    scores = []
    for scale in range(4):
        if scale:
            reference, distorted = (halved(plane, scale, bit_depth) for plane in (reference, distorted))
        scores.append(vif_scale(reference, distorted, scale, bit_depth=bit_depth, gain_limit=gain_limit))
    return scores


def vif_scale(reference: Plane, distorted: Plane, scale: int, *, bit_depth: int, gain_limit: float) -> float:
    """VIF of two planes that have the size of that scale."""
    found = moments(reference, distorted, scale, bit_depth)
    num, den = information(found, gain_limit)
    return float(np.float32(num) / np.float32(den))


def halved(plane: Plane, scale: int, bit_depth: int) -> Plane:
    """The plane of the scale before -> that of ``scale``: blurred by its filter, every second sample (floor)."""
    taps = GAUSSIANS[scale]
    column = rounded_shift(filtered(plane, taps, VERTICAL), bit_depth if scale == 1 else 16)
    blurred = rounded_shift(filtered(column, taps, HORIZONTAL), 16)
    height, width = plane.shape
    return blurred[: height // 2 * 2 : 2, : width // 2 * 2 : 2]


def moments(reference: Plane, distorted: Plane, scale: int, bit_depth: int) -> Moments:
    """Variances and covariance under the scale's window."""
    bits, square_bits = (bit_depth, 2 * (bit_depth - 8)) if scale == 0 else (16, 16)
    means = [_windowed(plane, scale, bits).astype(np.uint64) for plane in (reference, distorted)]

    def central(one: int, other: int) -> Plane:
        planes = reference, distorted
        product = rounded_shift(_windowed(planes[one] * planes[other], scale, square_bits), 16)
        square = (means[one] * means[other] + np.uint64(1 << 31)) >> np.uint64(32)
        return product - square.astype(np.int64)

    return Moments(central(0, 0), np.maximum(central(1, 1), 0), central(0, 1))


def information(found: Moments, gain_limit: float) -> tuple[float, float]:
    """What the distorted picture keeps of the reference, and what the reference holds, in bits over the plane."""
    textured = found.reference_variance >= NOISE_VARIANCE
    reference, distorted, both = (
        values[textured] for values in (found.reference_variance, found.distorted_variance, found.covariance)
    )
    held = (log2(reference + NOISE_VARIANCE) - 2048 * 17).sum()
    correlated = (both > 0) & (distorted > 0)
    reference, distorted, both = reference[correlated], distorted[correlated], both[correlated]
    gain = both / (reference + 65536 * 1e-10)
    noise = np.maximum((distorted - gain * both).astype(np.int64), 0) + NOISE_VARIANCE
    gain = np.minimum(gain, gain_limit)
    kept = (log2((gain * gain * reference).astype(np.int64) + noise) - log2(noise)).sum()
    flat = int((~textured).sum())
    flat_error = int(found.distorted_variance[~textured].sum())
    return kept / 2048 + (flat - flat_error / 16384 / 65025), held / 2048 + flat


def log2(values: Plane) -> Plane:
    """log2 in steps of 1/2048, of the upper 16 bits (the rest is cut off), from a table."""
    shift = np.floor(np.log2(values.astype(np.float64))).astype(np.int64) - 15
    return _LOG2[values >> shift] + 2048 * shift


def _windowed(values: Plane, scale: int, bits: int) -> Plane:
    taps = GAUSSIANS[scale]
    return filtered(rounded_shift(filtered(values, taps, VERTICAL), bits), taps, HORIZONTAL)
