"""What stands for a feature that is not known: a teacher's own rule, on the rows that train, and inside the net.

``vmaf_v1.0.16`` takes a chroma loss of exactly 0 for unknown and guesses it from adm3, so its score jumps there
(``pixels.svr``). Dense layers have no jumps: without the rule a net is off by points on gray videos, and next to them.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tinyvmaf.models.recipe import Recipe
from tinyvmaf.pixels.svr import Guess, svr_of


class OwnGuess(nn.Module):
    """A teacher's rule as a part of a net: features (N, F) in, the same with the guess for a feature of 0 out."""

    lowest: Tensor
    slope: Tensor
    offset: Tensor

    def __init__(self, guess: Guess, feature_count: int) -> None:
        super().__init__()
        # Only the guessed feature is ever as low as this; none of them is below 0.
        lowest = torch.full((feature_count,), torch.finfo(torch.float32).min)
        lowest[guess.feature] = 0
        self.register_buffer("lowest", lowest)
        # One product of all rows, since ONNX Runtime is slow at picking single columns of narrow ones.
        slope, offset = torch.zeros(feature_count, feature_count), torch.zeros(feature_count)
        slope[guess.guide, guess.feature], offset[guess.feature] = -guess.factor, guess.factor
        self.register_buffer("slope", slope)
        self.register_buffer("offset", offset)

    def forward(self, features: Tensor) -> Tensor:
        """What the layers see, (N, F)."""
        guesses = torch.addmm(self.offset, features, self.slope)  # (N, F), of use in the guessed column only
        return torch.where(self.lowest >= features, guesses, features)


def guess_of(recipe: Recipe) -> Guess | None:
    """The rule that the recipe's net shares with its teacher; None: it takes features as they are."""
    return svr_of(recipe.features.teacher).guess if recipe.chroma_guess else None


def known_features(features: NDArray[np.float32], recipe: Recipe) -> NDArray[np.float32]:
    """The rows (N, F) as the layers of the recipe's net see them, before they are standardised."""
    guess = guess_of(recipe)
    return features if guess is None else guess.known(features)
