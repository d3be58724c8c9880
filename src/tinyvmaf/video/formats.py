"""Two videos -> the one format in which they are compared, or why they may not be, by the table in format_rules.py."""

from dataclasses import dataclass

from tinyvmaf.errors import PairingError
from tinyvmaf.video.format_rules import FORMAT_RULES
from tinyvmaf.video.pixel_format import Subsampling
from tinyvmaf.video.probe import ColorRange, Video

_LAYOUTS: dict[Subsampling, str] = {"rgb": "444", "400": "420", "440": "444", "411": "422", "410": "420"}
"""The chroma layout in which libvmaf gets what it does not take; the others it takes as they are."""
_DEPTHS = (8, 10, 12, 16)
"""Bits per sample that libvmaf takes."""
_MATRIX_OF_UNTAGGED_RGB = "bt709"
_MATRIX_OF_UNTAGGED_YUV = "smpte170m"


@dataclass(frozen=True, slots=True)
class MeasuredFormat:
    """The common form that both videos are brought to before they are compared."""

    width: int
    """Luma samples per line."""
    height: int
    """Lines."""
    pix_fmt: str
    """As ffmpeg spells it: planar YUV of 8, 10, 12 or 16 bits."""
    color_range: ColorRange
    """Code values that black and white have."""
    color_matrix: str | None
    """RGB to YUV matrix, as ffmpeg spells it; None: not tagged, and nothing is converted."""


def measured_format(reference: Video, distorted: Video) -> MeasuredFormat:
    """The format in which the two are compared: the reference's, at the larger of their depths."""
    layout = _LAYOUTS.get(reference.subsampling, reference.subsampling)
    deepest = max(reference.bit_depth, distorted.bit_depth)
    depth = next((depth for depth in _DEPTHS if depth >= deepest), _DEPTHS[-1])
    return MeasuredFormat(
        width=reference.width,
        height=reference.height,
        pix_fmt=f"yuv{layout}p" if depth == 8 else f"yuv{layout}p{depth}le",
        color_range=_measured_range(reference, distorted),
        color_matrix=_measured_matrix(reference, distorted),
    )


def common_format(reference: Video, distorted: Video) -> tuple[MeasuredFormat, tuple[str, ...]]:
    """The format in which the two are compared, and the warnings that go with it; nothing is opened.

    Raises:
        PairingError: they may not be compared; the message says why, with the values.
    """
    applying = [rule for rule in FORMAT_RULES if rule.applies(reference, distorted)]
    for rule in applying:
        if rule.verdict == "refused":
            raise PairingError(rule.words(reference, distorted))
    warnings = tuple(rule.words(reference, distorted) for rule in applying if rule.verdict != "converted")
    return measured_format(reference, distorted), warnings


def format_table() -> str:
    """The table as Markdown, for the documentation."""
    rows = [f"| {rule.name} | {rule.when} | {rule.verdict} | {rule.done} |" for rule in FORMAT_RULES]
    return "\n".join(["| what differs | when | verdict | what is done |", "|---|---|---|---|", *rows, ""])


def _measured_range(reference: Video, distorted: Video) -> ColorRange:
    """The reference's; RGB has none of its own, and takes the other's."""
    if reference.subsampling != "rgb":
        return reference.color_range
    return "limited" if distorted.subsampling == "rgb" else distorted.color_range


def _measured_matrix(reference: Video, distorted: Video) -> str | None:
    tagged = reference.color_matrix or distorted.color_matrix
    layouts = {reference.subsampling, distorted.subsampling}
    if tagged is not None or "rgb" not in layouts:
        return tagged
    return _MATRIX_OF_UNTAGGED_RGB if layouts == {"rgb"} else _MATRIX_OF_UNTAGGED_YUV
