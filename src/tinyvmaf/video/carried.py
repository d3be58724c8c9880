"""A file whose video is made anew -> which of its other streams go along, and how: untouched where that can be.

What a container cannot hold is turned into what it can (subtitles of text) or left out, and said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from av.container import InputContainer
from av.stream import Disposition, Stream

_MP4, _MATROSKA, _WEBM, _VIDEO_ONLY = "mp4", "matroska", "webm", "video only"
_KINDS = {
    **dict.fromkeys((".mp4", ".m4v", ".mov"), _MP4),
    **dict.fromkeys((".mkv", ".mk3d"), _MATROSKA),
    **dict.fromkeys((".webm",), _WEBM),
    **dict.fromkeys((".y4m", ".ivf", ".h264", ".264", ".hevc", ".h265", ".265", ".obu", ".yuv", ".gif"), _VIDEO_ONLY),
}
_TEXT_OF = {_MP4: "mov_text", _MATROSKA: "subrip", _WEBM: "webvtt"}
_HELD_TEXT = {
    _MP4: frozenset({"mov_text"}),
    _MATROSKA: frozenset({"subrip", "ass", "ssa", "webvtt", "text"}),
    _WEBM: frozenset({"webvtt"}),
}
_TEXT = frozenset({"subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"})
_PICTURES_OF = {
    _MP4: frozenset({"dvd_subtitle"}),
    _MATROSKA: frozenset({"dvd_subtitle", "hdmv_pgs_subtitle", "dvb_subtitle"}),
    _WEBM: frozenset(),
}
_STALE = ("BPS", "DURATION", "NUMBER_OF_", "_STATISTICS_", "SOURCE_ID")
_OWN = frozenset({"encoder", "vendor_id", "rotate"})
"""What a muxer writes by itself."""


@dataclass(frozen=True, slots=True)
class CarriedStream:
    """One stream of the input that is in the output too."""

    index: int
    """Its number in the input."""
    codec: str | None
    """``copy``, or what a subtitle is turned into; None: the video that is made anew."""
    is_picture: bool
    """A video stream that is not the one that is made anew."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The output's streams, in the input's order, and what the video is called."""

    streams: tuple[CarriedStream, ...]
    """In the output's order."""
    metadata: tuple[str, ...]
    """``key=value`` of the video stream."""
    disposition: str
    """Of the video stream, as ffmpeg takes it."""
    warnings: tuple[str, ...]
    """What was left out, or turned into something else."""

    @property
    def video_position(self) -> int:
        """The number of the video in the output."""
        return next(place for place, stream in enumerate(self.streams) if stream.codec is None)


def carried_streams(container: InputContainer, video_index: int, output: Path) -> Carried:
    """What goes from an open file into ``output``, whose name tells the container."""
    kind = _KINDS.get(output.suffix.lower(), "")
    kept: list[CarriedStream] = []
    warnings: list[str] = []
    for stream in container.streams:
        codec = None if stream.index == video_index else _codec(stream, kind)
        if stream.index != video_index and codec is None:
            warnings.append(f"left out, since {output.suffix or output} cannot hold it: {_called(stream)}")
            continue
        if codec not in {None, "copy"}:
            warnings.append(f"{_called(stream)} becomes {codec}, since {output.suffix} cannot hold it as it is")
        kept.append(CarriedStream(stream.index, codec, stream.type == "video" and codec is not None))
    video = container.streams[video_index]
    return Carried(tuple(kept), _metadata(video), _disposition(video), tuple(warnings))


def carrying_arguments(carried: Carried, chosen: Sequence[str], *, made: str = "0:0", rest: int = 1) -> list[str]:
    """Output arguments of ffmpeg: ``made`` is the video made anew, input ``rest`` the rest, ``chosen`` the encoder's.

    Where two arguments speak of one stream, ffmpeg takes the later: so the chosen ones rule all but further pictures.
    """
    place = carried.video_position
    sources = [made if stream.codec is None else f"{rest}:{stream.index}" for stream in carried.streams]
    arguments = [part for source in sources for part in ("-map", source)]
    arguments += ["-map_metadata", str(rest), "-map_chapters", str(rest), "-c", "copy"]
    arguments += [part for field in carried.metadata for part in (f"-metadata:s:{place}", field)]
    arguments += [f"-disposition:{place}", carried.disposition]
    for number, stream in enumerate(carried.streams):
        if stream.codec not in {None, "copy"}:
            arguments += [f"-c:{number}", str(stream.codec)]
    arguments += chosen
    for number, stream in enumerate(carried.streams):
        if stream.is_picture:
            arguments += [f"-c:{number}", "copy"]
    return arguments


def _codec(stream: Stream, kind: str) -> str | None:
    """``copy``, another codec, or None where the container cannot hold the stream."""
    if kind == _VIDEO_ONLY or stream.type in {"data", "unknown"}:
        return None
    if stream.type == "attachment":
        return "copy" if kind == _MATROSKA else None
    if stream.codec_context is None:
        return None
    if stream.type == "subtitle" and kind in _TEXT_OF:
        name = stream.codec_context.codec.canonical_name
        if name in _HELD_TEXT[kind] | _PICTURES_OF[kind]:
            return "copy"
        return _TEXT_OF[kind] if name in _TEXT else None
    return "copy"


def _called(stream: Stream) -> str:
    if stream.type not in {"audio", "video", "subtitle"} or stream.codec_context is None:
        return f"stream {stream.index} ({stream.type})"
    return f"stream {stream.index} ({stream.type}, {stream.codec_context.codec.canonical_name})"


def _metadata(stream: Stream) -> tuple[str, ...]:
    """What people wrote; not what a muxer had counted, which is wrong of the new stream."""
    kept = (
        (key, value)
        for key, value in stream.metadata.items()
        if key.lower() not in _OWN and not key.upper().startswith(_STALE)
    )
    return tuple(f"{key}={value}" for key, value in kept)


def _disposition(stream: Stream) -> str:
    return "+".join(flag.name or "" for flag in Disposition if flag in stream.disposition) or "0"
