"""ffmpeg's filters for one video of a comparison: to the common format, frame by frame by number."""

from tinyvmaf.video.pairing import MeasuredFormat
from tinyvmaf.video.probe import Video

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
    options = [f"scale={measured.width}:{measured.height}:flags=bicubic"]
    theirs = (video.width, video.height, video.pix_fmt, video.color_range)
    differs = theirs != (measured.width, measured.height, measured.pix_fmt, measured.color_range)
    options += [f"in_range={video.color_range}", f"out_range={measured.color_range}"]
    if measured.color_matrix is not None and video.subsampling == "rgb":
        options.append(f"out_color_matrix={measured.color_matrix}")
    elif None not in (video.color_matrix, measured.color_matrix) and video.color_matrix != measured.color_matrix:
        differs = True
        options += [f"in_color_matrix={video.color_matrix}", f"out_color_matrix={measured.color_matrix}"]
    return f"{':'.join(options)},format={measured.pix_fmt}" if differs else ""


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
