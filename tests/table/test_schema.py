from pathlib import Path

from tests.table.tables import foreign_frame
from tinyvmaf.features import CANONICAL_6, FEATURE_SETS
from tinyvmaf.table.conform import DTYPES
from tinyvmaf.table.metadata import metadata_text, parse_metadata
from tinyvmaf.table.schema import COLUMNS, ClipOrigin, TableMeta, column_page
from tinyvmaf.video.encode import EncodeFacts
from tinyvmaf.video.teachers import TEACHERS

DOCS = Path(__file__).parents[2] / "docs"


def test_columns_are_those_of_the_contract_in_its_order() -> None:
    names = tuple(COLUMNS.by_name)
    assert names[:4] == ("corpus", "source", "key", "frame_index")
    assert names[4:10] == CANONICAL_6.names
    assert COLUMNS.required == (*names[:10], "vmaf")
    assert COLUMNS.of("opinion") == ("mos", "mos_ci", "mos_100")


def test_every_feature_teacher_and_fact_of_an_encode_has_a_column() -> None:
    assert {name for feature_set in FEATURE_SETS.values() for name in feature_set.names} == set(COLUMNS.of("feature"))
    assert set(COLUMNS.of("teacher")) == set(TEACHERS)
    assert set(COLUMNS.of("encode")) == set(EncodeFacts.__dataclass_fields__)


def test_every_column_has_a_type_and_words() -> None:
    assert all(column.dtype in DTYPES and column.meaning for column in COLUMNS.every)


def test_the_page_on_the_table_shows_the_columns_as_they_are() -> None:
    assert column_page() in (DOCS / "table.md").read_text(encoding="utf-8"), "paste column_page() into docs/table.md"


def test_metadata_come_back_as_they_were() -> None:
    origins = (ClipOrigin("c", "k é", "0" * 64), ClipOrigin("d", "k", "1" * 64))
    meta = TableMeta(teachers=("vmaf", "vmaf_neg"), pairing="time", mos_scale=(1, 5), ffmpeg_version="9", clips=origins)
    assert parse_metadata(metadata_text(meta), name="t") == meta


def test_a_foreign_table_needs_no_more_than_the_contract_says() -> None:
    assert set(foreign_frame().columns) == set(COLUMNS.required) - {"corpus", "source"}
