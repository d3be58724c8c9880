"""A window of frames teaches what a whole clip is scored by, and a clip of any length is scored."""

import numpy as np
import pytest
import torch

from tests.conftest import Clips
from tests.models.learnable import learnable_rows
from tinyvmaf.bundles.export import export
from tinyvmaf.bundles.session import open_model
from tinyvmaf.features import CANONICAL_6
from tinyvmaf.models.batches import Batches, NetPlan
from tinyvmaf.models.fit import fit_net
from tinyvmaf.models.fr import TemporalCnn
from tinyvmaf.models.recipe import read_recipe
from tinyvmaf.models.temporal import TemporalStack, initial_temporal, window_of
from tinyvmaf.scores.evaluate import evaluate
from tinyvmaf.scores.score import ScoreOptions, score_pair
from tinyvmaf.table.clips import clips_of, neighbours_of
from tinyvmaf.video.file import VideoFile

WIDTHS = (6, 16, 16, 1)
RECIPE = read_recipe("fr_temporal")


def stacked(nets: int) -> tuple[TemporalStack, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    parameters = torch.stack([initial_temporal(WIDTHS, generator=generator) for _ in range(nets)])
    return TemporalStack(WIDTHS, activation="silu", parameters=parameters), parameters


@pytest.mark.parametrize("frames", [1, 2, 5, 30])
def test_windows_of_a_clip_give_what_the_whole_clip_gives(frames: int) -> None:
    stack, parameters = stacked(1)
    net = TemporalCnn(feature_count=6)
    torch.nn.utils.vector_to_parameters(parameters[0], net.parameters())
    features = torch.randn(frames, 6, generator=torch.Generator().manual_seed(frames))
    same_clip, order = np.zeros(frames, np.int32), np.arange(frames, dtype=np.int32)
    windows = torch.from_numpy(neighbours_of(same_clip, order, radius=window_of(WIDTHS) // 2))
    of_windows = stack.forward(features.T[:, windows.flatten()].unsqueeze(0))
    torch.testing.assert_close(of_windows[0, 0], net(features).detach(), atol=1e-6, rtol=1e-5)


def test_gradients_are_those_of_torchs_convolutions() -> None:
    stack, parameters = stacked(3)
    generator = torch.Generator().manual_seed(8)
    windows, true = torch.randn(3, 6, 20, 5, generator=generator), torch.randn(3, 1, 20, generator=generator)
    stack.backward((stack.forward(windows.flatten(2)) - true) * 2 / 20)
    for number in range(3):
        first, second = torch.nn.Conv1d(6, 16, 3), torch.nn.Conv1d(16, 16, 3)
        net = torch.nn.Sequential(first, torch.nn.SiLU(), second, torch.nn.SiLU(), torch.nn.Conv1d(16, 1, 1))
        torch.nn.utils.vector_to_parameters(parameters[number].clone(), net.parameters())
        error = net(windows[number].movedim(1, 0))[:, 0, 0] - true[number, 0]
        gradients = torch.autograd.grad((error**2).mean(), list(net.parameters()))
        expected = torch.nn.utils.parameters_to_vector(gradients)
        torch.testing.assert_close(stack.gradients[number], expected, atol=1e-5, rtol=1e-4)


def test_score_depends_on_two_frames_either_side_and_no_other() -> None:
    torch.manual_seed(0)
    net, features = TemporalCnn(feature_count=6).double(), torch.randn(12, 6, dtype=torch.float64)
    scores, changed = net(features), features.clone()
    changed[6] += 1
    moved = (net(changed) - scores).abs() > 0
    assert moved.nonzero().flatten().tolist() == [4, 5, 6, 7, 8]


def test_batches_hold_the_frames_around_each_row() -> None:
    numbers = torch.arange(30, dtype=torch.float32)
    windows = torch.from_numpy(neighbours_of(np.repeat(np.arange(3), 10), np.tile(np.arange(10), 3), radius=1))
    plans = [NetPlan(np.arange(30) >= 10, 0)]
    features, target = Batches(numbers[None], numbers[None], plans, batch_size=5, windows=windows).block(0, 4)
    around = features[0, 0].view(-1, 3)
    assert torch.equal(around[:, 1], target[0, 0])
    assert torch.equal(around, windows[target[0, 0].long()].float())


def test_it_learns_from_neighbours_what_no_frame_tells_alone() -> None:
    """The target is the mean of a feature over three frames; the rows are in no order."""
    rows = learnable_rows(frames=40)
    for clip in clips_of(rows.clip_index, rows.frame_index):
        smooth = np.convolve(np.pad(rows.features[clip, 0], 1, mode="edge"), np.ones(3) / 3, mode="valid")
        rows.target[clip] = 100 * smooth
    order = np.random.default_rng(0).permutation(len(rows))
    for column in (rows.features, rows.target, rows.source_index, rows.clip_index, rows.frame_index):
        column[:] = column[order]
    train = rows.source_index > 0
    told = {"temporal": [], "frame": []}
    fit_net(rows, train, ~train, RECIPE.override(steps=600, batch_size=128), on_epoch=told["temporal"].append)
    small = read_recipe("fr_mlp_small").override(steps=600, batch_size=128)
    fit_net(rows, train, ~train, small, on_epoch=told["frame"].append)
    assert told["temporal"][-1].val_rmse < 3 < told["frame"][-1].val_rmse


def test_bundle_says_that_it_takes_a_clip_and_is_judged_clip_by_clip(tmp_path) -> None:
    rows = learnable_rows(frames=30)
    train = rows.source_index > 0
    fitted = fit_net(rows, train, ~train, RECIPE.override(steps=100, batch_size=64))
    model = open_model(export(fitted, tmp_path).directory)
    assert model.sidecar.inputs[0].shape == ("T", 6)
    assert model.sidecar.outputs[0].shape == ("T",)
    with torch.inference_mode():
        apart = [fitted.module(torch.from_numpy(rows.features[clip])).numpy() for clip in np.split(np.arange(360), 12)]
    error = np.concatenate(apart) - rows.target
    assert evaluate(model, rows).rmse == pytest.approx(float(np.sqrt(np.mean(error**2))), rel=1e-4)


def test_frames_of_a_video_are_scored_as_one_clip(clips: Clips, tmp_path) -> None:
    rows = learnable_rows(sources=2)
    fitted = fit_net(rows, rows.source_index > 0, rows.source_index == 0, RECIPE.override(steps=30, batch_size=64))
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "5")
    encode = clips.derived(reference, "encode.mkv", "-c:v", "libx264", "-crf", "38")
    options = ScoreOptions(mode="exact", model=open_model(export(fitted, tmp_path / "bundle").directory))
    frames = score_pair(VideoFile(reference), VideoFile(encode), options).frames
    features = torch.tensor([[frame.features[name] for name in CANONICAL_6.names] for frame in frames])
    with torch.inference_mode():
        expected = fitted.module(features).numpy()
    np.testing.assert_allclose([frame.score for frame in frames], expected, atol=0.01)
    assert len(frames) > 5
