"""What a net that sees pixels is trained by: errors of scores, or of pictures, with or without VMAF."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinyvmaf.models.nr import SCORE_RANGE, ScoreNet
from tinyvmaf.models.pixel_recipe import TAKEN, PixelRecipe
from tinyvmaf.models.prefilter import FilterNet, PrefilterLite
from tinyvmaf.models.vmaf import Vmaf

_LARGEST = 255.0
_PERFECT = 100.0
_HARM = 3.0
"""What is taken of the picture, beside as much noise that is left."""
_UNSEEN = 1.0
"""Noise that hardly matters, in squared code values."""
_LEVEL = 0.1
"""A wrong level of the noise (by one natural logarithm), beside all of the noise left."""
_ERRORS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": F.mse_loss,
    "l1": F.l1_loss,
    "huber": F.smooth_l1_loss,
}


class ScoreLoss(nn.Module):
    """The error of scores, in deviations of the training's targets.

    A teacher clips its score, so a target at an end says "this or beyond", and a prediction beyond it costs nothing.
    """

    def __init__(self, recipe: PixelRecipe) -> None:
        super().__init__()
        self.error = _ERRORS[recipe.loss]
        self.censored = recipe.target == "vmaf"

    def forward(self, net: ScoreNet, samples: Tensor, wanted: Tensor) -> Tensor:
        """The mean over the batch."""
        scores = net.raw(samples).float()
        if self.censored:
            low, high = SCORE_RANGE
            beyond = ((wanted <= low) & (scores < wanted)) | ((wanted >= high) & (scores > wanted))
            scores = torch.where(beyond, wanted, scores)
        return self.error(scores / net.score_deviation, wanted / net.score_deviation)


class FilterLoss(nn.Module):
    """The error of pictures of 0-1; and what they lack of a perfect VMAF NEG against the clean ones, each as a still.

    NEG, since a filter that learns by plain VMAF learns to sharpen. ``taken`` is for a filter that tells what it takes
    of noise and of the picture: noise that is left and three times the harm, in squares, over the noise that was there
    and a code value's, so that weak grain counts as much as strong; and how far off it is in how loud the noise is. An
    encoder takes grain off by itself where bits are few, but what is lost of the picture is lost.
    """

    def __init__(self, recipe: PixelRecipe) -> None:
        super().__init__()
        error, _, teacher = recipe.loss.partition("+")
        self.error = None if error == TAKEN else _ERRORS[error]
        self.weight = recipe.vmaf_weight
        self.vmaf = Vmaf(teacher, clipped=False, rounding=False) if teacher else None

    def forward(self, net: FilterNet, spoiled: Tensor, clean: Tensor) -> Tensor:
        """The mean over the batch."""
        if self.error is None:
            with torch.autocast(spoiled.device.type, enabled=False):  # energies go beyond what 16 bits hold
                return _taken_amiss(net, spoiled, clean)
        filtered = net.raw(spoiled).float()
        loss = self.error(filtered, clean)
        return loss if self.vmaf is None else loss + self.weight * self._lack(self.vmaf, filtered, clean)

    @staticmethod
    def _lack(vmaf: Vmaf, filtered: Tensor, clean: Tensor) -> Tensor:
        """0-1; features by hand, since the samples of a batch are no video, and have no motion."""
        clean, filtered = clean * _LARGEST, filtered * _LARGEST
        still = torch.zeros(len(clean), 1)
        features = torch.cat([vmaf.adm(clean, filtered)[:, None], vmaf.vif(clean, filtered), still.to(clean)], dim=1)
        return 1 - vmaf.head(features).mean() / _PERFECT


def _taken_amiss(net: FilterNet, spoiled: Tensor, clean: Tensor) -> Tensor:
    """The mean over pictures of noise that is left and of harm, over the noise there was; and of the wrong level."""
    if not isinstance(net, PrefilterLite):
        raise TypeError(f"{type(net).__name__} does not tell what it takes")
    taken = net.taken(spoiled, clean)
    noise = (spoiled - clean) * _LARGEST
    left, harm, there = ((part**2).mean(dim=(1, 2, 3)) for part in (noise - taken.grain, taken.scene, noise))
    amiss = (left + _HARM * harm) / (there + _UNSEEN)
    return amiss.mean() + _LEVEL * (taken.guessed - taken.true).square().mean()
