"""A score and its two videos -> what a page shows of them: the worst frames as pictures, scene cuts, cost."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tinyvmaf.errors import VideoError
from tinyvmaf.progress import Progress, silent, stop_if_cancelled
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.scene_cuts import Changes
from tinyvmaf.scores.worst_frames import FramePictures, pictures_among, worst_frames
from tinyvmaf.video.packets import stream_weight
from tinyvmaf.video.pairing import PairPlan, plan_pair
from tinyvmaf.video.pictures import Seen, distorted_seen, reference_seen
from tinyvmaf.video.probe import probe


@dataclass(frozen=True, slots=True)
class Sights:
    """What is seen of one encode."""

    worst: tuple[FramePictures, ...] = ()
    """The worst frames, worst first."""
    cuts: tuple[int, ...] | None = None
    """The compared frames at which a scene of the reference begins; None: nobody looked."""
    codec: str | None = None
    """As ffmpeg names the standard; None: nobody looked."""
    bitrate_kbps: float | None = None
    """Of the video stream; None: nobody looked."""
    missing: str | None = None
    """Why nobody looked; None: the rest is there, or was not asked for."""


def sights_of(
    score: Score, plan: PairPlan, *, count: int, progress: Progress = silent, cancel: Event | None = None
) -> Sights:
    """What is seen of a pair: the reference is decoded once more, the encode up to the last of its worst frames.

    Raises:
        VideoError: a frame cannot be decoded whole.
        CancelledError: ``cancel`` was set.
    """
    order, changes = worst_frames(score, count), Changes()
    wanted, name = set(order), plan.reference.path.name
    watched = _watched(reference_seen(plan, wanted), changes)
    reference = pictures_among(watched, wanted, label=name, progress=progress, cancel=cancel)
    for frame in watched:
        stop_if_cancelled(cancel)
        progress(frame.index + 1, plan.frame_count, f"scenes of {name}")
    seen = distorted_seen(plan, wanted)
    distorted = pictures_among(seen, wanted, label=plan.distorted.path.name, progress=progress, cancel=cancel)
    return Sights(
        worst=tuple(FramePictures(index, reference[index], distorted[index]) for index in order),
        cuts=changes.cuts,
        codec=plan.distorted.codec,
        bitrate_kbps=stream_weight(plan.distorted).bitrate_kbps,
    )


def plan_again(score: Score) -> PairPlan:
    """The plan of a kept score, out of the files as they are now.

    Raises:
        VideoError: a file is gone, is not what it was, or was read in a way that the score does not keep.
    """
    if score.pairing is None or score.reference is None:
        raise VideoError("it was scored without a reference")
    reference, distorted = probe(Path(score.reference)), probe(Path(score.distorted))
    offset = round(score.pairing.offset_seconds * float(distorted.fps))
    plan = plan_pair(reference, distorted, rule=score.pairing.rule, offset=offset, shortest=True)
    if (plan.frame_count, plan.scaled_from) != (score.frame_count, score.scaled_from):
        raise VideoError(
            f"{plan.frame_count} frames of the files belong together now, {score.frame_count} were compared, or their "
            "sizes differ from then: the files have changed, or parts of the pictures were compared"
        )
    return plan


def _watched(seen: Iterable[Seen], changes: Changes) -> Iterator[Seen]:
    for frame in seen:
        changes.see(frame.coarse)
        yield frame
