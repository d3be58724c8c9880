"""A fit leaves a checkpoint, a bundle and a report; what it says is of the ONNX, on sources that it has not seen."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.models.learnable import learnable_rows
from tests.table.tables import clip_table
from tinyvmaf.bundles.session import open_model
from tinyvmaf.documents import to_document, validate
from tinyvmaf.errors import FitError, TableError
from tinyvmaf.models.checkpoint import load_checkpoint
from tinyvmaf.models.recipe import read_recipe
from tinyvmaf.runs.fit import FitOptions, run_fit
from tinyvmaf.table.rows import smoke_rows
from tinyvmaf.table.splits import VAL_MODES
from tinyvmaf.table.store import write_table

RECIPE = read_recipe("fr_mlp_small").override(steps=300, batch_size=64)
ALONE = FitOptions(baselines=False)


@pytest.fixture(autouse=True)
def short_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The baselines' own recipes, with smaller budgets."""
    short = {
        "fr_linear": read_recipe("fr_linear").override(steps=200, batch_size=64),
        "record/c1": read_recipe("record/c1").override(epochs=5),
    }
    monkeypatch.setattr("tinyvmaf.runs.baselines.read_recipe", lambda name: short[name])


def test_fit_leaves_checkpoint_bundle_and_report(tmp_path: Path) -> None:
    rows = learnable_rows()
    report = run_fit(rows, RECIPE, tmp_path / "out", FitOptions(command="tinyvmaf fit ..."))
    document = json.loads((tmp_path / "out" / "eval_report.json").read_text())
    validate(document)
    validate(to_document("fit", report))
    held_out = rows.source_index == np.flatnonzero(np.unique(rows.source) == report.val_sources[0].split("/")[1])[0]
    model = open_model(report.bundle)
    predicted = model.predict(rows.features[held_out])
    assert document["rmse"] == pytest.approx(np.sqrt(np.mean((predicted - rows.target[held_out]) ** 2)), rel=1e-5)
    assert document["n_samples"] == report.val_rows == held_out.sum()
    assert document["protocol"] == "held out by source"
    assert load_checkpoint(report.checkpoint).parameter_count == 257
    (frame, clip) = model.sidecar.evaluation
    assert (frame.rmse, frame.command, clip.level) == (report.evaluation.rmse, "tinyvmaf fit ...", "clip")
    assert model.sidecar.recipe.sha256 == RECIPE.sha256
    assert "held out by source" in (report.bundle / "card.md").read_text()


def test_report_has_the_baselines_of_the_same_rows(tmp_path: Path) -> None:
    rows = learnable_rows()
    report = run_fit(rows, RECIPE, tmp_path, FitOptions())
    assert report.evaluation.baselines is not None
    assert list(report.evaluation.baselines) == ["train_mean", "ols", "linear", "record_c1", "fr_svr"]
    for figures in report.evaluation.baselines.values():
        assert figures["n_samples"] == report.val_rows
    mean = report.evaluation.baselines["train_mean"]
    assert (mean["plcc"], mean["plcc_interval"]) == (None, None)
    assert report.evaluation.rmse < mean["rmse"]  # pyright: ignore[reportOperatorIssue]


def test_ols_is_least_squares(tmp_path: Path) -> None:
    rows = learnable_rows()
    weights = np.array([10, 20, 5, 15, 10, 0.5])
    rows.target[:] = 7 + rows.features @ weights
    report = run_fit(rows, RECIPE.override(steps=1), tmp_path, FitOptions())
    assert (report.evaluation.baselines or {})["ols"]["rmse"] == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("mode", VAL_MODES)
def test_fit_of_no_epochs_checks_the_harness_with_every_mode(mode: str, tmp_path: Path) -> None:
    recipe = RECIPE.override(epochs=0, val_mode=mode)
    report = run_fit(smoke_rows(), recipe, tmp_path, ALONE)
    assert report.smoke
    assert report.val_mode == mode
    assert open_model(report.bundle).sidecar.smoke
    validate(to_document("fit", report))


def test_one_source_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="all of one source, s0"):
        run_fit(learnable_rows(sources=1), RECIPE, tmp_path, ALONE)


def test_unknown_source_to_validate_on_is_an_error_that_names_those_there(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="s0, s1"):
        run_fit(learnable_rows(), RECIPE.override(val_sources=("Tennis",)), tmp_path, ALONE)


def test_named_source_judges(tmp_path: Path) -> None:
    report = run_fit(learnable_rows(), RECIPE.override(val_sources=("s4",)), tmp_path, ALONE)
    assert report.val_sources == ("made/s4",)


def test_rows_held_out_change_nothing(tmp_path: Path) -> None:
    rows, recipe = learnable_rows(), RECIPE.override(val_sources=("s4",))
    first = run_fit(rows, recipe, tmp_path / "a", ALONE)
    spoilt = replace(rows, target=np.where(rows.source == "s4", 50, rows.target).astype(np.float32))
    second = run_fit(spoilt, recipe, tmp_path / "b", ALONE)
    features = rows.features[:50]
    np.testing.assert_array_equal(
        open_model(first.bundle).predict(features), open_model(second.bundle).predict(features)
    )


def test_command_fits_a_table_and_answers_in_json(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from tinyvmaf.cli.app import app

    write_table(clip_table("made", ["a", "b", "c"], frames=8), tmp_path / "t.parquet")
    asked = ["fit", "--table", str(tmp_path / "t.parquet"), "--model-arch", "linear", "--epochs", "2", "--no-baselines"]
    result = CliRunner().invoke(app, [*asked, "--out-dir", str(tmp_path / "out"), "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    validate(document)
    assert document["architecture"] == "linear"
    assert "epoch 2" in result.stderr


@pytest.mark.parametrize(
    "asked",
    [["--epochs", "3", "--assume-dims", "64x64"], ["--assume-dims", "big", "--epochs", "0"], ["--epochs", "0"]],
)
def test_made_up_rows_are_not_trained_on(asked: list[str], tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from tinyvmaf.cli.app import app

    assert CliRunner().invoke(app, ["fit", *asked, "--out-dir", str(tmp_path)]).exit_code == 2


def test_command_checks_the_harness(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from tinyvmaf.cli.app import app

    asked = ["fit", "--epochs", "0", "--assume-dims", "64x64", "--model-arch", "mlp_medium", "--no-baselines"]
    result = CliRunner().invoke(app, [*asked, "--out-dir", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0
    assert "it has learned nothing" in result.stdout


@pytest.mark.slow
def test_killed_fit_goes_on_and_ends_at_the_same_weights(tmp_path: Path) -> None:
    write_table(clip_table("made", ["a", "b", "c"], frames=30), tmp_path / "t.parquet")
    asked = [sys.executable, "-m", "tinyvmaf", "fit", "--table", str(tmp_path / "t.parquet"), "--no-baselines"]
    asked += ["--model-arch", "mlp_small", "--epochs", "300", "--batch-size", "64"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    killed = subprocess.Popen(
        [*asked, "--out-dir", str(tmp_path / "killed")], stderr=subprocess.DEVNULL, env=environment
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "killed" / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with pytest.raises(FitError, match="goes on from there"):
        load_checkpoint(tmp_path / "killed" / "checkpoint.pt")
    for folder in ("killed", "undisturbed"):
        done = subprocess.run(
            [*asked, "--out-dir", str(tmp_path / folder)], check=True, capture_output=True, text=True, env=environment
        )
        assert ("going on from" in done.stderr) == (folder == "killed")
    first, second = ((tmp_path / folder / "bundle" / "model.onnx").read_bytes() for folder in ("killed", "undisturbed"))
    assert first == second
