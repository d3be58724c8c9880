"""A fitted net with all that the next room must know of it: the record that flows from training to a bundle."""

from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tinyvmaf.features import FeatureSet, RowAxis
from tinyvmaf.models.recipe import Recipe
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.schema import TableFacts

QUANTILES = (0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)
"""Which quantiles of each feature a fitted net remembers of its training rows."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedNet:
    """One trained net."""

    architecture: str
    """A key of ``NETS``."""
    module: nn.Module = field(repr=False)
    """In eval mode: raw features (N, F) float32 to scores (N,) float32; scaling and clipping are inside."""
    feature_set: FeatureSet
    """The features that it takes, in input order."""
    target: str
    """What it predicts: a teacher's column, or ``mos_100``."""
    output_range: tuple[float, float] | None
    """The lowest and highest score that it can give; None: unbounded."""
    recipe: Recipe
    """Everything that the training depended on, besides the table."""
    seed: int
    """The seed of its initial weights and of its batches."""
    trained_on: tuple[TableFacts, ...]
    """The part of each table that it was trained on."""
    feature_quantiles: NDArray[np.float32] = field(repr=False)
    """(Q, F): the ``QUANTILES`` of each feature over its training rows."""
    smoke: bool = False
    """True where it was never trained, and only shows that the machinery works."""
    row_axis: RowAxis = "N"
    """What its input's rows are: any frames, or those of one clip in display order."""

    @property
    def parameter_count(self) -> int:
        """How many numbers were trained."""
        return sum(parameter.numel() for parameter in self.module.parameters())

    def valid_rows(self, count: int, *, seed: int = 0) -> NDArray[np.float32]:
        """Random rows (N, F) such as it was trained on: each feature drawn by its quantiles, on its own."""
        places = np.random.default_rng(seed).uniform(size=(count, len(self.feature_set.names)))
        columns = [np.interp(places[:, i], QUANTILES, self.feature_quantiles[:, i]) for i in range(places.shape[1])]
        return np.stack(columns, axis=1).astype(np.float32)


def quantiles_of(rows: Rows, train: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(Q, F): what a fitted net remembers of the features of the rows (N,) that it was trained on."""
    return np.quantile(rows.features[train], QUANTILES, axis=0).astype(np.float32)


def facts_of(rows: Rows, train: NDArray[np.bool_]) -> tuple[TableFacts, ...]:
    """What a card says of the rows (N,) that train: the facts of their tables, counted over these rows only."""
    facts, found = iter(rows.facts), []
    for table in np.unique(rows.table_index):
        mine = rows.table_index == table
        for whole in islice(facts, len(set(rows.corpus[mine]))):
            part = mine & train & (rows.corpus == whole.corpus)
            sources, clips = len(np.unique(rows.source_index[part])), len(np.unique(rows.clip_index[part]))
            found.append(replace(whole, sources=sources, clips=clips, frames=int(np.count_nonzero(part))))
    return tuple(part for part in found if part.frames)
