"""Whether a video file holds its own frames: a playlist or a manifest opens other files, wherever they lie.

What a user names, a user may open; where an agent may read one folder only, a playlist must not lead out of it.
"""

import av
from av.error import FFmpegError

from tinyvmaf.errors import VideoError
from tinyvmaf.video.file import VideoFile, check_file

_CONTAINERS = (
    *("mov", "mp4", "matroska", "webm", "mpegts", "mpeg", "avi", "flv", "asf", "ogg", "nut", "mxf", "ivf", "gif"),
    *("yuv4mpegpipe", "h264", "hevc", "vvc", "av1", "obu", "m4v", "mpegvideo", "dv", "rm", "mjpeg"),
)
"""ffmpeg's readers of one file. (That of MP4 follows references to other files only when it is asked to.)"""


def check_self_contained(file: VideoFile) -> None:
    """Checks that reading the file reads no other one.

    Raises:
        VideoError: it is a playlist, a manifest or of another form that is not known to hold its own frames; or there
            is no such file.
    """
    check_file(file)
    if file.raw is not None:
        return
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(_CONTAINERS)}
    try:
        with av.open(f"file:{file.path.absolute()}", options=options, metadata_errors="replace"):
            pass
    except FFmpegError as error:
        raise VideoError(
            f"{file.path} is not read here: it is not a video, or refers to other files as a playlist does; name a "
            "file such as MP4, Matroska or Y4M that holds its own frames"
        ) from error
