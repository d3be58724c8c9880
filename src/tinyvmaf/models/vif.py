"""Visual information fidelity of frames at four scales, and their motion, as differentiable torch modules.

The formulas stand in ``pixels/vif.py``; here every pixel is weighed, in floating point. Frames are (T, 1, H, W) in 8
bit code values; a constant may be taken off both, which changes no variance and spares float32 some digits.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinyvmaf.pixels.vif import RADIUS, WINDOWS

SCALES = len(WINDOWS)
_EYE = 2.0
"""Variance of the eye's own noise (``sigma_nsq``)."""
_FLAT = 4 / 65025
"""By how much a distorted variance lowers the information in a flat neighbourhood."""


class Window(nn.Module):
    """The weighted mean around each pixel, under the Gaussian of a scale; beyond the border, -1 is 1 and n is n - 2.

    Args:
        scale: 0 to 3.
        halves: Only every second row and column is kept, (N, 1, H // 2, W // 2): an odd last one is left out.
    """

    taps: Tensor

    def __init__(self, scale: int, *, halves: bool = False) -> None:
        super().__init__()
        half = torch.from_numpy(WINDOWS[scale])
        self.register_buffer("taps", torch.cat([half.flip(0), half[1:]]), persistent=False)
        self.before = RADIUS[scale]
        self.after, self.step = (self.before - 1, 2) if halves else (self.before, 1)

    def forward(self, planes: Tensor) -> Tensor:
        """Planes (N, 1, H, W), of the same size or half of it."""
        padded = F.pad(planes, (self.before, self.after, self.before, self.after), mode="reflect")
        rows = F.conv2d(padded, self.taps[None, None, :, None], stride=(self.step, 1))
        return F.conv2d(rows, self.taps[None, None, None], stride=(1, self.step))


class Vif(nn.Module):
    """VIF of each frame at scales 0 to 3.

    Args:
        gain_limit: What a local gain may count at most; 1 takes the reward from enhancement (NEG).
    """

    def __init__(self, *, gain_limit: float) -> None:
        super().__init__()
        self.gain_limit = gain_limit
        self.windows = nn.ModuleList(Window(scale) for scale in range(SCALES))
        self.halvings = nn.ModuleList(Window(scale, halves=True) for scale in range(1, SCALES))

    def forward(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """(T, 4) for frames (T, 1, H, W)."""
        scores = []
        for scale, window in enumerate(self.windows):
            if scale:
                halve = self.halvings[scale - 1]
                reference, distorted = halve(reference), halve(distorted)
            scores.append(self._information(window, reference, distorted))
        return torch.stack(scores, dim=1)

    def _information(self, window: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        """(T,) what is left of the information, by what there was."""
        mean_x, mean_y = window(x), window(y)
        variance = window(x * x) - mean_x * mean_x
        distorted_variance = (window(y * y) - mean_y * mean_y).clamp(min=0)
        covariance = window(x * y) - mean_x * mean_y
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
