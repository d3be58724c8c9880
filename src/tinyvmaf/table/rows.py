"""Clip tables -> the numbers that models and reports take: features, one target, and where each row comes from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.features import CANONICAL_6, FeatureSet
from tinyvmaf.table.schema import TableFacts

SMOKE_CORPUS_SOURCES = {
    "netflix": (
        *("BigBuckBunny", "BirdsInCage", "CrowdRun", "ElFuente1", "ElFuente2", "FoxBird", "OldTownCross", "Seeking"),
        "Tennis",
    ),
    "konvid-1k": tuple(f"{number:04d}" for number in range(1, 11)),
}
"""Sources of the zero-filled rows: the nine of Netflix Public by their names, and ten numbers for KoNViD-1k."""

Texts = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Rows:
    """N frames of one or several clip tables, row by row, in the tables' order."""

    features: NDArray[np.float32]
    """(N, F) raw features, columns in the feature set's order."""
    target: NDArray[np.float32]
    """(N,) what is to be predicted, 0-100."""
    corpus: Texts
    """(N,) str."""
    source: Texts
    """(N,) str, the content; known only together with the corpus."""
    key: Texts
    """(N,) str, the clip; unique in its corpus."""
    frame_index: NDArray[np.int32]
    """(N,) from 0, in display order."""
    codec: Texts
    """(N,) str, the standard or degradation; empty: not known."""
    encode_height: NDArray[np.int32]
    """(N,) lines; 0: not known."""
    table_index: NDArray[np.int32]
    """(N,) which of the given tables the row is from, from 0."""
    source_index: NDArray[np.int32]
    """(N,) one number per (corpus, source), from 0 in the order of first appearance."""
    clip_index: NDArray[np.int32]
    """(N,) one number per (table, corpus, key), from 0 in the order of first appearance."""
    feature_set: FeatureSet
    """Names the columns of ``features``."""
    target_name: str
    """The teacher, or ``mos``."""
    facts: tuple[TableFacts, ...]
    """One per table and corpus."""
    smoke: bool = False
    """The rows are made up, to check the harness."""

    def __post_init__(self) -> None:
        if self.features.shape != (len(self), len(self.feature_set.names)):
            raise ValueError(f"features of shape {self.features.shape} for {len(self)} rows of {self.feature_set.name}")

    def __len__(self) -> int:
        return len(self.target)

    @property
    def corpora(self) -> tuple[str, ...]:
        """The corpora, in the order of first appearance."""
        return tuple(dict.fromkeys(self.corpus))


def smoke_rows(*, feature_set: FeatureSet = CANONICAL_6, target: str = "vmaf", frames: int = 8) -> Rows:
    """Zero-filled rows of both corpora, one clip per source, so that every validation mode works."""
    sources = [(corpus, source) for corpus, names in SMOKE_CORPUS_SOURCES.items() for source in names]
    count = len(sources) * frames
    repeated = np.repeat(np.arange(len(sources), dtype=np.int32), frames)
    texts = np.array(sources, dtype=object)[repeated]  # (N, 2)
    return Rows(
        features=np.zeros((count, len(feature_set.names)), np.float32),
        target=np.zeros(count, np.float32),
        corpus=texts[:, 0],
        source=texts[:, 1],
        key=texts[:, 1],
        frame_index=np.tile(np.arange(frames, dtype=np.int32), len(sources)),
        codec=np.full(count, "h264", dtype=object),
        encode_height=np.full(count, 1080, np.int32),
        table_index=np.repeat(np.arange(2, dtype=np.int32), [len(s) * frames for s in SMOKE_CORPUS_SOURCES.values()]),
        source_index=repeated,
        clip_index=repeated,
        feature_set=feature_set,
        target_name=target,
        facts=tuple(
            TableFacts(corpus, len(names), len(names), len(names) * frames, "smoke", "smoke")
            for corpus, names in SMOKE_CORPUS_SOURCES.items()
        ),
        smoke=True,
    )
