"""An interrupted fit ends where an undisturbed one does; a checkpoint that does not belong is said to."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.models.learnable import learnable_rows
from tinyvmaf.errors import FitError
from tinyvmaf.models.checkpoint import load_checkpoint, read_checkpoint
from tinyvmaf.models.fit import Epoch, fit_net
from tinyvmaf.models.recipe import read_recipe


@pytest.fixture(autouse=True)
def checkpoint_at_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only every second."""
    monkeypatch.setattr("tinyvmaf.models.fit._CHECKPOINT_SECONDS", 0.0)


RECIPE = read_recipe("fr_mlp_small").override(epochs=10, batch_size=64)


class Interruption(BaseException):
    """Ends a training as Ctrl-C does."""


def interrupted(rows, train, recipe, checkpoint: Path, *, after: int) -> None:
    """A training that is cut off while its epoch ``after`` + 1 is told."""
    told: list[Epoch] = []

    def watch(epoch: Epoch) -> None:
        told.append(epoch)
        if len(told) > after:
            raise Interruption

    with pytest.raises(Interruption):
        fit_net(rows, train, ~train, recipe, checkpoint=checkpoint, on_epoch=watch)


def test_interrupted_fit_ends_at_the_same_weights(tmp_path: Path) -> None:
    rows = learnable_rows()
    train = rows.source_index > 0
    undisturbed = fit_net(rows, train, ~train, RECIPE).module.state_dict()
    interrupted(rows, train, RECIPE, tmp_path / "c.pt", after=4)
    assert read_checkpoint(tmp_path / "c.pt").state.step == 40
    words: list[str] = []
    resumed = fit_net(rows, train, ~train, RECIPE, checkpoint=tmp_path / "c.pt", on_start=words.append)
    assert "going on from" in words[0]
    assert all(torch.equal(value, undisturbed[name]) for name, value in resumed.module.state_dict().items())


def test_each_epoch_is_told_with_its_errors() -> None:
    rows = learnable_rows()
    train = rows.source_index > 0
    told: list[Epoch] = []
    fit_net(rows, train, ~train, RECIPE, on_epoch=told.append)
    assert [epoch.epoch for epoch in told] == list(range(1, 11))
    assert told[-1].step == told[-1].total_steps == 100
    assert told[-1].val_rmse is not None
    assert told[-1].train_rmse < told[0].train_rmse


@pytest.mark.parametrize("what", ["recipe", "table", "split"])
def test_checkpoint_of_another_training_is_not_gone_on_with(what: str, tmp_path: Path) -> None:
    rows, recipe = learnable_rows(), RECIPE
    train = rows.source_index > 0
    interrupted(rows, train, RECIPE, tmp_path / "c.pt", after=2)
    if what == "recipe":
        recipe = RECIPE.override(seed=5)
    if what == "table":
        rows = replace(rows, facts=(replace(rows.facts[0], table_key="e" * 64),))
    if what == "split":
        train = rows.source_index != 1
    words: list[str] = []
    resumed = fit_net(rows, train, ~train, recipe, checkpoint=tmp_path / "c.pt", on_start=words.append)
    assert "starting anew" in words[0]
    fresh = fit_net(rows, train, ~train, recipe).module.state_dict()
    assert all(torch.equal(value, fresh[name]) for name, value in resumed.module.state_dict().items())


def test_restart_forgets_what_lies_there(tmp_path: Path) -> None:
    rows = learnable_rows()
    train = rows.source_index > 0
    (tmp_path / "c.pt").write_bytes(b"rubbish")
    with pytest.raises(FitError, match="--restart"):
        fit_net(rows, train, ~train, RECIPE, checkpoint=tmp_path / "c.pt")
    fit_net(rows, train, ~train, RECIPE, checkpoint=tmp_path / "c.pt", restart=True)
    assert load_checkpoint(tmp_path / "c.pt").parameter_count == 257


def test_finished_checkpoint_gives_the_net_back(tmp_path: Path) -> None:
    rows = learnable_rows()
    train = rows.source_index > 0
    fitted = fit_net(rows, train, ~train, RECIPE, checkpoint=tmp_path / "c.pt")
    loaded = load_checkpoint(tmp_path / "c.pt")
    with torch.inference_mode():
        features = torch.from_numpy(rows.features)
        assert torch.equal(loaded.module(features), fitted.module(features))
    np.testing.assert_array_equal(loaded.feature_quantiles, fitted.feature_quantiles)
    assert (loaded.recipe, loaded.trained_on, loaded.smoke) == (fitted.recipe, fitted.trained_on, False)


def test_unfinished_checkpoint_is_no_net(tmp_path: Path) -> None:
    rows = learnable_rows()
    train = rows.source_index > 0
    interrupted(rows, train, RECIPE, tmp_path / "c.pt", after=4)
    with pytest.raises(FitError, match="stopped at step 40 of 100"):
        load_checkpoint(tmp_path / "c.pt")


def test_absent_checkpoint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="no checkpoint"):
        load_checkpoint(tmp_path / "c.pt")


def test_nothing_to_train_on_is_an_error() -> None:
    rows = learnable_rows()
    nothing = np.zeros(len(rows), dtype=bool)
    with pytest.raises(FitError, match="no row"):
        fit_net(rows, nothing, ~nothing, RECIPE)


def test_a_fit_of_no_epochs_is_the_net_as_it_was_drawn(tmp_path: Path) -> None:
    rows = learnable_rows()
    train = rows.source_index > 0
    fit_net(rows, train, ~train, RECIPE.override(epochs=0), checkpoint=tmp_path / "c.pt")
    assert load_checkpoint(tmp_path / "c.pt").recipe.epochs == 0
