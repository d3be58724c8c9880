"""A bundle and rows -> its figures, written into its sidecar and its card."""

from collections.abc import Sequence
from dataclasses import replace

from tinyvmaf.bundles.bundle import Bundle
from tinyvmaf.bundles.cards import with_figures, write_bundle
from tinyvmaf.bundles.session import open_model
from tinyvmaf.documents import to_document, write_json
from tinyvmaf.features import FEATURE_SETS
from tinyvmaf.scores.evaluate import EvalReport, Mask, evaluate
from tinyvmaf.scores.quoted import evaluations_of, latency_of
from tinyvmaf.table.rows import Rows, rows_of
from tinyvmaf.table.store import ClipTable

REPORT = "eval_report.json"


def judge_bundle(
    bundle: Bundle, rows: Rows, *, command: str, mask: Mask | None = None, protocol: str | None = None
) -> EvalReport:
    """How the bundle's ONNX does on rows; its sidecar and card say so from now on.

    Args:
        bundle: A head on the rows' features.
        rows: What it is judged on.
        command: What a reader types to make the figures again.
        mask: (N,) the rows that judge; default: all.
        protocol: How the rows were held out of its training; default: whether the training saw their tables.

    Raises:
        TableError: the rows hold other features or another target than the model's.
    """
    model = open_model(bundle.directory)
    report = replace(evaluate(model, rows, mask=mask, protocol=protocol), command=command)
    sidecar = with_figures(
        model.sidecar,
        evaluation=evaluations_of(report, kept_in=REPORT),
        latency=latency_of(report),
    )
    write_bundle(bundle.directory, bundle.onnx.read_bytes(), sidecar)
    return report


def judge_on_tables(bundle: Bundle, tables: Sequence[ClipTable], *, command: str) -> EvalReport:
    """How the bundle's ONNX does on whole tables; ``eval_report.json`` in its folder keeps the figures.

    Raises:
        TableError: a table lacks the model's features or its target.
    """
    sidecar = open_model(bundle.directory).sidecar
    feature_set = FEATURE_SETS[sidecar.feature_set or ""]
    rows = rows_of(tables, feature_set=feature_set, target=sidecar.target.removesuffix("_100"))
    report = judge_bundle(bundle, rows, command=command)
    write_json(bundle.directory / REPORT, to_document("eval", report))
    return report
