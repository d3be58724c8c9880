"""A net of a stack is the net that it would be alone, and its arithmetic is torch's own."""

import numpy as np
import pytest
import torch

from tests.models.learnable import learnable_rows
from tinyvmaf.errors import CancelledError, FitError
from tinyvmaf.models.adam import AdamState, adam_step, learning_rates
from tinyvmaf.models.batches import Batches, NetPlan
from tinyvmaf.models.fit import fit_net
from tinyvmaf.models.folds import fit_folds
from tinyvmaf.models.fr import NETS, layer_widths
from tinyvmaf.models.layers import DenseStack, initial_parameters
from tinyvmaf.models.losses import residuals
from tinyvmaf.models.recipe import read_recipe
from tinyvmaf.table.splits import folds_by

RECIPES = {
    "standardised": read_recipe("fr_mlp_small").override(steps=60, batch_size=64),
    "record": read_recipe("record/c1").override(epochs=3, batch_size=64),
}


@pytest.mark.parametrize("activation", ["silu", "relu"])
@pytest.mark.parametrize("architecture", ["linear", "mlp_small", "mlp_medium"])
def test_backward_equals_autograd(architecture: str, activation: str) -> None:
    generator = torch.Generator().manual_seed(3)
    net = NETS[architecture](feature_count=6, activation=activation)
    widths = layer_widths(type(net), feature_count=6)
    parameters = torch.stack([initial_parameters(widths, generator=generator) for _ in range(3)])
    features, true = torch.rand(3, 6, 20, generator=generator), torch.rand(3, 1, 20, generator=generator)
    stack = DenseStack(widths, activation=activation, parameters=parameters)
    residual = stack.forward(features) - true
    stack.backward(residual * 2 / 20)
    for number in range(3):
        torch.nn.utils.vector_to_parameters(parameters[number].clone(), net.parameters())
        predicted = net(features[number].T)
        gradients = torch.autograd.grad(((predicted - true[number, 0]) ** 2).mean(), list(net.parameters()))
        expected = torch.nn.utils.parameters_to_vector(gradients)
        torch.testing.assert_close(predicted, stack.forward(features)[number, 0], atol=1e-6, rtol=1e-5)
        torch.testing.assert_close(stack.gradients[number], expected, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_adam_equals_torchs(weight_decay: float) -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.rand(2, 5, generator=generator)
    theirs = start.clone().requires_grad_()
    optimizer = torch.optim.AdamW([theirs], lr=0.01, weight_decay=weight_decay)
    ours = AdamState(start.clone(), torch.zeros(2, 5), torch.zeros(2, 5))
    for _ in range(20):
        theirs.grad = torch.rand(2, 5, generator=generator) - 0.5
        optimizer.step()
        adam_step(ours, theirs.grad, torch.full((2, 1), 0.01), weight_decay=weight_decay)
    torch.testing.assert_close(ours.parameters, theirs.detach(), atol=1e-6, rtol=1e-5)


def test_one_cycle_equals_torchs() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=1001, cycle_momentum=False)
    theirs = []
    for _ in range(1000):
        theirs.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    totals = torch.tensor([1000])
    ours = [float(learning_rates("one-cycle", highest=0.2, step=step, totals=totals)) for step in range(1000)]
    assert ours == pytest.approx(theirs, abs=0.2 / 1000 * 4)  # theirs ends its rise one step earlier


def test_censored_loss_does_not_mind_what_lies_beyond_the_clip() -> None:
    predicted, true = torch.tensor([103.0, 97, -4, 4, 60]), torch.tensor([100.0, 100, 0, 0, 50])
    assert residuals(predicted, true, loss="censored").tolist() == [0, -3, 0, 4, 10]
    assert residuals(predicted, true, loss="mse").tolist() == [3, -3, -4, 4, 10]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_fold_in_a_stack_equals_the_same_fold_alone(recipe) -> None:
    rows = learnable_rows()
    # A fold with fewer rows ends its epochs earlier than the others.
    folds = [fold for fold in folds_by(rows) if fold.held_out in ("s0", "s3")]
    folds[0].train[rows.source_index == 5] = False
    stacked = fit_folds(rows, folds, recipe, seeds=2)
    for fold, together in zip(folds, stacked[::2], strict=True):
        (alone,) = fit_folds(rows, [fold], recipe)
        fitted = fit_net(rows, fold.train, fold.test, recipe)
        assert together.fold is fold
        np.testing.assert_allclose(together.predict(fold.test), alone.predict(fold.test), atol=2e-3)
        with torch.inference_mode():
            np.testing.assert_allclose(
                fitted.module(torch.from_numpy(rows.features[fold.test])), alone.predict(fold.test)
            )


