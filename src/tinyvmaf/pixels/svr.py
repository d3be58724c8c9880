"""Features per frame -> VMAF: libvmaf's regressions of v0.6.1, v0.6.1 NEG, 4K v0.6.1 and v1.0.16, in NumPy.

With x the features, each scaled to about 0-1 by its own line (``predict.c``, ``normalize``):

    y = sum_i w_i exp(-gamma |x - s_i|^2) - rho          (``svm.cpp``, ``svm_predict_values``)
    score = clip((y - intercept) / slope, 0, 100)        (``predict.c``, ``denormalize``, ``clip``)

which is a nu-SVR with an RBF kernel (Schölkopf et al., 2000, doi:10.1162/089976600300015565).
The polynomial under ``score_transform`` in two of the files is VMAF's phone model. libvmaf leaves it out unless the
caller asks for it (``enable_transform``), so it has no part in these teachers.

v1.0.16 has four features, and two steps more. Its ``score_transform`` is ``enabled`` in the file: a parabola over the
score, before the clip (``predict.c``, ``transform``). And a chroma loss of exactly 0, as gray videos have it, counts as
unknown: 120 (1 - adm3) takes its place, 120 being the file's ``chroma_correction_parameter`` (``predict.c``,
``post_process_feature_from_another``). So the score jumps there, by ten points and more. Of the variants of v1.0.16
this is the one for frames of up to 1440 lines; the one for high frame rates differs from it in motion3 alone.

``libvmaf_models/`` holds the files of libvmaf's public repository (``model/*.json``), byte for byte, with its licence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.features import CANONICAL_6, CHROMA_AND_GUIDE, FEATURE_SETS, FeatureSet
from tinyvmaf.video.teachers import TEACHERS

Numbers = NDArray[np.float64]
_Float = TypeVar("_Float", bound=np.floating)

KERNEL_TEACHERS = ("vmaf", "vmaf_neg", "vmaf_4k")
"""The teachers whose features and score are computed here."""
SVR_TEACHERS = (*KERNEL_TEACHERS, "vmaf_v1")
"""The teachers whose score is computed here; the features of ``vmaf_v1`` are libvmaf's alone."""

_FOLDER = Path(__file__).with_name("libvmaf_models")
_BLOCK_ROWS = 2048
"""Rows times support vectors are held at once: about 4 MB."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a regression takes for a feature that is exactly 0: ``factor`` (1 - the guide's value)."""

    feature: int
    """The column that may be unknown."""
    guide: int
    """The column that it is guessed from."""
    factor: float
    """In units of the feature."""

    def known(self, features: NDArray[_Float]) -> NDArray[_Float]:
        """The same rows (N, F) with the guess for every 0."""
        known = features.copy()
        unknown = features[:, self.feature] == 0
        known[unknown, self.feature] = self.factor * (1 - features[unknown, self.guide])
        return known


@dataclass(frozen=True, slots=True, eq=False)
class Svr:
    """One of libvmaf's regressions; S support vectors, columns in the order of the feature set."""

    teacher: str
    """The teacher that it is."""
    feature_set: FeatureSet
    """Names the columns."""
    slopes: Numbers
    """(F,) of the lines that scale the features."""
    intercepts: Numbers
    """(F,) of the same lines."""
    support_vectors: Numbers
    """(S, F) scaled features."""
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
    guess: Guess | None = None
    """What stands for a feature that is not known; None: every feature counts as it is."""
    transform: tuple[float, float, float] | None = None
    """The constant, linear and quadratic part of the parabola that is laid over the score; None: it stays as it is."""

    @property
    def parameter_count(self) -> int:
        """How many numbers its training found."""
        return self.support_vectors.size + self.weights.size + 1

    def predict(self, features: NDArray[np.floating]) -> Numbers:
        """Scores (N,), 0-100, of feature rows (N, F).

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
        if self.transform is not None:
            constant, linear, quadratic = self.transform
            scores = constant + scores * (linear + scores * quadratic)
        return np.clip(scores, *self.score_range)

    def _regress(self, features: Numbers) -> Numbers:
        features = features if self.guess is None else self.guess.known(features)
        x = features * self.slopes + self.intercepts  # (n, F)
        norms = np.square(self.support_vectors).sum(axis=1)  # (S,)
        distances = np.square(x).sum(axis=1)[:, np.newaxis] + norms - 2 * x @ self.support_vectors.T  # (n, S) squared
        y = np.exp(-self.gamma * distances) @ self.weights - self.rho  # (n,)
        return (y - self.score_intercept) / self.score_slope


@cache
def svr_of(teacher: str) -> Svr:
    """The regression of a teacher, one of SVR_TEACHERS.

    Raises:
        ValueError: it is another teacher, or none.
    """
    if teacher not in SVR_TEACHERS:
        raise ValueError(f"no support vectors for the teacher {teacher!r}; there are for {', '.join(SVR_TEACHERS)}")
    known = TEACHERS[teacher]
    text = (_FOLDER / f"{known.models[0].version}.json").read_text(encoding="utf-8")
    model = json.loads(text)["model_dict"]
    feature_set = FEATURE_SETS[known.feature_set]
    order = _columns(model["feature_names"], feature_set)
    # The first line is the score's, the others are the features'.
    (score_slope, *slopes), (score_intercept, *intercepts) = model["slopes"], model["intercepts"]
    header, weights, support_vectors = _parsed(model["model"], width=len(order))
    low, high = model["score_clip"]
    return Svr(
        teacher=teacher,
        feature_set=feature_set,
        slopes=np.array(slopes)[order],
        intercepts=np.array(intercepts)[order],
        support_vectors=support_vectors[:, order],
        weights=weights,
        gamma=float(header["gamma"]),
        rho=float(header["rho"]),
        score_slope=score_slope,
        score_intercept=score_intercept,
        score_range=(low, high),
        guess=_guess(model),
        transform=_transform(model),
    )


def _columns(model_names: list[str], feature_set: FeatureSet) -> list[int]:
    """Where the model has each of our features; NEG's own have the plain names there, and options beside them."""
    names = CANONICAL_6.names if len(feature_set.names) == len(CANONICAL_6.names) else feature_set.names
    plain = [name.partition("_feature_")[2].removesuffix("_score") for name in model_names]
    return [plain.index(name) for name in names]


def _guess(model: Mapping[str, float]) -> Guess | None:
    """Libvmaf finds the two features by parts of their names: ``speed_chroma`` from ``adm3``."""
    factor = model.get("chroma_correction_parameter")
    return None if factor is None else Guess(*CHROMA_AND_GUIDE, factor)


def _transform(model: Mapping[str, Mapping[str, float]]) -> tuple[float, float, float] | None:
    parabola = model.get("score_transform", {})
    return (parabola["p0"], parabola["p1"], parabola["p2"]) if parabola.get("enabled") else None


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
