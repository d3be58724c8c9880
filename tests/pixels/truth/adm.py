"""The detail loss measure (ADM2) of one frame, as integer_adm.c computes it.

Li, Zhang, Ma and Ngan, "Image quality assessment by separately evaluating detail losses and additive impairments",
IEEE TMM 13(5), 2011, doi:10.1109/TMM.2011.2152382.

Not libvmaf's, since its own code paths differ there: black and white noise of the full range, where 16-bit words of its
mask wrap around in some columns (up to 2e-4 of the score); the wavelet of scale 3 on 3 or 4 samples, where it takes
sample -1 (frames of 17 to 32 samples a side); the last column of 10-bit frames whose width is 1 or 2 above a multiple
of 32, where its AVX2 code reads on in other memory (up to 1e-2 at 100 samples, nothing above 550).
"""

from dataclasses import dataclass
from math import ceil, cos, log2, log10, pi

import numpy as np
from numpy.typing import NDArray

from tests.pixels.truth.filters import Plane, rounded_shift
from tests.pixels.truth.wavelet import Bands, dwt

Details = tuple[Plane, Plane, Plane]
"""Bands h, v, d."""

_COS_1_DEGREE_SQUARED = float(np.float32(cos(pi / 180) ** 2))
_NOISE_WEIGHT = 0.03125
_BASIS_AMPLITUDES = ((0.67234, 0.72709), (0.41317, 0.49428), (0.22727, 0.28688), (0.11792, 0.15214))
"""Of bands h and v, and of d, by scale: Watson et al., IEEE TIP 6(8), 1997, table V."""


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Where the binary point stands in the contrast step; libvmaf has 16-bit words at scale 0, 32-bit ones after it.

    Triples are of bands h, v, d. A ``round`` is added before its shift.
    """

    factors: tuple[int, int, int]
    """Contrast sensitivity."""
    csf_shift: tuple[int, int, int]
    csf_round: tuple[int, int, int]
    thirtieth: int
    fifteenth: int
    mask_shift: int
    mask_round: int
    kept_shift: int
    """Of the sensitivity applied to what is compared with the mask."""
    mask_up: tuple[int, int, int]
    """The mask is shifted up to the compared values' point."""
    square_shift: tuple[int, int, int]
    cube_bits: tuple[int, int, int]
    """Bits of room that a row's sum of cubes has: it is shifted by so many fewer than its width needs."""
    point: tuple[int, int, int]
    """Bits after the point of the sum of cubes, but for the shifts that depend on the size."""


def adm2(reference: Plane, distorted: Plane, *, bit_depth: int, gain_limit: float) -> float:
    """The detail loss measure: 1 is all detail kept."""
    num = den = 0.0
    height, width = reference.shape
    for scale in range(4):
        bands = [dwt(plane, scale, bit_depth=bit_depth) for plane in (reference, distorted)]
        kept, held = adm_scale(bands[0], bands[1], scale, gain_limit=gain_limit)
        num, den = num + kept, den + held
        reference, distorted = bands[0].a, bands[1].a
    limit = 1e-10 * width * height / (1920 * 1080)
    return 1.0 if den < limit else (0.0 if num < limit else num) / den


def adm_scale(reference: Bands, distorted: Bands, scale: int, *, gain_limit: float) -> tuple[float, float]:
    """What of the reference's detail is still visible (num), and what there was (den)."""
    restored = decouple(reference, distorted, scale, gain_limit=gain_limit)
    h, v, d = (t - r for t, r in zip(distorted.details, restored, strict=True))
    return masked_contrast(restored, (h, v, d), scale), contrast(reference.details, scale)


def decouple(reference: Bands, distorted: Bands, scale: int, *, gain_limit: float) -> Details:
    """The part of the distorted detail that is the reference's, attenuated (or, within 1 degree of it, enhanced)."""
    aligned = within_one_degree(reference, distorted)
    restored = []
    for o, t in zip(reference.details, distorted.details, strict=True):
        ratio = np.clip(_ratio(o, t, scale), 0, 32768)
        r = rounded_shift(ratio * o, 15)
        rising, falling = (aligned & (ratio > 0) & sign for sign in (o > 0, o < 0))
        r = np.where(rising, np.minimum(r * gain_limit, t).astype(np.int64), r)
        restored.append(np.where(falling, np.maximum(r * gain_limit, t).astype(np.int64), r))
    return restored[0], restored[1], restored[2]


def within_one_degree(reference: Bands, distorted: Bands) -> NDArray[np.bool_]:
    """Where the gradients (h, v) of both point the same way, in libvmaf's mix of float and double."""
    inner, o, t = (
        (one.h * other.h + one.v * other.v).astype(np.float32).astype(np.float64) / 4096
        for one, other in ((reference, distorted), (reference, reference), (distorted, distorted))
    )
    return (inner >= 0) & (inner * inner >= _COS_1_DEGREE_SQUARED * o * t)


def masked_contrast(restored: Details, added: Details, scale: int) -> float:
    """What of the restored detail stands above the mask that the added impairments make (num)."""
    fixed = FIXED_POINT[scale]
    mask = masking(added, fixed)
    height, width = mask.shape
    row_shift = ceil(log2(height))
    total = np.float32(0)
    for band, r in enumerate(restored):
        x = rounded_shift(r * fixed.factors[band], fixed.kept_shift)
        x = np.maximum(np.abs(x) - (mask << fixed.mask_up[band]), 0)
        square = rounded_shift(x * x, fixed.square_shift[band])
        cube_shift = max(ceil(log2(width) - fixed.cube_bits[band]), 0)
        rows = inner(rounded_shift(square * x, cube_shift)).sum(axis=1)
        cubes = int(rounded_shift(rows, row_shift).sum())
        total += _pooled(cubes / 2.0 ** (fixed.point[band] - cube_shift - row_shift), inner(mask).size)
    return float(total)


