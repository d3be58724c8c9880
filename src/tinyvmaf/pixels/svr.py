"""Six features per frame -> VMAF: libvmaf's support vector regressions of v0.6.1, v0.6.1 NEG and 4K v0.6.1, in NumPy.

With x the features, each scaled to about 0-1 by its own line (``predict.c``, ``normalize``):

    y = sum_i w_i exp(-gamma |x - s_i|^2) - rho          (``svm.cpp``, ``svm_predict_values``)
    score = clip((y - intercept) / slope, 0, 100)        (``predict.c``, ``denormalize``, ``clip``)

which is a nu-SVR with an RBF kernel (Schölkopf et al., 2000, doi:10.1162/089976600300015565).
The polynomial under ``score_transform`` in two of the files is VMAF's phone model. libvmaf leaves it out unless the
caller asks for it (``enable_transform``), so it has no part in these teachers.

``libvmaf_models/`` holds the files of libvmaf's public repository (``model/*.json``), byte for byte, with its licence.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.features import CANONICAL_6, FEATURE_SETS, FeatureSet
from tinyvmaf.video.teachers import TEACHERS

Numbers = NDArray[np.float64]

KERNEL_TEACHERS = ("vmaf", "vmaf_neg", "vmaf_4k")
"""The teachers whose features and score are computed here; ``vmaf_v1`` is libvmaf's alone."""

_FOLDER = Path(__file__).with_name("libvmaf_models")
_BLOCK_ROWS = 2048
"""Rows times support vectors are held at once: about 4 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Svr:
    """One of libvmaf's regressions; S support vectors, columns in the order of the feature set."""

    teacher: str
    """The teacher that it is."""
    feature_set: FeatureSet
    """Names the columns."""
    slopes: Numbers
    """(6,) of the lines that scale the features."""
    intercepts: Numbers
    """(6,) of the same lines."""
    support_vectors: Numbers
    """(S, 6) scaled features."""
    weights: Numbers
    """(S,) of the support vectors."""
    gamma: float
    """Of the kernel: one over twice its squared width."""
    rho: float
    """What is taken off the sum."""
    score_slope: float
    """Of the line that leads from a score to the regression's own scale."""
    score_intercept: float
    """Of the same line."""
    score_range: tuple[float, float]
    """What libvmaf clips to."""

    @property
    def parameter_count(self) -> int:
        """How many numbers its training found."""
        return self.support_vectors.size + self.weights.size + 1

    def predict(self, features: NDArray[np.floating]) -> Numbers:
        """Scores (N,), 0-100, of feature rows (N, 6).

        Raises:
            ValueError: the rows have another shape, or hold NaN or infinity.
        """
        if features.ndim != 2 or features.shape[1] != len(self.slopes):
            raise ValueError(f"{self.teacher} takes rows of shape (N, {len(self.slopes)}), not {features.shape}")
        if not np.isfinite(features).all():
            raise ValueError(f"the features for {self.teacher} hold NaN or infinity")
        scores = np.empty(len(features))
        for start in range(0, len(features), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            scores[block] = self._regress(features[block].astype(np.float64))
        return np.clip(scores, *self.score_range)

    def _regress(self, features: Numbers) -> Numbers:
        x = features * self.slopes + self.intercepts  # (n, 6)
        norms = np.square(self.support_vectors).sum(axis=1)  # (S,)
        distances = np.square(x).sum(axis=1)[:, np.newaxis] + norms - 2 * x @ self.support_vectors.T  # (n, S) squared
        y = np.exp(-self.gamma * distances) @ self.weights - self.rho  # (n,)
        return (y - self.score_intercept) / self.score_slope


@cache
def svr_of(teacher: str) -> Svr:
    """The regression of a teacher, one of KERNEL_TEACHERS.

    Raises:
        ValueError: it is another teacher, or none.
    """
    if teacher not in KERNEL_TEACHERS:
        raise ValueError(f"no support vectors for the teacher {teacher!r}; there are for {', '.join(KERNEL_TEACHERS)}")
    known = TEACHERS[teacher]
    text = (_FOLDER / f"{known.models[0].version}.json").read_text(encoding="utf-8")
    model = json.loads(text)["model_dict"]
    order = _columns(model["feature_names"])
    # The first line is the score's, the others are the features'.
    (score_slope, *slopes), (score_intercept, *intercepts) = model["slopes"], model["intercepts"]
    header, weights, support_vectors = _parsed(model["model"], width=len(order))
    low, high = model["score_clip"]
    return Svr(
        teacher=teacher,
        feature_set=FEATURE_SETS[known.feature_set],
        slopes=np.array(slopes)[order],
        intercepts=np.array(intercepts)[order],
        support_vectors=support_vectors[:, order],
        weights=weights,
        gamma=float(header["gamma"]),
        rho=float(header["rho"]),
        score_slope=score_slope,
        score_intercept=score_intercept,
        score_range=(low, high),
    )


def _columns(model_names: list[str]) -> list[int]:
    """Where the model has each of our features; NEG's own have the plain names there, and options beside them."""
    return [model_names.index(f"VMAF_integer_feature_{name}_score") for name in CANONICAL_6.names]


def _parsed(text: str, *, width: int) -> tuple[dict[str, str], Numbers, Numbers]:
    """The header, weights (S,) and support vectors (S, width) of a model in libsvm's own text form.

    After the header's ``key value`` lines and ``SV``, a line per support vector: its weight, then ``column:value``,
    columns counted from 1, those that are 0 left out.
    """
    head, _, body = text.partition("\nSV\n")
    header = dict(line.split(" ", maxsplit=1) for line in head.splitlines())
    if (header["svm_type"], header["kernel_type"]) != ("nu_svr", "rbf"):
        raise ValueError(f"not a nu-SVR with an RBF kernel: {head!r}")
    lines = [line.split() for line in body.splitlines()]
    support_vectors = np.zeros((len(lines), width))
    for row, (_, *cells) in enumerate(lines):
        for column, value in (cell.split(":") for cell in cells):
            support_vectors[row, int(column) - 1] = float(value)
    return header, np.array([float(weight) for weight, *_ in lines]), support_vectors
