"""A video's static HDR metadata (SMPTE ST 2086, CTA-861.3) -> the options by which ffmpeg puts it on a raw input."""

import struct
from fractions import Fraction
from typing import cast

from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame

from tinyvmaf.video.frames import decoded_frames
from tinyvmaf.video.probe import Video

_DEEPER_THAN = 8
_MASTERING = struct.Struct("@22i")
"""libavutil's AVMasteringDisplayMetadata: ten rationals (red, green, blue, white, each x and y; least and most light),
and whether it has primaries and luminance."""
_LIGHT = struct.Struct("@2I")
"""libavutil's AVContentLightMetadata: MaxCLL and MaxFALL, in cd/m2."""
_CHROMATICITY_STEPS, _LUMINANCE_STEPS = 50_000, 10_000


def hdr_arguments(video: Video) -> list[str]:
    """Input options of ffmpeg that carry the metadata of the first frame; none where there is none."""
    if video.bit_depth <= _DEEPER_THAN:
        return []
    frame = next(decoded_frames(video, threads=1))
    mastering, light = (_side_data(frame, kind) for kind in (Type.MASTERING_DISPLAY_METADATA, Type.CONTENT_LIGHT_LEVEL))
    arguments = []
    if mastering is not None and _mastering_text(mastering):
        arguments += ["-mastering_display", _mastering_text(mastering)]
    if light is not None:
        arguments += ["-content_light", ",".join(map(str, _LIGHT.unpack_from(light)))]
    return arguments


def _side_data(frame: VideoFrame, kind: Type) -> bytes | None:
    held = cast("SideDataContainer", frame.side_data)  # which PyAV's own stub takes for a dict
    return next((bytes(data) for data in (held[number] for number in range(len(held))) if data.type == kind), None)


def _mastering_text(data: bytes) -> str:
    """``G(x,y)B(x,y)R(x,y)WP(x,y)L(most,least)``; empty where primaries or luminance are not told."""
    *numbers, has_primaries, has_luminance = _MASTERING.unpack_from(data)
    if not (has_primaries and has_luminance):
        return ""
    values = [Fraction(above, below or 1) for above, below in zip(numbers[::2], numbers[1::2], strict=True)]
    red, green, blue, white = (
        f"({','.join(str(round(value * _CHROMATICITY_STEPS)) for value in values[at : at + 2])})" for at in (0, 2, 4, 6)
    )
    least, most = (round(value * _LUMINANCE_STEPS) for value in values[8:10])
    return f"G{green}B{blue}R{red}WP{white}L({most},{least})"
