"""The corpora by name, where each lies unless told, and the one call that lists any of them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from tinyvmaf.corpora import bvi_dvc, folder, konvid, manifest, netflix
from tinyvmaf.corpora.clip import Listing
from tinyvmaf.corpora.opinions import with_opinions
from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import Rung, parse_rungs
from tinyvmaf.video.probe import RawFormat

DATA_ROOT_VARIABLE = "VMAF_DATA_ROOT"
"""The environment variable that names the folder of all corpora."""


class ListCorpus(Protocol):
    """Lists the clips of a corpus."""

    def __call__(self, root: Path, *, rungs: Sequence[Rung] = (), raw: RawFormat | None = None) -> Listing:
        """Takes the corpus's folder, the ladder, and the layout of raw files."""
        ...


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which a corpus lies on disk."""

    list_clips: ListCorpus
    """Lists it."""
    tree: str
    """The folder it expects, for people."""
    default_ladder: str | None = None
    """The rungs where none are asked for; None: the clips as they are."""


LAYOUTS: dict[str, Layout] = {
    netflix.NAME: Layout(netflix.list_netflix, netflix.TREE),
    konvid.NAME: Layout(konvid.list_konvid, konvid.TREE, default_ladder="x264:35"),
    bvi_dvc.NAME: Layout(bvi_dvc.list_bvi_dvc, bvi_dvc.TREE),
    "folder": Layout(folder.list_folder, folder.TREE),
    "manifest": Layout(manifest.list_manifest, manifest.TREE),
}
"""Every layout by the name that ``--layout`` takes."""


@dataclass(frozen=True, slots=True)
class CorpusRequest:
    """Which corpus, and how it is to be read: the options that every command on a corpus shares."""

    layout: str
    """A name in ``LAYOUTS``."""
    root: Path | None = None
    """Its folder (the manifest's file); None: ``<data root>/<layout>``."""
    data_root: Path | None = None
    """The folder of all corpora; None: ``$VMAF_DATA_ROOT``, else ``~/datasets``."""
    ladder: tuple[str, ...] | None = None
    """Rungs as text; None: the layout's own; empty: no encodes, the videos as they are."""
    raw: RawFormat | None = None
    """The layout of raw YUV, where the corpus does not tell or is told otherwise."""
    mos_csv: Path | None = None
    """A table of opinions to be joined."""
    mos_scale: tuple[float, float] | None = None
    """The worst and best value of its MOS."""


def corpus_root(layout: str, root: Path | None = None, *, data_root: Path | None = None) -> Path:
    """Where a corpus lies: ``root``, or else ``<data root>/<layout>``."""
    if root is not None:
        return root.expanduser()
    return (data_root or Path(os.environ.get(DATA_ROOT_VARIABLE) or "~/datasets")).expanduser() / layout


def list_corpus(request: CorpusRequest) -> Listing:
    """The clips of the corpus, with the opinions that are asked for.

    Raises:
        CorpusError: an unknown layout, a corpus that is not there, a rung that is none, or opinions without a scale.
    """
    layout = find_layout(request.layout)
    if request.mos_csv is not None and request.mos_scale is None:
        raise CorpusError(f"the scale of {request.mos_csv} is not known: say it, worst first, such as --mos-scale 1:5")
    root = corpus_root(request.layout, request.root, data_root=request.data_root)
    listing = layout.list_clips(root, rungs=ladder_of(request), raw=request.raw)
    if request.mos_csv is not None and request.mos_scale is not None:
        return with_opinions(listing, request.mos_csv, scale=request.mos_scale)
    return _with_scale(listing, request.mos_scale or listing.mos_scale)


def find_layout(name: str) -> Layout:
    """The layout of that name.

    Raises:
        CorpusError: there is none; the message names those that are.
    """
    if name not in LAYOUTS:
        raise CorpusError(f"unknown layout {name!r}; known are: {', '.join(LAYOUTS)}")
    return LAYOUTS[name]


def ladder_of(request: CorpusRequest) -> tuple[Rung, ...]:
    """The rungs that the request asks for, or those of its layout.

    Raises:
        CorpusError: one is not understood; the message says why.
    """
    default = find_layout(request.layout).default_ladder
    texts = request.ladder if request.ladder is not None else ((default,) if default else ())
    try:
        return tuple(dict.fromkeys(rung for text in texts for rung in parse_rungs(text)))
    except ValueError as error:
        raise CorpusError(f"--ladder: {error}") from error


def _with_scale(listing: Listing, scale: tuple[float, float] | None) -> Listing:
    """The listing with the scale of the opinions that it came with."""
    rated = any(clip.opinion or clip.reference_opinion for clip in listing.clips)
    if rated and scale is None:
        raise CorpusError(f"{listing.corpus} has opinions on an unknown scale: say it, such as --mos-scale 1:5")
    return replace(listing, mos_scale=scale if rated else None)
