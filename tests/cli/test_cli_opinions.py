import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.table.tables import foreign_frame
from tinyvmaf.cli.app import app
from tinyvmaf.errors import TableError

SHORT = ("--batch-size", "128", "--epochs", "2", "--no-baselines", "--json")


def rated(path: Path) -> Path:
    """A foreign table of six clips with opinions on an unknown scale."""
    frame = foreign_frame(("a", "b", "c", "d", "e", "f"), frames=8)
    frame.with_columns((1 + pl.col("vmaf").mean().over("key") / 25).alias("mos")).write_parquet(path)
    return path


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return result.exit_code, result.stdout


def test_opinions_of_a_foreign_table_are_learned_and_judged_with_their_scale(tmp_path: Path) -> None:
    table = rated(tmp_path / "films.parquet")
    scaled = ("--table", table, "--mos-scale", "1:5")
    code, said = run("fit", *scaled, "--recipe", "fr_mos", *SHORT, "--out-dir", tmp_path / "fit")
    assert code == 0
    bundle = json.loads(said)["bundle"]
    code, said = run("eval", bundle, *scaled, "--json")
    report = json.loads(said)
    assert (code, report["target"], report["clip_level"]["n_samples"]) == (0, "mos_100", 6)
    code, said = run("loso", *scaled, "--recipe", "fr_mos", *SHORT, "--out-dir", tmp_path / "loso")
    assert (code, json.loads(said)["target"]) == (0, "mos")
    code, said = run("compare-models", "fr_svr", bundle, *scaled, "--target", "mos", "--json")
    assert (code, json.loads(said)["criterion"]) == (0, "mean of PLCC and SROCC of clips")


def test_opinions_without_a_scale_are_refused(tmp_path: Path) -> None:
    table = rated(tmp_path / "films.parquet")
    with pytest.raises(TableError, match="--mos-scale 1:5"):
        run("loso", "--table", table, "--recipe", "fr_mos", "--out-dir", tmp_path / "loso")
