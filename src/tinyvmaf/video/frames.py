"""Decoded frames of a video, one after the other, as ffmpeg yields them: no rotation, no frame skipped in silence."""

from collections.abc import Iterator

from av.codec.context import Flags
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tinyvmaf.errors import VideoError
from tinyvmaf.video.file import open_container, video_stream
from tinyvmaf.video.probe import Video


def decoded_frames(video: Video, *, threads: int = 0) -> Iterator[VideoFrame]:
    """Every shown frame, in display order; the memory of a few frames is held, and of one more per thread.

    Args:
        video: What to decode.
        threads: Threads of the decoder; 0: one per core and one more.

    Raises:
        VideoError: a frame cannot be decoded whole, or the file breaks off; the message names the frame.
    """
    with open_container(video.file) as container:
        stream = video_stream(container, video.path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        stream.codec_context.flags |= Flags.output_corrupt  # else the decoder drops damaged frames without a word
        number = 0
        for packet in _packets(container, stream, video):
            for frame in _decode(stream, packet, video, number):
                if frame.is_corrupt:
                    raise VideoError(
                        f"{video.path} is damaged, or cut between key frames: frame {number} cannot be decoded whole"
                    )
                frame.time_base = stream.time_base  # which PyAV does not tell of those that a decoder held to the end
                yield frame
                number += 1


def _packets(container: InputContainer, stream: VideoStream, video: Video) -> Iterator[Packet | None]:
    """The packets of the stream, then None for the frames that the decoder still holds."""
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise VideoError(f"{video.path} is damaged or cut off: a packet of its video is not whole")
        if packet.size:
            yield packet
    yield None


def _decode(stream: VideoStream, packet: Packet | None, video: Video, number: int) -> list[VideoFrame]:
    try:
        return stream.codec_context.decode(packet)
    except FFmpegError as error:
        raise VideoError(f"{video.path} is damaged: no frame {number} can be decoded ({error.strerror})") from error
