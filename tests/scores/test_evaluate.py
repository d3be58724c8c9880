import dataclasses
import json

import numpy as np
import pytest
from scipy import stats

from tinyvmaf.bundles.cards import card_of, with_figures
from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.documents import to_document, validate
from tinyvmaf.errors import TableError
from tinyvmaf.features import CANONICAL_6, NEG_6
from tinyvmaf.scores.evaluate import TRAINING_FIT, UNSEEN_TABLE, evaluate
from tinyvmaf.scores.quoted import evaluations_of, latency_of
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.schema import TableFacts

FRAMES = 10


@pytest.fixture
def model(exported) -> Model:
    return open_model(exported.directory)


def rows_of_sources(*sources: tuple[str, str], noise: float = 5.0, table_key: str = "b" * 64) -> Rows:
    """Two clips of each (corpus, source), in shuffled order, with targets between 0 and 100."""
    rng = np.random.default_rng(3)
    clips = [(number, *pair) for number, pair in enumerate(sources) for _ in range(2)]
    index = np.repeat(np.arange(len(clips), dtype=np.int32), FRAMES)
    order = rng.permutation(len(index))
    source = np.array([clip[0] for clip in clips], np.int32)[index]
    features = rng.uniform(size=(len(index), 6)).astype(np.float32)
    target = np.clip(100 * features.mean(axis=1) + rng.normal(0, noise, len(index)), 0, 100).astype(np.float32)
    corpora = sorted({corpus for corpus, _ in sources})
    return Rows(
        features=features[order],
        target=target[order],
        corpus=np.array([clip[1] for clip in clips], dtype=object)[index][order],
        source=np.array([clip[2] for clip in clips], dtype=object)[index][order],
        key=np.array([f"clip{i}" for i in range(len(clips))], dtype=object)[index][order],
        frame_index=np.tile(np.arange(FRAMES, dtype=np.int32), len(clips))[order],
        codec=np.full(len(index), "h264", dtype=object),
        encode_height=np.full(len(index), 1080, np.int32),
        table_index=np.zeros(len(index), np.int32),
        source_index=source[order],
        clip_index=index[order],
        feature_set=CANONICAL_6,
        target_name="vmaf",
        facts=tuple(TableFacts(corpus, 1, 2, 20, "libvmaf-integer", table_key) for corpus in corpora),
    )


SIX = tuple(("netflix", f"s{i}") for i in range(6))


def test_figures_are_those_of_scipy_on_what_the_model_predicts(model: Model) -> None:
    rows = rows_of_sources(*SIX)
    report = evaluate(model, rows)
    predicted = model.predict(rows.features)
    assert report.n_samples == len(rows) == 120
    assert report.plcc == pytest.approx(stats.pearsonr(predicted, rows.target)[0], abs=1e-5)
    assert report.srocc == pytest.approx(stats.spearmanr(predicted, rows.target)[0], abs=1e-5)
    assert report.krocc == pytest.approx(stats.kendalltau(predicted, rows.target)[0], abs=1e-5)
    assert report.rmse == pytest.approx(np.sqrt(np.mean((predicted - rows.target) ** 2)), abs=1e-3)


def test_clip_figures_are_of_means_over_frames(model: Model) -> None:
    rows = rows_of_sources(*SIX)
    predicted = model.predict(rows.features)
    means = [[values[rows.clip_index == clip].mean() for clip in range(12)] for values in (predicted, rows.target)]
    level = evaluate(model, rows).clip_level
    assert level.n_samples == 12
    assert level.plcc == pytest.approx(stats.pearsonr(*means)[0], abs=1e-5)


def test_intervals_need_five_sources(model: Model) -> None:
    report = evaluate(model, rows_of_sources(*SIX))
    assert report.rmse_interval is not None
    assert report.rmse_interval[0] < report.rmse < report.rmse_interval[1]
    few = evaluate(model, rows_of_sources(*SIX[:4]))
    assert few.plcc_interval is few.rmse_interval is few.clip_level.srocc_interval is None


def test_parts_are_named_by_corpus_and_source(model: Model) -> None:
    report = evaluate(model, rows_of_sources(("netflix", "Tennis"), ("konvid-1k", "Tennis"), ("konvid-1k", "42")))
    assert {name: found.n for name, found in report.per_corpus.items()} == {"netflix": 20, "konvid-1k": 40}
    assert set(report.per_source) == {"netflix/Tennis", "konvid-1k/Tennis", "42"}
    assert report.per_corpus["netflix"] == report.per_source["netflix/Tennis"]


