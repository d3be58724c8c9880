"""Visual information fidelity of frames at four scales, and their motion, as differentiable torch modules.

The formulas stand in ``pixels/vif.py``; here every pixel is weighed, in floating point. Frames are (T, 1, H, W) in 8
bit code values.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinyvmaf.models.fixed_point import rounded
from tinyvmaf.pixels.vif import RADIUS, WINDOWS

SCALES = len(WINDOWS)
_STEPS = 256
"""In an 8 bit code value, to which libvmaf rounds means and halved pictures."""
_EYE = 2.0
"""Variance of the eye's own noise (``sigma_nsq``)."""
_FLAT = 4 / 65025
"""By how much a distorted variance lowers the information in a flat neighbourhood."""


class Window(nn.Module):
    """The weighted mean around each pixel, under the Gaussian of a scale; beyond the border, -1 is 1 and n is n - 2.

    Args:
        scale: 0 to 3.
        step: 2 keeps every second row and column only, (N, 1, H // 2, W // 2): an odd last one is left out.
        rounding: The means over rows are rounded before those over columns are taken.
    """

    taps: Tensor

    def __init__(self, scale: int, *, step: int = 1, rounding: bool = False) -> None:
        super().__init__()
        half = torch.from_numpy(WINDOWS[scale])
        self.register_buffer("taps", torch.cat([half.flip(0), half[1:]]), persistent=False)
        self.between = rounded(_STEPS, rounding=rounding)
        self.step = step
        self.before, self.after = RADIUS[scale], RADIUS[scale] + 1 - step

    def forward(self, planes: Tensor) -> Tensor:
        """Of planes (N, 1, H, W)."""
        padded = F.pad(planes, (self.before, self.after, self.before, self.after), mode="reflect")
        rows = self.between(F.conv2d(padded, self.taps[None, None, :, None], stride=(self.step, 1)))
        return F.conv2d(rows, self.taps[None, None, None], stride=(1, self.step))


class Vif(nn.Module):
    """VIF of each frame at scales 0 to 3.

    Args:
        gain_limit: What a local gain may count at most; 1 takes the reward from enhancement (NEG).
        rounding: Round where libvmaf's fixed point does.
    """

    def __init__(self, *, gain_limit: float, rounding: bool) -> None:
        super().__init__()
        self.gain_limit = gain_limit
        self.means = nn.ModuleList(Window(scale, rounding=rounding) for scale in range(SCALES))
        self.squares = nn.ModuleList(Window(scale) for scale in range(SCALES))
        self.halvings = nn.ModuleList(
            nn.Sequential(Window(scale, step=2, rounding=rounding), rounded(_STEPS, rounding=rounding))
            for scale in range(1, SCALES)
        )

    def forward(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """(T, 4) for frames (T, 1, H, W)."""
        scores = [self._information(0, reference, distorted)]
        for scale, halved in enumerate(self.halvings, start=1):
            reference, distorted = halved(reference), halved(distorted)
            scores.append(self._information(scale, reference, distorted))
        return torch.stack(scores, dim=1)

    def _information(self, scale: int, x: Tensor, y: Tensor) -> Tensor:
        """(T,) what is left of the information, by what there was."""
        mean, square = self.means[scale], self.squares[scale]
        mean_x, mean_y = mean(x), mean(y)
        variance = square(x * x) - mean_x * mean_x
        distorted_variance = (square(y * y) - mean_y * mean_y).clamp(min=0)
        covariance = square(x * y) - mean_x * mean_y
        textured = variance >= _EYE
        source = variance.clamp(min=_EYE)
        gain = covariance.clamp(min=0) / source
        noise = (distorted_variance - gain * covariance).clamp(min=0)
        gain = gain.clamp(max=self.gain_limit)
        left = torch.where(textured, _log2(1 + gain * gain * source / (noise + _EYE)), 1 - _FLAT * distorted_variance)
        held = torch.where(textured, _log2(1 + source / _EYE), torch.ones_like(source))
        return left.sum(dim=(1, 2, 3)) / held.sum(dim=(1, 2, 3))


class Motion(nn.Module):
    """Motion of each frame: how much the blurred picture changes."""

    def __init__(self) -> None:
        super().__init__()
        self.window = Window(2)

    def forward(self, frames: Tensor) -> Tensor:
        """(T,) the lesser change of those to the frame before and after (libvmaf's motion2); 0 for the first frame."""
        before = torch.cat([frames[:1], frames[:-1]])
        change = self.window(frames - before).abs().mean(dim=(1, 2, 3))  # (T,), 0 first
        after = torch.cat([change[1:], change[-1:]])  # nothing comes after the last
        return torch.minimum(change, after)


def _log2(values: Tensor) -> Tensor:
    return values.log() * 1.4426950408889634  # of all logarithms, ONNX has the natural one