def test_seeds_give_different_nets_and_the_same_seed_the_same() -> None:
    rows, recipe = learnable_rows(), RECIPES["standardised"]
    fold = folds_by(rows)[0]
    first, second = fit_folds(rows, [fold], recipe, seeds=2)
    again = fit_folds(rows, [fold], recipe.override(seed=1))[0]
    assert not np.allclose(first.predict(fold.test), second.predict(fold.test))
    np.testing.assert_allclose(second.predict(fold.test), again.predict(fold.test), atol=2e-3)
    assert (first.recipe.seed, second.recipe.seed) == (0, 1)


def test_stacks_beyond_the_cache_are_trained_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, recipe = learnable_rows(), RECIPES["standardised"]
    folds = folds_by(rows)
    whole = fit_folds(rows, folds, recipe)
    monkeypatch.setattr("tinyvmaf.models.folds._STACK_NUMBERS", 3000)
    told: list[tuple[float, float | None]] = []
    parts = fit_folds(rows, folds, recipe, progress=lambda done, total, label: told.append((done, total)))
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one.predict(one.fold.test), other.predict(one.fold.test), atol=2e-3)
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]


def test_batches_hold_each_training_row_once_per_pass_and_no_other() -> None:
    train = np.ones(100, dtype=bool)
    train[10:30] = False
    numbers = torch.arange(100, dtype=torch.float32)
    batches = Batches(numbers[None], numbers[None], [NetPlan(train, 0), NetPlan(~train, 0)], batch_size=16)
    features, target = batches.block(0, 10)  # 160 rows: two passes over 80, and eight over 20
    assert (features == target).all()
    for net, mask in enumerate((train, ~train)):
        expected = sorted(np.flatnonzero(mask).tolist() * (160 // int(mask.sum())))
        assert sorted(target[net, 0].tolist()) == expected
        assert sorted(target[net, 0, : int(mask.sum())].tolist()) == np.flatnonzero(mask).tolist()


def test_batches_do_not_depend_on_the_blocks_they_are_taken_in() -> None:
    numbers = torch.arange(50, dtype=torch.float32)
    plans = [NetPlan(np.arange(50) % 3 != 0, 1)]
    whole, _ = Batches(numbers[None], numbers[None], plans, batch_size=8).block(0, 20)
    parts = Batches(numbers[None], numbers[None], plans, batch_size=8)
    taken = torch.cat([parts.block(at, 4)[0] for at in range(0, 20, 4)], dim=2)
    late, _ = Batches(numbers[None], numbers[None], plans, batch_size=8).block(12, 8)
    assert torch.equal(whole, taken)
    assert torch.equal(whole[:, :, 96:], late)


def test_scaling_sees_training_rows_only() -> None:
    rows = learnable_rows()
    fold = folds_by(rows)[0]
    rows.features[fold.test] += 1000
    (net,) = fit_folds(rows, [fold], RECIPES["standardised"])
    mean = rows.features[fold.train].mean(axis=0)
    np.testing.assert_allclose(net.fitted().module.feature_mean, mean, rtol=1e-4)
    np.testing.assert_allclose(net.fitted().feature_quantiles[-1], rows.features[fold.train].max(axis=0))


def test_runaway_loss_is_an_error_that_names_the_rate() -> None:
    rows = learnable_rows()
    recipe = RECIPES["record"].override(learning_rate=9.9, epochs=400)
    rows.target[:] *= 1e30
    with pytest.raises(FitError, match="--lr"):
        fit_net(rows, rows.source_index > 0, rows.source_index == 0, recipe)


def test_cancelled_training_stops() -> None:
    from threading import Event

    rows, cancel = learnable_rows(), Event()
    cancel.set()
    with pytest.raises(CancelledError):
        fit_folds(rows, folds_by(rows), RECIPES["standardised"], cancel=cancel)


def test_no_fold_is_an_error() -> None:
    with pytest.raises(FitError, match="no fold"):
        fit_folds(learnable_rows(), [], RECIPES["standardised"])
