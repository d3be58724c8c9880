import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.table.tables import clip_table, foreign_frame
from tinyvmaf.errors import TableError
from tinyvmaf.features import CANONICAL_6
from tinyvmaf.table.schema import COLUMNS, METADATA_KEY
from tinyvmaf.table.store import parse_table_argument, read_table, read_tables, write_table


def saved(frame: pl.DataFrame, folder: Path, name: str = "foreign") -> Path:
    path = folder / f"{name}.parquet"
    frame.write_parquet(path)
    return path


def test_a_foreign_table_takes_corpus_from_its_file_and_source_from_its_clips(tmp_path: Path) -> None:
    table = read_table(saved(foreign_frame(), tmp_path))
    assert table.corpora == ("foreign",)
    assert table.sources() == (("foreign", "a"), ("foreign", "b"), ("foreign", "c"))
    assert table.meta.extractor == "unknown"
    assert {name: str(dtype) for name, dtype in table.rows.schema.items()} == {
        name: {"string": "String", "int32": "Int32", "float32": "Float32"}[COLUMNS.by_name[name].dtype]
        for name in COLUMNS.required
    }


def test_a_name_given_with_the_file_is_the_corpus(tmp_path: Path) -> None:
    path = saved(foreign_frame(), tmp_path)
    assert read_tables([f"netflix={path}"])[0].corpora == ("netflix",)
    assert parse_table_argument(str(path)).name is None


def test_a_file_whose_name_looks_like_an_argument_is_that_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    saved(foreign_frame(), tmp_path, "a=b")
    assert parse_table_argument("a=b.parquet").path == Path("a=b.parquet")
    assert parse_table_argument("x=b.parquet").name == "x"


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt64, pl.Float64, pl.Float32])
def test_number_types_that_fit_are_accepted(tmp_path: Path, dtype: type[pl.DataType]) -> None:
    frame = foreign_frame().with_columns(pl.col("frame_index").cast(dtype), pl.col("vmaf").round().cast(dtype))
    table = read_table(saved(frame, tmp_path))
    assert table.rows["vmaf"].dtype == pl.Float32
    assert table.rows["frame_index"].dtype == pl.Int32


@pytest.mark.parametrize("column", [name for name in COLUMNS.required if name not in ("corpus", "source")])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    with pytest.raises(TableError, match=f"no column {column}"):
        read_table(saved(foreign_frame().drop(column), tmp_path))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
@pytest.mark.parametrize("column", [*CANONICAL_6.names, "vmaf"])
def test_a_number_that_is_none_is_named_with_its_place(tmp_path: Path, column: str, value: float | None) -> None:
    wrong = pl.Series(column, [*foreign_frame()[column][:-1], value])
    with pytest.raises(TableError, match=rf"column {column} is .*\(foreign, c, frame 3\)"):
        read_table(saved(foreign_frame().with_columns(wrong), tmp_path))


def test_a_double_row_is_named(tmp_path: Path) -> None:
    frame = foreign_frame()
    with pytest.raises(TableError, match=r"\(corpus, key, frame_index\) in \(foreign, b, frame 1\)"):
        read_table(saved(pl.concat([frame, frame[5:6]]), tmp_path))


def test_one_clip_of_two_sources_is_refused(tmp_path: Path) -> None:
    frame = foreign_frame().with_columns(pl.Series("source", ["s", *["t"] * 11]))
    with pytest.raises(TableError, match="one key in two sources"):
        read_table(saved(frame, tmp_path))


@pytest.mark.parametrize(
    ("column", "values"),
    [("vmaf", ["x"] * 12), ("key", [1.5] * 12), ("frame_index", [0.5] * 12), ("frame_index", [2**40] * 12)],
)
def test_a_type_that_does_not_fit_is_named(tmp_path: Path, column: str, values: list[object]) -> None:
    with pytest.raises(TableError, match=column):
        read_table(saved(foreign_frame().with_columns(pl.Series(column, values)), tmp_path))


def test_negative_frames_and_empty_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="frame_index is negative"):
        read_table(saved(foreign_frame().with_columns(pl.col("frame_index") - 1), tmp_path))
    with pytest.raises(TableError, match="no rows"):
        read_table(saved(foreign_frame()[:0], tmp_path))


def test_what_is_no_parquet_file_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("no table")
    for path in (tmp_path / "text.parquet", tmp_path / "absent.parquet", tmp_path):
        with pytest.raises(TableError, match=re.escape(str(path))):
            read_table(path)


def test_any_cut_off_file_is_a_table_error(tmp_path: Path) -> None:
    path = saved(foreign_frame(), tmp_path)
    content = path.read_bytes()
    for end in np.linspace(0, len(content) - 1, 25, dtype=int):
        path.write_bytes(content[:end])
        with pytest.raises(TableError):
            read_table(path)


def test_a_table_comes_back_as_it_was(tmp_path: Path) -> None:
    table = clip_table("netflix", ("Tennis", "Bee"))
    write_table(table, tmp_path / "t.parquet")
    again = read_table(tmp_path / "t.parquet")
    assert again.rows.equals(table.rows)
    assert again.key == table.key
    assert again.facts()[0].clips == 4


def test_the_key_changes_with_any_value_and_name() -> None:
    table = clip_table("netflix", ("Tennis", "Bee"))
    changed = clip_table("netflix", ("Tennis", "Bee"), seed=1)
    renamed = clip_table("netflix", ("Tennis", "Be"))
    assert len({table.key, changed.key, renamed.key}) == 3


def test_opinions_on_a_told_scale_are_mapped_to_a_hundred(tmp_path: Path) -> None:
    frame = foreign_frame().with_columns(pl.Series("mos", [1.0] * 4 + [3.0] * 4 + [5.0] * 4))
    table = read_table(saved(frame, tmp_path), mos_scale=(1, 5))
    assert table.rows["mos_100"].unique().sort().to_list() == [0, 50, 100]


def test_metadata_of_a_later_version_or_of_no_sense_are_refused(tmp_path: Path) -> None:
    for text in ('{"schema_version": 99}', "nonsense", "[]", '{"schema_version": 1}'):
        foreign_frame().write_parquet(tmp_path / "t.parquet", metadata={METADATA_KEY: text})
        with pytest.raises(TableError, match=r"metadata|schema version"):
            read_table(tmp_path / "t.parquet")


def test_a_place_that_takes_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TableError, match="cannot be written"):
        write_table(clip_table("c", ("s",)), tmp_path / "file" / "t.parquet")
