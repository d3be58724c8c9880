"""The pages of models: what a model predicts beside the truth, where it errs, and what it is compared with."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from tests.models.learnable import learnable_rows
from tests.scores.report.pages import figure, plots, read

from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.documents import to_document, validate
from tinyvmaf.metrics import rmse
from tinyvmaf.scores.evaluate import EvalReport, evaluate
from tinyvmaf.scores.pairs import MOST_FRAMES
from tinyvmaf.scores.report.model_page import eval_page

SOURCES, CLIPS, FRAMES = 6, 6, 20


@pytest.fixture
def model(exported) -> Model:
    return open_model(exported.directory)


@pytest.fixture
def report(model: Model) -> EvalReport:
    return evaluate(model, learnable_rows(sources=SOURCES, clips=CLIPS, frames=FRAMES), pairs=True)


def test_pairs_are_what_the_figures_are_made_from(model: Model, report: EvalReport) -> None:
    rows = learnable_rows(sources=SOURCES, clips=CLIPS, frames=FRAMES)
    predicted = model.predict(rows.features).astype(float)
    assert report.pairs is not None
    assert len(report.pairs.clips) == SOURCES * CLIPS
    apart = [clip.predicted - clip.true for clip in report.pairs.clips]
    assert np.sqrt(np.mean(np.square(apart))) == pytest.approx(report.clip_level.rmse, rel=1e-5)
    ninth = report.pairs.clips[9]
    mine = rows.clip_index == 9
    assert (ninth.source, ninth.key, ninth.frames) == ("s1", "c9", FRAMES)
    assert ninth.rmse == pytest.approx(rmse(predicted[mine], rows.target[mine]), rel=1e-4)
    for name, bar in report.pairs.rmse_intervals.items():
        assert bar is not None
        assert bar[0] < report.per_source[name].rmse < bar[1]


def test_few_clips_give_no_interval_and_many_frames_a_sample(model: Model) -> None:
    pairs = evaluate(model, learnable_rows(sources=4, clips=2, frames=1000), pairs=True).pairs
    assert pairs is not None
    assert set(pairs.rmse_intervals.values()) == {None}
    assert len(pairs.frames.true) == MOST_FRAMES
    assert np.bincount(pairs.frames.source).tolist() == [MOST_FRAMES // 4] * 4


def test_pairs_are_a_valid_part_of_the_document(report: EvalReport) -> None:
    validate(json.loads(json.dumps(to_document("eval", report), allow_nan=False)))


def test_page_draws_every_clip_in_the_colour_of_its_source(report: EvalReport) -> None:
    html = eval_page(report)
    assert plots(html) == ["scatter", "residuals", "sources"]
    named = [trace for trace in figure(html, "scatter")["data"] if trace.get("name")]
    assert [trace["name"] for trace in named] == [f"s{number}" for number in range(SOURCES)]
    assert len({trace["marker"]["color"] for trace in named}) == SOURCES
    assert sum(len(trace["x"]) for trace in named) == SOURCES * CLIPS
    assert figure(html, "sources")["data"][0]["y"][-1] == report.worst_source
    rows = [row for row in read(html).rows if row[0] == report.worst_source and len(row) == 7]
    assert f"{report.per_source[report.worst_source].rmse:.3f}" in rows[-1]


def test_a_kept_report_without_pairs_still_gives_a_page(report: EvalReport) -> None:
    html = eval_page(replace(report, pairs=None))
    assert plots(html) == ["sources"]
    assert "--pairs" in html


def test_facts_of_the_training_stand_where_the_model_is_at_hand(model: Model, report: EvalReport) -> None:
    html = eval_page(report, model.sidecar)
    assert model.sidecar.description in html
    assert "How it was trained" in html
    assert "How it was trained" not in eval_page(report)


def test_baselines_of_a_fit_stand_beside_the_model(report: EvalReport) -> None:
    ols = {"plcc": 0.9, "srocc": 0.8, "krocc": None, "rmse": 7.25, "clip_level": {"rmse": 6.5}}
    rows = read(eval_page(replace(report, baselines={"ols": ols}))).rows
    assert ["ols", "0.90000", "0.80000", "–", "7.25000", "6.50000"] in rows


def test_plots_are_what_plotly_takes(report: EvalReport) -> None:
    html = eval_page(report)
    for identity in plots(html):
        text = json.dumps(figure(html, identity))
        for name in {word for word in text.split('"') if word.startswith("--")}:
            text = text.replace(f'"{name}"', '"red"')
        drawn = json.loads(text)
        go.Figure(data=drawn["data"], layout=drawn["layout"])


def test_kept_results_of_this_project_have_pages(tmp_path: Path) -> None:
    from tinyvmaf.runs.reports import report_files

    kept = Path(__file__).parents[3] / "benchmarks" / "results"
    for name, kind in (("fr_mlp_small_fit", "eval"), ("loso_references", "loso")):
        written = report_files([kept / f"{name}.json"], tmp_path / f"{name}.html")
        assert (written.kind, written.warnings) == (kind, ())
        assert plots((tmp_path / f"{name}.html").read_text(encoding="utf-8"))
