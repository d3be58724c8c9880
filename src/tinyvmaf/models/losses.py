"""The losses, as the residuals whose mean square they are: what a step needs is twice the residual over the batch."""

import torch
from torch import Tensor

LOWEST, HIGHEST = 0.0, 100.0
"""The ends of the score's scale, where a teacher clips."""


def residuals(predicted: Tensor, true: Tensor, *, loss: str) -> Tensor:
    """Predicted minus true scores, of any one shape, on the 0-100 scale.

    With ``censored`` a target at an end of the scale only tells that the teacher's score lay at or beyond it: above
    100 and below 0 there is nothing to correct, and the residual is 0 (Tobin, 1958, doi:10.2307/1907382, with a square
    in place of the likelihood).
    """
    difference = predicted - true
    if loss == "mse":
        return difference
    difference = torch.where(true >= HIGHEST, difference.clamp(max=0), difference)
    return torch.where(true <= LOWEST, difference.clamp(min=0), difference)
