"""Rows at the edges are what they claim to be, have the teacher's own score, and say that no video made them."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from tinyvmaf.cli.app import app
from tinyvmaf.documents import validate
from tinyvmaf.features import CANONICAL_6, V1_4
from tinyvmaf.pixels.svr import SVR_TEACHERS, svr_of
from tinyvmaf.table.boxed_edges import HIGHEST, KINDS_V1, LOWEST
from tinyvmaf.table.edges import EDGES, KINDS, MADE_UP, edge_table
from tinyvmaf.table.rows import rows_of
from tinyvmaf.table.store import read_table


@pytest.mark.parametrize("teacher", SVR_TEACHERS)
def test_the_score_is_that_of_the_teachers_regression(teacher: str) -> None:
    table, svr = edge_table(teacher, rows_per_kind=20), svr_of(teacher)
    rows = rows_of([table], feature_set=svr.feature_set, target=teacher)
    np.testing.assert_allclose(rows.target, svr.predict(rows.features), rtol=0, atol=1e-4)
    assert len(rows) == 20 * len(KINDS_V1 if teacher == "vmaf_v1" else KINDS)
    canonical = table.rows.select(CANONICAL_6.names).to_numpy()
    np.testing.assert_allclose(table.rows["vmaf"], svr_of("vmaf").predict(canonical), rtol=0, atol=1e-4)


def test_each_kind_is_where_it_says() -> None:
    table = edge_table(rows_per_kind=200)
    parts = {str(kind): rows.select(CANONICAL_6.names).to_numpy() for (kind,), rows in table.rows.group_by("key")}
    assert set(parts) == set(KINDS)
    assert np.abs(parts["identical"][:, :5] - 1).max() < 1e-3
    assert (parts["identical"][:, 5] == 0).any()
    assert parts["beyond"][:, :5].min() >= 1
    assert parts["beyond"][:, 0].max() > 1.4
    assert parts["ruined"][:, :5].max() <= 0.35
    assert (parts["still"][:, 5] == 0).all()
    assert parts["fast"][:, 5].min() >= 15
    trained = (svr_of("vmaf").support_vectors - svr_of("vmaf").intercepts) / svr_of("vmaf").slopes
    inside = (parts["between"] >= trained.min(axis=0) - 1e-4) & (parts["between"] <= trained.max(axis=0) + 1e-4)
    assert inside.all()


def test_each_kind_of_v1_is_where_it_says() -> None:
    table = edge_table("vmaf_v1", rows_per_kind=400)
    parts = {str(kind): rows.select(V1_4.names).to_numpy() for (kind,), rows in table.rows.group_by("key")}
    assert set(parts) == set(KINDS_V1)
    for kind, rows in parts.items():
        assert (rows >= LOWEST - 1e-6).all(), kind
        assert (rows <= HIGHEST + 1e-6).all(), kind
    assert parts["banded"][:, 0].min() >= 0.5
    assert not parts["gray"][:, 1].any()
    assert not parts["gray_uneven"][:, 1].any()
    assert parts["identical"][:, 2].mean() > 0.98
    assert parts["ruined"][:, 2].max() <= 0.8
    assert np.median(parts["still"][:, 3]) < 1
    assert parts["fast"][:, 3].min() >= 12
    filled, _ = np.histogramdd(parts["uneven"], bins=2, range=list(zip(LOWEST, HIGHEST, strict=True)))
    assert (filled > 0).all(), "every corner of the box"


def test_the_same_seed_gives_the_same_rows_and_one_source_that_nobody_splits() -> None:
    table = edge_table(rows_per_kind=5, seed=3)
    assert table.key == edge_table(rows_per_kind=5, seed=3).key
    assert table.key != edge_table(rows_per_kind=5, seed=4).key
    assert table.sources() == ((EDGES, EDGES),)
    assert [facts.extractor for facts in table.facts()] == [MADE_UP]


def test_an_unknown_teacher_is_refused() -> None:
    with pytest.raises(ValueError, match="no support vectors"):
        edge_table("vmaf_v9")


def test_the_command_writes_a_table_that_fit_takes(tmp_path: Path) -> None:
    asked = ["edge-rows", "-o", str(tmp_path / "edges.parquet"), "--rows", "4", "--json"]
    document = json.loads(CliRunner().invoke(app, asked, catch_exceptions=False).stdout)
    validate(document)
    table = read_table(tmp_path / "edges.parquet")
    assert document["table"]["table_key"] == table.key
    assert table.rows.filter(pl.col("key") == "beyond").height == 4
