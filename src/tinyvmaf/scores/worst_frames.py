"""A score -> its worst frames: which they are, how they look in both videos, and which feature fell most there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from threading import Event

import numpy as np
from PIL import Image

from tinyvmaf.features import FEATURE_SETS
from tinyvmaf.progress import Progress, silent, stop_if_cancelled
from tinyvmaf.scores.result import Score
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.pictures import Seen, distorted_seen, reference_seen

DIFFERENCE_GAIN = 4
"""By how much the picture of a difference is enlarged, or nothing would be seen."""
_APART_SECONDS = 0.5
_SMALLEST_SPREAD = 0.01
"""Of a feature over a video; what differs less is nearly constant, and any step would look like a fall."""


@dataclass(frozen=True, slots=True, eq=False)
class FramePictures:
    """One frame in both videos, as people see it: turned and in the reference's size."""

    frame_index: int
    """0-based among the compared frames."""
    reference: np.ndarray
    """(H, W, 3) uint8 RGB."""
    distorted: np.ndarray
    """(H, W, 3) uint8 RGB."""

    @property
    def difference(self) -> np.ndarray:
        """(H, W, 3) uint8: how far they are apart, times ``DIFFERENCE_GAIN``; black where they are equal."""
        apart = np.abs(self.distorted.astype(np.int16) - self.reference)
        return np.minimum(apart * DIFFERENCE_GAIN, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Fall:
    """The feature that makes a frame stand out for the worse."""

    feature: str
    """Its name."""
    meaning: str
    """What it measures."""
    value: float
    """In this frame."""
    usual: float
    """Median over the video."""


def worst_frames(score: Score, count: int) -> tuple[int, ...]:
    """The indexes of up to ``count`` frames with low scores, worst first, spread over the video.

    No two are neighbours, nor nearer than half a second where the video is long enough for that. Empty for a score
    without frames.
    """
    frames = score.frames
    if not frames or count < 1:
        return ()
    apart = max(min(_half_a_second(score), len(frames) // (2 * count)), 2)
    chosen: list[int] = []
    for place in np.argsort([frame.score for frame in frames], kind="stable").tolist():
        if all(abs(place - other) >= apart for other in chosen):
            chosen.append(place)
        if len(chosen) == count:
            break
    return tuple(frames[place].frame_index for place in chosen)


def frame_pictures(
    plan: PairPlan, frame_indexes: Sequence[int], *, progress: Progress = silent, cancel: Event | None = None
) -> tuple[FramePictures, ...]:
    """Pictures of single frames of a planned pair, in the order asked for; both videos are decoded up to the last one.

    Raises:
        ValueError: an index is not among the compared frames.
        VideoError: a frame cannot be decoded whole.
        CancelledError: ``cancel`` was set.
    """
    wanted = set(frame_indexes)
    if wanted and not 0 <= min(wanted) <= max(wanted) < plan.frame_count:
        raise ValueError(f"frames {sorted(wanted)} of {plan.frame_count} that are compared")
    sides = (reference_seen(plan, wanted), plan.reference), (distorted_seen(plan, wanted), plan.distorted)
    pictures = [
        pictures_among(seen, wanted, label=video.path.name, progress=progress, cancel=cancel) for seen, video in sides
    ]
    return tuple(FramePictures(index, pictures[0][index], pictures[1][index]) for index in frame_indexes)


def pictures_among(
    seen: Iterable[Seen], wanted: set[int], *, label: str, progress: Progress = silent, cancel: Event | None = None
) -> dict[int, np.ndarray]:
    """The wanted pictures by their frames' indexes; stops when it has them all."""
    found: dict[int, np.ndarray] = {}
    for frame in seen if wanted else ():
        stop_if_cancelled(cancel)
        progress(frame.index + 1, max(wanted) + 1, f"pictures of {label}")
        if frame.picture is not None:
            found[frame.index] = frame.picture
        if len(found) == len(wanted):
            break
    return found


def png_bytes(picture: np.ndarray, *, widest: int | None = None) -> bytes:
    """The picture (H, W, 3) uint8 as PNG, scaled down to ``widest`` columns where it has more."""
    buffer = BytesIO()
    scaled(picture, widest=widest).save(buffer, format="PNG")
    return buffer.getvalue()


def scaled(picture: np.ndarray, *, widest: int | None) -> Image.Image:
    """The picture, scaled down by areas to ``widest`` columns where it has more; None: as it is."""
    image = Image.fromarray(picture)
    if widest is None or image.width <= widest:
        return image
    return image.resize((widest, max(round(image.height * widest / image.width), 1)), Image.Resampling.BOX)


def fallen_feature(score: Score, frame_index: int) -> Fall | None:
    """The feature that is worst in a frame, against its spread over the video; None: none is worse than usual.

    Features that tell of the content and not of its quality, like motion, are left out.
    """
    known = {feature.name: feature for each in FEATURE_SETS.values() for feature in each.features}
    frame = next(frame for frame in score.frames if frame.frame_index == frame_index)
    falls: list[tuple[float, Fall]] = []
    for name, value in frame.features.items():
        feature = known.get(name)
        if feature is None or feature.good == "neither":
            continue
        values = np.array([each.features[name] for each in score.frames])
        usual = float(np.median(values))
        worse = usual - value if feature.good == "high" else value - usual
        falls.append((worse / (float(values.std()) + _SMALLEST_SPREAD), Fall(name, feature.meaning, value, usual)))
    depth, fall = max(falls, key=lambda each: each[0], default=(0.0, None))
    return fall if depth > 0 else None


def _half_a_second(score: Score) -> int:
    """In frames."""
    last = score.frames[-1].time_seconds
    return ceil(_APART_SECONDS * (len(score.frames) - 1) / last) if last > 0 else 1
