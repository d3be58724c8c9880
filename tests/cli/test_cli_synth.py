"""``tinyvmaf synth`` writes videos and says which."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tinyvmaf.cli.synth import synth
from tinyvmaf.documents import validate
from tinyvmaf.errors import CorpusError

app = typer.Typer()
app.command()(synth)
TINY = ["--sources", "1", "--seconds", "0.2", "--size", "64x36"]


def test_synth_tells_its_files_as_json(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path / "made"), *TINY, "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate(document)
    assert document["files"] == [str(tmp_path / "made" / "synthetic-000.mp4")]
    assert Path(document["files"][0]).is_file()


def test_synth_tells_people_in_words(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path), *TINY])
    assert "1 made, 64x36" in result.stdout


def test_senseless_size_is_a_usage_error(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, [str(tmp_path), "--size", "big"]).exit_code == 2


def test_photos_that_are_missing_are_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path), *TINY, "--photos", str(tmp_path / "missing")])
    with pytest.raises(CorpusError, match="no such folder"):
        raise result.exception or AssertionError("no error")
