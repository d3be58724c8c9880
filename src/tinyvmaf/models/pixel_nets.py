"""Every net that sees pixels, by its name, and a fitted one with all that the next room must know of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch

from tinyvmaf.models.nr import SCORE_RANGE, NrMobilenet, NrPatch, ScoreNet
from tinyvmaf.models.pixel_recipe import PixelRecipe
from tinyvmaf.models.prefilter import LUMA_RANGE, FilterNet, PrefilterLite, ResidualCnn
from tinyvmaf.table.schema import TableFacts

Planes = tuple[int, int]
"""C and S of a sample: planes, and the side of their square."""

PIXEL_NETS: Mapping[str, Callable[[Planes], ScoreNet | FilterNet]] = {
    "nr_mobilenet": lambda shape: NrMobilenet(),
    "nr_patch": lambda shape: NrPatch(planes=shape[0]),
    "residual_cnn": lambda shape: ResidualCnn(),
    "prefilter_lite": lambda shape: PrefilterLite(),
}
"""By name what makes the net for samples of a shape."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedPixelNet:
    """One trained net that sees pixels."""

    module: ScoreNet | FilterNet = field(repr=False)
    """In eval mode."""
    shape: Planes
    """C and S of the samples that it was trained on."""
    target: str
    """What it gives: ``vmaf``, ``mos_100``, or the ``clean`` picture."""
    recipe: PixelRecipe
    """Everything that the training depended on, besides the samples."""
    trained_on: tuple[TableFacts, ...]
    """The samples that trained it."""
    smoke: bool = False
    """True where it was never trained, and only shows that the machinery works."""

    @property
    def architecture(self) -> str:
        """A key of ``PIXEL_NETS``."""
        return self.recipe.architecture

    @property
    def output_range(self) -> tuple[float, float]:
        """The lowest and highest number that it can give."""
        return LUMA_RANGE if isinstance(self.module, FilterNet) else SCORE_RANGE

    @property
    def parameter_count(self) -> int:
        """How many numbers were trained."""
        return sum(parameter.numel() for parameter in self.module.parameters())


def first_net(recipe: PixelRecipe, shape: Planes) -> ScoreNet | FilterNet:
    """The recipe's net with the weights that its seed draws; torch's own generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return PIXEL_NETS[recipe.architecture](shape)