def masking(added: Details, fixed: FixedPoint) -> Plane:
    """The mask: the mean of the impairments' contrasts over 3 x 3 samples (the centre twice) and the three bands."""
    mask = np.zeros_like(added[0])
    for band, a in enumerate(added):
        size = np.abs(a * fixed.factors[band] + fixed.csf_round[band] >> fixed.csf_shift[band])
        thirtieth, fifteenth = (
            size * part + fixed.mask_round >> fixed.mask_shift for part in (fixed.thirtieth, fixed.fifteenth)
        )
        mask += box(thirtieth) - thirtieth + fifteenth
    return mask


def box(plane: Plane) -> Plane:
    """Sums over 3 x 3 samples; index -1 is 1, but n is n - 1."""
    for axis in (0, 1):
        first, last = plane.take([1], axis=axis), plane.take([-1], axis=axis)
        padded = np.concatenate([first, plane, last], axis=axis)
        size = plane.shape[axis]
        plane = sum(padded.take(range(k, k + size), axis=axis) for k in range(3))  # type: ignore[assignment]
    return plane


def contrast(details: Details, scale: int) -> float:
    """How much visible detail there is (den)."""
    total = np.float32(0)
    for band, detail in enumerate(details):
        size = np.abs(inner(detail))
        height, width = size.shape
        if scale == 0:
            shift, point = max(ceil(log2(height * width) - 20), 0), 18
            cubes = int(rounded_shift((size**3).sum(axis=1), shift).sum())
        else:
            square_shift, point = {1: (31, 32), 2: (30, 27), 3: (31, 23)}[scale]
            cube_shift, row_shift = ceil(log2(width)), ceil(log2(height))
            square = size * size + (1 << square_shift) >> square_shift
            rows = rounded_shift(square * size, cube_shift).sum(axis=1)
            cubes, shift = int(rounded_shift(rows, row_shift).sum()), cube_shift + row_shift
        total += _pooled(cubes / 2.0 ** (point - shift) * float(sensitivity(scale, band)) ** 3, size.size)
    return float(total)


def inner(plane: Plane) -> Plane:
    """The plane without its border of a tenth."""
    top, left = (int(max(size * 0.1 - 0.5, 0)) for size in plane.shape)
    return plane[top : plane.shape[0] - top, left : plane.shape[1] - left]


def sensitivity(scale: int, band: int) -> np.float32:
    """Contrast sensitivity of a band, seen from 3 heights of a 1080-line picture: Watson et al., formulas 1, 7, 9."""
    pixels_per_degree = np.float32(3 * 1080 * pi / 180)
    orientation = np.float32(0.534 if band == 2 else 1.0)
    amplitude = np.float32(_BASIS_AMPLITUDES[scale][band == 2])
    distance = np.float32(log10(2.0 ** (scale + 1) * float(np.float32(0.401) * orientation / pixels_per_degree)))
    exponent = np.float32(0.466) * distance * distance
    return np.float32(1) / np.float32(2 * float(np.float32(0.495)) * 10 ** float(exponent) / float(amplitude))


def _pooled(cubes: float, area: int) -> np.float32:
    third = float(np.float32(1 / 3))
    return np.float32(np.float32(cubes) ** third) + np.float32(np.float32(area * _NOISE_WEIGHT) ** third)


def _ratio(o: Plane, t: Plane, scale: int) -> Plane:
    """t / o with 15 bits after the point, by a table of reciprocals of 15-bit numbers; 1 where o is 0."""
    magnitude = np.abs(o)
    bits = np.frexp(magnitude.astype(np.float64))[1].astype(np.int64)
    shift = np.maximum(bits - 15, 0) if scale else np.zeros_like(o)
    leading = magnitude + (1 << shift >> 1) >> shift
    reciprocal = np.sign(o) * ((1 << 30) // np.maximum(leading, 1))
    ratio = reciprocal * t + (1 << 14 + shift) >> 15 + shift
    return np.where(o == 0, 32768, ratio)


def _coarser(scale: int, point: int) -> FixedPoint:
    h, d = (int(float(sensitivity(scale, band)) * 2**32) for band in (0, 2))
    return FixedPoint(
        factors=(h, h, d),
        csf_shift=(28, 28, 28),
        csf_round=(1 << 27, 1 << 27, 1 << 27),
        thirtieth=143165577,
        fifteenth=286331153,
        mask_shift=32,
        mask_round=-(1 << 31),  # meant to be positive: libvmaf keeps 2^31 in an int32
        kept_shift=28,
        mask_up=(0, 0, 0),
        square_shift=(30, 30, 30),
        cube_bits=(0, 0, 0),
        point=(point, point, point),
    )


FIXED_POINT = (
    FixedPoint(
        factors=(36453, 36453, 49417),
        csf_shift=(15, 15, 17),
        csf_round=(1 << 14, 1 << 14, 65535),
        thirtieth=4369,
        fifteenth=8738,
        mask_shift=12,
        mask_round=2048,
        kept_shift=0,
        mask_up=(10, 10, 12),
        square_shift=(29, 29, 30),
        cube_bits=(4, 4, 3),
        point=(52, 52, 57),
    ),
    _coarser(1, 45),
    _coarser(2, 39),
    _coarser(3, 36),
)
"""By scale."""
