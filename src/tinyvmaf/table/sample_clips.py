"""One clip -> its samples: which frames are looked at, what is cut out of them, and what it is to be told by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tinyvmaf.errors import VideoError
from tinyvmaf.pixels.degradations import Degrade
from tinyvmaf.pixels.patches import (
    FRAME_SIDE,
    Codes,
    Luma,
    codes,
    cut,
    frame_sample,
    padded,
    patch_places,
    patch_samples,
)
from tinyvmaf.progress import stop_if_cancelled
from tinyvmaf.table.measuring import STANDARDS, Workplace
from tinyvmaf.table.sample_parts import ClipSamples
from tinyvmaf.table.sample_set import INDEX_COLUMNS, SampleKind
from tinyvmaf.video.decode import decode_luma, distorted_luma, reference_luma
from tinyvmaf.video.encode import EncodeFacts
from tinyvmaf.video.formats import measured_format
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.pixel_format import bit_depth
from tinyvmaf.video.probe import Video
from tinyvmaf.video.times import frame_times

_MARGIN = 16
"""Pixels around a part that are degraded with it, so that no filter sees its edge."""
_BLOCK = 8
"""Of JPEG: a part may begin anywhere in a block."""


@dataclass(frozen=True, slots=True)
class SampleShape:
    """What is taken of each clip."""

    kind: SampleKind
    """What a sample is."""
    frames_per_clip: int
    """Time points, spread evenly; 1: the middle frame. A shorter clip yields each of its frames once."""
    patches_per_frame: int = 1
    """P of ``patches``; of ``pairs`` the crops of a time point, each a sample. ``frame`` has one."""
    patch_size: int = FRAME_SIDE
    """S."""
    whole_frames: bool = False
    """Of ``pairs``: the whole picture made small, as the recipe of record has it, not crops."""


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    """One time point of a video."""

    index: int
    luma: Luma
    previous: Luma


def time_points(frame_count: int, wanted: int) -> tuple[int, ...]:
    """The middles of so many equal stretches of a clip, as frame numbers; one: its middle frame."""
    count = min(frame_count, wanted)
    return tuple((2 * number + 1) * frame_count // (2 * count) for number in range(count))


def labelled(
    plan: PairPlan, scores: pl.Series, facts: EncodeFacts, shape: SampleShape, *, workplace: Workplace
) -> ClipSamples:
    """Samples of the distorted video of a pair, each with its frame's score and the clip's mean.

    Raises:
        VideoError: the video is broken, or ends early.
    """
    wanted = time_points(plan.frame_count, shape.frames_per_clip)
    unit = _unit(plan.measured.pix_fmt)
    moments = list(_moments(distorted_luma(plan, threads=workplace.threads), wanted, workplace))
    targets = [scores[place] for place in wanted]
    rows = _rows(wanted, facts, targets=targets, clip_target=scores.mean())
    return ClipSamples(rows, np.stack([_look(moment, shape, unit) for moment in moments]))


def rated(video: Video, mos_100: float, shape: SampleShape, *, workplace: Workplace) -> ClipSamples:
    """Samples of a video that people rated, each with their opinion of all of it.

    Raises:
        VideoError: the video is broken, or ends early.
    """
    measured = measured_format(video, video)
    wanted = time_points(frame_times(video).count, shape.frames_per_clip)
    moments = list(_moments(decode_luma(video, measured=measured, threads=workplace.threads), wanted, workplace))
    facts = EncodeFacts(
        codec=video.codec if video.codec in STANDARDS else None,
        encode_height=video.height,
        width=video.width,
        height=video.height,
        fps=float(video.fps),
    )
    rows = _rows(wanted, facts, targets=[mos_100] * len(wanted), clip_target=mos_100)
    return ClipSamples(rows, np.stack([_look(moment, shape, _unit(measured.pix_fmt)) for moment in moments]))


def degraded(
    video: Video, degrade: Degrade, name: str, shape: SampleShape, *, seed: int, workplace: Workplace
) -> ClipSamples:
    """Pairs of a clean video and itself after a degradation of pictures.

    Raises:
        VideoError: the video is broken, or ends early.
    """
    measured = measured_format(video, video)
    unit = _unit(measured.pix_fmt)
    wanted = time_points(frame_times(video).count, shape.frames_per_clip)
    pairs = []
    for moment in _moments(decode_luma(video, measured=measured, threads=workplace.threads), wanted, workplace):
        if shape.whole_frames:
            clean = frame_sample(moment.luma, unit)
            pairs.append((degrade(clean[0], moment.index)[np.newaxis], clean))
        else:
            pairs.append(_degraded_crops(moment, degrade, shape, unit=unit, seed=seed))
    facts = EncodeFacts(width=video.width, height=video.height, fps=float(video.fps))
    return _pairs(wanted, pairs, facts, name)


def encoded(plan: PairPlan, facts: EncodeFacts, name: str, shape: SampleShape, *, workplace: Workplace) -> ClipSamples:
    """Pairs of a clean video and an encode of it.

    Raises:
        VideoError: a video is broken, or ends early.
    """
    wanted = time_points(plan.frame_count, shape.frames_per_clip)
    unit = _unit(plan.measured.pix_fmt)
    clean = _moments(reference_luma(plan, threads=workplace.threads), wanted, workplace)
    worse = _moments(distorted_luma(plan, threads=workplace.threads), wanted, workplace)
    pairs = []
    for before, after in zip(clean, worse, strict=True):
        if shape.whole_frames:
            pairs.append((frame_sample(after.luma, unit), frame_sample(before.luma, unit)))
            continue
        places = _crop_places(before, shape)
        both = (codes(cut(luma, places, size=shape.patch_size), unit) for luma in (after.luma, before.luma))
        pairs.append(tuple(both))
    return _pairs(wanted, pairs, facts, name)


def _moments(frames: Iterable[Luma], wanted: Sequence[int], workplace: Workplace) -> Iterator[_Moment]:
    """The wanted frames, each with the one before (of the first frame: itself); the rest is not decoded."""
    previous: Luma | None = None
    left = list(wanted)
    for index, luma in enumerate(frames):
        stop_if_cancelled(workplace.cancel)
        if index == left[0]:
            yield _Moment(index, luma, luma if previous is None else previous)
            left.pop(0)
            if not left:
                return
        previous = luma
    raise VideoError(f"a video ends before frame {left[0]}, which was to be sampled")


def _look(moment: _Moment, shape: SampleShape, unit: float) -> Codes:
    """(P, C, S, S) what a no-reference net is given of it."""
    if shape.kind == "frame":
        return frame_sample(moment.luma, unit)[np.newaxis]
    return patch_samples(moment.luma, moment.previous, count=shape.patches_per_frame, size=shape.patch_size, unit=unit)


def _crop_places(moment: _Moment, shape: SampleShape) -> NDArray[np.intp]:
    return patch_places(moment.luma, moment.previous, count=shape.patches_per_frame, size=shape.patch_size)


def _degraded_crops(
    moment: _Moment, degrade: Degrade, shape: SampleShape, *, unit: float, seed: int
) -> tuple[Codes, Codes]:
    """(n, S, S) twice: parts after a degradation and before it; each is degraded with its surroundings."""
    size = shape.patch_size
    picture = padded(codes(moment.luma, unit), size)
    around = np.pad(picture, _MARGIN + _BLOCK, mode="reflect" if min(picture.shape) > _MARGIN + _BLOCK else "edge")
    draw = np.random.default_rng((seed, moment.index))
    worse = []
    places = _crop_places(moment, shape)
    for number, (top, left) in enumerate(places.tolist()):
        down, across = draw.integers(0, _BLOCK, 2).tolist()  # where in a block of JPEG the part begins
        window = around[top + _BLOCK - down :, left + _BLOCK - across :]
        window = window[: size + 2 * _MARGIN + down, : size + 2 * _MARGIN + across]
        after = degrade(window, moment.index * shape.patches_per_frame + number)
        worse.append(after[_MARGIN + down :, _MARGIN + across :][:size, :size])
    return np.stack(worse), codes(cut(picture, places, size=size), 1)


def _pairs(wanted: Sequence[int], pairs: Sequence[tuple[Codes, ...]], facts: EncodeFacts, name: str) -> ClipSamples:
    """Pairs of (n, S, S) per time point as samples of their own: (n frames x n crops, 1, 1, S, S)."""
    crops = len(pairs[0][0])
    pixels, clean = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    rows = _rows(wanted, facts, targets=[None] * len(wanted), clip_target=None, crops=crops, degradation=name)
    return ClipSamples(rows, pixels[:, np.newaxis, np.newaxis], clean[:, np.newaxis, np.newaxis])


def _rows(
    wanted: Sequence[int],
    facts: EncodeFacts,
    *,
    targets: Sequence[float | None],
    clip_target: object,
    crops: int = 1,
    degradation: str | None = None,
) -> pl.DataFrame:
    """The rows of the index but for whose they are, time point after time point."""
    count = len(wanted) * crops
    values: dict[str, object] = {
        "frame_index": np.repeat(wanted, crops).tolist(),
        "crop": list(range(crops)) * len(wanted),
        "target": [target for target in targets for _ in range(crops)],
        "clip_target": [clip_target] * count,
        "degradation": [degradation] * count,
    }
    values |= {name: [getattr(facts, name)] * count for name in INDEX_COLUMNS if hasattr(facts, name)}
    names = [name for name in INDEX_COLUMNS if name in values]
    return pl.DataFrame({name: values[name] for name in names}, schema={name: INDEX_COLUMNS[name] for name in names})


def _unit(pix_fmt: str) -> float:
    """8-bit code values per code value."""
    return 2.0 ** (8 - bit_depth(pix_fmt))
