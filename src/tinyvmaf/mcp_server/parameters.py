"""Parameters that several tools take, with the words that an agent reads, and what the rooms take for them."""

from typing import TYPE_CHECKING, Annotated, Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

if TYPE_CHECKING:
    from tinyvmaf.bundles.session import Model
    from tinyvmaf.scores.score import ScoreOptions
    from tinyvmaf.video.file import RawFormat

Reference = Annotated[str, Field(description="Path of the pristine video.")]
OptionalReference = Annotated[
    str | None, Field(description="Path of the pristine video; without it, the score is estimated from the pictures.")
]
PerSecond = Annotated[float, Field(gt=0, le=60, description="Frames of each second to look at, without a reference.")]
Distorted = Annotated[str, Field(description="Path of the video to be judged.")]
Width = Annotated[int | None, Field(ge=1, description="Columns, of headerless YUV only.")]
Height = Annotated[int | None, Field(ge=1, description="Lines, of headerless YUV only.")]
PixFmt = Annotated[str | None, Field(description="Pixel format of headerless YUV, as ffmpeg spells it: yuv420p, ...")]
ModeName = Literal["fast", "full", "exact"]
Mode = Annotated[
    ModeName,
    Field(description="fast: our kernel on sampled rows, with an error bar; full: on every row; exact: libvmaf."),
]
Teacher = Annotated[
    str, Field(description="Which VMAF: vmaf (v0.6.1), vmaf_neg, vmaf_4k or, in mode exact only, vmaf_v1.")
]
ShelfModel = Annotated[
    str | None, Field(description="A model by its id (see list_models) or path; without one, VMAF itself.")
]
WithFrames = Annotated[bool, Field(description="Also give every frame's score and features, which is long.")]
Offset = Annotated[int, Field(description="Frames by which the distorted video lags.")]
Shortest = Annotated[bool, Field(description="Compare the common part of videos of unequal length.")]
Pool = Annotated[
    Literal["mean", "harmonic_mean", "min", "p1", "p5", "p10", "median"],
    Field(description="The pooling of frame scores that decides."),
]
Tables = Annotated[str | list[str], Field(description="Clip tables, as F.parquet or NAME=F.parquet.")]
Split = Annotated[
    Literal["all", "train", "val"],
    Field(description="All rows, or what the validation mode trains on, or what it holds out."),
]
ValMode = Annotated[str | None, Field(description="How rows are split; without it, as the tables suggest.")]
Corpus = Annotated[str | None, Field(description="Only rows of this corpus.")]


def score_options(
    *, mode: ModeName, teacher: str, model: "Model | None" = None, offset: int = 0, shortest: bool = False
) -> "ScoreOptions":
    """The options of one scoring.

    Raises:
        ToolError: they do not go together; the message says what does.
    """
    from tinyvmaf.scores.score import ScoreOptions

    try:
        return ScoreOptions(mode=mode, teacher=teacher_of(teacher), model=model, offset=offset, shortest=shortest)
    except ValueError as error:
        raise ToolError(str(error)) from error


def teacher_of(name: str) -> str:
    """The teacher of that name, or the one of which libvmaf's model has that version.

    Raises:
        ToolError: there is none; the message names those there are.
    """
    from tinyvmaf.video.teachers import TEACHERS

    for teacher in TEACHERS.values():
        if name == teacher.name or name in {model.version for model in teacher.models}:
            return teacher.name
    known = ", ".join(TEACHERS)
    raise ToolError(f"{name!r} is none of libvmaf's models ({known}): for a model of the shelf use score_video")


def raw_format(width: int | None, height: int | None, pix_fmt: str | None) -> "RawFormat | None":
    """The layout of headerless YUV; None where nothing of it is given.

    Raises:
        ToolError: a part of it is missing.
    """
    from tinyvmaf.video.file import RawFormat

    if width is None and height is None and pix_fmt is None:
        return None
    if width is None or height is None or pix_fmt is None:
        raise ToolError("headerless YUV needs width, height and pix_fmt, all three")
    return RawFormat(width, height, pix_fmt)
