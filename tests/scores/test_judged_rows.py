"""A head on the kernel's features is judged by libvmaf's number where it is given beside them."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.table.tables import clip_table

from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.errors import TableError
from tinyvmaf.scores.evaluate import TRAINING_FIT, UNSEEN_TABLE
from tinyvmaf.scores.judged_rows import RowChoice, evaluate_tables
from tinyvmaf.table.schema import TableFacts


@pytest.fixture
def model(exported) -> Model:
    return open_model(exported.directory)


def test_libvmafs_number_judges_the_kernels_features(model: Model) -> None:
    table = clip_table("made", ["a", "b"])
    kernel = replace(
        table,
        rows=table.rows.with_columns(vmaf=pl.lit(1.0, pl.Float32)),
        meta=replace(table.meta, extractor="kernel-fast"),
    )
    predicted = model.predict(table.rows.select(model.sidecar.feature_names).to_numpy())
    report = evaluate_tables(model, [kernel], RowChoice(), truths=[table], command="tinyvmaf eval small")
    assert report.rmse == pytest.approx(np.sqrt(np.mean((predicted - table.rows["vmaf"].to_numpy()) ** 2)), rel=1e-5)
    assert [facts.extractor for facts in report.tables] == ["kernel-fast"]
    assert (report.command, report.protocol) == ("tinyvmaf eval small", UNSEEN_TABLE)
    assert evaluate_tables(model, [kernel], RowChoice()).rmse != pytest.approx(report.rmse, rel=1e-3)


def test_clips_that_the_training_saw_stay_training_fit_on_another_extractors_features(model: Model) -> None:
    table = clip_table("made", ["a", "b"])
    kernel = replace(table, meta=replace(table.meta, extractor="kernel-fast"))
    facts = (TableFacts("made", 2, 4, 12, "unknown", table.key),)
    trained = replace(model, sidecar=replace(model.sidecar, trained_on=facts))
    assert evaluate_tables(trained, [kernel], RowChoice(), truths=[table]).protocol == TRAINING_FIT


def test_a_model_of_pixels_is_not_judged_on_a_table() -> None:
    with pytest.raises(TableError, match="vmaf_pixels takes pixels"):
        evaluate_tables(open_model("vmaf_pixels"), [clip_table("made", ["a"])], RowChoice())
