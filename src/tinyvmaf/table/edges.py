"""A teacher -> a clip table of rows at the edges of what videos give, which no video made: to train heads there too.

Features are drawn, and libvmaf's own regression of them is the score. A clip is one kind of edge:

- ``identical``: nothing lost, any motion; ``beyond``: contrast that was raised, features above 1;
- ``ruined``: next to nothing left; ``noise``: fine detail buried, much motion; ``uneven``: features that disagree;
- ``still``, ``fast``: ordinary losses without motion, and with more than the regression's own training had;
- ``between``: ordinary losses, between two support vectors of the regression.

``vmaf_v1``, of other features, has kinds of its own (``table.boxed_edges``).
"""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tinyvmaf.features import V1_4
from tinyvmaf.pixels.svr import Svr, svr_of
from tinyvmaf.table.boxed_edges import KINDS_V1
from tinyvmaf.table.conform import conform
from tinyvmaf.table.schema import TableMeta
from tinyvmaf.table.store import ClipTable

EDGES = "edges"
"""The corpus, and its one source: no split cuts it in two."""
MADE_UP = "made up"
"""The extractor of features that nobody measured."""
HIGHEST_MOTION = 80.0
"""The end of the motion that is drawn: a cut between two scenes that share nothing."""

Draw = np.random.Generator
Rows = NDArray[np.float64]


def edge_table(teacher: str = "vmaf", *, rows_per_kind: int = 250, seed: int = 0) -> ClipTable:
    """Rows of every kind of edge, with the teacher's score.

    Args:
        teacher: One that ``pixels.svr`` computes.
        rows_per_kind: So many frames has each clip.
        seed: Of the drawing.

    Raises:
        ValueError: the teacher's regression is not known here.
    """
    svr = svr_of(teacher)
    kinds = KINDS_V1 if svr.feature_set == V1_4 else KINDS
    draw = np.random.default_rng(seed)
    rows = {kind: make(draw, svr, rows_per_kind).astype(np.float32) for kind, make in kinds.items()}
    frame = pl.concat(_clip(kind, features, svr) for kind, features in rows.items())
    meta = TableMeta(feature_set=svr.feature_set.name, extractor=MADE_UP, teachers=(teacher,))
    return ClipTable(conform(frame, name=EDGES), meta, EDGES)


def _clip(kind: str, features: NDArray[np.float32], svr: Svr) -> pl.DataFrame:
    """Rows of one kind; every table has the canonical columns, so features stand there too, with their own score.

    NEG's are the same six. Of the four of ``vmaf_v1``, adm3 stands for five, and motion3 for motion.
    """
    canonical = features[:, [2, 2, 2, 2, 2, 3]] if svr.feature_set == V1_4 else features
    both = {svr_of("vmaf"): canonical, svr: features}
    scores = {each.teacher: each.predict(rows) for each, rows in both.items()}
    columns = {
        name: column for each, rows in both.items() for name, column in zip(each.feature_set.names, rows.T, strict=True)
    }
    identity = {"corpus": EDGES, "source": EDGES, "key": kind, "frame_index": np.arange(len(features), dtype=np.int32)}
    return pl.DataFrame({**identity, **columns, **scores})


def _identical(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with_motion(1 + draw.normal(0, 1e-5, (count, 5)), _any_motion(draw, count))


def _beyond(draw: Draw, svr: Svr, count: int) -> Rows:
    gain = draw.uniform(0, 0.5, (count, 1))
    return _with_motion(1 + gain * draw.uniform(0.5, 1.2, (count, 5)), _any_motion(draw, count))


def _ruined(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with_motion(draw.uniform(0, 0.35, (count, 1)) * draw.uniform(0.2, 1, (count, 5)), _any_motion(draw, count))


def _noise(draw: Draw, svr: Svr, count: int) -> Rows:
    buried = draw.uniform(0, 0.3, (count, 1))
    scales = buried ** np.array([1, 0.7, 0.5, 0.35]) * draw.uniform(0.9, 1.1, (count, 4))
    kept = draw.uniform(0.2, 1, (count, 1))
    return _with_motion(np.hstack([kept, scales]), draw.uniform(5, HIGHEST_MOTION, count))


def _uneven(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with_motion(draw.uniform(0, 1.05, (count, 5)), _any_motion(draw, count))


def _still(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with_motion(_between(draw, svr, count)[:, :5], np.zeros(count))


def _fast(draw: Draw, svr: Svr, count: int) -> Rows:
    return _with_motion(_between(draw, svr, count)[:, :5], draw.uniform(15, HIGHEST_MOTION, count))


def _between(draw: Draw, svr: Svr, count: int) -> Rows:
    one, other = svr.support_vectors[draw.integers(len(svr.weights), size=(2, count))]
    scaled = one + draw.uniform(size=(count, 1)) * (other - one)
    return (scaled - svr.intercepts) / svr.slopes


KINDS: Mapping[str, Callable[[Draw, Svr, int], Rows]] = {
    "identical": _identical,
    "beyond": _beyond,
    "ruined": _ruined,
    "noise": _noise,
    "uneven": _uneven,
    "still": _still,
    "fast": _fast,
    "between": _between,
}
"""Every kind of edge, and what draws rows of it."""


def _any_motion(draw: Draw, count: int) -> NDArray[np.float64]:
    """None at all in a row in ten, else as often little as much."""
    motion = np.exp(draw.uniform(np.log(0.01), np.log(HIGHEST_MOTION), count))
    return np.where(draw.uniform(size=count) < 0.1, 0.0, motion)


def _with_motion(quality: Rows, motion: NDArray[np.float64]) -> Rows:
    return np.column_stack([quality, motion])
