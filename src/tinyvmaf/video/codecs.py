"""The one table of what can damage a video: five codecs with their encoders, and three degradations without one.

What comes out must not depend on the machine, so each encoder's threading is fixed here. The number of threads changes
the stream of x264, of x265 (frame threads), and of VVenC above 4; SVT-AV1's and, without row-mt, VP9's it does not
change. With these settings the bytes are the same on one core and on many.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to damage a video: an encoder, or a filter where ``encoder`` is None."""

    name: str
    """As a rung spells it."""
    standard: str
    """The table's column ``codec``: h264, hevc, av1, vp9, vvc; a degradation's own name."""
    encoder: str | None
    """ffmpeg's name of the encoder; None for a degradation."""
    quality_range: tuple[float, float]
    """Smallest and largest quality: CRF (QP for VVC), or the strength of a degradation."""
    whole_quality: bool
    """Whether the quality must be a whole number."""
    subsamplings: tuple[str, ...] = ("420", "422", "444")
    """Chroma layouts that it takes; others become 4:2:0."""
    bit_depths: tuple[int, ...] = (8, 10)
    """Bit depths that it takes, ascending; others become the next larger, or the largest."""
    keeps_uneven_stamps: bool = True
    """Whether frames at a variable rate come out with their stamps."""
    presets: tuple[str, ...] = ()
    """Every preset it knows, from fast to slow."""
    default_preset: str | None = None
    """One that finishes in reasonable time on a small machine."""
    preset_option: str = "-preset"
    """ffmpeg's option that takes the preset."""
    quality_option: str = "-crf"
    """ffmpeg's option that takes the quality."""
    fixed_arguments: tuple[str, ...] = ()
    """Further ffmpeg arguments, always given."""
    memory_frames: int = 10
    """Frames, as they are encoded, that encoding, decoding and measuring one rung holds at a time, measured."""
    memory_mib: int = 0
    """Memory that it holds besides, measured."""
    filter: str = ""
    """The filter of a degradation, with ``{quality}`` for its strength."""


_X26X_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)

CODECS: dict[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec(
            *("x264", "h264", "libx264", (0, 51), False),
            presets=_X26X_PRESETS,
            default_preset="medium",
            memory_frames=190,
            memory_mib=10,
            fixed_arguments=("-threads", "4"),
        ),
        Codec(
            *("x265", "hevc", "libx265", (0, 51), False),
            presets=_X26X_PRESETS,
            default_preset="medium",
            memory_frames=130,
            memory_mib=70,
            fixed_arguments=("-x265-params", "log-level=error:pools=4:frame-threads=2"),
        ),
        Codec(
            *("av1", "av1", "libsvtav1", (1, 63), True, ("420",)),
            presets=tuple(str(step) for step in range(13, -1, -1)),
            default_preset="8",
            memory_frames=185,
            memory_mib=250,
            fixed_arguments=("-svtav1-params", "lp=4"),
        ),
        Codec(
            *("vp9", "vp9", "libvpx-vp9", (0, 63), True),
            presets=tuple(str(step) for step in range(8, -1, -1)),
            default_preset="4",
            preset_option="-cpu-used",
            memory_frames=140,
            memory_mib=20,
            fixed_arguments=("-b:v", "0", "-threads", "2"),
        ),
        Codec(
            *("vvc", "vvc", "libvvenc", (0, 63), True, ("420",), (10,)),
            keeps_uneven_stamps=False,
            presets=("faster", "fast", "medium", "slow", "slower"),
            default_preset="faster",
            quality_option="-qp",
            memory_frames=210,
            memory_mib=125,
            fixed_arguments=("-threads", "2"),
        ),
        Codec(
            "noise",
            "noise",
            None,
            (1, 100),
            True,
            bit_depths=(8,),
            filter="noise=alls={quality}:allf=t:all_seed=20240229",
        ),
        Codec("blur", "blur", None, (0.05, 100), False, filter="gblur=sigma={quality}"),
        Codec("sharpen", "sharpen", None, (0.05, 5), False, filter="unsharp=luma_amount={quality}"),
    )
}
"""Every codec and degradation by the name that a rung spells."""
