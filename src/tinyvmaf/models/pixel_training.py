"""The training of a net that sees pixels, as Lightning takes it: loss, optimiser, batches, and what it tells."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.utils.data import DataLoader

from tinyvmaf.models.nr import ScoreNet
from tinyvmaf.models.pixel_batches import Batch, Draw, EpochBatches, Places, batch_count
from tinyvmaf.models.pixel_losses import FilterLoss, ScoreLoss
from tinyvmaf.models.pixel_recipe import PixelRecipe
from tinyvmaf.models.prefilter import FilterNet
from tinyvmaf.progress import Progress, stop_if_cancelled
from tinyvmaf.table.sample_rows import SampleRows

TRAIN_LOSS, STOP_LOSS = "train_loss", "stop_loss"
"""What the logs and the checkpoints call them."""


@dataclass(frozen=True, slots=True)
class PixelEpoch:
    """Where a training is, at the end of an epoch."""

    epoch: int
    """Whole epochs done."""
    epochs: int
    """The most there may be."""
    train_loss: float
    """Mean of the recipe's loss over this epoch."""
    stop_loss: float
    """The same on the sources that say when to stop."""
    elapsed_seconds: float
    """Since this run of the training began."""


class PixelTraining(lightning.LightningModule):
    """A net and its recipe."""

    def __init__(self, net: ScoreNet | FilterNet, recipe: PixelRecipe, *, steps: int) -> None:
        super().__init__()
        self.net = net
        self.recipe = recipe
        self.steps = steps
        self.loss = FilterLoss(recipe) if isinstance(net, FilterNet) else ScoreLoss(recipe)

    def training_step(self, batch: Batch, number: int) -> Tensor:
        """The loss of a batch; what is dropped hangs on its number only, so that one that was cut off ends the same."""
        with self._chance_of(number):
            loss = self.loss(self.net, *batch)
        self.log(TRAIN_LOSS, loss, on_step=False, on_epoch=True, batch_size=len(batch[1]))
        return loss

    @contextmanager
    def _chance_of(self, number: int) -> Iterator[None]:
        """Torch's own generators as the recipe's seed, the epoch and the batch say; afterwards as they were."""
        seed = np.random.SeedSequence([self.recipe.seed, self.current_epoch, number]).generate_state(1)[0]
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(int(seed))
            yield

    def validation_step(self, batch: Batch) -> None:
        """Notes the loss of a batch."""
        loss = self.loss(self.net, *batch)
        self.log(STOP_LOSS, loss, on_step=False, on_epoch=True, batch_size=len(batch[1]))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW, with the recipe's schedule."""
        recipe = self.recipe
        optimizer = torch.optim.AdamW(self.net.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        if recipe.schedule == "constant":
            return {"optimizer": optimizer}
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.learning_rate, total_steps=self.steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class SampleBatches(lightning.LightningDataModule):
    """The batches of a training, drawn anew for each epoch."""

    def __init__(self, samples: SampleRows, train: Places, stop: Places, recipe: PixelRecipe) -> None:
        super().__init__()
        self.samples, self.train_rows, self.stop_rows, self.recipe = samples, train, stop, recipe

    @property
    def steps(self) -> int:
        """Of the whole training, where nothing ends it early."""
        return max(1, self.recipe.epochs * batch_count(len(self.train_rows), self.recipe, trains=True))

    def train_dataloader(self) -> DataLoader[Batch]:
        """The batches of the epoch that comes."""
        epoch = self.trainer.current_epoch if self.trainer else 0
        return self._loader(self.train_rows, Draw(epoch, trains=True))

    def val_dataloader(self) -> DataLoader[Batch]:
        """The samples that say when to stop."""
        return self._loader(self.stop_rows, Draw(0, trains=False))

    def _loader(self, rows: Places, draw: Draw) -> DataLoader[Batch]:
        return DataLoader(EpochBatches(self.samples, rows, self.recipe, draw), batch_size=None, num_workers=0)


class Telling(Callback):
    """Tells how far the training is, and ends it when it is cancelled."""

    def __init__(
        self, recipe: PixelRecipe, on_epoch: Callable[[PixelEpoch], None], progress: Progress, cancel: Event | None
    ) -> None:
        self.recipe, self.on_epoch, self.progress, self.cancel = recipe, on_epoch, progress, cancel
        self.started = time.monotonic()
        self.has_stepped = False

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *_: object, **__: object
    ) -> None:
        """After each step."""
        self.has_stepped = True
        stop_if_cancelled(self.cancel)
        steps = self.recipe.epochs * max(1, int(trainer.num_training_batches))
        self.progress(trainer.global_step, steps, f"training {self.recipe.architecture}")

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """After each epoch, when both losses are known; one that was kept ends once more where a training goes on."""
        if not self.has_stepped:
            return
        self.has_stepped = False
        losses = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.on_epoch(
            PixelEpoch(
                epoch=trainer.current_epoch + 1,
                epochs=self.recipe.epochs,
                train_loss=losses.get(TRAIN_LOSS, float("nan")),
                stop_loss=losses.get(STOP_LOSS, float("nan")),
                elapsed_seconds=time.monotonic() - self.started,
            )
        )


def scale_of(samples: SampleRows, train: Places) -> tuple[float, float]:
    """Mean and deviation of the targets that train."""
    target = samples.rows.target[train]
    return float(target.mean(dtype=np.float64)), max(float(target.std(dtype=np.float64)), 1.0)
