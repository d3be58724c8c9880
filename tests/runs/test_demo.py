"""The demo walks the whole road."""

import json
from pathlib import Path

import pytest

from tinyvmaf.documents import to_document, validate


@pytest.mark.slow
def test_demo_ends_with_a_registered_net_and_a_scored_video(tmp_path: Path) -> None:
    from tinyvmaf.bundles.session import open_model
    from tinyvmaf.runs.demo import MODEL_ID, run_demo

    report = run_demo(tmp_path / "demo")
    validate(json.loads(json.dumps(to_document("demo", report))))
    figures = report.loso.architectures["mlp_small"]
    assert len(figures.folds) == report.sources
    assert (figures.mean["plcc"] or 0) > 0.9
    assert open_model(MODEL_ID).sha256 == report.model_sha256
    assert report.model in report.report.read_text(encoding="utf-8")
    assert abs(report.score_exact - report.score_model) < 10
