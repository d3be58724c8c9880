"""Commands that score videos."""

from pathlib import Path
from typing import Annotated

import typer

from tinyvmaf.cli.options import raw_format
from tinyvmaf.cli.report import ReportFile
from tinyvmaf.cli.score_options import (
    Also,
    AsJson,
    Csv,
    DistortedCrop,
    Exact,
    Fast,
    Fps,
    Full,
    JsonLines,
    LibvmafJson,
    MinScore,
    ModelName,
    NoFrames,
    NoReference,
    Offset,
    Pair,
    PixFmt,
    Reference,
    ReferenceCrop,
    Shortest,
    Size,
    Teacher,
    Threads,
)

Distorted = Annotated[
    list[Path] | None, typer.Argument(help="The videos to be judged: files, folders, patterns.", show_default=False)
]
Pool = Annotated[str, typer.Option(help="What --min-score looks at: mean, harmonic_mean, min, p1, p5.")]


def score(
    reference: Reference,
    distorted: Distorted = None,
    fast: Fast = False,
    full: Full = False,
    exact: Exact = False,
    teacher: Teacher = "vmaf",
    model: ModelName = None,
    size: Size = None,
    pix_fmt: PixFmt = None,
    pair: Pair = "time",
    offset: Offset = 0,
    shortest: Shortest = False,
    reference_crop: ReferenceCrop = None,
    distorted_crop: DistortedCrop = None,
    threads: Threads = 0,
    also: Also = None,
    no_frames: NoFrames = False,
    min_score: MinScore = None,
    pool: Pool = "mean",
    csv: Csv = None,
    libvmaf_json: LibvmafJson = None,
    json_lines: JsonLines = False,
    page: ReportFile = None,
    no_reference: NoReference = False,
    fps: Fps = 2.0,
    as_json: AsJson = False,
) -> None:
    """Score of a video against its reference, 0-100, per frame and pooled; several are scored one after the other.

    What computes it, by --fast, --full or --exact, stands with the score; so does its error bar, the distance to
    libvmaf's own number. A folder or a pattern leaves out the reference; of several videos, one that cannot be
    scored does not lose the others (exit 1 at the end).

    Example: `tinyvmaf score reference.mp4 encode.mp4 --min-score 90 --pool p1`

    Without a reference: `tinyvmaf score --no-reference encode.mp4`
    """
    from tinyvmaf.cli.score_alone import refuse_pair_options, score_files_alone
    from tinyvmaf.cli.score_run import Outputs, score_files
    from tinyvmaf.cli.score_view import Paired, mode_from, options_from

    outputs = Outputs(as_json, json_lines, not no_frames, csv, libvmaf_json, min_score, pool, page)
    paired = Paired(pair, offset, shortest, reference_crop, distorted_crop)
    mode = mode_from(fast=fast, full=full, exact=exact)
    if no_reference:
        refuse_pair_options(paired, named_mode=fast or full or exact, teacher=teacher, also=also)
        files = (reference, *(distorted or ()))
        score_files_alone(files, raw_format(size, pix_fmt), model, outputs, per_second=fps, threads=threads)
        return
    if not distorted:
        raise typer.BadParameter("name the video that is judged, after its reference", param_hint="DISTORTED")
    options = options_from(mode, paired, teacher=teacher, model=model, threads=threads, also=also)
    score_files(reference, distorted, raw_format(size, pix_fmt), options, outputs)
