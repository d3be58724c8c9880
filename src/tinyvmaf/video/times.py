"""A video -> when each of its frames is shown, from the container's own stamps.

Packets are counted, not decoded, wherever one packet is one frame. It is not with two fields in two packets (H.264,
MPEG-2 and VC-1, interlaced), with several frames in one packet (MPEG-4 in AVI), nor at the start of a stream that was
cut in the middle of a group of pictures; these are decoded to be counted.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from tinyvmaf.errors import VideoError
from tinyvmaf.video.file import open_container, video_stream
from tinyvmaf.video.frames import decoded_frames
from tinyvmaf.video.pixel_format import frame_bytes
from tinyvmaf.video.probe import Video

_TWO_PACKETS_A_FRAME = frozenset({"h264", "mpeg2video", "vc1", "hevc"})
_COUNTED_CONTAINERS = frozenset({"mov", "mp4", "avi"})
_TIMED_CONTAINERS = frozenset({"matroska", "webm"})


@dataclass(frozen=True, slots=True, eq=False)
class FrameTimes:
    """When each frame of a video is shown."""

    seconds: np.ndarray
    """(T,) float64, ascending, the first frame at zero; in display order."""
    stamped: bool
    """The container says so; else they are the frame's number over the frame rate."""

    @property
    def count(self) -> int:
        """T, the number of frames."""
        return len(self.seconds)


@dataclass(slots=True)
class _Stamps:
    """What the packets of one video stream say, in stored order; None: not said."""

    presentation: list[int | None] = field(default_factory=list)
    decoding: list[int | None] = field(default_factory=list)
    packet_count: int = 0
    starts_with_key_frame: bool = True
    end_seconds: Fraction = Fraction(0)


def frame_times(video: Video) -> FrameTimes:
    """The times of the video's frames; headerless video and streams without stamps are numbered by the frame rate.

    Raises:
        VideoError: the file breaks off or is damaged; the message says after how many frames.
    """
    if video.file.raw is not None:
        return _numbered(video.path.stat().st_size // video.file.raw.frame_bytes, video.fps, stamped=False)
    y4m_count = _y4m_frame_count(video)
    if y4m_count is not None:
        return _numbered(y4m_count, video.fps, stamped=True)
    with open_container(video.file) as container:
        stream = video_stream(container, video.path)
        stamps = _demux(container, stream, video)
        _check_whole(container, stream, video, stamps)
        time_base = stream.time_base or Fraction(1, 90_000)
    if _must_decode(video, stamps):
        return _times([frame.pts for frame in decoded_frames(video)], time_base, video)
    if None in stamps.presentation:
        return _times(stamps.decoding, time_base, video)
    return _times(stamps.presentation, time_base, video)


def _times(stamps: list[int | None], time_base: Fraction, video: Video) -> FrameTimes:
    """Ascending seconds from zero; numbered where a stamp is missing."""
    known = sorted(stamp for stamp in stamps if stamp is not None)
    if not stamps:
        raise VideoError(f"{video.path} holds no frame that is shown")
    if len(known) < len(stamps):
        return _numbered(len(stamps), video.fps, stamped=False)
    ticks = np.array([stamp - known[0] for stamp in known], dtype=np.float64)
    return FrameTimes(ticks * time_base.numerator / time_base.denominator, stamped=True)


def _numbered(count: int, fps: Fraction, *, stamped: bool) -> FrameTimes:
    return FrameTimes(np.arange(count, dtype=np.float64) * fps.denominator / fps.numerator, stamped=stamped)


def _demux(container: InputContainer, stream: VideoStream, video: Video) -> _Stamps:
    """The stamps of all packets that become a shown frame; reads every stream, to see where the file ends."""
    stamps = _Stamps()
    for packet in container.demux():
        if packet.size == 0 and packet.dts is None:  # PyAV's own end mark
            continue
        if packet.pts is not None and packet.time_base is not None:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            stamps.end_seconds = max(stamps.end_seconds, end)
        if packet.stream.index == stream.index:
            _take(packet, stamps, video)
    return stamps


def _take(packet: Packet, stamps: _Stamps, video: Video) -> None:
    if packet.is_corrupt:
        raise VideoError(f"{video.path} is damaged or cut off: packet {stamps.packet_count} of its video is not whole")
    if stamps.packet_count == 0:
        stamps.starts_with_key_frame = packet.is_keyframe
    stamps.packet_count += 1
    if packet.size and not packet.is_discard and not _is_hidden(packet, video.codec):
        stamps.presentation.append(packet.pts)
        stamps.decoding.append(packet.dts)


def _is_hidden(packet: Packet, codec: str) -> bool:
    """Whether a VP8 or VP9 packet holds only a frame that others refer to (RFC 6386, 9.1; VP9 bitstream, 6.2 and B)."""
    if codec not in {"vp8", "vp9"}:
        return False
    data = memoryview(packet)
    if codec == "vp8":
        return not data[0] & 0x10
    if data[-1] & 0xE0 == 0xC0:  # a superframe ends with a shown frame
        return False
    profile_is_3 = data[0] & 0x30 == 0x30
    shows_existing, shown = (0x04, 0x01) if profile_is_3 else (0x08, 0x02)
    return not data[0] & shows_existing and not data[0] & shown


def _must_decode(video: Video, stamps: _Stamps) -> bool:
    some_missing = None in stamps.presentation and any(stamp is not None for stamp in stamps.presentation)
    fields = video.interlaced and video.codec in _TWO_PACKETS_A_FRAME
    return fields or video.codec == "mpeg4" or not stamps.starts_with_key_frame or some_missing


def _check_whole(container: InputContainer, stream: VideoStream, video: Video, stamps: _Stamps) -> None:
    """Compares what was read with what the header promises."""
    kinds = set(container.format.name.split(","))
    promised = stream.frames
    if kinds & _COUNTED_CONTAINERS and promised and stamps.packet_count < promised:
        raise VideoError(
            f"{video.path} is cut off: its header promises {promised} frames, and {stamps.packet_count} are there"
        )
    if kinds & _TIMED_CONTAINERS and container.duration:
        seconds = Fraction(container.duration, av.time_base)
        if stamps.end_seconds < seconds - Fraction(3, 2) / video.fps:
            raise VideoError(
                f"{video.path} is cut off: its header promises {float(seconds):.3f} s, and it ends at "
                f"{float(stamps.end_seconds):.3f} s, after {stamps.packet_count} frames"
            )


def _y4m_frame_count(video: Video) -> int | None:
    """The frames of a Y4M file by its size; None where it is no Y4M, or its frames have headers of any length."""
    with video.path.open("rb") as stream:
        header = stream.readline(4096)
        frame_header = stream.readline(4096)
    if not header.startswith(b"YUV4MPEG2") or frame_header != b"FRAME\n":
        return None
    each = len(frame_header) + frame_bytes(video.pix_fmt, width=video.width, height=video.height)
    body = video.path.stat().st_size - len(header)
    if body % each:
        raise VideoError(f"{video.path} is cut off in frame {body // each}: {body % each} of {each} bytes are there")
    return body // each
