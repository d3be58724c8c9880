"""Pixel samples -> batches for a training: read from the memory map, mirrored at random, as float32."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from tinyvmaf.models.pixel_recipe import PixelRecipe
from tinyvmaf.pixels.degradations import draw_grain, grainy
from tinyvmaf.table.sample_rows import SampleRows
from tinyvmaf.table.sample_set import draw_flips, flipped

Pixels = NDArray[np.uint8]
Places = NDArray[np.int64]
Chosen = NDArray[np.bool_]
Batch = tuple[Tensor, Tensor]
"""What goes into the net, and what should come out."""

_LARGEST = 255.0


@dataclass(frozen=True, slots=True)
class Draw:
    """How the samples of one epoch are drawn."""

    epoch: int
    """From 0; with the recipe's seed it decides order, flips and places."""
    trains: bool
    """In random order and mirrored; else all of them as they are."""


class EpochBatches(Dataset[Batch]):
    """The batches of one epoch; the same for the same recipe, samples and epoch."""

    def __init__(self, samples: SampleRows, rows: Places, recipe: PixelRecipe, draw: Draw) -> None:
        self.samples, self.recipe, self.draw = samples, recipe, draw
        chance = np.random.default_rng([recipe.seed, draw.epoch])
        self.rows = chance.permutation(rows) if draw.trains else rows

    def __len__(self) -> int:
        return batch_count(len(self.rows), self.recipe, trains=self.draw.trains)

    def __getitem__(self, number: int) -> Batch:
        if not 0 <= number < len(self):
            raise IndexError(f"there is no batch {number} of {len(self)}")
        chance = np.random.default_rng([self.recipe.seed, self.draw.epoch, number])
        mine = self.rows[number * self.recipe.batch_size :][: self.recipe.batch_size]
        return self._pairs(mine, chance) if self.recipe.is_filter else self._scored(mine, chance)

    def _scored(self, rows: Places, chance: np.random.Generator) -> Batch:
        pixels = self.samples.take(rows)
        if self.draw.trains:
            pixels = _some_patches(pixels, self.recipe.patches_per_step, chance)
            (pixels,) = self._flipped((pixels,), chance)
        values = torch.from_numpy(pixels).float()
        inputs = values[:, 0] if self.recipe.sample_kind == "frame" else values  # (n, 1, S, S) or (n, P, C, S, S)
        return inputs, torch.from_numpy(self.samples.rows.target[rows])

    def _pairs(self, rows: Places, chance: np.random.Generator) -> Batch:
        spoiled, clean = self.samples.take(rows), self.samples.take_clean(rows)
        if self.draw.trains:
            if self.recipe.fresh_grain:
                spoiled = _with_fresh_grain(spoiled, clean, self._grainy(rows), chance)
            already = chance.random(len(rows)) < self.recipe.clean_part
            spoiled = np.where(already[:, None, None, None, None], clean, spoiled)
            spoiled, clean = self._flipped((spoiled, clean), chance)
        given, wanted = (torch.from_numpy(part[:, 0]).float() / _LARGEST for part in (spoiled, clean))
        return given, wanted  # (n, 1, S, S) each

    def _grainy(self, rows: Places) -> Chosen:
        return self.samples.index["degradation"].to_numpy()[rows] == "grain"

    def _flipped(self, parts: tuple[Pixels, ...], chance: np.random.Generator) -> tuple[Pixels, ...]:
        if self.recipe.augment != "flips":
            return parts
        flips = draw_flips(len(parts[0]), chance)
        return tuple(flipped(part, flips) for part in parts)


def batch_count(samples: int, recipe: PixelRecipe, *, trains: bool) -> int:
    """How many batches an epoch has; a training leaves out a last one that is not whole, unless it is the only one."""
    whole, rest = divmod(samples, recipe.batch_size)
    return max(1, whole) if trains else whole + bool(rest)


def _some_patches(pixels: Pixels, count: int | None, chance: np.random.Generator) -> Pixels:
    """(n, count, C, S, S) of each sample as many of its places, drawn at random."""
    if count is None or count >= pixels.shape[1]:
        return pixels
    chosen = np.argsort(chance.random(pixels.shape[:2]), axis=1)[:, :count]  # (n, count)
    return np.take_along_axis(pixels, chosen[:, :, None, None, None], axis=1)


def _with_fresh_grain(spoiled: Pixels, clean: Pixels, chosen: Chosen, chance: np.random.Generator) -> Pixels:
    """The spoiled pictures (n, 1, 1, S, S), the chosen ones (n,) spoiled anew by grain of any strength and kind."""
    fresh = np.array(spoiled)
    for number in np.flatnonzero(chosen):
        fresh[number, 0, 0] = grainy(clean[number, 0, 0], draw_grain(chance), chance)
    return fresh
