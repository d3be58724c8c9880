"""VMAF itself as a differentiable torch module: two videos' luma -> features and scores; and as a loss for training.

Features and score are those of libvmaf's integer extractors and support vectors within 0.05 VMAF, in floating point.
The same module, exported, is the pixel-in ONNX ``vmaf_pixels``.
"""

import torch
from torch import Tensor, nn

from tinyvmaf.models.adm import Adm
from tinyvmaf.models.vif import Motion, Vif
from tinyvmaf.pixels.svr import KERNEL_TEACHERS, Svr, svr_of
from tinyvmaf.video.teachers import TEACHERS

_GAIN_LIMIT, _NEG_GAIN_LIMIT = 100.0, 1.0


class Vmaf(nn.Module):
    """Luma of a reference and of a distorted video -> the six features and the score of every frame.

    Args:
        teacher: ``vmaf``, ``vmaf_neg`` or ``vmaf_4k``.
        bit_depth: Of the code values that it is given: 8 for 0-255, 10 for 0-1023.
        clipped: Scores end at 0 and 100, as libvmaf's do. A clipped score has no gradient.
        rounding: Round where libvmaf's fixed point does, which is worth some .02 VMAF. Gradients pass through it.

    Raises:
        ValueError: the teacher is another.
    """

    def __init__(
        self, teacher: str = "vmaf", *, bit_depth: int = 8, clipped: bool = True, rounding: bool = True
    ) -> None:
        super().__init__()
        if teacher not in KERNEL_TEACHERS:
            raise ValueError(f"{teacher} is computed by libvmaf only; here there are {', '.join(KERNEL_TEACHERS)}")
        gain_limit = _NEG_GAIN_LIMIT if teacher == "vmaf_neg" else _GAIN_LIMIT
        self.unit = 2.0 ** (8 - bit_depth)
        self.smallest_side = TEACHERS[teacher].models[0].smallest_side
        self.adm = Adm(gain_limit=gain_limit, rounding=rounding)
        self.vif = Vif(gain_limit=gain_limit, rounding=rounding)
        self.motion = Motion()
        self.head = SupportVectors(svr_of(teacher), clipped=clipped)

    def forward(self, reference: Tensor, distorted: Tensor) -> tuple[Tensor, Tensor]:
        """Features (T, 6), in the order of the teacher's feature set, and scores (T,).

        Args:
            reference: (T, 1, H, W) luma code values of consecutive frames. A still is a video of one frame.
            distorted: The same of the video that is judged.

        Raises:
            ValueError: the shapes differ, are no luma, or are too small for the teacher.
        """
        if not torch.jit.is_tracing():  # pyright: ignore[reportPrivateImportUsage]  its documented name
            self._check(reference, distorted)
        reference, distorted = reference * self.unit, distorted * self.unit
        adm, motion = self.adm(reference, distorted), self.motion(reference)
        features = torch.cat([adm[:, None], self.vif(reference, distorted), motion[:, None]], dim=1)  # (T, 6)
        return features, self.head(features)

    def _check(self, reference: Tensor, distorted: Tensor) -> None:
        shapes = tuple(reference.shape), tuple(distorted.shape)
        if shapes[0] != shapes[1] or len(shapes[0]) != 4 or shapes[0][1] != 1 or shapes[0][0] == 0:
            raise ValueError(f"luma of shape (T, 1, H, W) is needed, the same of both, not {shapes[0]} and {shapes[1]}")
        if min(shapes[0][2:]) < self.smallest_side:
            raise ValueError(
                f"frames of {shapes[0][3]}x{shapes[0][2]} are too small: each side needs {self.smallest_side}"
            )


class VmafLoss(nn.Module):
    """How far a distorted video is from a perfect score: a loss to train encoders, filters and restorers with.

    Its gradient is finite everywhere, and does not end where libvmaf's score is clipped.

    Args:
        teacher: ``vmaf``, ``vmaf_neg`` (which does not reward sharpening; the default) or ``vmaf_4k``.
        bit_depth: Of the code values: 8 for 0-255, 10 for 0-1023.
    """

    def __init__(self, teacher: str = "vmaf_neg", *, bit_depth: int = 8) -> None:
        super().__init__()
        self.vmaf = Vmaf(teacher, bit_depth=bit_depth, clipped=False, rounding=False)

    def forward(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """100 less the mean score of the frames; both (T, 1, H, W), as ``Vmaf`` takes them."""
        _, scores = self.vmaf(reference, distorted)
        return 100 - scores.mean()


class SupportVectors(nn.Module):
    """One of libvmaf's regressions (``pixels/svr.py``) on features (T, 6).

    It computes in its own type, whatever the features': hundreds of terms cancel, and leave an error of up to 6e-3 VMAF
    in float32. Where that is too much and the device can, take ``.double()`` of it.
    """

    slopes: Tensor
    intercepts: Tensor
    support_vectors: Tensor
    weights: Tensor

    def __init__(self, svr: Svr, *, clipped: bool) -> None:
        super().__init__()
        for name in ("slopes", "intercepts", "support_vectors", "weights"):
            self.register_buffer(name, torch.from_numpy(getattr(svr, name)).float(), persistent=False)
        self.svr = svr
        self.clipped = clipped

    def forward(self, features: Tensor) -> Tensor:
        """Scores (T,)."""
        svr = self.svr
        scaled = features.to(self.slopes.dtype) * self.slopes + self.intercepts
        distances = (scaled[:, None] - self.support_vectors).square().sum(dim=2)  # (T, S), squared
        y = (-svr.gamma * distances).exp() @ self.weights - svr.rho  # (T,)
        scores = (y - svr.score_intercept) / svr.score_slope
        return (scores.clamp(*svr.score_range) if self.clipped else scores).to(features.dtype)
