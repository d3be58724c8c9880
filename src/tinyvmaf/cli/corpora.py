"""Commands that list, describe and download corpora."""

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

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def clips(
    root: Root = None,
    *,
    layout: LayoutName,
    ladder: Ladder = None,
    mos_csv: MosCsv = None,
    mos_scale: MosScale = None,
    size: Size = None,
    pix_fmt: PixFmt = None,
    assume_dims: AssumeDims = None,
    data_root: DataRoot = None,
    as_json: AsJson = False,
) -> None:
    """Lists the clips of a corpus, and what is missing or not understood.

    Example: `tinyvmaf clips corpus/netflix --layout netflix`
    """
    from tinyvmaf.cli.corpora_view import clips_document, clips_view
    from tinyvmaf.cli.output import answer
    from tinyvmaf.corpora.layouts import list_corpus

    raw = raw_layout(size, pix_fmt, assume_dims)
    request = corpus_request(
        layout, root, data_root=data_root, ladder=ladder, mos_csv=mos_csv, mos_scale=mos_scale, raw=raw
    )
    listing = list_corpus(request)
    answer(clips_document(listing, request), as_json=as_json, text=clips_view(listing))


def manifest_scan(
    root: Annotated[Path, typer.Argument(help="A folder of videos.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The manifest to write, CSV.")],
    mos_csv: MosCsv = None,
    mos_scale: MosScale = None,
    as_json: AsJson = False,
) -> None:
    """Writes a manifest of any folder: every video with its hash, and opinions joined by name.

    Example: `tinyvmaf manifest-scan videos --mos-csv ratings.csv --mos-scale 1:5 -o videos/manifest.csv`
    """
    from tinyvmaf.cli.corpora_view import scan_view
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.corpora import manifest_scan as room
    from tinyvmaf.corpora.opinions import parse_scale
    from tinyvmaf.documents import to_document

    scale = parse_scale(mos_scale) if mos_scale else None
    with progress_bar() as progress:
        scan = room.manifest_scan(root, output, mos_csv=mos_csv, mos_scale=scale, progress=progress)
    answer(to_document("manifest-scan", scan), as_json=as_json, text=scan_view(scan))


def fetch(
    corpus: Annotated[str, typer.Argument(help="Which corpus: konvid-1k.")],
    root: Annotated[Path | None, typer.Argument(help="Where to; left out: konvid-1k in the data root.")] = None,
    *,
    insecure_tls: Annotated[
        bool, typer.Option("--insecure-tls", help="Do not check the host's certificate; needs --sha256 for every file.")
    ] = False,
    sha256: Annotated[
        list[str] | None, typer.Option(help="What a file must hash to, as FILE=HASH. Repeatable.", metavar="FILE=HASH")
    ] = None,
    data_root: DataRoot = None,
    as_json: AsJson = False,
) -> None:
    """Downloads a corpus, verified and resumable: call it again to go on where it was cut.

    Example: `tinyvmaf fetch konvid-1k ~/datasets/konvid-1k`
    """
    from tinyvmaf.cli.corpora_view import fetch_document, fetch_view, hashes_from
    from tinyvmaf.cli.options import one_of
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.corpora.fetch import Trust, fetch_konvid
    from tinyvmaf.corpora.layouts import corpus_root

    place = corpus_root(one_of(corpus, ("konvid-1k",), option="CORPUS"), root, data_root=data_root)
    with progress_bar() as progress:
        report = fetch_konvid(place, trust=Trust(insecure_tls, hashes_from(sha256)), progress=progress)
    answer(fetch_document(report), as_json=as_json, text=fetch_view(report))
