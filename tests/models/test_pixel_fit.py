"""A training of a net on pixels: the same twice, the same when it was cut off, and it stops where it should."""

from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch

from tests.table.pixel_samples import make_samples
from tinyvmaf.errors import CancelledError, FitError
from tinyvmaf.models.pixel_batches import Draw, EpochBatches
from tinyvmaf.models.pixel_fit import TRAINING, fit_pixel_net
from tinyvmaf.models.pixel_nets import FittedPixelNet
from tinyvmaf.models.pixel_recipe import PixelRecipe, read_pixel_recipe
from tinyvmaf.table.sample_rows import SampleRows, sample_rows
from tinyvmaf.table.sample_splits import SampleSplit, split_samples


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleRows:
    return sample_rows(make_samples(tmp_path_factory.mktemp("samples"), sources=10, places=2))


@pytest.fixture(scope="module")
def split(samples: SampleRows) -> SampleSplit:
    return split_samples(samples)


def quick(epochs: int = 3, **changes: object) -> PixelRecipe:
    small = {"batch_size": 16, "patches_per_step": 1, "hold_out": "codec=av1", **changes}
    return read_pixel_recipe("nr_vmaf").override(epochs=epochs, **small)


def same(one: FittedPixelNet, two: FittedPixelNet) -> bool:
    weights, others = one.module.state_dict(), two.module.state_dict()
    return all(torch.equal(weights[name], others[name]) for name in weights)


def test_training_is_the_same_twice_and_a_finished_one_is_read(
    samples: SampleRows, split: SampleSplit, tmp_path: Path
) -> None:
    one = fit_pixel_net(samples, split, quick(), tmp_path / "a.pt")
    (tmp_path / "b").mkdir()
    two = fit_pixel_net(samples, split, quick(), tmp_path / "b" / "a.pt")
    assert same(one, two)
    told: list[str] = []
    again = fit_pixel_net(samples, split, quick(), tmp_path / "a.pt", on_start=told.append)
    assert same(one, again)
    assert "finished" in told[0]
    assert one.trained_on[0].frames == int(split.train.sum())
    assert list((tmp_path / TRAINING).rglob("events.out.tfevents*")), "no logs for TensorBoard"


def test_training_that_was_cut_off_ends_at_the_same_net(
    samples: SampleRows, split: SampleSplit, tmp_path: Path
) -> None:
    whole = fit_pixel_net(samples, split, quick(), tmp_path / "a.pt")
    cancel, cut = Event(), tmp_path / "b"
    cut.mkdir()
    with pytest.raises(CancelledError):
        fit_pixel_net(
            samples,
            split,
            quick(),
            cut / "a.pt",
            on_epoch=lambda epoch: cancel.set() if epoch.epoch == 2 else None,
            cancel=cancel,
        )
    assert not (cut / "a.pt").exists()
    told: list[str] = []
    epochs: list[int] = []
    rest = fit_pixel_net(
        samples, split, quick(), cut / "a.pt", on_start=told.append, on_epoch=lambda epoch: epochs.append(epoch.epoch)
    )
    assert "going on" in told[0]
    assert epochs == [3]
    assert same(rest, whole)


def test_training_of_other_samples_or_another_recipe_is_not_gone_on_with(
    samples: SampleRows, split: SampleSplit, tmp_path: Path
) -> None:
    first = fit_pixel_net(samples, split, quick(epochs=1), tmp_path / "a.pt")
    with pytest.raises(FitError, match="--restart"):
        fit_pixel_net(samples, split, quick(epochs=1, seed=3), tmp_path / "a.pt")
    other = fit_pixel_net(samples, split, quick(epochs=1, seed=3), tmp_path / "a.pt", restart=True)
    assert not same(first, other)


def test_training_ends_when_the_stopping_sources_get_no_better(
    samples: SampleRows, split: SampleSplit, tmp_path: Path
) -> None:
    seen: list[float] = []
    recipe = quick(epochs=12, patience=2, learning_rate=1e-9, schedule="constant")
    fit_pixel_net(samples, split, recipe, tmp_path / "a.pt", on_epoch=lambda epoch: seen.append(epoch.stop_loss))
    assert 3 <= len(seen) < 12


def test_batches_are_of_the_rows_that_train_and_another_epoch_has_another_order(samples: SampleRows) -> None:
    rows = np.arange(7, 40)
    recipe = quick(augment="none", patches_per_step=None)
    batches = list(EpochBatches(samples, rows, recipe, Draw(0, trains=True)))
    assert [len(targets) for _, targets in batches] == [16, 16]
    targets = torch.cat([targets for _, targets in batches]).tolist()
    assert set(targets) <= set(samples.rows.target[rows].tolist())
    others = list(EpochBatches(samples, rows, recipe, Draw(1, trains=True)))
    assert torch.cat([targets for _, targets in others]).tolist() != targets
    judged = list(EpochBatches(samples, rows, recipe, Draw(0, trains=False)))
    assert torch.cat([targets for _, targets in judged]).tolist() == samples.rows.target[rows].tolist()
    np.testing.assert_array_equal(judged[0][0].numpy(), samples.take(rows[:16]))


def test_pairs_are_mirrored_together_and_some_are_clean_already(tmp_path: Path) -> None:
    pairs = sample_rows(make_samples(tmp_path, "pairs", target=None))
    recipe = read_pixel_recipe("prefilter_lite").override(clean_part=0.5)
    given, wanted = next(iter(EpochBatches(pairs, np.arange(60), recipe, Draw(0, trains=True))))
    difference = (given - wanted).abs().mean(dim=(1, 2, 3))
    untouched = int((difference == 0).sum())
    assert 2 <= untouched <= len(given) - 2
    assert difference.max() < 0.15  # noise of at most 38 of 255; a picture beside another one's mirror is further off


def test_grain_is_drawn_anew_for_each_epoch_and_for_nothing_but_grain(tmp_path: Path) -> None:
    pairs = sample_rows(make_samples(tmp_path, "pairs", target=None))
    grainy = pairs.index["degradation"].to_numpy() == "grain"
    recipe = read_pixel_recipe("prefilter_lite").override(clean_part=0.0, augment="none")

    def given(epoch: int, *, fresh: bool = True, rows: np.ndarray = grainy) -> np.ndarray:
        drawn = Draw(epoch, trains=True)
        batches = EpochBatches(pairs, np.flatnonzero(rows), recipe.override(fresh_grain=fresh), drawn)
        return np.sort(np.concatenate([batch.numpy().reshape(len(batch), -1).mean(axis=1) for batch, _ in batches]))

    assert grainy.any()
    np.testing.assert_array_equal(given(0), given(0))
    assert not np.array_equal(given(0), given(1))
    assert not np.array_equal(given(0), given(0, fresh=False))
    np.testing.assert_array_equal(given(0, rows=~grainy), given(0, fresh=False, rows=~grainy))


def test_a_filter_is_trained_and_nothing_trained_is_a_smoke_net(tmp_path: Path) -> None:
    pairs = sample_rows(make_samples(tmp_path / "pairs", "pairs", target=None))
    split = split_samples(pairs)
    recipe = read_pixel_recipe("prefilter_lite").override(epochs=2, loss="l1")
    fitted = fit_pixel_net(pairs, split, recipe, tmp_path / "a.pt")
    assert (fitted.target, fitted.smoke) == ("clean", False)
    idle = fit_pixel_net(pairs, split, recipe.override(epochs=0), tmp_path / "idle.pt", restart=True)
    assert idle.smoke
