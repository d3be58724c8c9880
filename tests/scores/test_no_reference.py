"""Scores without a reference: which frames are looked at, what of them, and what is said of bad input."""

from pathlib import Path
from threading import Event

import numpy as np
import pytest
from tests.conftest import Clips, ffmpeg
from tests.pixel_models import brightness_of_frames, brightness_of_patches

from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.documents import to_document, validate
from tinyvmaf.errors import BundleError, CancelledError, VideoError
from tinyvmaf.scores.no_reference import LoneScore, score_alone
from tinyvmaf.video.file import RawFormat, VideoFile
from tinyvmaf.video.probe import probe
from tinyvmaf.video.sampled import sampled_luma

LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")
FADE = "geq=lum='16+2*N':cb=128:cr=128"
"""Frame n is 16 + 2 n throughout, in 8 bits."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return open_model(brightness_of_patches(tmp_path_factory.mktemp("patches"), half_width=4.0))


@pytest.fixture(scope="module")
def frame_model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return open_model(brightness_of_frames(tmp_path_factory.mktemp("frames")))


def fade(
    clips: Clips, name: str = "fade.mp4", *, size: str = "96x64", frames: int = 50, pix_fmt: str = "yuv420p"
) -> Path:
    lifted = f"format=yuv420p,{FADE},format={pix_fmt}"
    return clips(name, *LOSSLESS, size=size, frames=frames, filters=lifted)


def alone(path: Path, model: Model, **options) -> LoneScore:
    return score_alone(VideoFile(path), model, **options)


@pytest.mark.parametrize("per_second", [1, 2, 3, 25, 100])
def test_frames_are_the_first_in_each_step_of_time(clips: Clips, model: Model, per_second: float) -> None:
    found = alone(fade(clips), model, per_second=per_second).score
    at_most_all = min(per_second, 25)
    expected = sorted({int(np.ceil(n / at_most_all * 25 - 1e-9)) for n in range(2 * at_most_all)})
    assert [frame.frame_index for frame in found.frames] == expected
    assert [frame.time_seconds for frame in found.frames] == pytest.approx([n / 25 for n in expected], abs=1e-6)
    assert [frame.score for frame in found.frames] == pytest.approx([(16 + 2 * n) / 2.55 for n in expected], abs=0.01)
    assert found.frame_count == len(expected)


def test_the_score_is_a_document_of_kind_nr(clips: Clips, model: Model) -> None:
    found = alone(fade(clips), model).score
    validate(to_document("score", found))
    assert (found.kind, found.reference, found.pairing, found.teacher, found.model) == (
        "nr",
        None,
        None,
        "vmaf",
        "bright",
    )
    assert found.score == pytest.approx(np.mean([frame.score for frame in found.frames]))


def test_the_interval_is_the_sidecars(clips: Clips, model: Model, frame_model: Model) -> None:
    found = alone(fade(clips), model).score
    assert found.interval == pytest.approx((found.score - 2, found.score + 2))
    assert found.interval_level == 0.9
    assert (found.frames[3].lower, found.frames[3].upper) == pytest.approx(
        (found.frames[3].score - 4, found.frames[3].score + 4)
    )
    bare = alone(fade(clips), frame_model).score
    assert (bare.interval, bare.interval_level, bare.frames[0].lower) == (None, None, None)


@pytest.mark.parametrize("size", ["64x64", "66x98", "180x320", "1280x66", "65x131"])
@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuv444p10le"])
def test_any_size_from_64_and_both_depths_give_the_same(
    clips: Clips, model: Model, frame_model: Model, size: str, pix_fmt: str
) -> None:
    path = fade(clips, "any.mkv", size=size, frames=3, pix_fmt=pix_fmt)
    for each in (model, frame_model):
        assert alone(path, each).score.score == pytest.approx(16 / 2.55, abs=0.2)


def test_a_smaller_picture_is_refused(clips: Clips, model: Model) -> None:
    with pytest.raises(VideoError, match="is 96x62: a score without a reference needs 64 pixels"):
        alone(fade(clips, size="96x62"), model)


def test_one_frame_is_enough(clips: Clips, model: Model) -> None:
    assert alone(fade(clips, frames=1), model).score.frame_count == 1


def test_an_uneven_video_is_sampled_by_time_not_by_number(clips: Clips, model: Model) -> None:
    late = r"select='lt(n\,5)+gt(n\,36)',"
    uneven = (*LOSSLESS, "-fps_mode", "vfr")
    source = clips("late.mkv", *uneven, size="96x64", frames=20, filters=f"format=yuv420p,{FADE},{late}null")
    found = alone(source, model).score
    assert [frame.frame_index for frame in found.frames] == [0, 5, 6, 18]
    assert [frame.time_seconds for frame in found.frames] == pytest.approx([0, 37 / 25, 38 / 25, 50 / 25], abs=2e-3)


def test_the_frame_before_is_the_very_one_before(clips: Clips) -> None:
    samples = list(sampled_luma(probe(fade(clips)), per_second=2))
    steps = [int(sample.luma[0, 0]) - int(sample.previous[0, 0]) for sample in samples]
    assert steps == [0] + [2] * (len(samples) - 1)


def test_headerless_video_is_taken(clips: Clips, model: Model, tmp_path: Path) -> None:
    raw = tmp_path / "fade.yuv"
    raw.write_bytes(ffmpeg("-i", str(fade(clips)), "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"))
    found = score_alone(VideoFile(raw, RawFormat(96, 64, "yuv420p")), model).score
    assert [frame.frame_index for frame in found.frames] == [0, 13, 25, 38]


def test_a_broken_file_is_scored_up_to_the_break(clips: Clips, model: Model, tmp_path: Path) -> None:
    whole = clips("whole.ts", "-c:v", "libx264", "-g", "10", "-bf", "0", size="320x180", frames=60)
    broken = tmp_path / "broken.ts"
    data = bytearray(whole.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 6000] = bytes(6000)
    broken.write_bytes(data)
    found, complete = alone(broken, model, per_second=25), alone(whole, model, per_second=25)
    assert complete.ended_by is None
    assert found.ended_by is not None
    assert 0 < found.score.frame_count < 60
    assert found.score.frames == complete.score.frames[: found.score.frame_count]
    assert "only the part before the break is scored" in found.score.warnings[0]


def test_sound_alone_is_refused(model: Model, tmp_path: Path) -> None:
    sound = tmp_path / "sound.m4a"
    ffmpeg("-f", "lavfi", "-i", "sine", "-t", "0.3", "-c:a", "aac", str(sound))
    with pytest.raises(VideoError, match="holds no video, only audio"):
        alone(sound, model)


def test_interlaced_and_hdr_are_said(clips: Clips, model: Model) -> None:
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:field_mode=tff"
    fields = ("-flags", "+ildct+ilme")
    source = clips("hdr.mkv", *LOSSLESS, *fields, size="96x64", frames=2, filters=f"format=yuv420p10le,{tags}")
    warnings = alone(source, model).score.warnings
    assert any("is interlaced" in warning for warning in warnings)
    assert any("is HDR (smpte2084)" in warning for warning in warnings)


def test_a_model_of_another_kind_is_refused(clips: Clips) -> None:
    with pytest.raises(BundleError, match=r"fr_mlp_small is of kind fr: .* needs a model of kind nr"):
        alone(fade(clips), open_model("fr_mlp_small"))


def test_it_stops_when_asked_and_tells_how_far_it_is(clips: Clips, model: Model) -> None:
    told = []
    alone(fade(clips), model, progress=lambda done, total, label: told.append((done, total)))
    assert told[-1] == pytest.approx((1.52, 2.0), abs=1e-6)
    cancel = Event()
    cancel.set()
    with pytest.raises(CancelledError):
        alone(fade(clips), model, cancel=cancel)
