"""A fit on pixel samples from the command line: bundle, reports beside baselines, and clear errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.table.pixel_samples import make_samples
from tinyvmaf.bundles.session import open_model
from tinyvmaf.cli.app import app
from tinyvmaf.documents import validate
from tinyvmaf.table.sample_set import read_samples

QUICK = ("--epochs", "20", "--batch-size", "16", "--lr", "0.005")


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict]:
    """A set of patches, the folder of a fit on it, and what the fit said."""
    samples, out = tmp_path_factory.mktemp("patches"), tmp_path_factory.mktemp("fit")
    make_samples(samples, sources=12, places=2)
    code, said = run("fit", "--samples", samples, *QUICK, "--hold-out", "codec=hevc", "--out-dir", out, "--json")
    assert code == 0
    return samples, out, json.loads(said)


def test_fit_makes_a_bundle_and_a_report_beside_its_baselines(score: tuple[Path, Path, dict]) -> None:
    samples, out, document = score
    validate(document)
    report = json.loads((out / "eval_report.json").read_text())
    validate(report)
    assert set(report["baselines"]) == {"train_mean", "naturalness_ridge"} == set(document["less_baselines"])
    assert set(report["clip_detail"]["per_codec"]) == {"h264", "hevc", "av1"}
    assert document["train_samples"] + document["stop_samples"] + document["val_samples"] < len(read_samples(samples))
    model = open_model(document["bundle"])
    assert (model.sidecar.kind, model.sidecar.target, model.sidecar.inputs[0].name) == ("nr", "vmaf", "patches")
    assert not model.sidecar.smoke
    assert model.sidecar.evaluation[0].protocol == "held out by source, codec=hevc held out of training"
    scores = model.score_samples(read_samples(samples).pixels[:40])
    assert scores.shape == (40,)
    assert np.ptp(scores) > 1


def test_eval_gives_the_figures_of_the_fit_again(score: tuple[Path, Path, dict]) -> None:
    samples, _, document = score
    held = [argument for source in document["val_sources"] for argument in ("--val-source", source)]
    code, said = run("eval", document["bundle"], "--samples", samples, "--split", "val", *held, "--json")
    assert code == 0
    found = json.loads(said)
    validate(found)
    for name in ("n_samples", "plcc", "srocc", "rmse", "clip_level", "clip_detail"):
        assert found[name] == document["evaluation"][name], name


def test_checkpoint_exports_to_the_same_bundle(score: tuple[Path, Path, dict], tmp_path: Path) -> None:
    _, _, document = score
    code, _ = run("export", document["checkpoint"], "-o", tmp_path / "again", "--json")
    assert code == 0
    assert open_model(tmp_path / "again").sha256 == open_model(document["bundle"]).sha256


def test_error_bars_are_set_by_what_training_held_out(score: tuple[Path, Path, dict], tmp_path: Path) -> None:
    from tinyvmaf.bundles.session import bundle_at
    from tinyvmaf.errors import TableError
    from tinyvmaf.pixels.conformal import conformal_half_width
    from tinyvmaf.runs.calibrate import CalibrateOptions
    from tinyvmaf.runs.calibrate_samples import run_calibrate_samples
    from tinyvmaf.scores.error_bars import lone_error_bar
    from tinyvmaf.table.sample_rows import sample_rows

    samples, _, document = score
    rows = sample_rows(read_samples(samples))
    bundle = bundle_at(Path(document["bundle"]))
    short = run_calibrate_samples(bundle, rows, CalibrateOptions(level=0.9))
    assert not short.bars
    assert "3 sources, and a bar of 90% needs 10" in short.left_out[0]
    with pytest.raises(TableError, match="cannot check its error bars"):
        run_calibrate_samples(bundle, rows, CalibrateOptions(), judges=rows)
    assert lone_error_bar(open_model(bundle.directory).sidecar, height=64) is None
    set_bar = run_calibrate_samples(bundle, rows, CalibrateOptions(level=0.5)).bars[0]
    (known,) = open_model(bundle.directory).sidecar.intervals
    assert (known.extractor, known.sampling, known.size_class) == ("model", "patches", "all")
    assert set_bar.calibrated.sources == 3
    held = np.isin(rows.rows.source, [source.split("/")[1] for source in document["val_sources"]])
    errors = open_model(bundle.directory).score_samples(rows.take(np.flatnonzero(held))) - rows.rows.target[held]
    half_width = conformal_half_width(errors, rows.rows.source[held], 0.5, guaranteed=True)
    assert known.frame_half_width == pytest.approx(half_width, abs=2e-3)


def test_figures_on_samples_that_trained_are_called_so(score: tuple[Path, Path, dict]) -> None:
    samples, _, document = score
    code, said = run("eval", document["bundle"], "--samples", samples)
    assert code == 0
    assert f"{document['model']} against vmaf: training-fit" in said


def test_error_bars_are_set_on_request_by_other_samples_of_what_training_held_out(
    score: tuple[Path, Path, dict], tmp_path: Path
) -> None:
    from tinyvmaf.errors import TableError

    samples, _, document = score
    first = min(int(source.split("/scene")[1]) for source in document["val_sources"])
    make_samples(tmp_path / "other", sources=first + 1, seed=1)  # of what training held out, the last source only
    arguments = ("calibrate", document["bundle"], "--samples", samples, "--json", "--on-samples")
    code, said = run(*arguments, tmp_path / "other")
    assert code == 0
    assert "1 sources, and a bar of 90% needs 10" in json.loads(said)["left_out"][0]
    make_samples(tmp_path / "seen", sources=first, seed=1)
    with pytest.raises(TableError, match="no sample that is to set a bar is of these"):
        run(*arguments, tmp_path / "seen")


def test_filter_is_judged_by_what_it_gains_and_by_what_it_does_to_clean_pictures(tmp_path: Path) -> None:
    make_samples(tmp_path / "pairs", "pairs", target=None, frames=3)
    arguments = ("--samples", tmp_path / "pairs", "--out-dir", tmp_path / "fit", "--epochs", "2", "--batch-size", "8")
    code, said = run("fit", *arguments, "--json")
    assert code == 0
    document = json.loads(said)
    validate(document)
    assert set(document["filtering"]["per_degradation"]) == {"grain", "blur_jpeg", "clean"}
    assert document["evaluation"] is None
    assert open_model(document["bundle"]).sidecar.kind == "filter"
    code, said = run("eval", document["bundle"], "--samples", tmp_path / "pairs", "--json")
    assert code == 0
    validate(json.loads(said))


def test_wrong_options_are_told_what_they_need(score: tuple[Path, Path, dict], tmp_path: Path) -> None:
    from tinyvmaf.errors import RecipeError, TableError

    samples, _, document = score
    code, _ = run("fit", "--samples", samples, "--table", "t.parquet", "--out-dir", tmp_path)
    assert code == 2
    code, _ = run("eval", document["bundle"])
    assert code == 2
    with pytest.raises(RecipeError, match="nr_mobilenet takes samples of kind frame, these are patches"):
        run("fit", "--samples", samples, "--model-arch", "nr_mobilenet", "--out-dir", tmp_path)
    with pytest.raises(TableError, match="no sample has codec=vp9"):
        run("fit", "--samples", samples, "--hold-out", "codec=vp9", "--out-dir", tmp_path)
    with pytest.raises(TableError, match="takes a table of features; these are samples"):
        run("eval", "fr_mlp_small", "--samples", samples)
