"""Other targets than VMAF v0.6.1, from a table to a report and a bundle: opinions, hybrids and other teachers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.table.tables import clip_table
from tinyvmaf.bundles.session import open_model
from tinyvmaf.documents import validate
from tinyvmaf.features import FEATURE_SETS
from tinyvmaf.metrics import plcc
from tinyvmaf.models.recipe import read_recipe
from tinyvmaf.pixels.svr import svr_of
from tinyvmaf.runs.fit import FitOptions, run_fit
from tinyvmaf.runs.loso import LosoOptions, run_loso
from tinyvmaf.table.rows import rows_of
from tinyvmaf.table.store import ClipTable, with_mos_100

SHORT = read_recipe("fr_mos").override(steps=60, batch_size=256)
SOURCES = ("s", "t", "u", "v", "w")
ALONE = LosoOptions(baselines=False, seeds=2)


@pytest.fixture(autouse=True)
def short_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The baselines' own recipes, with smaller budgets."""
    short = {
        "fr_linear": read_recipe("fr_linear").override(steps=50, batch_size=64),
        "record/c1": read_recipe("record/c1").override(epochs=2),
    }
    monkeypatch.setattr("tinyvmaf.runs.baselines.read_recipe", lambda name: short[name])


def rated_table() -> ClipTable:
    """Five sources of four clips, whose opinions follow their mean ``adm2``."""
    table = clip_table("films", SOURCES, codecs=("h264", "hevc", "vp9", "av1"), frames=8)
    said = (1 + 4 * pl.col("adm2").mean().over("key")).cast(pl.Float32).alias("mos")
    width = pl.lit(0.2, pl.Float32).alias("mos_ci")
    return replace(table, rows=with_mos_100(table.rows.with_columns(said, width), (1, 5)))


def test_loso_of_opinions_judges_clips(tmp_path: Path) -> None:
    rows = rows_of([rated_table()], target="mos")
    report = run_loso(rows, [SHORT], tmp_path, ALONE)
    document = json.loads((tmp_path / "loso_report.json").read_text())
    validate(document)
    net = report.architectures["mlp_small"]
    assert (document["target"], net.clip_level.n_samples, len(net.folds)) == ("mos", 20, 10)
    assert net.clip_level.plcc_p1401 is not None
    assert set(net.clip_mean) == {"plcc", "srocc", "krocc", "rmse"}


def test_clip_mean_is_the_mean_of_each_folds_clips(tmp_path: Path) -> None:
    rows = rows_of([rated_table()], target="mos")
    report = run_loso(rows, [SHORT], tmp_path, LosoOptions(seeds=1))
    assert report.baselines is not None
    svr = report.baselines["fr_svr"]
    scores = svr_of("vmaf").predict(rows.features)
    found = []
    for source in SOURCES:
        mine = rows.source == source
        clips = np.unique(rows.clip_index[mine])
        means = [(scores[rows.clip_index == c].mean(), rows.target[rows.clip_index == c].mean()) for c in clips]
        found.append(np.corrcoef(np.array(means).T)[0, 1])
    assert svr.clip_mean["plcc"] == pytest.approx(np.mean(found))


def test_a_hybrid_trains_on_all_and_is_judged_by_opinions(tmp_path: Path) -> None:
    unrated = clip_table("more", ("x", "y"), frames=8, seed=3)
    rows = rows_of([rated_table(), unrated], target="hybrid")
    recipe = replace(SHORT, target="hybrid", correction=False, val_mode="source")
    report = run_fit(rows, recipe, tmp_path, FitOptions(baselines=False))
    sidecar = open_model(report.bundle).sidecar
    assert {source.split("/")[0] for source in report.val_sources} == {"films"}
    assert report.val_rows == 8 * 4
    assert {facts.corpus for facts in sidecar.trained_on} == {"films", "more"}
    assert sidecar.target == "mos_100"
    assert report.evaluation.target == "mos_100"
    folds = run_loso(rows, [recipe], tmp_path / "loso", ALONE).architectures["mlp_small"].folds
    assert {fold.held_out for fold in folds} == set(SOURCES)


def test_a_head_of_another_teacher_goes_from_table_to_score(tmp_path: Path) -> None:
    features = FEATURE_SETS["v1-4"]
    table = clip_table("films", SOURCES, frames=12)
    rng = np.random.default_rng(0)
    shown = rng.random((len(table.rows), len(features.names))).astype(np.float32)
    score = (100 * shown.mean(axis=1)).astype(np.float32)
    columns = [pl.Series(name, shown[:, place]) for place, name in enumerate(features.names)]
    full = replace(table, rows=table.rows.with_columns(*columns, pl.Series("vmaf_v1", score)))
    recipe = read_recipe("fr_mlp_small").override(feature_set="v1-4", target="vmaf_v1", steps=400, batch_size=128)
    report = run_fit(rows_of([full], feature_set=features, target="vmaf_v1"), recipe, tmp_path, FitOptions())
    model = open_model(report.bundle)
    assert (model.sidecar.target, model.sidecar.feature_names) == ("vmaf_v1", features.names)
    assert set(report.evaluation.baselines or {}) == {"train_mean", "ols", "linear", "record_c1"}
    assert (plcc(model.predict(shown), score) or 0) > 0.95
