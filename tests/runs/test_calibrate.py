"""Error bars of a head: by nets that have not seen the source, by libvmaf's number; refused where there can be none."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from tests.table.tables import clip_table
from tinyvmaf.bundles.bundle import Bundle
from tinyvmaf.bundles.session import open_model
from tinyvmaf.cli.app import app
from tinyvmaf.documents import to_document, validate
from tinyvmaf.errors import BundleError, FitError, TableError
from tinyvmaf.features import CANONICAL_6
from tinyvmaf.models.recipe import read_recipe
from tinyvmaf.pixels.svr import svr_of
from tinyvmaf.runs.bar_figures import bars_of
from tinyvmaf.runs.calibrate import CalibrateOptions, run_calibrate
from tinyvmaf.runs.fit import FitOptions, run_fit
from tinyvmaf.runs.out_of_fold import BarClass, Judged, nets_without_each
from tinyvmaf.table.rows import rows_of
from tinyvmaf.table.splits import split_rows
from tinyvmaf.table.store import ClipTable, write_table

RECIPE = read_recipe("fr_mlp_small").override(steps=150, batch_size=128)
SOURCES = [f"s{number:02d}" for number in range(14)]
NATIVE = BarClass("libvmaf-integer", "full", "native")


def measured(
    corpus: str, sources, *, extractor: str = "libvmaf-integer", height: int = 360, seed: int = 0
) -> ClipTable:
    """A table whose score is that of the regression on its features, as libvmaf would say."""
    table = clip_table(corpus, sources, frames=12, seed=seed)
    features = table.rows.select(CANONICAL_6.names).to_numpy()
    rows = table.rows.with_columns(
        pl.Series("vmaf", svr_of("vmaf").predict(features), pl.Float32),
        pl.lit(height, pl.Int32).alias("height"),
    )
    return ClipTable(rows, replace(table.meta, extractor=extractor), corpus)


def by_kernel(table: ClipTable, *, off: float = 0.02) -> ClipTable:
    """The same frames with features that are a little off, and the regression's score of them."""
    changed = {name: (pl.col(name) + off).cast(pl.Float32) for name in CANONICAL_6.names}
    rows = table.rows.with_columns(**changed)
    scores = svr_of("vmaf").predict(rows.select(CANONICAL_6.names).to_numpy())
    rows = rows.with_columns(pl.Series("vmaf", scores, pl.Float32))
    return ClipTable(rows, replace(table.meta, extractor="kernel-fast"), "kernel")


@pytest.fixture(scope="module")
def table() -> ClipTable:
    return measured("made", SOURCES)


