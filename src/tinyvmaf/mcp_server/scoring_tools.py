"""Tools that score videos. Parameters and words are what an agent reads of them."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from tinyvmaf.mcp_server.calls import Calls, Told
from tinyvmaf.mcp_server.parameters import (
    Distorted,
    Height,
    Mode,
    Offset,
    OptionalReference,
    PerSecond,
    PixFmt,
    Pool,
    Reference,
    ShelfModel,
    Shortest,
    Teacher,
    Width,
    WithFrames,
    raw_format,
    score_options,
)
from tinyvmaf.mcp_server.results import answer
from tinyvmaf.mcp_server.roots import Roots

if TYPE_CHECKING:
    from tinyvmaf.scores.rank import FailedEncode, Ranking
    from tinyvmaf.scores.result import Score
    from tinyvmaf.video.file import VideoFile


class ScoringTools:
    """The tools, on the files that the roots allow."""

    def __init__(self, roots: Roots, calls: Calls) -> None:
        """For one server."""
        self._roots = roots
        self._calls = calls

    async def vmaf_score(
        self,
        reference: Reference,
        distorted: Distorted,
        context: Context,
        width: Width = None,
        height: Height = None,
        pix_fmt: PixFmt = None,
        model: Annotated[str, Field(description="Which VMAF: vmaf, vmaf_neg, ... or libvmaf's version.")] = "vmaf",
    ) -> CallToolResult:
        """The exact VMAF of a video against its reference, by libvmaf itself: `score`, 0-100, mean over frames.

        Slower than score_video, whose number is within its error bar of this one. Frames are paired by checked time
        stamps; a pair that does not line up is an error that names the way out.
        """

        def work(progress: Told, cancel: Event) -> "Score":
            from tinyvmaf.scores.score import score_pair

            raw, options = raw_format(width, height, pix_fmt), score_options(mode="exact", teacher=model)
            files = self._roots.video(reference, raw), self._roots.video(distorted, raw)
            return score_pair(*files, options, progress=progress, cancel=cancel)

        return _answer(await self._calls.run(context, work), with_frames=False)

    async def score_video(
        self,
        distorted: Distorted,
        context: Context,
        reference: OptionalReference = None,
        mode: Mode = "fast",
        teacher: Teacher = "vmaf",
        model: ShelfModel = None,
        offset: Offset = 0,
        shortest: Shortest = False,
        width: Width = None,
        height: Height = None,
        pix_fmt: PixFmt = None,
        with_frames: WithFrames = False,
        fps: PerSecond = 2,
    ) -> CallToolResult:
        """The score of a video, 0-100: by VMAF or a model of the shelf against its reference, or estimated without one.

        `score` is the mean over frames; `pooled` holds the worst frame and low percentiles, which people notice more.
        `interval` is the distance to libvmaf's own number, not to people's opinion. Read `warnings`: they tell of a
        lag, a crop or a difference in format that spoils a score. Without a reference, a model of kind nr (see
        list_models) guesses the score from the pictures, which is far less sure.
        """

        def work(progress: Told, cancel: Event) -> "Score":
            raw = raw_format(width, height, pix_fmt)
            file = self._roots.video(distorted, raw)
            if reference is None:
                return self._score_alone(file, model, per_second=fps, progress=progress, cancel=cancel)
            from tinyvmaf.scores.score import score_pair

            opened = None if model is None else self._roots.model(model)
            options = score_options(mode=mode, teacher=teacher, model=opened, offset=offset, shortest=shortest)
            return score_pair(self._roots.video(reference, raw), file, options, progress=progress, cancel=cancel)

        return _answer(await self._calls.run(context, work), with_frames=with_frames)

    def _score_alone(
        self, file: "VideoFile", model: str | None, *, per_second: float, progress: Told, cancel: Event
    ) -> "Score":
        from tinyvmaf.scores.no_reference import DEFAULT_MODEL, score_alone

        opened = self._roots.model(model or DEFAULT_MODEL)
        return score_alone(file, opened, per_second=per_second, progress=progress, cancel=cancel).score

    async def rank_encodes(
        self,
        reference: Reference,
        encodes: Annotated[list[str], Field(min_length=1, description="Paths of encodes of that reference.")],
        context: Context,
        pool: Pool = "mean",
        mode: Mode = "fast",
        teacher: Teacher = "vmaf",
    ) -> CallToolResult:
        """Encodes of one reference, worst first: size, bitrate, score, low percentiles, and when the worst frame is.

        An encode that cannot be read is listed under `failed`, and the others are still ranked.
        """

        def work(progress: Told, cancel: Event) -> "Ranking":
            from tinyvmaf.scores.rank import rank

            options = score_options(mode=mode, teacher=teacher)
            files, refused = self._readable(encodes)
            found = rank(self._roots.video(reference), files, options, pool=pool, progress=progress, cancel=cancel)
            return replace(found.without_frames(), failed=(*refused, *found.failed))

        from tinyvmaf.documents import to_document

        return answer(to_document("rank", await self._calls.run(context, work)))

    def _readable(self, encodes: Sequence[str]) -> "tuple[list[VideoFile], list[FailedEncode]]":
        """The encodes that may be opened, and those that are no videos."""
        from tinyvmaf.errors import VideoError
        from tinyvmaf.scores.rank import FailedEncode

        files: list[VideoFile] = []
        refused: list[FailedEncode] = []
        for encode in encodes:
            try:
                files.append(self._roots.video(encode))
            except VideoError as error:
                refused.append(FailedEncode(self._roots.path(encode), str(error)))
        return files, refused


def _answer(score: "Score", *, with_frames: bool) -> CallToolResult:
    from tinyvmaf.documents import to_document

    return answer(to_document("score", score if with_frames else score.without_frames()))
