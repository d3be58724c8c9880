"""The tool that shows where an encode is worst: pictures of single frames, and the feature that fell most there."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ImageContent
from pydantic import Field

from tinyvmaf.mcp_server.calls import Calls, Told
from tinyvmaf.mcp_server.parameters import Distorted, Mode, Offset, Reference, Shortest, Teacher, score_options
from tinyvmaf.mcp_server.results import answer
from tinyvmaf.mcp_server.roots import Roots

if TYPE_CHECKING:
    from tinyvmaf.scores.result import Score
    from tinyvmaf.scores.score import ScoreOptions
    from tinyvmaf.scores.worst_frames import Fall, FramePictures
    from tinyvmaf.video.file import VideoFile

_JPEG_QUALITY = 92
"""PNG takes four times as much, and clients bound what a tool may answer to a megabyte or so."""
_WIDEST_PANEL = 512
"""Columns of each of the three panels; a model that looks at pictures shrinks larger ones."""


@dataclass(frozen=True, slots=True)
class WorstFrame:
    """One of the worst frames."""

    frame_index: int
    """0-based among the compared frames."""
    time_seconds: float
    """From the first compared frame."""
    score: float
    """0-100."""
    fallen: "Fall | None"
    """The feature that is worst against its spread over the video; None: none is worse than usual."""


@dataclass(frozen=True, slots=True)
class WorstFrames:
    """Where an encode is worst."""

    reference: Path
    """Without links."""
    distorted: Path
    """Without links."""
    teacher: str
    """Which VMAF."""
    extractor: str
    """What computed the features."""
    score: float
    """Mean over all frames, 0-100."""
    frame_count: int
    """Frames that were compared."""
    panels: tuple[str, ...]
    """What each picture shows, from left to right."""
    frames: tuple[WorstFrame, ...]
    """Worst first; the pictures have this order too."""
    warnings: tuple[str, ...]
    """What a reader of the score should know."""


class WorstFramesTool:
    """The tool, on the files that the roots allow."""

    def __init__(self, roots: Roots, calls: Calls) -> None:
        """For one server."""
        self._roots = roots
        self._calls = calls

    async def describe_worst_frames(
        self,
        reference: Reference,
        distorted: Distorted,
        context: Context,
        count: Annotated[int, Field(ge=1, le=8, description="How many frames, spread over the video.")] = 3,
        mode: Mode = "fast",
        teacher: Teacher = "vmaf",
        offset: Offset = 0,
        shortest: Shortest = False,
    ) -> CallToolResult:
        """The worst frames of an encode as pictures, each with its time, score and the feature that fell most.

        One picture per frame, worst first, in three panels from left to right: reference, distorted, and their
        difference (enhanced, so that it can be seen; black where they are equal).
        """

        def work(progress: Told, cancel: Event) -> "tuple[WorstFrames, list[ImageContent]]":
            options = score_options(mode=mode, teacher=teacher, offset=offset, shortest=shortest)
            files = self._roots.video(reference), self._roots.video(distorted)
            return _worst(*files, options, count=count, progress=progress, cancel=cancel)

        worst, pictures = await self._calls.run(context, work)
        from tinyvmaf.documents import to_document

        return answer(to_document("worst-frames", worst), pictures=pictures)


def _worst(
    reference: "VideoFile",
    distorted: "VideoFile",
    options: "ScoreOptions",
    *,
    count: int,
    progress: Told,
    cancel: Event,
) -> "tuple[WorstFrames, list[ImageContent]]":
    from tinyvmaf.scores.score import plan_for, score_pair
    from tinyvmaf.scores.worst_frames import frame_pictures, worst_frames

    score = score_pair(reference, distorted, options, progress=progress, cancel=cancel)
    indexes = worst_frames(score, count)
    shown = frame_pictures(plan_for(reference, distorted, options), indexes, progress=progress, cancel=cancel)
    return _record(score, reference.path, indexes), [_panels(pictures) for pictures in shown]


def _record(score: "Score", reference: Path, indexes: Sequence[int]) -> WorstFrames:
    from tinyvmaf.scores.worst_frames import DIFFERENCE_GAIN, fallen_feature

    frames = (score.frames[index] for index in indexes)
    return WorstFrames(
        reference=reference,
        distorted=score.distorted,
        teacher=score.teacher,
        extractor=score.extractor,
        score=score.score,
        frame_count=score.frame_count,
        panels=("reference", "distorted", f"difference, times {DIFFERENCE_GAIN}"),
        frames=tuple(
            WorstFrame(each.frame_index, each.time_seconds, each.score, fallen_feature(score, each.frame_index))
            for each in frames
        ),
        warnings=score.warnings,
    )


def _panels(pictures: "FramePictures") -> ImageContent:
    """Reference, distorted and difference side by side, as JPEG of a quality that adds nothing to be seen."""
    import numpy as np
    from PIL import Image

    from tinyvmaf.scores.worst_frames import scaled

    sides = (pictures.reference, pictures.distorted, pictures.difference)
    row = np.concatenate([np.asarray(scaled(side, widest=_WIDEST_PANEL)) for side in sides], axis=1)
    data = BytesIO()
    Image.fromarray(row).save(data, format="JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return ImageContent(data=base64.b64encode(data.getvalue()).decode("ascii"), mime_type="image/jpeg")
