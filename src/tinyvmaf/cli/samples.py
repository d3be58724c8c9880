"""The command that makes pixel samples."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tinyvmaf.cli.corpus_options import (
    AssumeDims,
    DataRoot,
    Ladder,
    LayoutName,
    MosCsv,
    MosScale,
    PixFmt,
    Root,
    Size,
    corpus_request,
    raw_layout,
)
from tinyvmaf.cli.table import Cache, Jobs

KindName = Annotated[
    Literal["frame", "patches", "pairs"],
    typer.Option(
        help="frame: the middle frame, made small; patches: parts at their own size; pairs: degraded and clean parts."
    ),
]
Degradations = Annotated[
    list[str] | None,
    typer.Option("--degradation", help="What pairs are made by: none, blur_jpeg, grain, codec; repeatable."),
]
TargetName = Annotated[
    Literal["vmaf", "mos"], typer.Option(help="vmaf: of each frame, by our kernel; mos: people's, of each clip.")
]
FramesPerClip = Annotated[
    int | None, typer.Option(min=1, help="Time points per clip; 1: the middle. Default: 1 of whole frames, else 4.")
]
PatchesPerFrame = Annotated[
    int | None, typer.Option(min=1, help="Parts per time point; default: 8 patches, or 4 pairs.")
]
PatchSize = Annotated[int | None, typer.Option(help="Rows and columns of a part; default: 64, of pairs 128.")]
Pairing = Annotated[Literal["time", "index"], typer.Option(help="time: nearest stamp; index: frame n with frame n.")]


def extract_samples(
    root: Root = None,
    *,
    layout: LayoutName,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")],
    kind: KindName,
    ladder: Ladder = None,
    degradation: Degradations = None,
    target: TargetName = "vmaf",
    frames_per_clip: FramesPerClip = None,
    patches_per_frame: PatchesPerFrame = None,
    patch_size: PatchSize = None,
    whole_frames: Annotated[
        bool, typer.Option("--whole-frames", help="Pairs of whole frames made small, not of parts.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the degradations.")] = 0,
    mos_csv: MosCsv = None,
    mos_scale: MosScale = None,
    size: Size = None,
    pix_fmt: PixFmt = None,
    assume_dims: AssumeDims = None,
    pair: Pairing = "time",
    skip_broken: Annotated[bool, typer.Option("--skip-broken", help="Leave out what is broken or fails.")] = False,
    jobs: Jobs = None,
    cache: Cache = None,
    rehash: Annotated[bool, typer.Option("--rehash", help="Read every video again, whatever is remembered.")] = False,
    max_clips: Annotated[int | None, typer.Option(min=1, help="Only the first so many clips.")] = None,
    data_root: DataRoot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Makes the pixel samples that no-reference nets and pre-filters learn from: a folder for `fit --samples`.

    Each encode of the ladder is made once, scored and sampled. A run that was stopped goes on where it was.

    Example: `tinyvmaf extract-samples corpus --layout folder --ladder x264:20,27,34 --kind patches -o samples`
    """
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.cli.samples_view import document_of, listing_for, options_from, view_of
    from tinyvmaf.table.clip_store import ClipStore
    from tinyvmaf.table.samples import extract_samples as extract

    options = options_from(
        kind=kind, target=target, degradations=degradation or (), frames_per_clip=frames_per_clip,
        patches_per_frame=patches_per_frame, patch_size=patch_size, whole_frames=whole_frames, seed=seed, pairing=pair,
        jobs=jobs, skip_broken=skip_broken, max_clips=max_clips, rehash=rehash,
    )  # fmt: skip
    raw = raw_layout(size, pix_fmt, assume_dims)
    request = corpus_request(
        layout, root, data_root=data_root, ladder=ladder, mos_csv=mos_csv, mos_scale=mos_scale, raw=raw
    )
    listing = listing_for(request, options)
    with progress_bar() as progress:
        report = extract(listing, output, options, store=ClipStore(cache), progress=progress)
    answer(document_of(report, listing), as_json=as_json, text=view_of(report, listing))
