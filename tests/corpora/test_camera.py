"""A camera stays on its picture, magnifies nothing, and films photographs."""

import os
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tinyvmaf.corpora.camera import Move, Noise, expose, wander
from tinyvmaf.corpora.photographs import list_photographs, photograph_frames
from tinyvmaf.corpora.picture import Picture, Size, Window, picture_of_rgb, see
from tinyvmaf.corpora.synthetic import make_corpus
from tinyvmaf.errors import CorpusError

FRAME = Size(64, 36)


def _photograph(path: Path, width: int, height: int) -> Path:
    y, x = np.mgrid[:height, :width]
    red, green, blue = (np.uint8(128 + 90 * np.sin(x / 9 + y / k)) for k in (5, 11, 23))
    Image.fromarray(np.stack([red, green, blue], axis=-1)).save(path)
    return path


def _flat(value: int) -> Picture:
    return Picture(Image.new("L", (64, 36), value), Image.new("L", (32, 18), 100), Image.new("L", (32, 18), 150))


@pytest.mark.parametrize("picture", [Size(64, 36), Size(64, 300), Size(90, 50), Size(400, 300)])
@pytest.mark.parametrize("tilt", [0.0, 0.05, 0.6])
def test_camera_never_leaves_the_picture_nor_magnifies(picture: Size, tilt: float) -> None:
    widest = min(picture.width / FRAME.width, picture.height / FRAME.height)
    move = Move(0.4, (1.0, min(widest, 1.3)), tilt)
    windows = wander(np.random.default_rng(1), picture=picture, frame=FRAME, move=move, fps=25)
    for window in islice(windows, 300):
        cosine, sine = np.cos(window.tilt), abs(np.sin(window.tilt))
        across = window.scale * (FRAME.width * cosine + FRAME.height * sine) / 2
        down = window.scale * (FRAME.width * sine + FRAME.height * cosine) / 2
        assert across - 1e-6 <= window.x <= picture.width - across + 1e-6
        assert down - 1e-6 <= window.y <= picture.height - down + 1e-6
        assert window.scale >= 1 - 1e-9


def test_camera_eases_in_and_out() -> None:
    move = Move(0.2, (1.0, 1.2))
    windows = list(
        islice(wander(np.random.default_rng(3), picture=Size(640, 360), frame=FRAME, move=move, fps=25), 200)
    )
    steps = [np.hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(windows)]
    assert steps[0] < 0.1 * max(steps)
    assert max(abs(b - a) for a, b in pairwise(steps)) < 0.5


def test_standing_camera_stands() -> None:
    windows = wander(np.random.default_rng(3), picture=Size(90, 50), frame=FRAME, move=Move(0, (1, 1.2)), fps=25)
    assert len(set(islice(windows, 30))) == 1


def test_upright_and_turned_resampling_agree() -> None:
    y, x = np.mgrid[:200, :300]
    plane = Image.fromarray(np.uint8(128 + 60 * np.sin(x / 15) * np.cos(y / 12)))
    picture = Picture(plane, plane.reduce(2), plane.reduce(2))
    upright = see(picture, Window(150.3, 99.8, 1.0, 0.0), Size(160, 90))
    turned = see(picture, Window(150.3, 99.8, 1.0, 1e-9), Size(160, 90))
    for one, other in ((upright.luma, turned.luma), (upright.cb, turned.cb)):
        assert np.abs(np.asarray(one, int) - np.asarray(other, int)).max() <= 2


def test_colours_become_bt709_limited_range() -> None:
    image = Image.new("RGB", (6, 2))
    image.paste((255, 255, 255), (2, 0, 4, 2))
    image.paste((255, 0, 0), (4, 0, 6, 2))
    picture = picture_of_rgb(image)
    # ITU-R BT.709: black 16, white 235, red Y' 63 Cb 102 Cr 240.
    assert np.asarray(picture.luma)[0, ::2].tolist() == [16, 235, 63]
    assert np.asarray(picture.cb)[0].tolist() == [128, 128, 102]
    assert np.asarray(picture.cr)[0].tolist() == [128, 128, 240]


@pytest.mark.parametrize(("code", "spread"), [(16, 2.0), (235, 5.0)])
def test_noise_follows_the_light(code: int, spread: float) -> None:
    generator = np.random.default_rng(0)
    frames = [expose(_flat(code), gain=1.0, noise=Noise(2.0, 5.0), generator=generator)[:36] for _ in range(20)]
    values = np.stack(frames).astype(float)
    assert values.mean() == pytest.approx(code, abs=0.1)
    assert values.std() == pytest.approx(spread, rel=0.05)


