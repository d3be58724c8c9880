"""Opinions as targets: what a net learns of rows whose target is of a whole clip.

A clip's score is the mean over its frames' scores, so that is what is held against the opinion in training too: a row
stands for a handful of frames, spread over its clip, and the mean of their scores has the residual. A row with a
teacher's score (``hybrid``) stands for its own frame. Opinions pull by their confidence, teachers' scores by the weight
that the recipe gives them.

A net that corrects its teacher (``correction``) learns what people say beyond libvmaf's own regression of the same
features, which stays in its graph. Nets of so few clips have the more to gain from a good place to start at.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tinyvmaf.models.recipe import Recipe
from tinyvmaf.pixels.svr import Svr, svr_of
from tinyvmaf.table.clips import clips_of
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.targets import OPINION_TARGETS


class OwnTeacher(nn.Module):
    """libvmaf's own regression of features (N, 6), in double precision: its many terms cancel.

    Distances come from one product of matrices, so that whole tables fit into memory, as ``models.vmaf`` need not care
    for.
    """

    slopes: Tensor
    intercepts: Tensor
    support_vectors: Tensor
    weights: Tensor

    def __init__(self, svr: Svr) -> None:
        super().__init__()
        for name in ("slopes", "intercepts", "support_vectors", "weights"):
            self.register_buffer(name, torch.from_numpy(getattr(svr, name)).double(), persistent=False)
        self.svr = svr

    def forward(self, features: Tensor) -> Tensor:
        """Scores (N,)."""
        svr = self.svr
        x = features.double() * self.slopes + self.intercepts  # (N, 6)
        norms = (self.support_vectors * self.support_vectors).sum(dim=1)  # (S,)
        distances = (x * x).sum(dim=1, keepdim=True) + norms - 2 * (x @ self.support_vectors.T)  # (N, S), squared
        y = (-svr.gamma * distances).exp() @ self.weights - svr.rho  # (N,)
        return ((y - svr.score_intercept) / svr.score_slope).clamp(*svr.score_range).float()


def corrected_teacher(recipe: Recipe) -> Svr | None:
    """The regression that the recipe's net corrects; None: it learns the target from nothing."""
    return svr_of(recipe.features.teacher) if recipe.correction else None


def frames_per_row(recipe: Recipe) -> int:
    """M, how many frames' scores are pooled into the one that has a target; 1 for teachers, who score frames."""
    return recipe.frames_per_clip if recipe.target in OPINION_TARGETS else 1


def rows_per_step(recipe: Recipe) -> int:
    """How many rows with a target a step sees: a batch is so many frames."""
    return recipe.batch_size // frames_per_row(recipe)


def frames_of_rows(rows: Rows, recipe: Recipe) -> NDArray[np.int64] | None:
    """(N, M) the places of the frames that each row stands for; None: each for itself.

    They are M frames at equal steps around the row's own clip, its own among them, so that rows of all phases cover the
    clip. A clip of fewer frames shows some of them again.
    """
    pooled = frames_per_row(recipe)
    if pooled == 1:
        return None
    found = np.repeat(np.arange(len(rows))[:, np.newaxis], pooled, axis=1)  # (N, M)
    for clip in clips_of(rows.clip_index, rows.frame_index):
        length = len(clip)
        steps = np.arange(pooled) * length // pooled
        around = clip[(np.arange(length)[:, np.newaxis] + steps) % length]  # (T, M)
        found[clip] = np.where(rows.of_clip[clip][:, np.newaxis], around, found[clip])
    return found


def learned_of(rows: Rows, recipe: Recipe, frames: NDArray[np.int64] | None) -> Tensor:
    """What a net learns of each row: (1, N) its target; for opinions (2, N), with its weight.

    Args:
        rows: On the recipe's features and target.
        recipe: How to train.
        frames: (N, M) what ``frames_of_rows`` gave.
    """
    target = torch.from_numpy(rows.target).unsqueeze(0)
    if frames is None:
        return target
    svr = corrected_teacher(recipe)
    if svr is not None:
        said = svr.predict(rows.features)[frames].mean(axis=1)  # (N,)
        target = target - torch.from_numpy(said.astype(np.float32))
    weights = np.where(rows.of_clip, rows.weight, np.float32(recipe.teacher_weight))
    return torch.cat([target, torch.from_numpy(weights).unsqueeze(0)])


def pooled(scores: Tensor, frames: int) -> Tensor:
    """(K, 1, B) the means of scores (K, 1, B x M), M after M."""
    return scores if frames == 1 else scores.unflatten(2, (-1, frames)).mean(dim=3)


def unpooled(gradients: Tensor, frames: int) -> Tensor:
    """(K, 1, B x M) the gradients by the scores, from those (K, 1, B) by their means."""
    return gradients if frames == 1 else (gradients / frames).repeat_interleave(frames, dim=2)
