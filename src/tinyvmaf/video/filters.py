"""ffmpeg's filters for one video of a comparison: to the common format, frame by frame by number."""

from tinyvmaf.video.crop import Crop, cropped
from tinyvmaf.video.format_rules import same_matrix
from tinyvmaf.video.formats import MeasuredFormat
from tinyvmaf.video.probe import Video

SOURCE = "[0:V:0]"
"""The pad of the first input's video; a cover picture is none."""
BY_NUMBER = "settb=AVTB,setpts=N"
"""Stamps frames by their number, on one time base, so that libvmaf pairs them by number and by nothing else."""

_LEVELS = {"limited": "tv", "full": "pc"}
"""Ranges as the filter ``colorspace`` spells them."""
_SPACES = {"bt2020nc": "bt2020ncl"}
"""Matrices that it spells otherwise."""


def input_arguments(video: Video) -> list[str]:
    """The arguments of ffmpeg that open the video as it is coded: no rotation, raw YUV as its layout says."""
    raw = video.file.raw
    layout = [] if raw is None else ["-f", "rawvideo", "-pixel_format", raw.pix_fmt]
    if raw is not None:
        layout += ["-video_size", f"{raw.width}x{raw.height}", "-framerate", str(raw.fps)]
    return ["-noautorotate", "-protocol_whitelist", "file", *layout, "-i", f"file:{video.path.absolute()}"]


def conversion_filters(video: Video, measured: MeasuredFormat, crop: Crop | None = None) -> str:
    """The filters that bring a video's frames to a format: crop, size (bicubic), range, matrix, depth, subsampling.

    An empty text where the frames have that format already. Chroma and size go through swscale's plain bicubic; the
    range and the matrix are said on both sides, so that no missing or wrong tag of a frame decides.
    """
    cut = "" if crop is None else crop.filter
    video = cropped(video, crop)
    gray = ""
    pix_fmt = video.pix_fmt
    if video.subsampling == "400":
        depth = min(video.bit_depth, 16)  # floats count as 32
        pix_fmt = "yuv420p" if depth == 8 else f"yuv420p{depth}le"
        gray = _gray_to_yuv(video, pix_fmt)
    return chain(cut, gray, _scale(video, measured, pix_fmt), _matrix(video, measured))


def tag_filter(measured: MeasuredFormat) -> str:
    """The filter that gives frames the format's own colour tags.

    Without it ffmpeg converts by itself where the tags of two inputs differ, even from an untagged matrix to a tagged
    one: one and the same picture then scores 48 instead of 98.
    """
    return f"setparams=range={measured.color_range}:colorspace={measured.color_matrix or 'unknown'}"


def rgb_filters(measured: MeasuredFormat) -> str:
    """The filters from frames of a format, whose matrix must be tagged, to RGB of 8 bits as people see it."""
    return chain(
        tag_filter(measured), "scale=out_range=full:flags=bicubic+accurate_rnd+full_chroma_int", "format=rgb24"
    )


def chain(*filters: str) -> str:
    """The filters, less the empty ones, one after the other."""
    return ",".join(each for each in filters if each)


def measured_chain(video: Video, measured: MeasuredFormat, *, start: int, count: int, crop: Crop | None = None) -> str:
    """All filters from a video's frames to what libvmaf reads: ``count`` frames from ``start`` on."""
    trim = f"trim=start_frame={start}:end_frame={start + count}"
    return chain(trim, conversion_filters(video, measured, crop), tag_filter(measured), BY_NUMBER)


def _gray_to_yuv(video: Video, pix_fmt: str) -> str:
    """The code values as they are: swscale takes gray for full range, whatever its tag or the options say."""
    return f"scale=in_range=full:out_range=full,format={pix_fmt},setparams=range={video.color_range}"


def _scale(video: Video, measured: MeasuredFormat, pix_fmt: str) -> str:
    """One scaling step; an empty text where it would change nothing."""
    theirs = (video.width, video.height, pix_fmt, video.color_range)
    is_rgb = video.subsampling == "rgb"
    if theirs == (measured.width, measured.height, measured.pix_fmt, measured.color_range) and not is_rgb:
        return ""
    options = [f"scale={measured.width}:{measured.height}:flags=bicubic"]
    options += [f"in_range={video.color_range}", f"out_range={measured.color_range}"]
    if is_rgb and measured.color_matrix:
        options.append(f"out_color_matrix={measured.color_matrix}")
    return f"{':'.join(options)},format={measured.pix_fmt}"


def _matrix(video: Video, measured: MeasuredFormat) -> str:
    """From one RGB to YUV matrix to another, with nothing done to the light that the code values stand for.

    By ffmpeg's ``colorspace``: swscale makes the same step at 4:2:0 and leaves luma 0.2 to 0.9 code values off.
    """
    if video.subsampling in {"rgb", "400"} or same_matrix(video.color_matrix, measured.color_matrix):
        return ""
    same_light = "iprimaries=bt709:primaries=bt709:itrc=bt709:trc=bt709"
    levels = f"irange={_LEVELS[measured.color_range]}:range={_LEVELS[measured.color_range]}"
    matrices = f"ispace={_SPACES.get(str(video.color_matrix), video.color_matrix)}"
    matrices += f":space={_SPACES.get(str(measured.color_matrix), measured.color_matrix)}"
    return f"colorspace={matrices}:{same_light}:{levels},format={measured.pix_fmt}"
