"""What every head keeps to: shapes, determinism, that it can learn, and that its ONNX computes what it computes."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.models.learnable import learnable_rows
from tinyvmaf.models.checkpoint import read_checkpoint
from tinyvmaf.models.fit import fit_net
from tinyvmaf.models.folds import fit_folds
from tinyvmaf.models.fr import NETS
from tinyvmaf.models.recipe import ARCHITECTURES, recipe_for
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.splits import folds_by

PARAMETERS = {"linear": 7, "mlp": 257, "mlp_small": 257, "mlp_medium": 2561, "mlp_bn": 3073, "temporal_cnn": 1105}


def quick(architecture: str, **changes: object):
    budget = {} if "epochs" in changes else {"steps": 200}
    return recipe_for(architecture=architecture, **{**budget, "batch_size": 64, **changes})


def of_clips(module: torch.nn.Module, rows: Rows, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The scores of the masked rows, each clip by itself."""
    found = np.empty(len(rows), np.float32)
    with torch.inference_mode():
        for clip in np.unique(rows.clip_index):
            mine = rows.clip_index == clip
            found[mine] = module(torch.from_numpy(rows.features[mine])).numpy()
    return found[mask]


def test_recipes_and_nets_name_the_same_heads() -> None:
    assert tuple(NETS) == ARCHITECTURES


@pytest.mark.parametrize("architecture", NETS)
def test_net_has_its_parameters_and_gives_one_score_per_row(architecture: str) -> None:
    net = NETS[architecture](feature_count=6)
    assert sum(parameter.numel() for parameter in net.parameters()) == PARAMETERS[architecture]
    for count in (1, 7):
        assert net(torch.rand(count, 6)).shape == (count,)


@pytest.mark.parametrize(("hidden", "parameters"), [((4,), 33), ((16, 8), 257), ((32, 32, 32), 2369)])
def test_widths_are_those_that_the_recipe_asks_for(hidden: tuple[int, ...], parameters: int) -> None:
    rows = learnable_rows()
    train = rows.source_index > 0
    fitted = fit_net(rows, train, ~train, quick("mlp", hidden=hidden, steps=1))
    assert fitted.parameter_count == parameters


@pytest.mark.parametrize("architecture", NETS)
def test_bounded_net_stays_in_its_range(architecture: str) -> None:
    net = NETS[architecture](feature_count=6, output_range=(0.0, 100.0))
    net.score_scale.fill_(1e4)
    scores = net(torch.randn(500, 6))
    assert scores.min() >= 0
    assert scores.max() <= 100


@pytest.mark.parametrize("architecture", NETS)
def test_same_recipe_and_rows_give_the_same_weights(architecture: str) -> None:
    rows = learnable_rows()
    train = rows.source_index > 0
    torch.manual_seed(1)
    first = fit_net(rows, train, ~train, quick(architecture, steps=30)).module.state_dict()
    torch.manual_seed(2)
    second = fit_net(rows, train, ~train, quick(architecture, steps=30)).module.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("architecture", NETS)
def test_interrupted_fit_ends_at_the_same_weights(architecture: str, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tinyvmaf.models.fit._CHECKPOINT_SECONDS", 0.0)
    rows = learnable_rows()
    train = rows.source_index > 0
    recipe = quick(architecture, epochs=10)
    undisturbed = fit_net(rows, train, ~train, recipe).module.state_dict()

    class Interruption(BaseException):
        """Ends a training as Ctrl-C does."""

    def interrupt(epoch) -> None:
        if epoch.epoch == 8:
            raise Interruption

    with pytest.raises(Interruption):
        fit_net(rows, train, ~train, recipe, checkpoint=tmp_path / "c.pt", on_epoch=interrupt)
    assert read_checkpoint(tmp_path / "c.pt").state.step == 70
    resumed = fit_net(rows, train, ~train, recipe, checkpoint=tmp_path / "c.pt").module.state_dict()
    assert all(torch.equal(value, undisturbed[name]) for name, value in resumed.items())
    assert not torch.equal(undisturbed["feature_mean"], torch.zeros(6))


@pytest.mark.parametrize("architecture", NETS)
def test_net_of_a_stack_is_the_net_that_it_would_be_alone(architecture: str) -> None:
    rows = learnable_rows()
    folds = [fold for fold in folds_by(rows) if fold.held_out in ("s0", "s3")]
    folds[0].train[rows.source_index == 5] = False  # its epochs end earlier than the other's
    recipe = quick(architecture, epochs=6)
    for together in fit_folds(rows, folds, recipe):
        alone = fit_net(rows, together.fold.train, together.fold.test, recipe)
        predicted = together.predict(together.fold.test)
        assert together.parameter_count == alone.parameter_count
        np.testing.assert_allclose(predicted, of_clips(alone.module, rows, together.fold.test), atol=2e-3)
        assert np.ptp(predicted) > 1


@pytest.mark.parametrize("architecture", NETS)
def test_net_overfits_32_rows(architecture: str) -> None:
    rows = learnable_rows(sources=2, clips=1, frames=16)
    if architecture == "linear":
        rows.target[:] = 10 + rows.features @ np.array([10, 20, 5, 15, 10, 0.5], dtype=np.float32)
    everything = np.ones(len(rows), dtype=bool)
    recipe = quick(architecture, steps=2000, batch_size=32, learning_rate=0.05)
    fitted = fit_net(rows, everything, ~everything, recipe)
    error = of_clips(fitted.module, rows, everything) - rows.target
    assert np.sqrt(np.mean(error**2)) < 0.5


@pytest.mark.parametrize("architecture", NETS)
def test_onnx_computes_what_the_net_computes_for_any_number_of_rows(architecture: str, tmp_path) -> None:
    from tinyvmaf.bundles.export import export
    from tinyvmaf.bundles.session import open_model

    rows = learnable_rows()
    train = rows.source_index > 0
    fitted = fit_net(rows, train, ~train, quick(architecture))
    model = open_model(export(fitted, tmp_path / "bundle").directory)
    for count in (1, 33):
        features = fitted.valid_rows(count, seed=count)
        with torch.inference_mode():
            expected = fitted.module(torch.from_numpy(features)).numpy()
        np.testing.assert_allclose(model.predict(features), expected, atol=1e-2)


def test_valid_rows_lie_within_what_was_trained_on() -> None:
    rows = learnable_rows()
    train = rows.source_index > 0
    fitted = fit_net(rows, train, ~train, quick("linear", steps=1))
    drawn = fitted.valid_rows(200, seed=1)
    assert drawn.shape == (200, 6)
    assert (drawn >= rows.features[train].min(axis=0)).all()
    assert (drawn <= rows.features[train].max(axis=0)).all()


def test_trained_on_counts_what_trains() -> None:
    rows = learnable_rows(sources=6, frames=60, clips=2)
    (facts,) = fit_net(rows, rows.source_index > 1, rows.source_index <= 1, quick("linear", steps=1)).trained_on
    assert (facts.corpus, facts.sources, facts.clips, facts.frames) == ("made", 4, 8, 480)
