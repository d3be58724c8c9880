"""The six features that VMAF sees, of whole planes, in libvmaf's own integer arithmetic (git 86da14d, integer_*.c)."""

import numpy as np
from numpy.typing import NDArray

from tests.pixels.truth.adm import adm2
from tests.pixels.truth.motion import motion2, motion_sad
from tests.pixels.truth.vif import vif


def features(
    references: NDArray[np.unsignedinteger],
    distorted: NDArray[np.unsignedinteger],
    bit_depth: int,
    gain_limit: float = 100.0,
) -> NDArray[np.float64]:
    """(T, 6) in the order of CANONICAL_6, of two videos (T, H, W) of code values; a gain limit of 1 makes it NEG."""
    pairs = list(zip(references.astype(np.int64), distorted.astype(np.int64), strict=True))
    options = {"bit_depth": bit_depth, "gain_limit": gain_limit}
    sads = [motion_sad(pairs[max(t - 1, 0)][0], pairs[t][0], bit_depth=bit_depth) for t in range(len(pairs))]
    spatial = [[adm2(*pair, **options), *vif(*pair, **options)] for pair in pairs]
    return np.column_stack([spatial, motion2(sads)])
