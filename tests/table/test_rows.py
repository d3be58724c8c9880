import logging
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.table.tables import clip_table
from tinyvmaf.errors import TableError
from tinyvmaf.features import CANONICAL_6, NEG_6
from tinyvmaf.table.rows import rows_of, smoke_rows
from tinyvmaf.table.store import ClipTable, with_mos_100
from tinyvmaf.table.targets import target_values, targets_of


def rated(table: ClipTable, mos: list[float | None]) -> ClipTable:
    series = pl.Series("mos", mos, dtype=pl.Float32).gather([index % len(mos) for index in range(len(table.rows))])
    return replace(table, rows=with_mos_100(table.rows.with_columns(series), (1, 5)))


def test_rows_keep_the_order_of_tables_and_frames() -> None:
    tables = [clip_table("a", ("s", "t")), clip_table("b", ("s",), seed=1)]
    rows = rows_of(tables)
    frame = pl.concat([table.rows for table in tables])
    assert np.array_equal(rows.features, frame.select(CANONICAL_6.names).to_numpy())
    assert np.array_equal(rows.target, frame["vmaf"].to_numpy())
    for name in ("corpus", "source", "key", "frame_index", "codec", "encode_height"):
        assert getattr(rows, name).tolist() == frame[name].to_list()
    assert rows.table_index.tolist() == [0] * 12 + [1] * 6
    assert rows.source_index.tolist() == [0] * 6 + [1] * 6 + [2] * 6
    assert rows.clip_index.tolist() == np.repeat(np.arange(6), 3).tolist()
    assert [fact.corpus for fact in rows.facts] == ["a", "b"]


def test_shuffled_rows_keep_their_groups() -> None:
    table = clip_table("a", ("s", "t"))
    order = np.random.default_rng(0).permutation(len(table.rows))
    rows = rows_of([replace(table, rows=table.rows[order.tolist()])])
    assert len({(source, index) for source, index in zip(rows.source, rows.source_index, strict=True)}) == 2
    assert len({(key, index) for key, index in zip(rows.key, rows.clip_index, strict=True)}) == 4


def test_missing_facts_of_the_encode_are_empty() -> None:
    table = clip_table("a", ("s",))
    rows = rows_of([replace(table, rows=table.rows.drop("codec", "encode_height"))])
    assert set(rows.codec) == {""}
    assert set(rows.encode_height) == {0}


def test_a_missing_feature_or_target_is_named_with_the_remedy() -> None:
    table = clip_table("a", ("s",))
    with pytest.raises(TableError, match=r"no feature adm2_egl_1 .*--features neg-6"):
        rows_of([table], feature_set=NEG_6)
    with pytest.raises(TableError, match=r"no target vmaf_neg; it has vmaf.*--teacher vmaf_neg"):
        rows_of([table], target="vmaf_neg")
    with pytest.raises(TableError, match=r"no target mos; it has vmaf.*--mos-csv"):
        rows_of([table], target="mos")
    with pytest.raises(TableError, match=r"unknown target 'nonsense'; a has vmaf"):
        rows_of([table], target="nonsense")


def test_mos_is_predicted_on_a_hundred() -> None:
    table = rated(clip_table("a", ("s",)), [1.0, 3.0, 5.0])
    assert target_values(table, "mos").tolist() == [0, 50, 100] * 2
    assert targets_of(table) == ("vmaf", "mos")


def test_hybrid_is_the_opinion_where_there_is_one_and_the_teacher_elsewhere() -> None:
    table = rated(clip_table("a", ("s", "t")), [1.0, None, 5.0])
    rows = rows_of([table, clip_table("b", ("u",))], target="hybrid")
    vmaf = np.concatenate([table.rows["vmaf"].to_numpy(), clip_table("b", ("u",)).rows["vmaf"].to_numpy()])
    of_clip = np.array([True, False, True] * 4 + [False] * 6)
    assert rows.of_clip.tolist() == of_clip.tolist() == rows.judges.tolist()
    assert rows.target[of_clip].tolist() == [0, 100] * 4
    assert np.array_equal(rows.target[~of_clip], vmaf[~of_clip])
    assert rows.target_name == "mos"


def test_hybrid_without_any_opinion_is_refused() -> None:
    with pytest.raises(TableError, match="no target mos"):
        rows_of([clip_table("a", ("s",))], target="hybrid")


def test_hybrid_says_that_a_scale_is_missing() -> None:
    table = clip_table("a", ("s",))
    unscaled = replace(table, rows=table.rows.with_columns(pl.lit(3.0, pl.Float32).alias("mos")))
    with pytest.raises(TableError, match=r"not their scale, --mos-scale"):
        rows_of([unscaled], target="hybrid")


def test_an_opinion_counts_by_its_interval() -> None:
    table = rated(clip_table("a", ("s",), codecs=("h264",)), [1.0, 3.0, 5.0])
    widths = pl.Series("mos_ci", [0.0, 0.25, 0.5], dtype=pl.Float32)
    rows = rows_of([replace(table, rows=table.rows.with_columns(widths))], target="mos")
    # Inverse variances 1 / (c^2 + .25^2), on a scale where the median's is 1: by hand 2, 1 and .4.
    assert rows.weight.tolist() == pytest.approx([2, 1, 0.4])
    assert rows_of([table], target="mos").weight.tolist() == [1, 1, 1]
    assert rows_of([table]).weight.tolist() == [1, 1, 1]
    assert not rows_of([table]).of_clip.any()


def test_rows_without_an_opinion_are_left_out_and_said(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        rows = rows_of([rated(clip_table("a", ("s",)), [1.0, None, 5.0])], target="mos")
    assert rows.target.tolist() == [0, 100] * 2
    assert "2 of 6 rows have no mos" in caplog.text
    assert rows.facts[0].frames == 4


def test_mixed_extractors_are_said(caplog) -> None:
    table = clip_table("a", ("s",))
    other = replace(table, meta=replace(table.meta, extractor="kernel"), name="b")
    with caplog.at_level(logging.WARNING):
        rows_of([table, other])
    assert "a: unknown, b: kernel" in caplog.text


def test_smoke_rows_are_zero_and_marked() -> None:
    rows = smoke_rows(feature_set=NEG_6)
    assert rows.smoke
    assert not rows.features.any()
    assert rows.corpora == ("netflix", "konvid-1k")
