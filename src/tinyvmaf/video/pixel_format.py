"""Facts of ffmpeg's pixel formats: chroma layout, depth, transparency, bytes of a frame."""

from typing import Literal

from av.video.format import VideoFormat

from tinyvmaf.errors import VideoError

Subsampling = Literal["420", "422", "444", "440", "411", "410", "400", "rgb"]
"""How chroma is laid out; ``400`` is gray, ``rgb`` is not YUV at all."""

_BY_CHROMA_SIZE: dict[tuple[int, int], Subsampling] = {
    (8, 8): "420",
    (8, 16): "422",
    (16, 16): "444",
    (16, 8): "440",
    (4, 16): "411",
    (4, 4): "410",
}
"""By the size of the chroma of a 16x16 picture."""


def pixel_format(name: str) -> VideoFormat:
    """The pixel format that ffmpeg calls so.

    Raises:
        VideoError: there is none; the message names some.
    """
    try:
        return VideoFormat(name, 16, 16)
    except ValueError as error:
        raise VideoError(
            f"unknown pixel format {name!r}: known are yuv420p, yuv422p, yuv444p, yuv420p10le, nv12, gray, rgb24 and "
            "the others that `ffmpeg -pix_fmts` lists"
        ) from error


def subsampling(name: str) -> Subsampling:
    """The chroma layout of a pixel format; palettes and XYZ count as ``rgb``."""
    layout = pixel_format(name)
    if layout.is_rgb or layout.has_palette or name.startswith("xyz"):
        return "rgb"
    if sum(not component.is_alpha for component in layout.components) == 1:
        return "400"
    return _BY_CHROMA_SIZE[layout.chroma_width(16), layout.chroma_height(16)]


def bit_depth(name: str) -> int:
    """Bits per sample of the first component; 32 for floats."""
    return pixel_format(name).components[0].bits


def has_alpha(name: str) -> bool:
    """Whether the pixel format carries transparency; a palette does."""
    layout = pixel_format(name)
    return layout.has_palette or any(component.is_alpha for component in layout.components)


def frame_bytes(name: str, *, width: int, height: int) -> int:
    """Bytes of one raw frame without padding.

    Raises:
        VideoError: the pixel format is unknown, or has a packing that raw video is not read from.
    """
    small = pixel_format(name)
    if _bytes(small) == 0 or _bytes(small) * 8 != small.padded_bits_per_pixel * small.width * small.height:
        raise VideoError(f"raw video in {name} is not read: convert it to a planar format or to Y4M")
    return _bytes(VideoFormat(name, width, height))


def _bytes(layout: VideoFormat) -> int:
    return sum(part.width * part.height * ((part.bits + 7) // 8) for part in layout.components)
