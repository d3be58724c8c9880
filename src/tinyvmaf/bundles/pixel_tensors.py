"""What goes into and comes out of models that see pixels of one video: the names and shapes that a sidecar may state.

- ``nr``: ``frame`` (N, 1, 224, 224), the whole picture made smaller, or ``patches`` (N, P, C, S, S), places of one time
  point as they are; both in 8 bit code values, 0-255. Out comes ``score`` (N,).
- ``filter``: ``luma`` (N, 1, H, W) in [0, 1], of any size from 16x16. Out comes ``filtered``, the same.
"""

from collections.abc import Sequence

from tinyvmaf.bundles.facts import TensorSpec
from tinyvmaf.errors import BundleError

FRAME, PATCHES, LUMA = "frame", "patches", "luma"
"""The inputs that there are."""
SCORE, FILTERED = "score", "filtered"
"""The outputs."""
FRAME_SIDE = 224
"""Of the whole picture made smaller."""
MOST_PLANES = 2
"""Of a patch: luma, and its difference to the frame before."""
SMALLEST_FILTERED_SIDE = 16
"""A filter bears every size from here."""
CLEAN = "clean"
"""The target of a filter: the picture as it was before it was spoiled."""

_RANGES = {"nr": (0.0, 100.0), "filter": (0.0, 1.0)}


def check_nr(inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> None:
    """Refuses tensors that are not those of a no-reference model.

    Raises:
        BundleError: they are not; the message says what would do.
    """
    good = len(inputs) == 1 and inputs[0].name in {FRAME, PATCHES} and _is_sample(inputs[0])
    if not (good and [(spec.name, spec.shape) for spec in outputs] == [(SCORE, ("N",))]):
        raise BundleError(
            f"a no-reference model takes {FRAME} (N, 1, {FRAME_SIDE}, {FRAME_SIDE}) or {PATCHES} (N, P, C, S, S) with "
            f"C 1 or {MOST_PLANES}, and gives {SCORE} (N), not {_words(inputs)} and {_words(outputs)}"
        )


def check_filter(inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> None:
    """Refuses tensors that are not those of a pre-filter.

    Raises:
        BundleError: they are not; the message says what would do.
    """
    shape = ("N", 1, "H", "W")
    if [(spec.name, spec.shape) for spec in (*inputs, *outputs)] != [(LUMA, shape), (FILTERED, shape)]:
        raise BundleError(
            f"a pre-filter takes {LUMA} (N, 1, H, W), and gives {FILTERED}, the same, "
            f"not {_words(inputs)} and {_words(outputs)}"
        )


def output_range_of(kind: str) -> tuple[float, float]:
    """What the graph of such a model clips its output to."""
    return _RANGES[kind]


def sample_input(name: str, *, planes: int, side: int) -> TensorSpec:
    """The input of a no-reference model on samples of that many planes of side x side, by its name."""
    if name == FRAME:
        meaning = "luma of a whole picture, made smaller by area; 8 bit code values, 0-255"
        return TensorSpec(FRAME, "float32", ("N", planes, side, side), meaning)
    difference = "" if planes == 1 else ", and its difference to the frame before, plus 128"
    meaning = f"luma of P places of a picture at its own size{difference}; 8 bit code values, 0-255"
    return TensorSpec(PATCHES, "float32", ("N", "P", planes, side, side), meaning)


def score_output(target: str) -> TensorSpec:
    """The output of a no-reference model."""
    return TensorSpec(SCORE, "float32", ("N",), f"{target} of each sample, on its 0-100 scale")


def filter_tensors() -> tuple[TensorSpec, TensorSpec]:
    """Input and output of a pre-filter."""
    shape = ("N", 1, "H", "W")
    return (
        TensorSpec(LUMA, "float32", shape, "luma, code values over the largest one, 0-1"),
        TensorSpec(FILTERED, "float32", shape, "the same, filtered"),
    )


def _is_sample(spec: TensorSpec) -> bool:
    if spec.name == FRAME:
        return spec.shape == ("N", 1, FRAME_SIDE, FRAME_SIDE)
    if len(spec.shape) != len(("N", "P", "C", "S", "S")) or spec.shape[:2] != ("N", "P"):
        return False
    planes, height, width = spec.shape[2:]
    if not (isinstance(planes, int) and isinstance(height, int)):
        return False
    return height == width and 1 <= planes <= MOST_PLANES and height >= 1


def _words(specs: Sequence[TensorSpec]) -> str:
    return " and ".join(f"{spec.name} ({', '.join(map(str, spec.shape))})" for spec in specs) or "nothing"
