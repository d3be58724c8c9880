"""Models on the same rows: the better one is called better, by what decides, and what cannot be told is not told."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.table.tables import clip_table

from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.documents import to_document, validate
from tinyvmaf.errors import TableError
from tinyvmaf.scores.compare import compare_tables
from tinyvmaf.scores.judged_rows import RowChoice, evaluate_tables
from tinyvmaf.table.rows import rows_of
from tinyvmaf.table.store import ClipTable

ALL = RowChoice()
SOURCES = [f"s{number}" for number in range(9)]
DRAWS = 300


@pytest.fixture(scope="module")
def models(fitted, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """Two nets that have nothing to do with each other."""
    from tinyvmaf.bundles.export import export

    folder = tmp_path_factory.mktemp("compared")
    bundles = {name: export(fitted(seed=seed), folder / name, model_id=name) for seed, name in enumerate("ab")}
    return {name: open_model(bundle.directory) for name, bundle in bundles.items()}


def table_of(model: Model, *, sources=SOURCES, noise: float = 3.0, column: str = "vmaf") -> ClipTable:
    """A table whose truth is what the model says, but for noise."""
    table = clip_table("made", sources, frames=6)
    said = model.predict(rows_of([table]).features).astype(float)
    truth = np.clip(said + np.random.default_rng(0).normal(0, noise, len(said)), 0, 100)
    rows = table.rows.with_columns(pl.Series(column, truth).cast(pl.Float32))
    if column == "mos_100":  # an opinion is of a whole clip
        rows = rows.with_columns(pl.col(column).mean().over("key"))
    return replace(table, rows=rows)


def test_the_better_model_is_better_and_the_other_worse(models: dict[str, Model]) -> None:
    table = table_of(models["b"])
    report = compare_tables(models, [table], ALL, draws=DRAWS)
    assert report.comparisons[0].verdict == "better"
    assert report.last_is_better
    backwards = compare_tables({name: models[name] for name in "ba"}, [table], ALL, draws=DRAWS)
    assert backwards.comparisons[0].verdict == "worse"
    assert backwards.comparisons[0].frames.rmse.value == pytest.approx(-report.comparisons[0].frames.rmse.value)
    assert not backwards.last_is_better
    validate(json.loads(json.dumps(to_document("compare-models", report), allow_nan=False)))


def test_figures_are_those_of_eval(models: dict[str, Model]) -> None:
    table = table_of(models["b"])
    report = compare_tables(models, [table], ALL, draws=DRAWS)
    alone = {name: evaluate_tables(model, [table], ALL) for name, model in models.items()}
    for compared in report.models:
        assert compared.frames.rmse == pytest.approx(alone[compared.name].rmse)
        assert compared.clips.srocc == pytest.approx(alone[compared.name].clip_level.srocc)
        assert compared.model_sha256 == models[compared.name].sha256
    difference = report.comparisons[0].clips.plcc.value
    assert difference == pytest.approx(alone["b"].clip_level.plcc - alone["a"].clip_level.plcc)


def test_three_models_are_each_compared_with_the_first(models: dict[str, Model]) -> None:
    three = {"one": models["a"], "two": models["a"], "three": models["b"]}
    report = compare_tables(three, [table_of(models["b"])], ALL, draws=DRAWS)
    assert [(c.first, c.other, c.verdict) for c in report.comparisons] == [
        ("one", "two", "not separable"),
        ("one", "three", "better"),
    ]
    assert "may be chance" in report.comparisons[0].reason


@pytest.mark.parametrize("count", [3, 6])
def test_few_sources_are_not_separable_and_it_says_so(models: dict[str, Model], count: int) -> None:
    table = table_of(models["b"], sources=SOURCES[:count])
    comparison = compare_tables(models, [table], ALL, draws=DRAWS).comparisons[0]
    assert comparison.verdict == "not separable"
    assert f"{count} sources are too few" in comparison.reason
    assert (comparison.frames.rmse.interval is None) == (count < 5)


def test_opinions_are_judged_on_clips_by_correlation_whatever_the_models_predict(models: dict[str, Model]) -> None:
    table = table_of(models["b"], column="mos_100", noise=2.0)
    report = compare_tables(models, [table], ALL, target="mos", draws=DRAWS)
    assert report.criterion == "mean of PLCC and SROCC of clips"
    assert report.comparisons[0].verdict == "better"
    assert report.comparisons[0].frames is report.models[0].frames is None
    assert report.models[0].clips.n == 18
    validate(json.loads(json.dumps(to_document("compare-models", report), allow_nan=False)))


def test_models_of_different_targets_need_a_target(models: dict[str, Model]) -> None:
    other = replace(models["b"], sidecar=replace(models["b"].sidecar, target="mos_100"))
    with pytest.raises(TableError, match=r"a: vmaf, b: mos.*--target"):
        compare_tables({"a": models["a"], "b": other}, [table_of(models["b"])], ALL)


def test_rows_are_chosen_as_eval_does(models: dict[str, Model]) -> None:
    tables = [table_of(models["b"]), clip_table("konvid-1k", ["1", "2"])]
    one = compare_tables(models, tables, RowChoice(corpus="made"), draws=DRAWS)
    assert one.sources == 9
    held_out = compare_tables(models, tables, RowChoice("val", "source", ("s1", "s2")), draws=DRAWS)
    assert (held_out.sources, held_out.models[0].frames.n) == (2, 24)
    assert {facts.corpus for facts in held_out.tables} == {"made"}


def test_command_prints_verdicts_and_gates(models: dict[str, Model], tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from tinyvmaf.cli.app import app
    from tinyvmaf.table.store import write_table

    write_table(table_of(models["b"]), tmp_path / "t.parquet")
    paths = {name: str(model.bundle.directory) for name, model in models.items()}

    def run(*arguments: str):
        return CliRunner().invoke(app, ["compare-models", *arguments, "--table", str(tmp_path / "t.parquet")])

    met = run(paths["a"], paths["b"], "--gate")
    assert met.exit_code == 0
    assert "is better than" in met.stdout.replace("\n", " ")
    missed = run(paths["b"], paths["a"], "--gate", "--json")
    assert missed.exit_code == 3
    document = json.loads(missed.stdout)
    validate(document)
    assert document["comparisons"][0]["verdict"] == "worse"
    assert run(paths["b"], paths["a"]).exit_code == 0
    assert run(paths["a"]).exit_code == run(paths["a"], paths["a"]).exit_code == 2