def test_gain_scales_light_and_colour_about_black_and_gray() -> None:
    frame = expose(_flat(116), gain=0.5, noise=Noise(0, 0), generator=np.random.default_rng(0)).ravel()
    assert set(frame[: 64 * 36]) == {66}
    assert set(frame[64 * 36 : -32 * 18]) == {114}
    assert set(frame[-32 * 18 :]) == {139}


def test_photographs_become_one_video_each(tmp_path: Path) -> None:
    photographs = tmp_path / "photos"
    photographs.mkdir()
    _photograph(photographs / "b.jpg", 320, 240)
    _photograph(photographs / "a.png", 200, 200)
    (photographs / "notes.txt").write_text("no picture")
    files = make_corpus(tmp_path / "out", photographs=photographs, seconds=0.2, size=(64, 36))
    assert [path.name for path in files] == ["a.mp4", "b.mp4"]


def test_camera_over_a_photograph_repeats_and_moves(tmp_path: Path) -> None:
    path = _photograph(tmp_path / "a.png", 320, 240)
    first, again = (list(photograph_frames(path, 4, size=FRAME, frame_count=20)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert np.abs(first[-1].astype(int) - first[0].astype(int)).mean() > 5


def test_photograph_of_exactly_the_frame_is_filmed(tmp_path: Path) -> None:
    path = _photograph(tmp_path / "a.png", 64, 36)
    assert len(list(photograph_frames(path, 0, size=FRAME, frame_count=3))) == 3


def test_too_small_photograph_names_the_largest_size(tmp_path: Path) -> None:
    path = _photograph(tmp_path / "a.png", 100, 50)
    with pytest.raises(CorpusError, match=r"100x50 holds no frame of 128x72.*the largest of this shape is 88x50"):
        next(photograph_frames(path, 0, size=Size(128, 72), frame_count=1))


def test_portrait_flag_of_a_camera_is_heeded(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees
    Image.new("RGB", (40, 80), "gray").save(tmp_path / "a.jpg", exif=exif)
    assert len(list(photograph_frames(tmp_path / "a.jpg", 0, size=Size(80, 40), frame_count=1))) == 1


@pytest.mark.parametrize("name", ["broken.jpg", "cut.png"])
def test_unreadable_photograph_is_named(tmp_path: Path, name: str) -> None:
    whole = _photograph(tmp_path / "whole.png", 200, 200).read_bytes()
    (tmp_path / name).write_bytes(b"no picture" if name == "broken.jpg" else whole[: len(whole) // 2])
    with pytest.raises(CorpusError, match=name):
        next(photograph_frames(tmp_path / name, 0, size=FRAME, frame_count=1))


def test_missing_or_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such folder"):
        list_photographs(tmp_path / "missing")
    with pytest.raises(CorpusError, match="holds no JPEG or PNG"):
        list_photographs(tmp_path)


def test_more_sources_than_photographs_or_one_name_twice_is_an_error(tmp_path: Path) -> None:
    _photograph(tmp_path / "a.png", 100, 100)
    with pytest.raises(CorpusError, match="holds 1 photographs, and 2"):
        make_corpus(tmp_path / "out", photographs=tmp_path, sources=2, size=(64, 36))
    _photograph(tmp_path / "a.jpg", 100, 100)
    with pytest.raises(CorpusError, match="would make one file"):
        make_corpus(tmp_path / "out", photographs=tmp_path, size=(64, 36))


@pytest.mark.realmedia
@pytest.mark.skipif("TINYVMAF_TEST_MEDIA" not in os.environ, reason="TINYVMAF_TEST_MEDIA names no folder")
@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160)])
def test_real_photographs_hold_large_frames(tmp_path: Path, size: tuple[int, int]) -> None:
    photographs = Path(os.environ["TINYVMAF_TEST_MEDIA"]) / "media" / "photos"
    chosen = tmp_path / "photos"
    chosen.mkdir()
    for name in ("pine-shrub-rocks.jpg", "tree-trunk-leaves.jpg"):
        (chosen / name).symlink_to(photographs / name)
    files = make_corpus(tmp_path / "out", photographs=chosen, seconds=4 / 25, size=size)
    assert all(path.stat().st_size > 100_000 for path in files)
