"""Leave one out: every fold is judged on what it has not seen, by nets that are those an export would ship."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.models.learnable import learnable_rows
from tests.table.tables import clip_table
from tinyvmaf.bundles.session import open_model
from tinyvmaf.documents import validate
from tinyvmaf.errors import FitError, TableError
from tinyvmaf.models.recipe import read_recipe
from tinyvmaf.runs.loso import LosoOptions, run_loso
from tinyvmaf.table.rows import rows_of
from tinyvmaf.table.store import write_table

RECIPES = [read_recipe(f"fr_{name}").override(steps=300, batch_size=64) for name in ("mlp_small", "linear")]
ALONE = LosoOptions(baselines=False)


@pytest.fixture(autouse=True)
def short_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The baselines' own recipes, with smaller budgets."""
    short = {
        "fr_linear": read_recipe("fr_linear").override(steps=200, batch_size=64),
        "record/c1": read_recipe("record/c1").override(epochs=5),
    }
    monkeypatch.setattr("tinyvmaf.runs.baselines.read_recipe", lambda name: short[name])


def test_report_holds_every_net_and_baseline_fold_by_fold(tmp_path: Path) -> None:
    rows = learnable_rows()
    run_loso(rows, RECIPES, tmp_path, LosoOptions(seeds=2))
    document = json.loads((tmp_path / "loso_report.json").read_text())
    validate(document)
    assert list(document["architectures"]) == ["mlp_small", "linear"]
    assert list(document["baselines"]) == ["train_mean", "ols", "linear", "record_c1", "fr_svr"]
    small = document["architectures"]["mlp_small"]
    assert (small["parameter_count"], small["seeds"], len(small["folds"])) == (257, 2, 12)
    assert [fold["held_out"] for fold in small["folds"][::2]] == [f"s{number}" for number in range(6)]
    errors = [fold["rmse"] for fold in small["folds"]]
    assert small["mean"]["rmse"] == pytest.approx(np.mean(errors))
    assert small["std"]["rmse"] == pytest.approx(np.std(errors))
    assert small["worst"]["rmse"] == max(errors)
    low, high = small["intervals"]["rmse"]
    assert low <= small["mean"]["rmse"] <= high
    assert small["seed_std"]["rmse"] >= 0
    assert small["pooled"]["n_samples"] == len(rows)
    assert small["clip_level"]["n_samples"] == 12
    assert document["baselines"]["train_mean"]["mean"]["plcc"] is None
    assert document["baselines"]["ols"]["parameter_count"] == 7
    assert small["mean"]["rmse"] < document["baselines"]["ols"]["mean"]["rmse"]


def test_fold_is_judged_by_a_net_that_has_not_seen_it(tmp_path: Path) -> None:
    rows = learnable_rows()
    other = replace(rows, target=np.where(rows.source == "s2", 3, rows.target).astype(np.float32))
    reports = [
        run_loso(each, RECIPES[:1], tmp_path / name, LosoOptions(baselines=False, export_folds=True))
        for name, each in (("a", rows), ("b", other))
    ]
    bundles = [tmp_path / name / "folds" / "mlp_small" / "made-s2-seed0" for name in "ab"]
    first, second = (open_model(bundle).predict(rows.features[:20]) for bundle in bundles)
    np.testing.assert_allclose(first, second, atol=2e-3)
    assert reports[0].architectures["mlp_small"].folds[2].rmse < reports[1].architectures["mlp_small"].folds[2].rmse


def test_exported_fold_scores_what_the_report_says(tmp_path: Path) -> None:
    rows = learnable_rows()
    report = run_loso(rows, RECIPES[:1], tmp_path, LosoOptions(baselines=False, export_folds=True))
    fold = report.architectures["mlp_small"].folds[3]
    model = open_model(tmp_path / "folds" / "mlp_small" / "made-s3-seed0")
    mine = rows.source == fold.held_out
    error = model.predict(rows.features[mine]) - rows.target[mine]
    assert fold.rmse == pytest.approx(np.sqrt(np.mean(error**2)), abs=1e-3)
    assert report.onnx_check.largest_difference < 1e-2
    assert len(list((tmp_path / "folds" / "mlp_small").iterdir())) == 6


@pytest.mark.parametrize(("by", "names"), [("codec", ["h264", "hevc"]), ("encode_height", ["540", "1080"])])
def test_a_codec_or_a_size_is_left_out(by, names: list[str], tmp_path: Path) -> None:
    report = run_loso(learnable_rows(), RECIPES[1:], tmp_path, LosoOptions(by=by, baselines=False))
    figures = report.architectures["linear"]
    assert [fold.held_out for fold in figures.folds] == names
    assert figures.intervals["rmse"] is None


def test_second_table_only_trains(tmp_path: Path) -> None:
    tables = [clip_table("made", ["a", "b"]), clip_table("konvid-1k", [f"{number}" for number in range(10)])]
    report = run_loso(rows_of(tables), RECIPES[1:], tmp_path, replace(ALONE, konvid_val_fraction=0.2))
    figures = report.architectures["linear"]
    assert [fold.held_out for fold in figures.folds] == ["a", "b"]
    assert report.konvid_holdout is not None
    assert report.konvid_holdout["linear"]["rmse"] is not None
    validate(json.loads((tmp_path / "loso_report.json").read_text()))


def test_one_source_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="several sources"):
        run_loso(learnable_rows(sources=1), RECIPES[1:], tmp_path, ALONE)


def test_one_net_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="each net once"):
        run_loso(learnable_rows(), [RECIPES[0], RECIPES[0]], tmp_path, ALONE)


def test_command_leaves_out_and_prints_a_table(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from tinyvmaf.cli.app import app

    write_table(clip_table("made", ["a", "b", "c"], frames=8), tmp_path / "t.parquet")
    asked = ["loso", "--table", str(tmp_path / "t.parquet"), "--recipe", "record/c1", "--epochs", "2", "--no-baselines"]
    asked += ["--model-arch", "linear", "--model-arch", "mlp_small", "--out-dir", str(tmp_path / "out")]
    text = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert text.exit_code == 0
    assert "3 folds by source" in text.stdout
    document = json.loads(CliRunner().invoke(app, [*asked, "--json"], catch_exceptions=False).stdout)
    validate(document)
    assert document["architectures"]["linear"]["recipe"] == "record/c1"


def test_net_over_time_is_judged_clip_by_clip_as_its_onnx_is(tmp_path: Path) -> None:
    rows = learnable_rows(sources=3)
    recipe = read_recipe("fr_temporal").override(steps=100, batch_size=64)
    report = run_loso(rows, [recipe], tmp_path, ALONE)
    assert report.onnx_check.rows == 120
    assert report.onnx_check.largest_difference < 0.01
    assert report.architectures["temporal_cnn"].parameter_count == 1105
