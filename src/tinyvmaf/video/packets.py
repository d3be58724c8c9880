"""A video -> what its video stream weighs, by its packets; nothing is decoded, and other streams do not count."""

from dataclasses import dataclass
from fractions import Fraction

from tinyvmaf.video.file import open_container, video_stream
from tinyvmaf.video.probe import Video


@dataclass(frozen=True, slots=True)
class StreamWeight:
    """What one video stream costs."""

    byte_count: int
    """Of its packets, without the container and without other streams."""
    seconds: float
    """From the first frame's start to the last one's end; above 0."""

    @property
    def bitrate_kbps(self) -> float:
        """Thousands of bits per second of video."""
        return 8 * self.byte_count / self.seconds / 1000


def stream_weight(video: Video) -> StreamWeight:
    """The bytes and the length of the video stream.

    Raises:
        VideoError: the file breaks off.
    """
    raw = video.file.raw
    if raw is not None:
        size = video.path.stat().st_size
        return StreamWeight(size, size / raw.frame_bytes / float(raw.fps))
    byte_count = packet_count = 0
    shown: list[Fraction] = []
    with open_container(video.file) as container:
        for packet in container.demux(video_stream(container, video.path)):
            byte_count += packet.size
            packet_count += bool(packet.size)
            if packet.pts is not None and packet.time_base is not None:
                shown.append(packet.pts * packet.time_base)
    numbered = max(packet_count, 1) / video.fps
    last_frame = 1 / video.fps
    return StreamWeight(byte_count, float(max(shown) - min(shown) + last_frame if shown else numbered))
