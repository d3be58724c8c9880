"""A net judges the other table, its own and both; never a source that it has seen."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.models.learnable import learnable_rows
from tinyvmaf.documents import validate
from tinyvmaf.errors import TableError
from tinyvmaf.models.folds import fit_folds
from tinyvmaf.models.recipe import read_recipe
from tinyvmaf.runs.transfer import TransferOptions, run_transfer
from tinyvmaf.table.rows import Rows

RECIPE = read_recipe("fr_linear").override(steps=300, batch_size=64)
NAMES = ("near", "far")
ALONE = TransferOptions(folds=3, baselines=False)


def rows_of_two(*, shift: float = 30.0, shared: int = 0) -> Rows:
    """Two tables of six sources each: the second with another truth, by ``shift``, and so many of the first's."""
    near, far = learnable_rows(frames=20), learnable_rows(frames=20, seed=1)
    names = np.array([f"f{number}" for number in range(6)], dtype=object)
    second = {
        "target": np.clip(far.target - shift, 0, 100).astype(np.float32),
        "source": np.where(far.source_index < shared, near.source, names[far.source_index]),
        "source_index": np.where(far.source_index < shared, far.source_index, far.source_index + 6).astype(np.int32),
        "clip_index": far.clip_index + near.clip_index.max() + 1,
        "table_index": np.ones(len(far), np.int32),
    }
    far = replace(far, **second)
    both = {
        name: np.concatenate([getattr(near, name), getattr(far, name)])
        for name in Rows.__dataclass_fields__
        if isinstance(getattr(near, name), np.ndarray)
    }
    return replace(near, **both, facts=(*near.facts, *far.facts))


def test_report_holds_both_ways_with_baselines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = {name: RECIPE.override(steps=50) for name in ("fr_linear", "record/c1")}
    monkeypatch.setattr("tinyvmaf.runs.baselines.read_recipe", lambda name: short[name])
    run_transfer(rows_of_two(), NAMES, RECIPE, tmp_path, TransferOptions(folds=2))
    document = json.loads((tmp_path / "transfer_report.json").read_text())
    validate(document)
    assert [(judged["judged_on"], judged["other"]) for judged in document["judged"]] == [NAMES, NAMES[::-1]]
    for judged in document["judged"]:
        assert list(judged["nets"]) == ["other", "own", "both"]
        assert list(judged["baselines"]) == ["train_mean", "ols", "linear", "record_c1", "fr_svr"]
        assert {figures["n_samples"] for figures in judged["nets"].values()} == {240}


def test_a_truth_that_differs_shows_in_the_other_tables_net_only(tmp_path: Path) -> None:
    report = run_transfer(rows_of_two(), NAMES, RECIPE, tmp_path, ALONE)
    for judged in report.judged:
        other, own, both = (judged.nets[name].rmse for name in ("other", "own", "both"))
        assert own < both < other
        assert other > 20


def test_other_is_the_net_of_all_rows_of_the_other_table(tmp_path: Path) -> None:
    from tinyvmaf.table.splits import Fold

    rows = rows_of_two()
    report = run_transfer(rows, NAMES, RECIPE, tmp_path, replace(ALONE, folds=0))
    train = rows.table_index == 1
    alone = fit_folds(rows, [Fold("", "", train, ~train, np.zeros(len(rows), bool))], RECIPE)[0]
    error = alone.predict(~train) - rows.target[~train]
    found = report.judged[0].nets["other"]
    assert found.rmse == pytest.approx(np.sqrt(np.mean(error**2)), abs=1e-3)
    by_source = [np.sqrt(np.mean(error[rows.source_index[~train] == number] ** 2)) for number in range(6)]
    assert found.mean_over_sources["rmse"] == pytest.approx(np.mean(by_source), abs=1e-3)
    assert found.worst_source == f"s{np.argmax(by_source)}"
    assert list(report.judged[0].nets) == ["other"]
    assert report.onnx_check.largest_difference < 1e-2


def test_a_shared_source_trains_no_net_that_judges_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, seen = rows_of_two(shared=2), []

    def spy(rows: Rows, folds, recipe, **options):
        seen.extend(folds)
        return fit_folds(rows, folds, recipe, **options)

    monkeypatch.setattr("tinyvmaf.runs.transfer.fit_folds", spy)
    report = run_transfer(rows, NAMES, RECIPE, tmp_path, ALONE)
    assert [judged.shared_sources for judged in report.judged] == [2, 2]
    assert len(seen) == 2 + 2 * 3 * 2
    for fold in seen:
        assert not set(rows.source_index[fold.train]) & set(rows.source_index[fold.test])
    for table in (0, 1):
        judged = np.sum([fold.test for fold in seen if fold.test[rows.table_index == table].any()], axis=0)
        assert set(judged[rows.table_index == table]) == {3}  # by the other's net, its own and both


def test_two_tables_of_different_sources_are_needed(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="two tables"):
        run_transfer(learnable_rows(), ("one",), RECIPE, tmp_path, ALONE)
    with pytest.raises(TableError, match="holds no source that"):
        run_transfer(rows_of_two(shared=6), NAMES, RECIPE, tmp_path, ALONE)


def test_command_prints_a_table_per_way(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from tests.table.tables import clip_table
    from tinyvmaf.cli.app import app
    from tinyvmaf.table.store import write_table

    for name in NAMES:
        write_table(clip_table(name, [f"{name}1", f"{name}2"], frames=8), tmp_path / f"{name}.parquet")
    tables = [word for name in NAMES for word in ("--table", str(tmp_path / f"{name}.parquet"))]
    asked = ["transfer", *tables, "--model-arch", "linear", "--epochs", "2", "--no-baselines", "--out-dir"]
    text = CliRunner().invoke(app, [*asked, str(tmp_path / "out")], catch_exceptions=False)
    assert text.exit_code == 0
    assert "on near, by" in text.stdout
    assert "on far, by" in text.stdout
    document = json.loads(CliRunner().invoke(app, [*asked, str(tmp_path / "o"), "--json"]).stdout)
    validate(document)
    assert CliRunner().invoke(app, ["transfer", *tables[:2], "--out-dir", str(tmp_path / "x")]).exit_code == 2
