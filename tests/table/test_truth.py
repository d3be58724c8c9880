"""Rows of the kernel get libvmaf's number, frame by frame, or are refused."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.table.tables import clip_table
from tinyvmaf.errors import TableError
from tinyvmaf.table.store import ClipTable
from tinyvmaf.table.truth import clip_heights, is_of_kernel, with_truth


def of_kernel(table: ClipTable, *, seed: int = 0) -> ClipTable:
    """The same frames in another order, with other scores."""
    rows = table.rows.sample(fraction=1, shuffle=True, seed=seed).with_columns(vmaf=pl.lit(1.0, pl.Float32))
    return ClipTable(rows, replace(table.meta, extractor="kernel-fast"), "kernel")


def test_each_frame_gets_its_own_score_and_keeps_its_features() -> None:
    first, second = clip_table("made", ["a", "b"], seed=1), clip_table("other", ["a", "b"], seed=2)
    kernel = of_kernel(second)
    judged = with_truth(kernel, (first, second), "vmaf")
    both = judged.rows.join(second.rows, on=("corpus", "key", "frame_index"), suffix="_true")
    assert len(both) == len(second.rows)
    np.testing.assert_array_equal(both["vmaf"], both["vmaf_true"])
    np.testing.assert_array_equal(judged.rows["adm2"], kernel.rows["adm2"])
    assert is_of_kernel(judged)
    assert not is_of_kernel(second)


def test_a_frame_without_a_true_score_is_refused_by_its_name() -> None:
    table = clip_table("made", ["a", "b"])
    short = replace(table, rows=table.rows.filter((pl.col("key") != "b-hevc") | (pl.col("frame_index") > 0)))
    with pytest.raises(TableError, match=r"1 of 12 rows have no vmaf in made, the first is \(made, b-hevc, frame 0\)"):
        with_truth(of_kernel(table), (short,), "vmaf")
    with pytest.raises(TableError, match="no table with vmaf_neg"):
        with_truth(of_kernel(table), (table,), "vmaf_neg")


def test_a_clip_tells_its_height_where_the_table_does() -> None:
    table = clip_table("made", ["a", "b"])
    assert clip_heights(table) == {}
    height = pl.when(pl.col("source") == "a").then(pl.lit(1080)).cast(pl.Int32).alias("height")
    told = replace(table, rows=table.rows.with_columns(height))
    assert clip_heights(told) == {("made", "a-h264"): 1080, ("made", "a-hevc"): 1080}
