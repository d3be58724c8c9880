"""The table of formats: in which ways two videos may differ, and what becomes of them.

For libvmaf, for our own decoding, and for the documentation, which is made from it. Each conversion was tried on one
content in both forms: see ``tests/video/test_formats.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tinyvmaf.video.colors import HDR_TRANSFERS
from tinyvmaf.video.probe import Video

Verdict = Literal["converted", "converted with a warning", "warned", "refused"]

_SAME_MATRIX = {"bt470bg": "smpte170m"}
"""ITU-R BT.601 has two names, for 625 and 525 lines."""
_CONVERTIBLE_MATRICES = frozenset({"bt709", "fcc", "smpte170m", "smpte240m", "bt2020nc"})
"""Those that swscale knows."""
_SAME_CURVE = {"smpte170m": "bt709", "bt2020-10": "bt709", "bt2020-12": "bt709"}
"""Transfer characteristics of one and the same curve under several names (ITU-T H.273, table 3)."""
_SHAPE_TOLERANCE = 0.03
"""Small pictures are rounded to even sizes: 40x22 for an eighth of 320x180 is 2.3 % off."""
_RATE_TOLERANCE = 0.005
"""Above the rounding of stamps to 1 ms, below 24 against 25."""


@dataclass(frozen=True, slots=True)
class FormatRule:
    """One row of the table: a way in which two videos differ, and what becomes of them."""

    name: str
    """What differs."""
    when: str
    """The case, in words."""
    verdict: Verdict
    """What happens."""
    done: str
    """How, in words."""
    applies: Callable[[Video, Video], bool]
    """Whether (reference, distorted) are such a case."""
    words: Callable[[Video, Video], str]
    """The warning or the refusal for (reference, distorted), with their values."""


def same_matrix(one: str | None, other: str | None) -> bool:
    """Whether two matrices are the same numbers; one that is not tagged is taken as the other."""
    return one is None or other is None or _SAME_MATRIX.get(one, one) == _SAME_MATRIX.get(other, other)


def _matrices_differ(reference: Video, distorted: Video) -> bool:
    return not same_matrix(reference.color_matrix, distorted.color_matrix)


def _one_is_rgb(reference: Video, distorted: Video) -> bool:
    return (reference.subsampling == "rgb") != (distorted.subsampling == "rgb")


def _matrices_convertible(reference: Video, distorted: Video) -> bool:
    both = {_SAME_MATRIX.get(matrix, matrix) for matrix in (reference.color_matrix, distorted.color_matrix) if matrix}
    return both <= _CONVERTIBLE_MATRICES


def _has_hdr(reference: Video, distorted: Video) -> bool:
    return not HDR_TRANSFERS.isdisjoint({reference.color_transfer, distorted.color_transfer})


def _curves_differ(reference: Video, distorted: Video) -> bool:
    curves = [_SAME_CURVE.get(tag, tag) for tag in (reference.color_transfer, distorted.color_transfer) if tag]
    return len(set(curves)) > 1


def _tags_differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def _both(what: str, of: Callable[[Video], object]) -> Callable[[Video, Video], str]:
    """Words that name the value on both sides."""
    return lambda reference, distorted: f"{what}: the reference has {of(reference)}, the distorted {of(distorted)}"


def _names(reference: Video, distorted: Video, has: Callable[[Video], bool]) -> str:
    """Which of the two has it."""
    sides = (("the reference", reference), ("the distorted video", distorted))
    return " and ".join(name for name, video in sides if has(video))


def _shape(video: Video) -> Fraction:
    """Width over height of the picture as it is shown."""
    return Fraction(video.width, video.height) * video.sample_aspect_ratio


def _size(video: Video) -> str:
    return f"{video.width}x{video.height}"


def _silent(reference: Video, distorted: Video) -> str:
    return ""


FORMAT_RULES: tuple[FormatRule, ...] = (
    FormatRule(
        name="size",
        when="the distorted video is smaller",
        verdict="converted",
        done="scaled to the reference's size (bicubic), which the result records",
        applies=lambda reference, distorted: (
            (distorted.width, distorted.height) != (reference.width, reference.height)
            and distorted.width <= reference.width
            and distorted.height <= reference.height
        ),
        words=_silent,
    ),
    FormatRule(
        name="size",
        when="the distorted video is larger, on any side",
        verdict="converted with a warning",
        done="scaled to the reference's size (bicubic); the two may have been swapped",
        applies=lambda reference, distorted: distorted.width > reference.width or distorted.height > reference.height,
        words=_both("the reference is smaller than the distorted video (were they swapped?)", _size),
    ),
    FormatRule(
        name="rotation flag",
        when="a player would turn the two by different angles",
        verdict="refused",
        done="never applied: what is coded is measured",
        applies=lambda reference, distorted: reference.rotation != distorted.rotation,
        words=_both("rotation flags differ, so the coded pictures do not match", lambda video: f"{video.rotation}°"),
    ),
    FormatRule(
        name="range",
        when="one is full range, the other limited",
        verdict="converted",
        done="the distorted video is brought to the reference's range",
        applies=lambda reference, distorted: (
            "rgb" not in (reference.subsampling, distorted.subsampling)
            and reference.color_range != distorted.color_range
        ),
        words=_silent,
    ),
    FormatRule(
        name="bit depth",
        when="8, 10, 12 or more bits per sample on one side only",
        verdict="converted",
        done="both are brought to the larger depth (8, 10, 12 or 16)",
        applies=lambda reference, distorted: reference.bit_depth != distorted.bit_depth,
        words=_silent,
    ),
    FormatRule(
        name="chroma layout",
        when="4:2:0, 4:2:2, 4:4:4 differ",
        verdict="converted",
        done="the distorted video's chroma is resampled to the reference's layout; luma stays as it is "
        "(4:1:0 counts as 4:2:0, 4:1:1 as 4:2:2, 4:4:0 as 4:4:4)",
        applies=lambda reference, distorted: (
            reference.subsampling != distorted.subsampling
            and not {"rgb", "400"} & {reference.subsampling, distorted.subsampling}
        ),
        words=_silent,
    ),
    FormatRule(
        name="gray",
        when="one or both have no chroma",
        verdict="converted",
        done="neutral chroma is added (a gray reference becomes 4:2:0); luma stays as it is",
        applies=lambda reference, distorted: "400" in (reference.subsampling, distorted.subsampling),
        words=_silent,
    ),
    FormatRule(
        name="RGB",
        when="one or both are RGB or have a palette",
        verdict="converted with a warning",
        done="converted to YUV (an RGB reference to 4:4:4) with the other's range and matrix: where YUV is not tagged, "
        "BT.601, as ffmpeg writes it; where both are RGB, limited BT.709",
        applies=lambda reference, distorted: "rgb" in (reference.subsampling, distorted.subsampling),
        words=lambda reference, distorted: (
            f"RGB is compared as YUV: {_names(reference, distorted, lambda video: video.subsampling == 'rgb')}"
        ),
    ),
    FormatRule(
        name="alpha",
        when="one or both carry transparency",
        verdict="warned",
        done="transparency is dropped: the colours beneath it are compared",
        applies=lambda reference, distorted: reference.has_alpha or distorted.has_alpha,
        words=lambda reference, distorted: (
            f"transparency is ignored: {_names(reference, distorted, lambda video: video.has_alpha)}"
        ),
    ),
    FormatRule(
        name="matrix",
        when="both are tagged, and differently",
        verdict="converted with a warning",
        done="the distorted video is converted to the reference's matrix; where one is not tagged, it counts as equal",
        applies=lambda reference, distorted: (
            _matrices_differ(reference, distorted) and _matrices_convertible(reference, distorted)
        ),
        words=_both("colour matrices differ and were converted", lambda video: video.color_matrix),
    ),
    FormatRule(
        name="matrix",
        when="as above, or one is RGB; and a matrix is none of BT.601, BT.709, FCC, SMPTE 240M and BT.2020 NCL",
        verdict="refused",
        done="convert one of the two beforehand",
        applies=lambda reference, distorted: (
            (_matrices_differ(reference, distorted) or _one_is_rgb(reference, distorted))
            and not _matrices_convertible(reference, distorted)
        ),
        words=_both("colour matrices that cannot be converted here", lambda video: video.color_matrix or "no tag"),
    ),
    FormatRule(
        name="transfer",
        when="both are tagged, one as HDR (PQ or HLG), the other as SDR or another HDR",
        verdict="refused",
        done="equal code values are different light: map the tones of one beforehand",
        applies=lambda reference, distorted: _has_hdr(reference, distorted) and _curves_differ(reference, distorted),
        words=_both(
            "HDR against SDR, or against another HDR: map the tones of one first", lambda video: video.color_transfer
        ),
    ),
    FormatRule(
        name="transfer",
        when="both are the same HDR, or one is HDR and the other not tagged",
        verdict="warned",
        done="compared by code values; VMAF was made for SDR",
        applies=lambda reference, distorted: (
            _has_hdr(reference, distorted) and not _curves_differ(reference, distorted)
        ),
        words=_both(
            "HDR is compared by code values, and VMAF was made for SDR",
            lambda video: video.color_transfer or "no transfer tag, so counts as the same",
        ),
    ),
    FormatRule(
        name="transfer",
        when="both are tagged as SDR, with different curves",
        verdict="warned",
        done="compared by code values",
        applies=lambda reference, distorted: (
            not _has_hdr(reference, distorted) and _curves_differ(reference, distorted)
        ),
        words=_both("transfer curves differ and are not converted", lambda video: video.color_transfer),
    ),
    FormatRule(
        name="primaries",
        when="both are tagged, and differently",
        verdict="warned",
        done="compared by code values",
        applies=lambda reference, distorted: _tags_differ(reference.color_primaries, distorted.color_primaries),
        words=_both("colour primaries differ and are not converted", lambda video: video.color_primaries),
    ),
    FormatRule(
        name="interlaced",
        when="both are",
        verdict="warned",
        done="whole frames are compared; VMAF was made for progressive video",
        applies=lambda reference, distorted: reference.interlaced and distorted.interlaced,
        words=lambda reference, distorted: "both videos are interlaced: whole frames are compared",
    ),
    FormatRule(
        name="interlaced",
        when="only one is",
        verdict="refused",
        done="deinterlace it beforehand",
        applies=lambda reference, distorted: reference.interlaced != distorted.interlaced,
        words=lambda reference, distorted: (
            f"only {_names(reference, distorted, lambda video: video.interlaced)} is interlaced: deinterlace it first"
        ),
    ),
    FormatRule(
        name="shape",
        when="the pictures as shown (sizes times sample aspect ratios) differ in shape by more than 3 %",
        verdict="warned",
        done="compared pixel by pixel, as coded, after scaling",
        applies=lambda reference, distorted: abs(_shape(distorted) / _shape(reference) - 1) > _SHAPE_TOLERANCE,
        words=_both(
            "the pictures differ in shape",
            lambda video: (
                f"{_size(video)} with pixels of {':'.join(map(str, video.sample_aspect_ratio.as_integer_ratio()))}"
            ),
        ),
    ),
    FormatRule(
        name="frame rate",
        when="the headers differ by more than 0.5 % (headerless YUV has none)",
        verdict="warned",
        done="refused as soon as the frames' own times, or their counts, do not agree",
        applies=lambda reference, distorted: (
            reference.file.raw is None
            and distorted.file.raw is None
            and abs(distorted.fps / reference.fps - 1) > _RATE_TOLERANCE
        ),
        words=_both("frame rates differ", lambda video: f"{float(video.fps):.3f}/s"),
    ),
)
"""Every difference of format that has a verdict; of the rows of one name, at most one applies to a pair."""
