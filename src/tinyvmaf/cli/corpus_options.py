"""The options that say which corpus is meant and how it is read, and the request that they make."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinyvmaf.cli.options import frame_size, raw_format

if TYPE_CHECKING:
    from tinyvmaf.corpora.layouts import CorpusRequest
    from tinyvmaf.video.probe import RawFormat

Root = Annotated[
    Path | None,
    typer.Argument(help="The corpus's folder (the manifest's file); left out: the data root's folder of that name."),
]
LayoutName = Annotated[str, typer.Option("--layout", help="netflix, konvid-1k, bvi-dvc, folder or manifest.")]
Ladder = Annotated[
    list[str] | None,
    typer.Option(help="Encodes to make of pristine videos, such as x264:35 or x264/medium@1/2:20,27; repeatable."),
]
MosCsv = Annotated[Path | None, typer.Option(help="Opinions to join: a CSV with key (or path, name, ...) and mos.")]
MosScale = Annotated[str | None, typer.Option(help="The worst and the best value of the MOS, such as 1:5.")]
Size = Annotated[str | None, typer.Option(help="WxH of headerless YUV; with --pix-fmt.")]
PixFmt = Annotated[str | None, typer.Option(help="Pixel format of headerless YUV, as ffmpeg spells it.")]
AssumeDims = Annotated[
    str | None, typer.Option(help="WxH of the raw YUV of a small look-alike of a corpus; 8 bit, 4:2:0.")
]
DataRoot = Annotated[Path | None, typer.Option(help="Folder of all corpora; else $VMAF_DATA_ROOT, else ~/datasets.")]


def corpus_request(
    layout: str,
    root: Path | None,
    *,
    data_root: Path | None = None,
    ladder: Sequence[str] | None = None,
    mos_csv: Path | None = None,
    mos_scale: str | None = None,
    raw: "RawFormat | None" = None,
) -> "CorpusRequest":
    """The request for a corpus that the options make.

    Raises:
        typer.BadParameter: there is no such layout.
        CorpusError: the scale is not understood.
    """
    from tinyvmaf.cli.options import one_of
    from tinyvmaf.corpora.layouts import LAYOUTS, CorpusRequest
    from tinyvmaf.corpora.opinions import parse_scale

    return CorpusRequest(
        layout=one_of(layout, tuple(LAYOUTS), option="--layout"),
        root=root,
        data_root=data_root,
        ladder=tuple(ladder) if ladder else None,
        raw=raw,
        mos_csv=mos_csv,
        mos_scale=parse_scale(mos_scale) if mos_scale else None,
    )


def raw_layout(size: str | None, pix_fmt: str | None, assume_dims: str | None) -> "RawFormat | None":
    """The layout of raw YUV from ``--size`` and ``--pix-fmt`` or from ``--assume-dims``; None when none is given.

    Raises:
        typer.BadParameter: both ways are taken, or one of them by half.
    """
    if assume_dims is None:
        return raw_format(size, pix_fmt)
    if size is not None or pix_fmt is not None:
        raise typer.BadParameter("--assume-dims stands in for --size and --pix-fmt: give one or the other")
    from tinyvmaf.video.probe import RawFormat

    width, height = frame_size(assume_dims, option="--assume-dims")
    return RawFormat(width=width, height=height, pix_fmt="yuv420p")
