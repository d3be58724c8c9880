"""ffmpeg's filters for one video of a comparison: to the common format, frame by frame by number."""

from tinyvmaf.video.format_rules import same_matrix
from tinyvmaf.video.formats import MeasuredFormat
from tinyvmaf.video.probe import Video

SOURCE = "[0:V:0]"
"""The pad of the first input's video; a cover picture is none."""
_EXACT_CHROMA = "+accurate_rnd+full_chroma_int+full_chroma_inp"
"""Without these flags a change of matrix at 4:2:0 makes luma 0.9 code values too dark; with them, 0.06 too bright."""
BY_NUMBER = "settb=AVTB,setpts=N"
"""Stamps frames by their number, on one time base, so that libvmaf pairs them by number and by nothing else."""


def input_arguments(video: Video) -> list[str]:
    """The arguments of ffmpeg that open the video as it is coded: no rotation, raw YUV as its layout says."""
    raw = video.file.raw
    layout = [] if raw is None else ["-f", "rawvideo", "-pixel_format", raw.pix_fmt]
    if raw is not None:
        layout += ["-video_size", f"{raw.width}x{raw.height}", "-framerate", str(raw.fps)]
    return ["-noautorotate", "-protocol_whitelist", "file", *layout, "-i", f"file:{video.path.absolute()}"]


def conversion_filters(video: Video, measured: MeasuredFormat) -> str:
    """The filters that bring a video's frames to a format: size (bicubic), range, matrix, depth, subsampling.

    An empty text where the frames have that format already. Chroma and size go through swscale's plain bicubic; the
    range and the matrix are said on both sides, so that no missing or wrong tag of a frame decides.
    """
    if video.subsampling == "400":
        depth = min(video.bit_depth, 16)  # floats count as 32
        pix_fmt = "yuv420p" if depth == 8 else f"yuv420p{depth}le"
        return chain(_gray_to_yuv(video, pix_fmt), _scale(video, measured, pix_fmt))
    return _scale(video, measured, video.pix_fmt)


def tag_filter(measured: MeasuredFormat) -> str:
    """The filter that gives frames the format's own colour tags.

    Without it ffmpeg converts by itself where the tags of two inputs differ, even from an untagged matrix to a tagged
    one: one and the same picture then scores 48 instead of 98.
    """
    return f"setparams=range={measured.color_range}:colorspace={measured.color_matrix or 'unknown'}"


def chain(*filters: str) -> str:
    """The filters, less the empty ones, one after the other."""
    return ",".join(each for each in filters if each)


def measured_chain(video: Video, measured: MeasuredFormat, *, start: int, count: int) -> str:
    """All filters from a video's frames to what libvmaf reads: ``count`` frames from ``start`` on."""
    trim = f"trim=start_frame={start}:end_frame={start + count}"
    return chain(trim, conversion_filters(video, measured), tag_filter(measured), BY_NUMBER)


def _gray_to_yuv(video: Video, pix_fmt: str) -> str:
    """The code values as they are: swscale takes gray for full range, whatever its tag or the options say."""
    return f"scale=in_range=full:out_range=full,format={pix_fmt},setparams=range={video.color_range}"


def _scale(video: Video, measured: MeasuredFormat, pix_fmt: str) -> str:
    """One scaling step; an empty text where it would change nothing."""
    flags = "bicubic"
    matrix: list[str] = []
    if video.subsampling == "rgb":
        matrix = [f"out_color_matrix={measured.color_matrix}"] if measured.color_matrix else []
    elif not same_matrix(video.color_matrix, measured.color_matrix):
        matrix = [f"in_color_matrix={video.color_matrix}", f"out_color_matrix={measured.color_matrix}"]
        flags += _EXACT_CHROMA
    theirs = (video.width, video.height, pix_fmt, video.color_range)
    if theirs == (measured.width, measured.height, measured.pix_fmt, measured.color_range) and not matrix:
        return ""
    ranges = [f"in_range={video.color_range}", f"out_range={measured.color_range}"]
    options = [f"scale={measured.width}:{measured.height}:flags={flags}", *ranges, *matrix]
    return f"{':'.join(options)},format={measured.pix_fmt}"
