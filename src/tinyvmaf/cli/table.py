"""The command that makes a clip table."""

from pathlib import Path
from typing import Annotated

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

Extractor = Annotated[
    str, typer.Option(help="Who makes the features: libvmaf, or our kernel, whose teachers are libvmaf's SVRs.")
]
Sampling = Annotated[
    str | None, typer.Option(help="Rows that the kernel looks at: full (all, the default) or fast (a sample).")
]
Teachers = Annotated[
    list[str] | None,
    typer.Option(help="A VMAF to score besides vmaf: vmaf_neg, vmaf_v1 or vmaf_4k; repeatable."),
]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Most measurements at once; left out: what cores and memory carry.")
]
Cache = Annotated[
    Path | None, typer.Option(help="The clip store; else $VMAF_TINY_AI_CACHE, else the platform's cache folder.")
]


def extract_features(
    root: Root = None,
    *,
    layout: LayoutName,
    output: Annotated[Path, typer.Option("--output", "-o", help="The clip table to write, Parquet.")],
    ladder: Ladder = None,
    features: Annotated[str, typer.Option(help="Feature set: canonical-6, neg-6 or v1-4.")] = "canonical-6",
    extractor: Extractor = "libvmaf",
    sampling: Sampling = None,
    teacher: Teachers = None,
    mos_csv: MosCsv = None,
    mos_scale: MosScale = None,
    size: Size = None,
    pix_fmt: PixFmt = None,
    assume_dims: AssumeDims = None,
    pair: Annotated[str, typer.Option(help="time: nearest stamp; index: frame n with frame n.")] = "time",
    skip_broken: Annotated[bool, typer.Option("--skip-broken", help="Leave out what is broken or fails.")] = False,
    jobs: Jobs = None,
    cache: Cache = None,
    rehash: Annotated[bool, typer.Option("--rehash", help="Read every video again, whatever is remembered.")] = False,
    max_clips: Annotated[int | None, typer.Option(min=1, help="Only the first so many clips.")] = None,
    data_root: DataRoot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measures every clip of a corpus, and writes the clip table: features and VMAF per frame.

    What was measured before, with the same inputs and tools, is taken from the clip store; a run that was stopped goes
    on where it was.

    Example: `tinyvmaf extract-features corpus --layout folder --ladder x264:20,27,34,41 -o table.parquet`
    """
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.cli.table_view import document_of, extract_options, view_of
    from tinyvmaf.corpora.layouts import list_corpus
    from tinyvmaf.table.build import extract_to_file
    from tinyvmaf.table.clip_store import ClipStore

    options = extract_options(
        features=features,
        teachers=teacher or (),
        pair=pair,
        extractor=extractor,
        sampling=sampling,
        jobs=jobs,
        skip_broken=skip_broken,
        max_clips=max_clips,
        rehash=rehash,
    )
    raw = raw_layout(size, pix_fmt, assume_dims)
    corpus = corpus_request(
        layout, root, data_root=data_root, ladder=ladder, mos_csv=mos_csv, mos_scale=mos_scale, raw=raw
    )
    listing = list_corpus(corpus)
    with progress_bar() as progress:
        report = extract_to_file(listing, output, options, store=ClipStore(cache), progress=progress)
    answer(document_of(report, listing, output), as_json=as_json, text=view_of(report, listing, output))
