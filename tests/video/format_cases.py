"""One pair of real files for each row of the table of formats: the same picture in two forms, without loss."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Clips
from tinyvmaf.video.probe import Video, probe

PICTURE = "mandelbrot"
LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")


@dataclass(frozen=True)
class FormatCase:
    """A pair that one row is about."""

    row: str
    """The row's name, and which of that name it is."""
    reference: Callable[[Clips], Path]
    distorted: Callable[[Clips], Path]
    said: str = ""
    """What the warning or the refusal must say; empty: nothing is said."""
    largest_luma_error: float | None = None
    """Code values at the measured depth by which single samples may differ; None: the pictures do differ."""
    mean_luma_error: float = 0.0
    """Code values by which the whole may be brighter or darker."""


def yuv(
    pix_fmt: str = "yuv420p",
    *,
    matrix: str = "bt709",
    color_range: str = "limited",
    size: str = "320x180",
    tags: str = "",
    fps: str = "25",
    through: str = "",
    flags: tuple[str, ...] = (),
) -> Callable[[Clips], Path]:
    """A YUV form of the picture: RGB by this matrix to this range; ``through`` is a format on the way."""
    scale = f"scale=out_color_matrix={matrix}:out_range={color_range}"
    steps = ["format=gbrp", f"{scale},format={through or pix_fmt}", f"format={pix_fmt}" if through else ""]
    steps += [f"setparams=range={color_range}:colorspace={matrix}", f"setparams={tags}" if tags else ""]
    chain = ",".join(step for step in steps if step)
    encoder = (*LOSSLESS, *flags)
    return lambda clips: clips("a.mp4", *encoder, source=PICTURE, size=size, filters=chain, fps=fps, frames=4)


def stored(name: str, filters: str, *arguments: str) -> Callable[[Clips], Path]:
    """The usual form, then these filters, into this file."""
    return lambda clips: clips.derived(yuv()(clips), name, "-vf", filters, *arguments)


def rgb(clips: Clips) -> Path:
    return clips("rgb.mkv", "-c:v", "ffv1", source=PICTURE, filters="format=gbrp", frames=4)


def turned(clips: Clips) -> Path:
    return clips.derived(yuv()(clips), "turned.mp4", "-c", "copy", before=("-display_rotation", "90"))


INTERLACED = yuv(flags=("-flags", "+ildct+ilme", "-x264-params", "tff=1"), tags="field_mode=tff")
GRAY = stored("gray.y4m", "extractplanes=y")

CASES = (
    FormatCase("size 0", yuv(), yuv(size="160x90")),
    FormatCase("size 1", yuv(), yuv(size="640x360"), "swapped"),
    FormatCase("rotation flag 0", yuv(), turned, "the reference has 0°, the distorted 90°"),
    FormatCase("range 0", yuv(), yuv(color_range="full"), largest_luma_error=1, mean_luma_error=0.05),
    FormatCase("bit depth 0", yuv(), yuv("yuv420p10le", through="yuv420p"), largest_luma_error=0),
    FormatCase("chroma layout 0", yuv(), yuv("yuv444p"), largest_luma_error=0),
    FormatCase("gray 0", yuv(), GRAY, largest_luma_error=0),
    FormatCase("RGB 0", yuv("yuv444p"), rgb, "RGB is compared as YUV", largest_luma_error=0),
    FormatCase(
        "alpha 0", yuv(), stored("a.mkv", "format=yuva420p", "-c:v", "ffv1"), "transparency", largest_luma_error=0
    ),
    FormatCase(
        "matrix 0",
        yuv("yuv444p"),
        yuv("yuv444p", matrix="smpte170m"),
        "the reference has bt709, the distorted smpte170m",
        largest_luma_error=1,
        mean_luma_error=0.1,
    ),
    FormatCase("matrix 1", yuv(), yuv(tags="colorspace=ycgco"), "the reference has bt709, the distorted ycgco"),
    FormatCase("transfer 0", yuv(tags="color_trc=bt709"), yuv(tags="color_trc=smpte2084"), "the distorted smpte2084"),
    FormatCase("transfer 1", yuv(tags="color_trc=smpte2084"), yuv(), "VMAF was made for SDR", largest_luma_error=0),
    FormatCase(
        "transfer 2",
        yuv(tags="color_trc=bt709"),
        yuv(tags="color_trc=iec61966-2-1"),
        "curves differ",
        largest_luma_error=0,
    ),
    FormatCase(
        "primaries 0",
        yuv(tags="color_primaries=bt709"),
        yuv(tags="color_primaries=bt2020"),
        "primaries differ",
        largest_luma_error=0,
    ),
    FormatCase("interlaced 0", INTERLACED, INTERLACED, "both videos are interlaced", largest_luma_error=0),
    FormatCase("interlaced 1", yuv(), INTERLACED, "only the distorted video is interlaced"),
    FormatCase("shape 0", yuv(), stored("sar.mp4", "setsar=4/3", *LOSSLESS), "differ in shape", largest_luma_error=0),
    FormatCase("frame rate 0", yuv(), yuv(fps="30"), "the reference has 25.000/s, the distorted 30.000/s"),
)


def pair(case: FormatCase, clips: Clips) -> tuple[Video, Video]:
    """The two files of a case, probed."""
    return probe(case.reference(clips)), probe(case.distorted(clips))