def test_sources_have_equal_weight_in_their_mean_and_the_worst_is_named(model: Model) -> None:
    rows = rows_of_sources(*SIX)
    rows.target[rows.source == "s4"] = 100 - rows.target[rows.source == "s4"]
    kept = (rows.source != "s2") | (rows.frame_index < 2)
    errors = (model.predict(rows.features) - rows.target) ** 2
    by_source = {name: np.sqrt(errors[kept & (rows.source == name)].mean()) for name in set(rows.source)}
    report = evaluate(model, rows, mask=kept)
    assert report.mean_over_sources["rmse"] == pytest.approx(np.mean(list(by_source.values())), rel=1e-5)
    assert report.worst_source == max(by_source, key=lambda name: by_source[name])
    constant = evaluate(model, dataclasses.replace(rows, target=np.full_like(rows.target, 100)))
    assert constant.mean_over_sources["plcc"] is None


def test_a_mask_leaves_the_other_rows_out(model: Model) -> None:
    rows = rows_of_sources(*SIX)
    report = evaluate(model, rows, mask=rows.source == "s3")
    assert report.n_samples == 20
    assert set(report.per_source) == {"s3"}
    assert report.rmse == pytest.approx(evaluate(model, rows).per_source["s3"].rmse)


def test_a_constant_target_gives_null_and_a_valid_document(model: Model) -> None:
    rows = rows_of_sources(*SIX)
    report = evaluate(model, dataclasses.replace(rows, target=np.full_like(rows.target, 100)))
    assert report.plcc is report.srocc is report.krocc is report.plcc_interval is None
    validate(json.loads(json.dumps(to_document("eval", report), allow_nan=False)))


def test_the_document_keeps_its_schema_and_tells_the_speed(model: Model) -> None:
    report = evaluate(model, rows_of_sources(*SIX))
    document = to_document("eval", report)
    validate(document)
    assert document["feature_dim"] == 6
    assert document["model"] == "small"
    assert document["model_sha256"] == model.sha256
    assert 0 < report.latency_ms_p50_per_clip <= report.latency_ms_p95_per_clip
    with_baselines = dataclasses.replace(report, baselines={"ols": {"rmse": 1.0}})
    validate(to_document("eval", with_baselines))


def test_rows_that_the_training_saw_are_called_training_fit(model: Model) -> None:
    assert evaluate(model, rows_of_sources(*SIX)).protocol == UNSEEN_TABLE
    assert evaluate(model, rows_of_sources(*SIX, table_key="a" * 64)).protocol == TRAINING_FIT
    assert evaluate(model, rows_of_sources(*SIX), protocol="held out by source").protocol == "held out by source"
    both = rows_of_sources(*SIX, ("konvid-1k", "1"), table_key="a" * 64)
    assert evaluate(model, both, mask=both.corpus == "konvid-1k").protocol == UNSEEN_TABLE


def test_rows_that_do_not_fit_the_model_are_refused(model: Model) -> None:
    rows = rows_of_sources(*SIX)
    for wrong, words in (
        (dataclasses.replace(rows, feature_set=NEG_6), "takes canonical-6, the rows hold neg-6"),
        (dataclasses.replace(rows, target_name="vmaf_neg"), "predicts vmaf, the rows are to be judged by vmaf_neg"),
    ):
        with pytest.raises(TableError, match=words):
            evaluate(model, wrong)
    with pytest.raises(TableError, match="no row is left"):
        evaluate(model, rows, mask=np.zeros(len(rows), bool))


def test_a_report_goes_into_sidecar_and_card(model: Model) -> None:
    report = dataclasses.replace(evaluate(model, rows_of_sources(*SIX)), command="tinyvmaf eval small --table t")
    figures = evaluations_of(report, kept_in=None)
    sidecar = with_figures(model.sidecar, evaluation=figures, latency=latency_of(report))
    sidecar.to_fields()
    assert [item.level for item in figures] == ["frame", "clip"]
    card = card_of(sidecar)
    assert "| unseen table: 6 sources of netflix, features by libvmaf-integer | frame | 120 |" in card
    worst = report.per_source[report.worst_source].rmse
    assert f"| {report.mean_over_sources['rmse']:.4f} | {worst:.4f} ({report.worst_source}) |" in card
    assert "- `tinyvmaf eval small --table t`" in card


def test_a_report_without_its_command_is_not_quoted(model: Model) -> None:
    with pytest.raises(ValueError, match="without the command"):
        evaluations_of(evaluate(model, rows_of_sources(*SIX)), kept_in=None)
