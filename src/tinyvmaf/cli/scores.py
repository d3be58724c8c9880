"""Commands that score videos."""

from pathlib import Path
from typing import Annotated

import typer

from tinyvmaf.cli.options import one_of, raw_format

GATE_NOT_MET = 3


def score(
    reference: Annotated[Path, typer.Argument(help="The pristine video.")],
    distorted: Annotated[Path, typer.Argument(help="The video to be judged.")],
    fast: Annotated[bool, typer.Option("--fast", help="Our kernel on a sample of rows (the default).")] = False,
    full: Annotated[bool, typer.Option("--full", help="Our kernel on every row.")] = False,
    exact: Annotated[bool, typer.Option("--exact", help="libvmaf itself.")] = False,
    teacher: Annotated[
        str, typer.Option(help="Which VMAF: vmaf, vmaf_neg, vmaf_4k, or (by --exact) vmaf_v1.")
    ] = "vmaf",
    model: Annotated[
        str | None, typer.Option(help="A head of the shelf by its id, or the path of a model.onnx.")
    ] = None,
    size: Annotated[str | None, typer.Option(help="WxH of headerless YUV.")] = None,
    pix_fmt: Annotated[str | None, typer.Option(help="Pixel format of headerless YUV, as ffmpeg spells it.")] = None,
    pair: Annotated[str, typer.Option(help="time: nearest stamp; index: frame n with frame n.")] = "time",
    offset: Annotated[int, typer.Option(help="Frames by which the distorted video lags.")] = 0,
    shortest: Annotated[bool, typer.Option("--shortest", help="Compare the common part of unequal lengths.")] = False,
    reference_crop: Annotated[
        str | None, typer.Option(help="W:H:X:Y, the part of the reference that is compared, as ffmpeg's crop takes it.")
    ] = None,
    distorted_crop: Annotated[str | None, typer.Option(help="W:H:X:Y, the same of the distorted video.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads that measure; 0: one per core.")] = 0,
    no_frames: Annotated[bool, typer.Option("--no-frames", help="Leave the frames out of the JSON.")] = False,
    min_score: Annotated[float | None, typer.Option(help="Exit with 3 when the score is below.")] = None,
    pool: Annotated[str, typer.Option(help="What --min-score looks at: mean, harmonic_mean, min, p1, p5.")] = "mean",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score of a video against its reference, 0-100, per frame and pooled.

    What computes it, by --fast, --full or --exact, stands with the score; so does its error bar, the distance to
    libvmaf's own number.

    Example: `tinyvmaf score reference.mp4 encode.mp4 --min-score 90 --pool p1`
    """
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.cli.score_view import document_of, mode_from, options_from, view_of
    from tinyvmaf.scores.pooling import POOLS
    from tinyvmaf.scores.score import score_pair
    from tinyvmaf.video.probe import VideoFile

    raw = raw_format(size, pix_fmt)
    options = options_from(
        mode=mode_from(fast=fast, full=full, exact=exact),
        teacher=teacher,
        model=model,
        pair=pair,
        offset=offset,
        shortest=shortest,
        crops=(reference_crop, distorted_crop),
        threads=threads,
    )
    one_of(pool, POOLS, option="--pool")
    with progress_bar() as progress:
        result = score_pair(VideoFile(reference, raw), VideoFile(distorted, raw), options, progress=progress)
    answer(document_of(result, with_frames=not no_frames), as_json=as_json, text=view_of(result))
    if min_score is not None and getattr(result.pooled, pool) < min_score:
        raise typer.Exit(GATE_NOT_MET)
