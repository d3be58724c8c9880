"""What a model is to predict, from a clip table: a teacher's score, or people's, per frame on 0-100.

An opinion is of a whole clip. It stands beside each of its frames, ``opinions`` tells where, and how sure it is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import TableError
from tinyvmaf.table.schema import COLUMNS
from tinyvmaf.table.store import ClipTable

MOS = "mos"
"""The target that is what people said; on 0-100."""
HYBRID = "hybrid"
"""The target that is what people said where they said anything, and the teacher's score elsewhere; on 0-100."""
OPINION_TARGETS = (MOS, HYBRID)
"""The targets whose nets predict opinions."""
TARGETS = (*COLUMNS.of("teacher"), *OPINION_TARGETS)
"""Every target."""

_MOS_COLUMN = "mos_100"
_HYBRID_TEACHER = "vmaf"


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """Where the rows of a table have an opinion as their target, and how much each counts."""

    of_clip: NDArray[np.bool_]
    """(N,) the target is an opinion of the row's whole clip; else a score of the frame."""
    weights: NDArray[np.float64]
    """(N,) of an opinion by its confidence interval where the table has one, above 0 and at most 2; else 1."""


def target_values(table: ClipTable, target: str) -> NDArray[np.float64]:
    """(N,) the target of every row, 0-100; NaN where a row has none.

    ``mos`` is the clip's opinion on each of its frames; ``hybrid`` that, or where there is none ``vmaf``.

    Raises:
        TableError: no such target, or the table has none of it; the message names those that it has.
    """
    if target == HYBRID:
        teacher = target_values(table, _HYBRID_TEACHER)
        opinions = target_values(table, MOS) if _is_filled(table, "mos") else np.full(len(teacher), np.nan)
        return np.where(np.isnan(opinions), teacher, opinions)
    column = _MOS_COLUMN if target == MOS else target
    if target not in TARGETS or not _is_filled(table, column):
        raise TableError(_absence(table, target))
    return table.rows[column].cast(float).fill_null(float("nan")).to_numpy()


def opinions_of(table: ClipTable, target: str) -> Opinions:
    """Which rows have an opinion as their target, and its weight.

    The weight of an opinion with the half width c of its interval is 2 m^2 / (c^2 + m^2), with the table's median m:
    the inverse of a variance, of which c^2 is the ratings' own and m^2 is taken to be what no model can know. So an
    interval of width 0, where all people said the same, counts twice as much as the median one, and not without end.
    """
    if target not in OPINION_TARGETS or not _is_filled(table, _MOS_COLUMN):
        return Opinions(np.zeros(len(table.rows), dtype=bool), np.ones(len(table.rows)))
    of_clip = np.isfinite(target_values(table, MOS))
    weights = np.ones(len(of_clip))
    if _is_filled(table, "mos_ci"):
        widths = table.rows["mos_ci"].cast(float).fill_null(float("nan")).to_numpy()
        median = float(np.nanmedian(widths))
        known = of_clip & np.isfinite(widths) & (median > 0)
        weights[known] = 2 * median**2 / (widths[known] ** 2 + median**2)
    return Opinions(of_clip, weights)


def targets_of(table: ClipTable) -> tuple[str, ...]:
    """The targets, each of one column, that at least one row of the table has."""
    columns = {target: _MOS_COLUMN if target == MOS else target for target in TARGETS if target != HYBRID}
    return tuple(target for target, column in columns.items() if _is_filled(table, column))


def _is_filled(table: ClipTable, column: str) -> bool:
    return column in table.rows.columns and table.rows[column].null_count() < len(table.rows)


def _absence(table: ClipTable, target: str) -> str:
    there = ", ".join(targets_of(table))
    if target not in TARGETS:
        return f"unknown target {target!r}; {table.name} has {there}"
    if target not in OPINION_TARGETS:
        return f"{table.name}: no target {target}; it has {there}. Extract it again with --teacher {target}"
    if _is_filled(table, "mos"):
        return f"{table.name}: it has opinions (mos), but not their scale, --mos-scale 1:5 or so; it has {there}"
    return f"{table.name}: no target {target}; it has {there}. Extract it again with --mos-csv and --mos-scale"
