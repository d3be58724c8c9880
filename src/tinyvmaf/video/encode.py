"""Rungs, the encode settings of a ladder, and a video made into its distorted version by one of them.

The text form of rungs is ``CODEC[/PRESET][@SCALE]:Q[,Q...]``: ``x264/medium@1/2:20,27``, ``vp9:44``, ``noise:8``.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from tinyvmaf.video.codecs import CODECS, Codec

_RUNGS = re.compile(r"(?P<codec>[^/@:]+)(/(?P<preset>[^@:]+))?(@(?P<scale>[^:]+))?:(?P<qualities>.+)")
_FORM = "CODEC[/PRESET][@SCALE]:Q[,Q...], such as x264/medium@1/2:20,27"


@dataclass(frozen=True, slots=True)
class Rung:
    """One encode setting. Invalid values are a ValueError that says what would be valid."""

    codec: str
    """x264, x265, av1, vp9 or vvc; or a degradation: noise, blur, sharpen."""
    preset: str | None
    """The encoder's preset; None for a degradation."""
    quality: float
    """CRF (QP for VVC), or the strength of a degradation."""
    scale: Fraction = Fraction(1)
    """Encoded at this share of the reference's width and height, in (0, 1]; measured at the reference's size."""

    def __post_init__(self) -> None:
        codec = self.parameters
        if self.preset not in (codec.presets or (None,)):
            known = ", ".join(codec.presets) or "none"
            raise ValueError(f"{self.codec} has no preset {self.preset!r}; it has: {known}")
        if not codec.quality_range[0] <= self.quality <= codec.quality_range[1]:
            low, high = codec.quality_range
            raise ValueError(f"quality {self.quality:g} of {self.codec} lies outside {low:g}-{high:g}")
        if codec.whole_quality and self.quality != int(self.quality):
            raise ValueError(f"quality {self.quality:g} of {self.codec} must be a whole number")
        if not 0 < self.scale <= 1:
            raise ValueError(f"scale {self.scale} must lie above 0 and at most at 1")

    @property
    def parameters(self) -> Codec:
        """The codec's row in the table of codecs."""
        if self.codec not in CODECS:
            raise ValueError(f"unknown codec {self.codec!r}; known are: {', '.join(CODECS)}")
        return CODECS[self.codec]

    @property
    def standard(self) -> str:
        """What the table's column ``codec`` says: h264, hevc, av1, vp9, vvc, noise, blur, sharpen."""
        return self.parameters.standard

    @property
    def encoder(self) -> str | None:
        """The encoder by ffmpeg's name; None for a degradation."""
        return self.parameters.encoder

    @property
    def slug(self) -> str:
        """A file-safe spelling, the tail of a clip's key: ``x264-medium-1of2-27``."""
        scale = f"{self.scale.numerator}of{self.scale.denominator}" if self.scale != 1 else None
        return "-".join(part for part in (self.codec, self.preset, scale, _number(self.quality)) if part)

    @property
    def encoder_arguments(self) -> tuple[str, ...]:
        """The output arguments of ffmpeg that choose the encoder and its setting; none for a degradation."""
        codec = self.parameters
        if codec.encoder is None or self.preset is None:
            return ()
        setting = (codec.preset_option, self.preset, codec.quality_option, _number(self.quality))
        return ("-c:v", codec.encoder, *setting, *codec.fixed_arguments)

    @property
    def degradation_filter(self) -> str | None:
        """The ffmpeg filter of a degradation; None for a codec."""
        return self.parameters.filter.format(quality=_number(self.quality)) or None

    def encoded_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height at which a source of that size is encoded: even, since 4:2:0 encoders take nothing else.

        Only a degradation at full size keeps an odd size.
        """
        if self.scale == 1 and self.encoder is None:
            return width, height
        return _even(width * self.scale), _even(height * self.scale)

    def __str__(self) -> str:
        preset = f"/{self.preset}" if self.preset else ""
        scale = f"@{self.scale}" if self.scale != 1 else ""
        return f"{self.codec}{preset}{scale}:{_number(self.quality)}"


@dataclass(frozen=True, slots=True)
class EncodeFacts:
    """What is known of the encode behind a clip: the table's columns of the same names."""

    codec: str | None = None
    """The standard (h264, hevc, av1, vp9, vvc) or the degradation (noise, blur, sharpen)."""
    encoder: str | None = None
    """ffmpeg's name of the encoder."""
    preset: str | None = None
    """The encoder's preset."""
    quality: float | None = None
    """CRF, QP or strength."""
    bitrate_kbps: float | None = None
    """Encoded bits per second of video, in thousands."""
    encode_height: int | None = None
    """Lines of the encoded pictures."""
    width: int | None = None
    """Columns of the measured pictures."""
    height: int | None = None
    """Lines of the measured pictures."""
    fps: float | None = None
    """Frames per second."""


def parse_rungs(text: str) -> tuple[Rung, ...]:
    """The rungs of one text ``CODEC[/PRESET][@SCALE]:Q[,Q...]``, in its order.

    Raises:
        ValueError: the text has another form, or a value that the codec does not know; the message says which.
    """
    match = _RUNGS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"rung {text!r} is not of the form {_FORM}")
    codec = match["codec"]
    preset = match["preset"] or (CODECS[codec].default_preset if codec in CODECS else None)
    try:
        scale = Fraction(match["scale"] or 1)
        qualities = [float(quality) for quality in match["qualities"].split(",")]
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f"rung {text!r} holds a scale or a quality that is no number; the form is {_FORM}") from error
    return tuple(Rung(codec, preset, quality, scale) for quality in qualities)


def _number(quality: float) -> str:
    """The shortest text that reads back as the same number, without an exponent or a needless ``.0``."""
    return str(int(quality)) if quality == int(quality) else repr(quality)


def _even(length: Fraction) -> int:
    return max(2, 2 * round(length / 2))
