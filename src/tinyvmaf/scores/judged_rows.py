"""Which rows of clip tables judge a model: all, the part it trained on, or the part a validation mode holds out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Literal

import numpy as np

from tinyvmaf.bundles.session import Model
from tinyvmaf.errors import TableError
from tinyvmaf.features import FEATURE_SETS, FeatureSet
from tinyvmaf.scores.evaluate import TRAINING_FIT, UNSEEN_TABLE, EvalReport, Mask, evaluate, protocol_of
from tinyvmaf.table.rows import Rows, rows_of
from tinyvmaf.table.splits import split_rows
from tinyvmaf.table.store import ClipTable
from tinyvmaf.table.truth import with_truth

Part = Literal["all", "train", "val"]


@dataclass(frozen=True, slots=True)
class RowChoice:
    """Which rows judge."""

    part: Part = "all"
    """``train`` and ``val`` as the validation mode splits the rows."""
    val_mode: str | None = None
    """The validation mode; None: as the tables suggest."""
    val_sources: tuple[str, ...] = ()
    """Sources that the mode holds out; none: as it picks them."""
    konvid_val_fraction: float = 0.1
    """How much of KoNViD-1k the mode holds out."""
    seed: int = 0
    """Of the picking; the training's own, to get its split."""
    corpus: str | None = None
    """Only rows of this corpus; None: all."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Rows that judge."""

    mask: Mask
    """(N,) which of all rows."""
    held_out_by: str | None = None
    """The validation mode that holds them out; None: they are not held out by one."""


def evaluate_tables(
    model: Model,
    tables: Sequence[ClipTable],
    choice: RowChoice,
    *,
    truths: Sequence[ClipTable] = (),
    pairs: bool = False,
    command: str | None = None,
    cancel: Event | None = None,
) -> EvalReport:
    """How the model does on the chosen rows of the tables.

    Args:
        model: A head.
        tables: With its features.
        choice: Which of their rows judge.
        truths: Tables of the same frames whose target is the true one; none: that of ``tables``.
        pairs: Keep the predictions beside the truth.
        command: What a reader types to make the report again.
        cancel: Set from elsewhere to stop.

    Raises:
        CancelledError: ``cancel`` was set.
        TableError: a table lacks the model's features or its target, a truth lacks a frame, or no row is left; or the
            model takes pixels.
    """
    feature_set = feature_set_of(model)
    target = model.sidecar.target.removesuffix("_100")
    judging = [with_truth(table, truths, target) for table in tables] if truths else tables
    rows = rows_of(judging, feature_set=feature_set, target=target)
    chosen = chosen_rows(rows, choice)
    protocol = protocol_on(model, rows, chosen)
    report = evaluate(model, rows, mask=chosen.mask, protocol=protocol, pairs=pairs, cancel=cancel)
    trained = {facts.table_key for facts in model.sidecar.trained_on}
    seen = report.protocol == UNSEEN_TABLE and any(truth.key in trained for truth in truths)
    return replace(report, command=command, protocol=TRAINING_FIT if seen else report.protocol)


def feature_set_of(model: Model) -> FeatureSet:
    """The features that a head takes.

    Raises:
        TableError: it takes pixels.
    """
    feature_set = FEATURE_SETS.get(model.sidecar.feature_set or "")
    if feature_set is None:
        raise TableError(f"model {model.sidecar.id} takes pixels, which no table holds")
    return feature_set


def chosen_rows(rows: Rows, choice: RowChoice) -> Chosen:
    """Which of the rows judge.

    Raises:
        TableError: there is no such corpus, or the validation mode does not fit the rows.
    """
    mask = _of_corpus(rows, choice.corpus)
    if choice.part == "all":
        return Chosen(mask)
    split = split_rows(
        rows,
        choice.val_mode,
        val_sources=choice.val_sources,
        konvid_val_fraction=choice.konvid_val_fraction,
        seed=choice.seed,
    )
    judges = choice.part == "val"
    return Chosen(mask & (split.val if judges else split.train), split.mode if judges else None)


def protocol_on(model: Model, rows: Rows, chosen: Chosen) -> str | None:
    """How the chosen rows relate to the model's training; None: as their tables tell.

    Held-out rows of a table that the model knows are only held out if its training used the same split.
    """
    if chosen.held_out_by is not None and protocol_of(model.sidecar, rows) == TRAINING_FIT:
        return f"held out by {chosen.held_out_by}, if the training held out the same"
    return None


def _of_corpus(rows: Rows, corpus: str | None) -> Mask:
    if corpus is None:
        return np.ones(len(rows), dtype=bool)
    if corpus not in rows.corpora:
        raise TableError(f"no corpus {corpus!r} in the tables; there are {', '.join(rows.corpora)}")
    return rows.corpus == corpus
