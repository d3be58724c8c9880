"""Corpora as the commands show them: a listing, a scan, a download."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tinyvmaf.corpora.clip import Clip, Listing, Problem
    from tinyvmaf.corpora.fetch import FetchReport
    from tinyvmaf.corpora.layouts import CorpusRequest
    from tinyvmaf.corpora.manifest_scan import ManifestScan
    from tinyvmaf.documents import Json

_SHOWN = 200


def clips_document(listing: "Listing", request: "CorpusRequest") -> "dict[str, Json]":
    """The listing as a ``clips`` document."""
    from tinyvmaf.corpora.layouts import corpus_root
    from tinyvmaf.documents import to_document

    fields = {
        "layout": request.layout,
        "root": corpus_root(request.layout, request.root, data_root=request.data_root),
        "corpus": listing.corpus,
        "sources": listing.sources,
        "mos_scale": listing.mos_scale,
        "clips": [_clip_fields(clip) for clip in listing.clips],
        "problems": listing.problems,
        "remarks": listing.remarks,
    }
    return to_document("clips", fields)


def clips_view(listing: "Listing") -> "RenderableType":
    """The listing as a table, with its problems below."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table("key", "source", "distorted", "mos", box=None, header_style="bold")
    for clip in listing.clips[:_SHOWN]:
        opinion = clip.opinion or clip.reference_opinion
        mos = "" if opinion is None else f"{opinion.mos:g}{'' if clip.opinion else ' (reference)'}"
        table.add_row(*map(Text, (clip.key, clip.source, _distorted(clip), mos)))
    hidden = len(listing.clips) - _SHOWN
    lines = [f"and {hidden} clips more: see --json"] if hidden > 0 else []
    counts = (f"{len(listing.clips)} clips", f"{len(listing.sources)} sources", f"{len(listing.problems)} problems")
    lines += [f"{listing.corpus}: {', '.join(counts)}"]
    lines += [f"problem: {_words(problem)}" for problem in listing.problems]
    lines += [f"note: {_words(remark)}" for remark in listing.remarks]
    return Group(table, Text("\n".join(lines))) if listing.clips else Text("\n".join(lines))


def scan_view(scan: "ManifestScan") -> "RenderableType":
    """What a scan found, in words."""
    from rich.text import Text

    first = f"{scan.manifest}: {scan.videos} videos, {scan.bytes:,} bytes, {scan.opinions} with a MOS"
    return Text("\n".join([first, *(f"note: {_words(remark)}" for remark in scan.remarks)]))


def fetch_document(report: "FetchReport") -> "dict[str, Json]":
    """What was fetched, as a ``fetch`` document."""
    from tinyvmaf.documents import to_document

    archives = [
        {"name": one.name, "url": one.url, "sha256": one.sha256, "files": len(one.members), "fetched": one.fetched}
        for one in report.archives
    ]
    return to_document("fetch", {"root": report.root, "videos": report.videos, "archives": archives})


def fetch_view(report: "FetchReport") -> "RenderableType":
    """What was fetched, in words."""
    from rich.text import Text

    lines = [
        f"{one.name}: sha256 {one.sha256}, {'fetched' if one.fetched else 'was there already'}"
        for one in report.archives
    ]
    return Text("\n".join([*lines, f"{report.root}: {report.videos} videos, each with an opinion"]))


def hashes_from(texts: Sequence[str] | None) -> dict[str, str]:
    """Hashes by file name, from ``FILE=HASH``.

    Raises:
        typer.BadParameter: a text is not of that form.
    """
    pairs = [text.partition("=") for text in texts or ()]
    wrong = [name for name, sign, digest in pairs if not (name and sign and digest)]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r} is not of the form FILE=HASH", param_hint="--sha256")
    return {name: digest for name, _, digest in pairs}


def _clip_fields(clip: "Clip") -> dict[str, object]:
    from tinyvmaf.video.encode import Rung

    own, of_reference = clip.opinion, clip.reference_opinion
    return {
        "key": clip.key,
        "source": clip.source,
        "reference": clip.reference.path if clip.reference else None,
        "distorted": None if isinstance(clip.distorted, Rung) else clip.distorted.path,
        "rung": str(clip.distorted) if isinstance(clip.distorted, Rung) else None,
        "mos": own.mos if own else None,
        "mos_ci": own.ci if own else None,
        "reference_mos": of_reference.mos if of_reference else None,
    }


def _distorted(clip: "Clip") -> str:
    from tinyvmaf.video.encode import Rung

    return str(clip.distorted) if isinstance(clip.distorted, Rung) else clip.distorted.path.name


def _words(problem: "Problem") -> str:
    return f"{problem.path}: {problem.why}"
