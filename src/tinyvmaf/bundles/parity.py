"""What a graph must pass before it becomes a bundle: our opset and ops, and the numbers of what it was made from."""

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.ops import OPSET, faults, opset
from tinyvmaf.bundles.session import run_graph
from tinyvmaf.errors import BundleError

PARITY_ROWS = 256
"""Random valid rows that the two are compared on."""
PARITY_OF_SCALE = 1e-4
"""The largest error allowed between a graph and what it was made from, as a part of the output's range."""
UNBOUNDED_SCALE = 100.0
"""What stands for the range of an unbounded output: teachers and opinions are on 0-100."""


def check_graph(onnx: bytes, *, name: str) -> None:
    """Refuses a graph that may not stand in a bundle.

    Raises:
        BundleError: another opset, or an op that no bundle may hold.
    """
    if opset(onnx) != OPSET:
        raise BundleError(f"the graph of {name} came out with opset {opset(onnx)}, not {OPSET}")
    found = faults(onnx)
    if found:
        raise BundleError(f"the graph of {name} may not stand in a bundle: {'; '.join(found)}")


def check_parity(
    onnx: bytes,
    rows: NDArray[np.float32],
    expected: NDArray[np.floating],
    *,
    name: str,
    output_range: tuple[float, float] | None,
) -> None:
    """Refuses a graph that gives other scores (N,) for rows (N, F) than what it was made from.

    Raises:
        BundleError: it is further off than 1e-4 of the output's range.
    """
    found = run_graph(onnx, rows)  # (N,)
    allowed = parity_tolerance(output_range)
    error = float(np.abs(found.astype(np.float64) - expected).max())
    if not (found.shape == expected.shape and error <= allowed):
        raise BundleError(
            f"the ONNX of {name} is {error:g} off what it was made from, on {len(rows)} random rows; "
            f"at most {allowed:g} is allowed, so nothing was written"
        )


def parity_tolerance(output_range: tuple[float, float] | None) -> float:
    """The largest error allowed, in the output's own unit."""
    low, high = output_range or (0.0, UNBOUNDED_SCALE)
    return PARITY_OF_SCALE * (high - low)
