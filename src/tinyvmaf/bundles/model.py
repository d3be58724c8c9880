"""An open model: features of frames, frames of two videos, or samples of one -> scores; or luma -> luma filtered.

All by ONNX Runtime.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors  # pyright: ignore[reportAttributeAccessIssue]  a binary module

from tinyvmaf.bundles.bundle import Bundle, Sidecar
from tinyvmaf.bundles.pixel_tensors import FRAME, SMALLEST_FILTERED_SIDE
from tinyvmaf.errors import BundleError

Source = Literal["shelf", "path"]

ROWS_AT_ONCE = 2048
"""The activations of more do not fit into a core's cache: fr_mlp_medium takes half as long again for 10,000 at once."""
SAMPLES_AT_ONCE = 32
"""More would take much memory, and no less time."""

INT8_SUFFIX = ":int8"
"""After an id it asks for the model's quantised form; no id holds a colon."""
ORT_REFUSALS = (
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
    RuntimeError,
)
"""What ONNX Runtime throws at a graph that it cannot run; they have no parent but Exception."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameFeatures:
    """What a model that sees pixels says of T frames."""

    features: NDArray[np.float32]
    """(T, F), in the order that the sidecar gives."""
    scores: NDArray[np.float32]
    """(T,)."""


@dataclass(frozen=True, slots=True)
class Model:
    """An open model: it passed every check, and computes."""

    sidecar: Sidecar
    """What it is."""
    sha256: str
    """Of its ``model.onnx``."""
    source: Source
    """``shelf``: its hashes are those of the registry; ``path``: the user vouches for it."""
    bundle: Bundle
    """Where it was read from."""
    card: str | None
    """What ``card.md`` said; None: there is none."""
    _session: onnxruntime.InferenceSession = field(repr=False)
    int8: bool = False
    """It is the quantised form."""

    @property
    def name(self) -> str:
        """What a report calls it: its id, and of the quantised form ``ID:int8``."""
        return self.sidecar.id + (INT8_SUFFIX if self.int8 else "")

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores (N,) of feature rows (N, F), within the sidecar's ``output_range``.

        A model whose input has the axis ``T`` takes the frames of one clip in display order, any other model any rows.

        Raises:
            ValueError: the rows have another shape, or hold NaN or infinity.
            BundleError: the graph fails on them.
        """
        width = self.sidecar.inputs[0].shape[-1]
        if features.ndim != 2 or features.shape[1] != width:
            raise ValueError(f"{self.sidecar.id} takes rows of shape (N, {width}), not {features.shape}")
        rows = np.ascontiguousarray(features, dtype=np.float32)  # (N, F)
        if not np.isfinite(rows).all():
            raise ValueError(f"the features for {self.sidecar.id} hold NaN or infinity")
        are_one_clip = self.sidecar.inputs[0].shape[0] != "N"
        whole = are_one_clip or self.int8  # which may be scaled by all that it is given
        parts = [rows] if whole or len(rows) == 0 else np.split(rows, range(ROWS_AT_ONCE, len(rows), ROWS_AT_ONCE))
        scores = [self._run({self.sidecar.inputs[0].name: part})[0].reshape(len(part)) for part in parts]
        return np.concatenate(scores)  # (N,)

    @property
    def sees_pixels(self) -> bool:
        """It compares the frames of two videos itself, by ``compare``; else it is given features, by ``predict``."""
        return self.sidecar.kind == "fr" and self.sidecar.feature_set is None

    def compare(self, reference: NDArray[np.float32], distorted: NDArray[np.float32]) -> FrameFeatures:
        """Features and scores of consecutive frames, for a model that sees pixels.

        Args:
            reference: (T, 1, H, W) luma in 8 bit code values, 0-255; of deeper video with a fraction.
            distorted: The same of the video that is judged.

        Raises:
            ValueError: the model is given features, or the two have another shape.
            BundleError: the graph fails on them.
        """
        if not self.sees_pixels:
            raise ValueError(f"{self.sidecar.id} is given features, not pixels")
        if reference.shape != distorted.shape or reference.ndim != 4 or reference.shape[1] != 1:
            raise ValueError(f"{self.sidecar.id} takes (T, 1, H, W) twice, not {reference.shape}, {distorted.shape}")
        names = [spec.name for spec in self.sidecar.inputs]
        features, scores = self._run(dict(zip(names, (reference, distorted), strict=True)))
        return FrameFeatures(features, scores)

    def score_samples(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Scores (N,) of samples of one video, 0-100, for a model that needs no reference.

        Args:
            pixels: (N, P, C, S, S) as ``pixels/patches.py`` makes them: whole pictures (1, 1, 224, 224), or P places.

        Raises:
            ValueError: the model is of another kind, or takes samples of another shape.
            BundleError: the graph fails on them.
        """
        if self.sidecar.kind != "nr":
            raise ValueError(f"{self.sidecar.id} is of kind {self.sidecar.kind}: it does not score samples")
        spec = self.sidecar.inputs[0]
        planes = pixels.shape[1:] if spec.name == FRAME else pixels.shape[2:]
        wanted = (1, *spec.shape[1:]) if spec.name == FRAME else spec.shape[2:]
        if pixels.ndim != 5 or planes != wanted or 0 in pixels.shape:
            raise ValueError(f"{self.sidecar.id} takes {spec.name} {spec.shape}, not samples {pixels.shape}")
        parts = [pixels[at : at + SAMPLES_AT_ONCE] for at in range(0, len(pixels), SAMPLES_AT_ONCE)]
        return np.concatenate([self._score_some(spec.name, np.asarray(part, np.float32)) for part in parts])

    def _score_some(self, name: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
        values = values[:, 0] if name == FRAME else values  # (N, 1, S, S) or (N, P, C, S, S)
        return self._run({name: np.ascontiguousarray(values)})[0].reshape(len(values))

    def filter(self, luma: NDArray[np.float32]) -> NDArray[np.float32]:
        """The luma (N, 1, H, W) of frames, filtered, 0-1, for a pre-filter.

        Args:
            luma: (N, 1, H, W) code values over the largest one, 0-1; H and W 16 or more.

        Raises:
            ValueError: the model is of another kind, or the luma of another shape.
            BundleError: the graph fails on it.
        """
        if self.sidecar.kind != "filter":
            raise ValueError(f"{self.sidecar.id} is of kind {self.sidecar.kind}: it does not filter")
        if luma.ndim != 4 or luma.shape[1] != 1 or min(luma.shape[2:]) < SMALLEST_FILTERED_SIDE:
            raise ValueError(f"{self.sidecar.id} takes luma (N, 1, H, W), each side 16 or more, not {luma.shape}")
        filtered = self._run({self.sidecar.inputs[0].name: np.ascontiguousarray(luma, np.float32)})[0]
        if filtered.shape != luma.shape:
            raise BundleError(f"{self.sidecar.id} gives {filtered.shape} for luma {luma.shape}")
        return filtered

    def _run(self, inputs: Mapping[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """The outputs in the sidecar's order."""
        names = [spec.name for spec in self.sidecar.outputs]
        try:
            return [np.asarray(output, np.float32) for output in self._session.run(names, dict(inputs))]
        except ORT_REFUSALS as error:
            shapes = " and ".join(str(values.shape) for values in inputs.values())
            raise BundleError(f"model {self.sidecar.id} fails on {shapes}: {error}") from error
