"""The graphs of libvmaf's regressions: what libvmaf says, to the last digit that float32 has."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.table.tables import clip_table

from tinyvmaf.bundles import parity
from tinyvmaf.bundles import svr as svr_room
from tinyvmaf.bundles.ops import faults
from tinyvmaf.bundles.session import open_model, run_graph
from tinyvmaf.bundles.svr import SVR_IDS, export_svr, svr_graph
from tinyvmaf.documents import validate
from tinyvmaf.errors import BundleError
from tinyvmaf.pixels.intervals import HalfWidths
from tinyvmaf.pixels.svr import KERNEL_TEACHERS, svr_of
from tinyvmaf.video.libvmaf import MeasureOptions, measure_pair
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import VideoFile, probe

GOLDEN = list(csv.DictReader((Path(__file__).parents[1] / "golden" / "libvmaf_rows.csv").read_text().splitlines()))


def test_every_teacher_of_the_kernel_has_its_graph() -> None:
    assert tuple(SVR_IDS) == KERNEL_TEACHERS


@pytest.mark.parametrize("teacher", KERNEL_TEACHERS)
def test_the_shelf_holds_libvmafs_own_score(teacher: str) -> None:
    """Six decimals of each feature leave 2e-4 open, see tests/pixels/test_svr.py."""
    model = open_model(SVR_IDS[teacher])
    metrics = [feature.metrics[0] for feature in svr_of(teacher).feature_set.features]
    features = np.array([[float(row[metric]) for metric in metrics] for row in GOLDEN], np.float32)
    np.testing.assert_allclose(model.predict(features), [float(row[teacher]) for row in GOLDEN], rtol=0, atol=1e-3)


@pytest.mark.parametrize("teacher", KERNEL_TEACHERS)
def test_the_shelf_holds_what_an_export_makes(teacher: str, tmp_path: Path) -> None:
    made, shipped = open_model(export_svr(teacher, tmp_path).directory), open_model(SVR_IDS[teacher])
    rows = np.random.default_rng(0).uniform(size=(500, 6)).astype(np.float32)
    np.testing.assert_allclose(made.predict(rows), shipped.predict(rows), rtol=0, atol=1e-5)
    assert made.sidecar.description == shipped.sidecar.description


def test_graph_and_regression_agree_far_from_any_video() -> None:
    svr = svr_of("vmaf_4k")
    rows = np.random.default_rng(1).uniform(-1, 3, size=(5000, 6)).astype(np.float32)
    onnx = svr_graph(svr)
    assert faults(onnx) == ()
    np.testing.assert_allclose(run_graph(onnx, rows), svr.predict(rows), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(run_graph(onnx, rows[:1]), run_graph(onnx, rows)[:1])


def test_a_graph_that_computes_something_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "run_graph", lambda onnx, rows: np.full(len(rows), 50.0, np.float32))
    with pytest.raises(BundleError, match="off what it was made from"):
        export_svr("vmaf", tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_bundle_states_the_error_bars_of_its_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = HalfWidths(
        teacher="vmaf",
        sampling="fast",
        size_class="1080p",
        level=0.9,
        frame_half_width=0.1234,
        clip_half_width=0.04,
        calibrated_on="47 sources",
        coverage_frame=0.917,
        coverage_clip=0.92,
    )
    monkeypatch.setattr(svr_room, "known_half_widths", lambda: (mine, replace(mine, teacher="vmaf_neg")))
    model = open_model(export_svr("vmaf", tmp_path).directory)
    (bar,) = model.sidecar.intervals
    assert (bar.extractor, bar.size_class, bar.frame_half_width) == ("kernel", "1080p", 0.1234)
    assert "| kernel, fast | 1080p | 90% | ± 0.123 | ± 0.040 | 91.7% | - |" in str(model.card)


def test_the_command_judges_what_it_made(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from tinyvmaf.cli.app import app
    from tinyvmaf.table.store import write_table

    write_table(clip_table("made", ["a", "b"], frames=8), tmp_path / "t.parquet")
    asked = ["export-svr", "vmaf", "-o", str(tmp_path / "out"), "--table", str(tmp_path / "t.parquet"), "--json"]
    document = json.loads(CliRunner().invoke(app, asked, catch_exceptions=False).stdout)
    validate(document)
    assert document["id"] == "fr_svr"
    assert document["sidecar"]["evaluation"][0]["data"] == "2 sources of made, features by unknown"
    report = json.loads((tmp_path / "out" / "eval_report.json").read_text())
    validate(report)
    assert report["protocol"] == "unseen table"


@pytest.mark.parametrize("teacher", KERNEL_TEACHERS)
def test_a_video_scores_by_the_shelf_as_by_libvmaf(teacher: str, clips) -> None:
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "10", source="mandelbrot")
    distorted = clips.derived(reference, "distorted.mp4", "-vf", "unsharp=5:5:1", "-c:v", "libx264", "-crf", "32")
    model = open_model(SVR_IDS[teacher])
    options = MeasureOptions(teachers=(teacher,), feature_set=svr_of(teacher).feature_set)
    plan = plan_pair(*(probe(VideoFile(path)) for path in (reference, distorted)))
    measured = measure_pair(plan, options)
    np.testing.assert_allclose(model.predict(measured.features), measured.teacher_scores[:, 0], rtol=0, atol=1e-3)
