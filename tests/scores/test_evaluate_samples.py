"""Figures on pixel samples equal those computed by hand: clips against the mean of all frames, PSNR against numpy."""

from pathlib import Path

import numpy as np
import pytest
from tests.table.pixel_samples import make_samples

from tinyvmaf.bundles.export_pixels import export_pixel_net
from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.models.pixel_nets import FittedPixelNet, first_net
from tinyvmaf.models.pixel_recipe import read_pixel_recipe
from tinyvmaf.scores.evaluate_samples import evaluate_filter, evaluate_samples
from tinyvmaf.table.sample_rows import SampleRows, sample_rows


def model_of(recipe: str, shape: tuple[int, int], folder: Path) -> Model:
    chosen = read_pixel_recipe(recipe)
    net = first_net(chosen, shape).eval()
    if chosen.is_filter:
        net.last.weight.data.zero_()
        net.last.bias.data.fill_(0.01)  # brightens everything by that
    return open_model(export_pixel_net(FittedPixelNet(net, shape, chosen.output_name, chosen, ()), folder).directory)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, SampleRows]:
    samples = sample_rows(make_samples(tmp_path_factory.mktemp("samples"), sources=6, places=2))
    return model_of("nr_vmaf", (2, 32), tmp_path_factory.mktemp("model")), samples


def test_clips_are_judged_by_the_mean_over_all_their_frames(judged: tuple[Model, SampleRows]) -> None:
    model, samples = judged
    report = evaluate_samples(model, samples)
    scores = model.score_samples(samples.take(np.arange(len(samples)))).astype(np.float64)
    predicted, true = scores.reshape(-1, 2).mean(axis=1), samples.clip_target.reshape(-1, 2).mean(axis=1)
    assert report.clip_level.n_samples == 18
    assert report.clip_level.rmse == pytest.approx(np.sqrt(np.mean((predicted - true) ** 2)), abs=1e-4)
    assert report.rmse == pytest.approx(np.sqrt(np.mean((scores - samples.rows.target) ** 2)), abs=1e-4)
    assert report.clip_detail is not None
    assert {name: figures.n for name, figures in report.clip_detail.per_codec.items()} == dict.fromkeys(
        ("av1", "h264", "hevc"), 6
    )
    first = report.clip_detail.per_source["made/scene00"]
    assert first.rmse == pytest.approx(np.sqrt(np.mean((predicted[:3] - true[:3]) ** 2)), abs=1e-4)
    assert (report.feature_dim, report.protocol) == (0, "unseen table")


def test_pairs_hold_what_the_figures_of_clips_are_made_from(judged: tuple[Model, SampleRows]) -> None:
    model, samples = judged
    report = evaluate_samples(model, samples, pairs=True)
    assert report.pairs is not None
    assert evaluate_samples(model, samples).pairs is None
    true = [pair.true for pair in report.pairs.clips]
    assert true == pytest.approx(samples.clip_target[::2].tolist())  # not the mean of the two samples of a clip
    assert true != pytest.approx(samples.rows.target.reshape(-1, 2).mean(axis=1).tolist(), abs=1e-3)
    apart = [pair.predicted - pair.true for pair in report.pairs.clips]
    assert np.sqrt(np.mean(np.square(apart))) == pytest.approx(report.clip_level.rmse, rel=1e-5)


def test_a_part_is_judged_as_if_there_were_no_other(judged: tuple[Model, SampleRows]) -> None:
    model, samples = judged
    mask = samples.rows.codec == "hevc"
    report = evaluate_samples(model, samples, mask=mask, protocol="held out")
    assert (report.n_samples, report.protocol) == (12, "held out")
    scores = model.score_samples(samples.take(np.flatnonzero(mask))).astype(np.float64)
    assert report.rmse == pytest.approx(np.sqrt(np.mean((scores - samples.rows.target[mask]) ** 2)), abs=1e-4)


def test_filter_figures_are_those_of_numpy(tmp_path: Path) -> None:
    pairs = sample_rows(make_samples(tmp_path / "pairs", "pairs", target=None, sources=6))
    report = evaluate_filter(model_of("record/c3", (1, 32), tmp_path / "model"), pairs)
    places = np.flatnonzero(pairs.index["degradation"].to_numpy() == "blur_jpeg")
    spoiled, clean = (part(places)[:, 0, 0] / 255 for part in (pairs.take, pairs.take_clean))
    before = -10 * np.log10(np.square(spoiled - clean).mean(axis=(1, 2)))
    after = -10 * np.log10(np.square(np.clip(spoiled + 0.01, 0, 1) - clean).mean(axis=(1, 2)))
    found = report.per_degradation["blur_jpeg"]
    assert (found.n, found.sources) == (12, 6)
    assert found.psnr_before == pytest.approx(before.mean(), abs=1e-3)
    assert found.psnr_after == pytest.approx(after.mean(), abs=1e-3)
    assert found.gain_db == pytest.approx((after - before).mean(), abs=1e-3)
    low, high = found.gain_interval or (0, 0)
    assert low <= found.gain_db <= high
    untouched = report.per_degradation["clean"]
    assert untouched.psnr_before == 80
    assert untouched.psnr_after == pytest.approx(40, abs=0.01)
