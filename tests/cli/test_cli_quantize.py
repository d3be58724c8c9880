import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.table.tables import clip_table
from tinyvmaf.bundles.session import open_model
from tinyvmaf.cli.app import app
from tinyvmaf.documents import validate
from tinyvmaf.table.store import write_table


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.parquet"
    write_table(clip_table("made", ("a", "b", "c", "d"), frames=20), path)
    return path


def run(*words: str | Path):
    return CliRunner().invoke(app, ["quantize", *map(str, words)], catch_exceptions=False, env={"COLUMNS": "200"})


def test_a_model_of_the_shelf_is_quantised(table: Path, tmp_path: Path) -> None:
    result = run("fr_mlp_medium", "--table", table, "-o", tmp_path / "q", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate(document)
    assert document["accepted"]
    assert open_model(tmp_path / "q" / "model.int8.onnx").sha256 == document["int8_sha256"]
    words = run("fr_mlp_medium", "--table", table, "--static", "-o", tmp_path / "p").stdout
    assert "int8, static" in words
    assert str(tmp_path / "p") in words.replace("\n", "")


def test_past_the_budget_it_exits_with_3_and_writes_nothing(table: Path, tmp_path: Path) -> None:
    result = run("fr_mlp_small", "--table", table, "-o", tmp_path / "q", "--budget", "0")
    assert result.exit_code == 3
    assert "not written: PLCC between the two forms" in result.stdout
    assert not (tmp_path / "q").exists()


def test_it_takes_a_table_or_samples(table: Path, tmp_path: Path) -> None:
    assert run("fr_mlp_small", "-o", tmp_path / "q").exit_code == 2
    assert run("fr_mlp_small", "--table", table, "--samples", tmp_path, "-o", tmp_path / "q").exit_code == 2
