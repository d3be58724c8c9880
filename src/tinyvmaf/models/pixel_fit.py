"""Pixel samples and a recipe -> one fitted net, by Lightning; a training that was cut off goes on from its last epoch.

Beside the checkpoint, ``training/`` keeps Lightning's files: ``last.ckpt``, ``best.ckpt``, and logs for TensorBoard.
"""

import hashlib
import logging
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger

from tinyvmaf.documents import write_text
from tinyvmaf.errors import FitError
from tinyvmaf.models.fitted import facts_of
from tinyvmaf.models.nr import ScoreNet
from tinyvmaf.models.pixel_checkpoint import load_pixel_checkpoint, write_pixel_checkpoint
from tinyvmaf.models.pixel_nets import FittedPixelNet, first_net
from tinyvmaf.models.pixel_recipe import PixelRecipe
from tinyvmaf.models.pixel_training import (
    STOP_LOSS,
    PixelEpoch,
    PixelTraining,
    SampleBatches,
    Telling,
    scale_of,
)
from tinyvmaf.progress import Progress, silent
from tinyvmaf.table.sample_rows import SampleRows
from tinyvmaf.table.sample_splits import SampleSplit

TRAINING = "training"
"""The folder of Lightning's own files."""
_LAST, _BEST, _KEY = "last.ckpt", "best.ckpt", "key.txt"
_QUIET = (
    ".*does not have many workers.*",
    ".*is smaller than the logging interval.*",
    ".*Checkpoint directory .* exists and is not empty.*",
    ".*does not have a `state_dict`.*|.*resuming from a checkpoint that ended before the epoch ended.*",
    ".*LeafSpec.*",
    ".*`isinstance\\(treespec, LeafSpec\\)` is deprecated.*",
)
"""Lightning says so of one process that reads a memory map, and of an old torch call of its own."""


def no_watcher(epoch: PixelEpoch) -> None:
    """The training that nobody watches."""


def no_listener(words: str) -> None:
    """The words that nobody hears."""


def fit_pixel_net(
    samples: SampleRows,
    split: SampleSplit,
    recipe: PixelRecipe,
    checkpoint: Path,
    *,
    restart: bool = False,
    on_epoch: Callable[[PixelEpoch], None] = no_watcher,
    on_start: Callable[[str], None] = no_listener,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> FittedPixelNet:
    """The net that the recipe makes of the samples: of its epochs the one with the least loss on other sources.

    Args:
        samples: Of the recipe's kind and target.
        split: Which train, and which say when to stop.
        recipe: How.
        checkpoint: The file to write; a finished one of the same samples and recipe is read, and nothing is trained.
        restart: Whether to start anew in any case.
        on_epoch: Told how the training goes.
        on_start: Told in words whether a training is gone on with.
        progress: Told how far it is.
        cancel: Stops the work.

    Raises:
        FitError: the folder holds a training of other samples or another recipe, or the training runs away.
        CancelledError: ``cancel`` was set.
    """
    key = _data_key(samples, split, recipe)
    folder = checkpoint.parent / TRAINING
    if restart:
        shutil.rmtree(folder, ignore_errors=True)
        checkpoint.unlink(missing_ok=True)
    if checkpoint.exists():
        on_start(f"{checkpoint} is finished; nothing is trained (--restart trains anew)")
        return load_pixel_checkpoint(checkpoint, data_key=key)
    _claim(folder, key)
    train, stop = np.flatnonzero(split.train), np.flatnonzero(split.stop)
    net = first_net(recipe, samples.shape)
    if isinstance(net, ScoreNet):
        net.set_scale(*scale_of(samples, train))
    if recipe.epochs:
        batches = SampleBatches(samples, train, stop, recipe)
        telling = Telling(recipe, on_epoch, progress, cancel)
        _train(PixelTraining(net, recipe, steps=batches.steps), batches, folder, telling, on_start=on_start)
    facts = facts_of(samples.rows, split.train)
    fitted = FittedPixelNet(net.eval(), samples.shape, recipe.output_name, recipe, facts, smoke=not recipe.epochs)
    write_pixel_checkpoint(checkpoint, fitted, data_key=key)
    return fitted


def _train(
    training: PixelTraining,
    batches: SampleBatches,
    folder: Path,
    telling: Telling,
    *,
    on_start: Callable[[str], None],
) -> None:
    """Trains the net in place, and leaves it as it was after its best epoch."""
    recipe = training.recipe
    best, latest = _keeping(folder, _BEST, monitor=STOP_LOSS), _keeping(folder, _LAST, monitor=None)
    callbacks: list[Callback] = [telling, best, latest]  # the latest goes last, since it remembers which was best
    if recipe.patience is not None:
        callbacks.append(EarlyStopping(STOP_LOSS, patience=recipe.patience))
    last = folder / _LAST
    if last.exists():
        on_start(f"going on with the training in {folder}")
    with _quietly():
        trainer = lightning.Trainer(
            accelerator="auto",
            devices=1,
            precision="16-mixed" if torch.cuda.is_available() else "32-true",
            max_epochs=recipe.epochs,
            deterministic=True,
            callbacks=callbacks,
            logger=TensorBoardLogger(folder, name="logs", version=""),
            reload_dataloaders_every_n_epochs=1,
            num_sanity_val_steps=0,
            log_every_n_steps=1,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        try:
            trainer.fit(training, datamodule=batches, ckpt_path=str(last) if last.exists() else None)
        except SystemExit as end:  # so Lightning ends the process where the user has pressed Ctrl-C
            raise KeyboardInterrupt from end
    training.cpu()
    training.load_state_dict(_weights(Path(best.best_model_path)))


def _keeping(folder: Path, name: str, *, monitor: str | None) -> ModelCheckpoint:
    """Keeps one state of the training under one name: that of the least ``monitor``, or of every epoch."""
    return ModelCheckpoint(
        folder,
        filename=Path(name).stem,
        monitor=monitor,
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what Lightning tells of itself, and of services that it would like to be used with."""
    log = logging.getLogger("lightning.pytorch")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for words in _QUIET:
                warnings.filterwarnings("ignore", message=words)
            yield
    finally:
        log.setLevel(level)


def _weights(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise FitError(f"no epoch of the training had a loss that is a number ({path.parent}); lower --lr")
    return torch.load(path, weights_only=True, map_location="cpu")["state_dict"]


def _claim(folder: Path, key: str) -> None:
    """Makes the folder this training's; one of another training is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    claim = folder / _KEY
    if claim.exists() and claim.read_text(encoding="utf-8").strip() != key:
        raise FitError(f"{folder} holds a training on other samples or by another recipe; give --restart, or elsewhere")
    write_text(claim, f"{key}\n")


def _data_key(samples: SampleRows, split: SampleSplit, recipe: PixelRecipe) -> str:
    """Which samples train and stop, and how."""
    parts = (samples.key.encode(), split.train.tobytes(), split.stop.tobytes(), recipe.sha256.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
