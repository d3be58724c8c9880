"""Parts of pictures: their text form, and the luma that is left."""

import numpy as np
import pytest

from tests.conftest import Clips
from tinyvmaf.errors import PairingError
from tinyvmaf.video.crop import Crop, cropped, parse_crop
from tinyvmaf.video.decode import decode_luma
from tinyvmaf.video.probe import probe


def test_text_form_reads_back() -> None:
    assert parse_crop("1920:800:0:140") == Crop(1920, 800, 0, 140)
    assert str(parse_crop("1920:800:0:140")) == "1920:800:0:140"


@pytest.mark.parametrize("wrong", ["", "1920:800", "1920x800+0+140", "0:800:0:140", "-2:2:0:0", "2:2:0:0:0"])
def test_other_texts_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="crop"):
        parse_crop(wrong)


def test_luma_of_a_part_is_that_part_to_the_pixel(clips: Clips) -> None:
    video, crop = probe(clips(source="mandelbrot")), Crop(101, 71, 7, 13)
    for whole, part in zip(decode_luma(video), decode_luma(video, crop=crop), strict=True):
        assert np.array_equal(part, whole[13 : 13 + 71, 7 : 7 + 101])


def test_a_part_beyond_the_picture_is_refused(clips: Clips) -> None:
    video = probe(clips())
    assert cropped(video, None) is video
    with pytest.raises(PairingError, match="320x180 picture"):
        cropped(video, Crop(320, 180, 0, 1))
