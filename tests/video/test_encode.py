"""Rungs read back as they are written, refuse nonsense, and make the file that they name."""

from fractions import Fraction
from pathlib import Path

import pytest

from tests.conftest import Clips
from tinyvmaf.errors import FfmpegError
from tinyvmaf.video.codecs import CODECS
from tinyvmaf.video.encode import Rung, parse_rungs
from tinyvmaf.video.encoding import encode
from tinyvmaf.video.probe import probe
from tinyvmaf.video.times import frame_times


@pytest.mark.parametrize(
    ("text", "rungs"),
    [
        ("x264/medium@1/2:20,27", ["x264/medium@1/2:20", "x264/medium@1/2:27"]),
        ("vp9:44", ["vp9/4:44"]),
        ("noise:8", ["noise:8"]),
        ("blur@0.25:1.5", ["blur@1/4:1.5"]),
        (" x265:22.5 ", ["x265/medium:22.5"]),
    ],
)
def test_rungs_round_trip(text: str, rungs: list[str]) -> None:
    assert [str(rung) for rung in parse_rungs(text)] == rungs
    assert all(parse_rungs(str(rung)) == (rung,) for rung in parse_rungs(text))


def test_a_slug_is_safe_in_a_file_name() -> None:
    slugs = [rung.slug for text in ("x264/medium@1/2:27", "x264:27", "noise:8") for rung in parse_rungs(text)]
    assert slugs == ["x264-medium-1of2-27", "x264-medium-27", "noise-8"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x264", "not of the form CODEC"),
        ("h264:20", "unknown codec 'h264'; known are: x264"),
        ("x264/quick:20", "x264 has no preset 'quick'; it has: ultrafast"),
        ("noise/fast:8", "noise has no preset 'fast'; it has: none"),
        ("x264:52", "quality 52 of x264 lies outside 0-51"),
        ("x264:nan", "quality nan"),
        ("x264:", "not of the form"),
        ("x264:20,", "no number"),
        ("x264@1/0:20", "no number"),
        ("x264@2:20", "scale 2 must lie above 0 and at most at 1"),
        ("av1:30.5", "must be a whole number"),
    ],
)
def test_a_wrong_rung_is_refused_with_what_would_be_right(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_rungs(text)


def test_scaled_and_encoded_sizes_are_even() -> None:
    assert Rung("x264", "medium", 20, Fraction(1, 3)).encoded_size(320, 181) == (106, 60)
    assert Rung("x264", "medium", 20).encoded_size(319, 179) == (320, 180)
    assert Rung("x264", "medium", 20, Fraction(1, 1000)).encoded_size(320, 180) == (2, 2)
    assert Rung("noise", None, 8).encoded_size(319, 179) == (319, 179)


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS.keys())
def test_every_codec_has_a_default_rung_and_makes_a_file(codec, clips: Clips, tmp_path: Path) -> None:
    rung = Rung(codec.name, codec.default_preset, codec.quality_range[1] // 2, Fraction(1, 2))
    video = encode(probe(clips("a.mp4", "-c:v", "libx264", frames=5)), rung, tmp_path / "out.mkv")
    assert (video.width, video.height, video.codec) == (160, 90, codec.standard if codec.encoder else "vp9")
    assert frame_times(video).count == 5
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]


def test_a_failed_encode_leaves_the_old_file(clips: Clips, tmp_path: Path) -> None:
    (tmp_path / "out.webm").write_bytes(b"old")
    with pytest.raises(FfmpegError, match="WebM"):
        encode(probe(clips("a.mp4", "-c:v", "libx264")), Rung("x264", "medium", 30), tmp_path / "out.webm")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_variable_rate_keeps_its_stamps_and_a_steady_one_gets_exact_ones(clips: Clips, tmp_path: Path) -> None:
    uneven = clips("vfr.mp4", "-fps_mode", "passthrough", "-enc_time_base", "demux", filters="select='mod(n,3)'")
    steady = clips.derived(clips("a.mp4", "-c:v", "libx264", fps="30000/1001"), "a.mkv", "-c", "copy")
    rung = Rung("x264", "ultrafast", 30)
    for source, tolerance in ((uneven, 1e-9), (steady, 0.001)):
        video = probe(source)
        encoded = encode(video, rung, tmp_path / f"{source.stem}.mp4")
        assert frame_times(encoded).seconds == pytest.approx(frame_times(video).seconds, abs=tolerance)
    places = frame_times(encoded).seconds * 30000 / 1001
    assert places == pytest.approx(range(16), abs=1e-9)
