"""Rounding where libvmaf's fixed point rounds, as a layer whose slope is that of the identity.

The slope is the straight-through estimate (Bengio, Léonard and Courville, 2013, arXiv:1308.3432).
"""

from torch import Tensor, nn


class Rounded(nn.Module):
    """Rounds to the nearest of so many steps in a unit, halves upwards."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, values: Tensor) -> Tensor:
        """The nearest steps; gradients pass as if they were the values themselves."""
        nearest = (values * self.steps + 0.5).floor() / self.steps
        return values + (nearest - values).detach()


def rounded(steps: int, *, rounding: bool) -> nn.Module:
    """The layer, or none."""
    return Rounded(steps) if rounding else nn.Identity()
