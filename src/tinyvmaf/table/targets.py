"""What a model is to predict, from a clip table: a teacher's score, or people's, per frame on 0-100."""

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.errors import TableError
from tinyvmaf.table.schema import COLUMNS
from tinyvmaf.table.store import ClipTable

MOS = "mos"
"""The target that is what people said; on 0-100."""
TARGETS = (*COLUMNS.of("teacher"), MOS)
"""Every target."""

_MOS_COLUMN = "mos_100"


def target_values(table: ClipTable, target: str) -> NDArray[np.float64]:
    """(N,) the target of every row, 0-100; NaN where a row has none.

    ``mos`` is the clip's opinion on each of its frames.

    Raises:
        TableError: no such target, or the table has none of it; the message names those that it has.
    """
    column = _MOS_COLUMN if target == MOS else target
    if target not in TARGETS or column not in table.rows.columns or table.rows[column].null_count() == len(table.rows):
        raise TableError(_absence(table, target))
    return table.rows[column].cast(float).fill_null(float("nan")).to_numpy()


def targets_of(table: ClipTable) -> tuple[str, ...]:
    """The targets that at least one row of the table has."""
    columns = {target: _MOS_COLUMN if target == MOS else target for target in TARGETS}
    filled = {name for name in table.rows.columns if table.rows[name].null_count() < len(table.rows)}
    return tuple(target for target, column in columns.items() if column in filled)


def _absence(table: ClipTable, target: str) -> str:
    there = ", ".join(targets_of(table))
    if target not in TARGETS:
        return f"unknown target {target!r}; {table.name} has {there}"
    if target != MOS:
        return f"{table.name}: no target {target}; it has {there}. Extract it again with --teacher {target}"
    if MOS in table.rows.columns and table.rows[MOS].null_count() < len(table.rows):
        return f"{table.name}: it has opinions (mos), but not their scale; it has {there}"
    return f"{table.name}: no target {target}; it has {there}. Extract it again with --mos-csv and --mos-scale"
