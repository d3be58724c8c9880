from pathlib import Path

from tinyvmaf.bundles.ops import ALLOWED_OPS
from tinyvmaf.bundles.reference import schema_table, with_generated_parts

PAGE = Path(__file__).parents[2] / "docs" / "bundle.md"


def test_the_page_is_in_step_with_ops_and_schemas() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_generated_parts(page), "run `make docs`"
    assert all(op in page for op in ALLOWED_OPS)


def test_every_field_of_the_sidecar_has_words() -> None:
    rows = schema_table("sidecar").splitlines()[2:]
    assert any(row.startswith("| `evaluation[].plcc_interval` |") for row in rows)
    assert all(row.split("|")[-2].strip() for row in rows)
