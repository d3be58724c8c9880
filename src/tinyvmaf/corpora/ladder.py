"""A pristine video and the rungs of a ladder -> its clips: one per rung, or the video itself where there is none."""

from collections.abc import Sequence

from tinyvmaf.corpora.clip import Clip, Opinion
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.probe import VideoFile


def ladder_clips(
    video: VideoFile,
    *,
    corpus: str,
    name: str,
    source: str,
    rungs: Sequence[Rung],
    opinion: Opinion | None = None,
) -> list[Clip]:
    """The clips of one pristine video.

    With rungs, each is an encode of the video, and ``opinion`` tells of the reference. Without, the one clip is the
    video as it is, which has no reference, and ``opinion`` tells of it.
    """
    if not rungs:
        return [Clip(name, corpus, source, None, video, opinion=opinion)]
    return [
        Clip(f"{name}-{rung.slug}", corpus, source, video, rung, reference_opinion=opinion)
        for rung in dict.fromkeys(rungs)
    ]
