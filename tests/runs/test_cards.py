"""Cards quote kept reports: those on the very file that ships, and nothing that was changed by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.bundles.conftest import exported, fitted
from tests.models.learnable import learnable_rows
from tinyvmaf.bundles import registry
from tinyvmaf.bundles.bundle import Bundle
from tinyvmaf.bundles.cards import card_of
from tinyvmaf.bundles.facts import Interval
from tinyvmaf.bundles.session import open_entry, open_model
from tinyvmaf.bundles.shelves import Entry, find, shipped_shelf
from tinyvmaf.bundles.vmaf_pixels import VMAF_PIXELS
from tinyvmaf.cli.app import app
from tinyvmaf.documents import to_document, validate, write_json
from tinyvmaf.errors import ReportError, ShelfError
from tinyvmaf.runs.bar_figures import BarReport, BarSample
from tinyvmaf.runs.calibrate import CalibrationReport
from tinyvmaf.runs.cards import fill_cards, filled_sidecar, read_reports, reports_on
from tinyvmaf.scores.evaluate import EvalReport, evaluate

__all__ = ["exported", "fitted"]

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
SHIPPED = [Entry(shipped_shelf(), row) for row in shipped_shelf().read().models]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exported: Bundle) -> Path:
    """A shelf of the user's own with one model, ``small``."""
    monkeypatch.setenv("TINYVMAF_SHELF", str(tmp_path / "shelf"))
    registry.register(exported.directory)
    return tmp_path / "shelf"


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as a user names it."""
    (tmp_path / "reports").mkdir()
    monkeypatch.chdir(tmp_path)
    return Path("reports")


def judged(**changes: object) -> EvalReport:
    report = replace(evaluate(open_model("small"), learnable_rows()), command="tinyvmaf eval small --table t.parquet")
    return replace(report, **changes)  # pyright: ignore[reportArgumentType]


def keep(path: Path, kind: str, report: object) -> None:
    write_json(path, to_document(kind, report))


def calibrated(sha256: str) -> CalibrationReport:
    bar = Interval(
        "kernel", "fast", "native", 0.9, 0.1234, 0.05, "27 sources", 0.912, 0.905, command="tinyvmaf calibrate"
    )
    sample = BarSample(
        sources=27,
        clips=459,
        frames=28_900,
        frame_rmse=0.05,
        clip_rmse=0.03,
        frame_mean_width=0.24,
        clip_mean_width=0.1,
        frame_coverage=0.92,
        clip_coverage=0.91,
        frame_coverage_partitions=0.912,
        clip_coverage_partitions=None,
    )
    return CalibrationReport(
        model="small",
        model_sha256=sha256,
        target="vmaf",
        recipe_sha256="b" * 64,
        groups=9,
        level=0.9,
        bars=(BarReport(interval=bar, calibrated=sample, judged=None),),
        left_out=("t: no height",),
        command="tinyvmaf calibrate",
        elapsed_seconds=12.5,
    )


def test_a_report_comes_back_as_it_was_kept(shelf: Path, reports: Path) -> None:
    report = judged(baselines={"ols": {"rmse": 5.0, "clip_level": {"rmse": 4.0}}})
    keep(reports / "a.json", "eval", report)
    keep(reports / "b.json", "calibrate", calibrated(report.model_sha256))
    found = read_reports(reports)
    assert found.evals == {"reports/a.json": report}
    assert found.calibrations == {"reports/b.json": calibrated(report.model_sha256)}


def test_a_card_takes_figures_bars_and_credits_of_the_reports_on_its_model(shelf: Path, reports: Path) -> None:
    report = judged()
    keep(reports / "b_training.json", "eval", replace(report, protocol="training-fit", rmse=9.0))
    keep(reports / "c_judge.json", "eval", report)
    keep(reports / "bars.json", "calibrate", calibrated(report.model_sha256))
    keep(reports / "old.json", "eval", replace(report, model_sha256="0" * 64, rmse=77.0))
    keep(reports / "twin.json", "eval", replace(report, target="vmaf_neg", rmse=77.0))
    (reports / "credits.json").write_text(json.dumps({"made": "random numbers, nobody's", "other": "somebody's"}))
    (filled,) = fill_cards(reports).models
    assert filled.changed
    assert filled.reports == ("reports/c_judge.json", "reports/b_training.json", "reports/bars.json")
    model = open_model("small")
    assert [(item.protocol, item.level) for item in model.sidecar.evaluation] == [
        ("unseen table", "frame"),
        ("unseen table", "clip"),
        ("training-fit", "frame"),
        ("training-fit", "clip"),
    ]
    assert model.sidecar.evaluation[0].rmse == report.rmse
    assert model.sidecar.latency is not None
    assert model.sidecar.latency.ms_p50_per_clip == report.latency_ms_p50_per_clip
    card = str(model.card)
    assert f"{report.rmse:.4f}" in card
    assert "(kept in `reports/c_judge.json`)" in card
    assert "± 0.123" in card
    assert "(kept in `reports/bars.json`)" in card
    assert "- `made`: random numbers, nobody's" in card
    assert "somebody's" not in card
    assert "77.0" not in card
    assert not fill_cards(reports).models[0].changed


def test_a_card_that_was_changed_by_hand_is_refused_and_a_stale_one_is_written(shelf: Path, reports: Path) -> None:
    keep(reports / "a.json", "eval", judged())
    fill_cards(reports)
    keep(reports / "a.json", "eval", judged(rmse=3.25))
    sidecar = open_model("small").sidecar
    assert filled_sidecar(sidecar, find("small").row.onnx_sha256, read_reports(reports)) != sidecar
    assert fill_cards(reports).models[0].changed
    assert open_model("small").sidecar.evaluation[0].rmse == 3.25
    assert all(verdict.ok for verdict in registry.verify_all())


def test_a_model_without_reports_keeps_its_card(shelf: Path, reports: Path) -> None:
    before = open_model("small").card
    (filled,) = fill_cards(reports).models
    assert (filled.reports, filled.changed) == ((), False)
    assert open_model("small").card == before


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "{", "a.json is no JSON"),
        ("a.json", '{"schema": "tinyvmaf.eval/1"}', "breaks the schema"),
    ],
)
def test_a_broken_report_is_refused_by_its_name(shelf: Path, reports: Path, name: str, text: str, words: str) -> None:
    (reports / name).write_text(text)
    with pytest.raises(ReportError, match=words):
        fill_cards(reports)


def test_two_reports_on_one_models_bars_are_refused(shelf: Path, reports: Path) -> None:
    for name in ("a.json", "b.json"):
        keep(reports / name, "calibrate", calibrated(open_model("small").sha256))
    with pytest.raises(ReportError, match=r"reports/a.json and reports/b.json both tell the error bars of small"):
        fill_cards(reports)
    with pytest.raises(ReportError, match="no folder of reports"):
        read_reports(reports / "nowhere")


def test_the_shipped_shelf_is_not_written(shelf: Path) -> None:
    entry = find("fr_svr")
    with pytest.raises(ShelfError, match="came with the package"):
        registry.restate(entry, open_entry(entry).sidecar)


def test_the_command_says_what_each_card_quotes(shelf: Path, reports: Path) -> None:
    keep(reports / "a.json", "eval", judged())
    asked = ["models", "cards", "reports"]
    document = json.loads(CliRunner().invoke(app, [*asked, "--json"], catch_exceptions=False).stdout)
    validate(document)
    assert document["models"] == [{"id": "small", "reports": ["reports/a.json"], "changed": True}]
    assert "same    small: reports/a.json" in CliRunner().invoke(app, asked, catch_exceptions=False).stdout


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.row.id)
def test_a_shipped_card_says_what_the_committed_reports_say(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(RESULTS.parents[1])
    reports = read_reports(Path("benchmarks/results"))
    model = open_entry(entry)
    wanted = filled_sidecar(model.sidecar, entry.row.onnx_sha256, reports)
    assert model.sidecar == wanted, "run `make cards`"
    assert model.card == card_of(wanted), "run `make cards`"
    if entry.row.id != VMAF_PIXELS:
        assert reports_on(wanted, entry.row.onnx_sha256, reports), "its figures stand in no report"


def test_the_card_of_the_model_of_pixels_says_what_its_benchmark_says() -> None:
    frames, clips = open_model(VMAF_PIXELS).sidecar.evaluation
    kept = json.loads((RESULTS / "vmaf_pixels.json").read_text())["all"]
    assert (frames.n_samples, clips.n_samples) == (kept["frames"], kept["clips"])
    assert np.round(frames.rmse, 5) == kept["frame_rmse"]