@pytest.fixture(scope="module")
def fitted(table: ClipTable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a fit leaves; nobody may change it."""
    folder = tmp_path_factory.mktemp("fitted")
    rows = rows_of([table], feature_set=RECIPE.features)
    run_fit(rows, RECIPE, folder, FitOptions(baselines=False))
    return folder


@pytest.fixture
def bundle(fitted: Path, tmp_path: Path) -> Bundle:
    """A copy of it."""
    (tmp_path / "bundle").mkdir()
    for path in [fitted / "checkpoint.pt", *(fitted / "bundle").iterdir()]:
        (tmp_path / path.relative_to(fitted)).write_bytes(path.read_bytes())
    return Bundle(tmp_path / "bundle")


def test_no_net_judges_a_content_that_it_has_seen_in_any_corpus(table: ClipTable) -> None:
    larger = measured("larger", SOURCES[:6], height=1080, seed=1)
    rows = rows_of([table, larger], feature_set=RECIPE.features)
    train = split_rows(rows, "source", val_sources=["s03"]).train
    nets = nets_without_each(rows, train, RECIPE.override(steps=1), {"s00", "s05", "s07", "s13"}, groups=3)
    assert set(nets) == {"s00", "s05", "s07", "s13"}
    assert len({id(net) for net in nets.values()}) == 3
    for name, net in nets.items():
        seen = set(rows.source[net.fold.train])
        assert name not in seen
        assert "s03" not in seen, "what the model did not train on trains nobody"
        assert len(seen) >= len(SOURCES) - 3


def test_half_widths_and_coverage_are_those_of_known_errors() -> None:
    """Nineteen sources, the i-th off by i in every frame: 90 % of 20 votes are 18, so the bar is 18 wide."""
    errors = np.arange(1.0, 20).repeat(6)
    names = np.array([f"s{int(error)}" for error in errors], dtype=object)
    clip = np.arange(len(errors)) // 3
    alternating = np.where(np.arange(len(errors)) % 6 < 3, errors, -errors)
    setting = {NATIVE: Judged(50 + alternating, np.full(len(errors), 50.0), names, clip)}
    elsewhere = Judged(
        np.array([0.0, 30, 50]), np.array([10.0, 10, 10]), np.array(["a", "b", "b"], object), np.arange(3)
    )
    bars, short = bars_of(
        setting, {NATIVE: elsewhere}, level=0.9, span=(0, 100), provenance="made up", command="tinyvmaf calibrate"
    )
    (bar,) = bars
    assert (bar.interval.frame_half_width, bar.interval.clip_half_width) == (18.0, 18.0)
    assert (bar.calibrated.sources, bar.calibrated.clips, bar.calibrated.frames) == (19, 38, 114)
    assert bar.calibrated.frame_coverage == pytest.approx(18 / 19)
    assert bar.calibrated.frame_rmse == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert bar.judged is not None
    assert bar.judged.frame_coverage == pytest.approx((1 + 0) / 2), "one of a's frames, none of b's"
    assert bar.judged.frame_mean_width == pytest.approx((18 + 36 + 36) / 3), "cut at 0"
    assert bar.judged.frame_coverage_partitions is None
    assert bar.interval.judged_on == "2 sources, 3 clips, 3 frames"
    assert not short


def test_a_class_with_too_few_sources_has_no_bar_and_is_named() -> None:
    nine = Judged(np.zeros(9), np.ones(9), np.array(SOURCES[:9], object), np.arange(9))
    bars, short = bars_of({NATIVE: nine}, {}, level=0.9, span=(0, 100), provenance="", command="")
    assert bars == ()
    assert short == ("libvmaf-integer, full, native: 9 sources, and a bar of 90% needs 10",)


def test_bars_go_into_sidecar_card_and_report(bundle: Bundle, table: ClipTable) -> None:
    onnx = bundle.onnx.read_bytes()
    kernel = by_kernel(table)
    others = measured("others", [f"o{number}" for number in range(4)], seed=5)
    report = run_calibrate(
        bundle,
        [table],
        CalibrateOptions(groups=4, command="tinyvmaf calibrate ..."),
        on=[table, kernel],
        judges=[others],
    )
    validate(to_document("calibrate", report))
    validate(json.loads((bundle.directory.parent / "calibration_report.json").read_text()))
    model = open_model(bundle.directory)
    exact, fast = model.sidecar.intervals
    assert (exact.extractor, exact.sampling, exact.size_class) == ("libvmaf-integer", "full", "native")
    assert (fast.extractor, fast.sampling, fast.size_class) == ("kernel", "fast", "native")
    assert (exact.command, exact.report) == ("tinyvmaf calibrate ...", "calibration_report.json")
    predicted = model.predict(others.rows.select(CANONICAL_6.names).to_numpy())
    inside = np.abs(predicted - others.rows["vmaf"].to_numpy()) <= exact.frame_half_width
    assert exact.frame_coverage_judged == pytest.approx(inside.mean()), "sources of equal length"
    assert fast.frame_coverage_judged is None, "no table of the kernel checks it"
    assert bundle.onnx.read_bytes() == onnx
    assert f"± {exact.frame_half_width:.3f}" in str(model.card)
    assert "`tinyvmaf calibrate ...` (kept in `calibration_report.json`)" in str(model.card)
    assert "no calibrated error bar" not in str(model.card)


def test_the_kernels_bar_is_the_distance_to_libvmafs_number(bundle: Bundle, table: ClipTable) -> None:
    """Features that are far off give scores that are right for them and wrong for the frame."""
    report = run_calibrate(bundle, [table], CalibrateOptions(groups=2), on=[table, by_kernel(table, off=0.5)])
    exact, kernel = (bar.calibrated for bar in report.bars)
    assert kernel.frame_rmse > exact.frame_rmse + 3


def test_a_source_that_the_training_left_out_is_judged_by_the_model_itself(bundle: Bundle, table: ClipTable) -> None:
    held_out = json.loads((bundle.directory / "model.json").read_text())["trained_on"][0]["sources"]
    assert held_out < len(SOURCES)
    report = run_calibrate(bundle, [table], CalibrateOptions(groups=2))
    assert report.bars[0].calibrated.sources == len(SOURCES)


def test_rows_without_a_height_or_an_extractor_are_left_out_by_name(bundle: Bundle, table: ClipTable) -> None:
    flat = ClipTable(table.rows.drop("height"), table.meta, "flat")
    foreign = ClipTable(table.rows, replace(table.meta, extractor="unknown"), "foreign")
    report = run_calibrate(bundle, [table], CalibrateOptions(groups=2), on=[flat, foreign])
    assert report.bars == ()
    assert report.left_out[0].startswith("flat: 336 of 336 rows do not tell the height")
    assert report.left_out[1].startswith("foreign: it does not tell who made its features")


def test_other_tables_than_those_of_the_training_are_refused(bundle: Bundle, table: ClipTable) -> None:
    with pytest.raises(TableError, match="give those of its training"):
        run_calibrate(bundle, [measured("made", SOURCES, seed=9)], CalibrateOptions())
    with pytest.raises(TableError, match="the training's tables hold s01"):
        run_calibrate(bundle, [table], CalibrateOptions(), judges=[measured("others", ["s01"])])
    assert not (bundle.directory.parent / "calibration_report.json").exists()


def test_a_model_whose_recipe_is_not_to_be_found_is_refused(bundle: Bundle, table: ClipTable) -> None:
    (bundle.directory.parent / "checkpoint.pt").unlink()
    with pytest.raises(BundleError, match=r"the recipe of fr_mlp_small.*is not to be found"):
        run_calibrate(bundle, [table], CalibrateOptions())
    with pytest.raises(BundleError, match="was not trained by a recipe"):
        run_calibrate(open_model("fr_svr").bundle, [table], CalibrateOptions())


def test_a_group_that_holds_everything_is_refused(table: ClipTable) -> None:
    rows = rows_of([table], feature_set=RECIPE.features)
    train = rows.source == "s00"
    with pytest.raises(FitError, match="without s00 nothing is left"):
        nets_without_each(rows, train, RECIPE, {"s00"}, groups=2)


def test_the_command_prints_the_report_and_names_what_has_no_bar(
    bundle: Bundle, table: ClipTable, tmp_path: Path
) -> None:
    write_table(table, tmp_path / "made.parquet")
    asked = ["calibrate", str(bundle.directory), "--table", str(tmp_path / "made.parquet"), "--groups", "2"]
    document = json.loads(CliRunner().invoke(app, [*asked, "--json"], catch_exceptions=False).stdout)
    validate(document)
    assert document["bars"][0]["calibrated"]["sources"] == len(SOURCES)
    shown = CliRunner().invoke(app, asked, catch_exceptions=False).stdout
    assert "fr_mlp_small: distance to vmaf, 90%" in shown
