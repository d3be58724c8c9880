"""One process measures pairs and ladders; a ladder equals the two-step way to the last digit, again and again."""

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from tests.conftest import Clips
from tinyvmaf.errors import CancelledError, FfmpegError, VideoError
from tinyvmaf.features import CANONICAL_6, NEG_6, V1_4
from tinyvmaf.video.encode import Rung, parse_rungs
from tinyvmaf.video.encoding import encode
from tinyvmaf.video.libvmaf import Measurement, MeasureOptions, ladder_memory_bytes, measure_ladder, measure_pair
from tinyvmaf.video.measurement import read_measurement
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import Video, probe

FRAMES = 10
OPTIONS = MeasureOptions(teachers=("vmaf", "vmaf_neg"))
CODECS = ("x264:30", "x265:32", "av1:45", "vp9:48", "vvc:37")
LADDER = (*CODECS, "x264@1/2:27", "noise:8", "blur@1/2:1", "sharpen:1")
LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")
SOURCES = {
    "8 bit": ((), "format=yuv420p", LADDER),
    "10 bit": ((), "format=yuv420p10le", (*CODECS, "x264@1/2:27", "noise:8")),
    "4:2:2": ((), "format=yuv422p", ("x264:30", "av1:45", "blur:1")),
    "full range": ((), "scale=out_range=full,format=yuvj420p", (*CODECS, "sharpen:1")),
    "variable rate": (
        ("-fps_mode", "passthrough", "-enc_time_base", "demux"),
        "select='mod(n,3)',format=yuv420p",
        (*CODECS[:4], "x264@1/2:27"),
    ),
}


def _source(clips: Clips, name: str) -> Video:
    arguments, filters, _ = SOURCES[name]
    return probe(clips("source.mp4", *LOSSLESS, *arguments, source="mandelbrot", filters=filters, frames=FRAMES))


def _pair(clips: Clips, *arguments: str) -> tuple[Video, Video]:
    reference = clips("a.mp4", *LOSSLESS, source="mandelbrot")
    return probe(reference), probe(clips.derived(reference, "b.mp4", *(arguments or ("-crf", "34"))))


def _rungs(texts: tuple[str, ...]) -> list[Rung]:
    return [rung for text in texts for rung in parse_rungs(text)]


def _equal(one: Measurement, other: Measurement) -> bool:
    return np.array_equal(one.teacher_scores, other.teacher_scores) and np.array_equal(one.features, other.features)


@pytest.mark.parametrize(
    "name", ["8 bit", *(pytest.param(name, marks=pytest.mark.slow) for name in SOURCES if name != "8 bit")]
)
def test_a_ladder_equals_the_two_step_way_to_the_last_digit(name: str, clips: Clips, tmp_path: Path) -> None:
    source, rungs = _source(clips, name), _rungs(SOURCES[name][2])
    measurements = measure_ladder(source, rungs, OPTIONS)
    for rung, measurement in zip(rungs, measurements, strict=True):
        distorted = encode(source, rung, tmp_path / f"{rung.slug}.mkv")
        assert _equal(measurement, measure_pair(plan_pair(source, distorted), OPTIONS)), str(rung)
        assert measurement.frame_count == FRAMES
        assert measurement.teacher_scores.std() > 0


def test_an_encoder_that_breaks_uneven_stamps_is_given_even_ones_and_no_file(clips: Clips, tmp_path: Path) -> None:
    source, (rung,) = _source(clips, "variable rate"), _rungs(("vvc:8",))
    (measurement,) = measure_ladder(source, [rung], OPTIONS)
    assert measurement.teacher_scores[:, 0].min() > 90
    with pytest.raises(VideoError, match="variable frame rate, which libvvenc does not keep"):
        encode(source, rung, tmp_path / "a.mkv")


def test_a_ladder_measured_twice_gives_the_same(clips: Clips) -> None:
    source, rungs = _source(clips, "8 bit"), _rungs(CODECS)
    for once, again in zip(*(measure_ladder(source, rungs, OPTIONS) for _ in range(2)), strict=True):
        assert _equal(once, again)
        assert once.encode == again.encode


@pytest.mark.parametrize("color_range", ["full", "limited"])
def test_encoders_and_loopback_decoders_keep_the_range(color_range: str, clips: Clips) -> None:
    filters = f"scale=out_range={color_range},format=yuv420p,setparams=range={color_range}"
    source = probe(clips("a.mp4", *LOSSLESS, source="mandelbrot", filters=filters, frames=4))
    assert source.color_range == color_range
    rungs = _rungs(("x264:4", "x265:4", "av1:4", "vp9:4", "vvc:8"))
    for measurement in measure_ladder(source, rungs, MeasureOptions(teachers=("vmaf_neg",))):
        assert measurement.teacher_scores[1:].min() > 97


def test_an_odd_source_is_encoded_at_an_even_size_and_measured_at_its_own(clips: Clips, tmp_path: Path) -> None:
    source = probe(clips("odd.mkv", "-c:v", "ffv1", source="mandelbrot", size="319x179", frames=6))
    for rung in _rungs(("x264:10", "vp9@1/2:30", "noise:8")):
        (measurement,) = measure_ladder(source, [rung], OPTIONS)
        assert measurement.encode is not None
        assert (measurement.encode.width, measurement.encode.height) == (319, 179)
        assert measurement.encode.encode_height == {"x264": 180, "vp9": 90, "noise": 179}[rung.codec]
        assert _equal(measurement, measure_pair(plan_pair(source, encode(source, rung, tmp_path / "a.mkv")), OPTIONS))


def test_encode_facts_come_from_the_bytes_that_were_encoded(clips: Clips, tmp_path: Path) -> None:
    source = _source(clips, "8 bit")
    encoded, noisy = measure_ladder(source, _rungs(("x264@1/2:20", "noise:8")), OPTIONS)
    assert encoded.encode is not None
    assert noisy.encode is not None
    assert (encoded.encode.codec, encoded.encode.encoder, encoded.encode.preset) == ("h264", "libx264", "medium")
    assert (encoded.encode.quality, encoded.encode.encode_height, encoded.encode.fps) == (20, 90, 25)
    file = encode(source, _rungs(("x264@1/2:20",))[0], tmp_path / "a.mp4").path
    assert encoded.encode.bitrate_kbps == pytest.approx(file.stat().st_size * 8 * 25 / FRAMES / 1000, rel=0.25)
    assert (noisy.encode.codec, noisy.encode.encoder, noisy.encode.bitrate_kbps) == ("noise", None, None)


@pytest.mark.parametrize(
    "fps", ["30000/1001", *(pytest.param(fps, marks=pytest.mark.slow) for fps in ("24000/1001", "25", "60000/1001"))]
)
def test_one_encode_scores_the_same_whatever_its_container(fps: str, clips: Clips) -> None:
    reference = clips("a.mp4", *LOSSLESS, source="mandelbrot", fps=fps)
    encodes = [
        (clips.derived(reference, "b.mp4", "-crf", "34", "-c:v", "libx264"), ("b.mkv", "c.mp4"), True),
        (clips.derived(reference, "b.webm", "-crf", "50", "-c:v", "libvpx-vp9"), ("b.mkv",), False),
    ]
    for encoded, names, to_y4m in encodes:
        others = [clips.derived(encoded, name, "-c", "copy") for name in names]
        others += [clips.derived(encoded, "b.y4m")] if to_y4m else []
        scores = [
            measure_pair(plan_pair(probe(reference), probe(path)), OPTIONS).teacher_scores
            for path in (encoded, *others)
        ]
        assert all(np.array_equal(score, scores[0]) for score in scores)
        assert scores[0].mean() < 99


def test_features_and_teachers_come_out_of_one_pass(clips: Clips) -> None:
    plan = plan_pair(*_pair(clips))
    every = MeasureOptions(
        teachers=("vmaf_v1", "vmaf", "vmaf_4k"), feature_set=V1_4, further_feature_sets=(CANONICAL_6, NEG_6)
    )
    assert every.models == ("vmaf_v1", "vmaf", "vmaf_4k", "vmaf_neg")
    measurement = measure_pair(plan, every)
    assert measurement.feature_names == (*V1_4.names, *CANONICAL_6.names, *NEG_6.names[:5])
    assert measurement.teacher_names == ("vmaf_v1", "vmaf", "vmaf_4k")
    alone = measure_pair(plan, MeasureOptions())
    assert np.array_equal(alone.features, measurement.features[:, 4:10])
    assert np.array_equal(alone.teacher_scores[:, 0], measurement.teacher_scores[:, 1])


def test_threads_do_not_change_a_score(clips: Clips) -> None:
    plan = plan_pair(*_pair(clips))
    one, three = (measure_pair(plan, replace(OPTIONS, threads=threads)) for threads in (1, 3))
    assert _equal(one, three)


def test_an_offset_pairs_the_shifted_frames(clips: Clips) -> None:
    reference, distorted = _pair(clips)
    late = probe(clips.derived(distorted.path, "late.mp4", *LOSSLESS, "-vf", "tpad=start=3,format=yuv420p"))
    scores = measure_pair(plan_pair(reference, late, offset=3), OPTIONS)
    straight = measure_pair(plan_pair(reference, distorted), OPTIONS)
    assert scores.frame_count == 16
    assert _equal(scores, straight)


@pytest.mark.parametrize("name", ["it's a: [clip], 100% {x}=y;.mp4", "ünï/Видео 日本.mp4", "-y.mp4"])
def test_any_file_name_is_read(name: str, clips: Clips, tmp_path: Path) -> None:
    reference, distorted = _pair(clips)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(distorted.path.read_bytes())
    scores = measure_pair(plan_pair(reference, probe(path)), OPTIONS).teacher_scores
    assert np.array_equal(scores, measure_pair(plan_pair(reference, distorted), OPTIONS).teacher_scores)


def test_a_file_cut_off_after_the_plan_was_made_is_an_error_with_the_numbers(clips: Clips, tmp_path: Path) -> None:
    reference, distorted = _pair(clips, "-crf", "20", "-movflags", "+faststart")
    path = tmp_path / "cut.mp4"
    path.write_bytes(distorted.path.read_bytes())
    plan = plan_pair(reference, probe(path))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(VideoError, match=r"cut\.mp4 is broken or ends early: \d+ frames decoded of 16"):
        measure_pair(plan, OPTIONS)
    with pytest.raises(VideoError, match=r"cut\.mp4"):
        measure_ladder(plan.distorted, _rungs(("x264:30",)), OPTIONS)


def test_a_plan_for_more_frames_than_there_are_is_an_error(clips: Clips) -> None:
    plan = plan_pair(*_pair(clips))
    with pytest.raises(VideoError, match="16 frames decoded of 20"):
        measure_pair(replace(plan, frame_count=20), OPTIONS)


def test_frames_too_small_for_a_teacher_are_refused_before_ffmpeg_starts(
    clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = probe(clips("small.mp4", *LOSSLESS, size="176x144"))
    monkeypatch.setattr("tinyvmaf.video.libvmaf.run_ffmpeg", lambda *_, **__: pytest.fail("ffmpeg was started"))
    options = MeasureOptions(teachers=("vmaf_v1",))
    with pytest.raises(VideoError, match="too small for the teacher vmaf_v1"):
        measure_pair(plan_pair(video, video), options)
    with pytest.raises(VideoError, match="too small for the teacher vmaf_v1"):
        measure_ladder(video, _rungs(("x264:30",)), options)


@pytest.mark.parametrize("kept", [0, 0.5, 0.999])
def test_a_log_that_a_full_disk_cut_off_is_said_so(kept: float, tmp_path: Path) -> None:
    columns = ",".join(["Frame", *(feature.metrics[0] for feature in CANONICAL_6.features), "vmaf"])
    text = "".join(f"{line},\n" for line in [columns, *(f"{frame},1,1,1,1,1,0.5,97.428382" for frame in range(16))])
    (tmp_path / "whole.csv").write_text(text)
    (tmp_path / "cut.csv").write_text(text[: int(len(text) * kept)])
    rest = {"frame_count": 16, "warnings": (), "encode": None}
    assert read_measurement(tmp_path / "whole.csv", MeasureOptions(), **rest).teacher_scores.shape == (16, 1)
    for name in ("cut.csv", "missing.csv"):
        with pytest.raises(FfmpegError, match="the disk may be full; make room there, or name another folder by"):
            read_measurement(tmp_path / name, MeasureOptions(), **rest)


def test_a_log_with_a_value_that_is_no_number_is_an_error(tmp_path: Path) -> None:
    columns = ",".join(["Frame", *(feature.metrics[0] for feature in CANONICAL_6.features), "vmaf"])
    (tmp_path / "log.csv").write_text(f"{columns},\n0,1,1,1,1,1,-nan,97.4,\n")
    with pytest.raises(VideoError, match="no number for integer_motion2 of frame 0"):
        read_measurement(tmp_path / "log.csv", MeasureOptions(), frame_count=1, warnings=(), encode=None)


def test_a_log_that_ffmpeg_could_not_write_is_said_so(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def unwritable(**_):
        (tmp_path / "log0.csv").symlink_to(tmp_path / "missing" / "log0.csv")
        yield str(tmp_path)

    plan = plan_pair(*_pair(clips))
    monkeypatch.setattr(tempfile, "TemporaryDirectory", unwritable)
    with pytest.raises(FfmpegError, match="is missing or cut off"):
        measure_pair(plan, OPTIONS)


def test_progress_is_told_and_a_cancel_heard(clips: Clips) -> None:
    plan = plan_pair(*_pair(clips))
    told: list[tuple[float, float | None, str]] = []
    measure_pair(plan, OPTIONS, progress=lambda *said: told.append(said))
    assert told[-1] == (16, 16, "b.mp4")
    cancel = Event()
    cancel.set()
    with pytest.raises(CancelledError):
        measure_pair(plan, OPTIONS, cancel=cancel)
    with pytest.raises(CancelledError):
        measure_ladder(plan.reference, _rungs(("x264:30",)), OPTIONS, cancel=cancel)


def test_an_empty_ladder_is_no_work(clips: Clips) -> None:
    assert measure_ladder(_source(clips, "8 bit"), [], OPTIONS) == []


def test_the_memory_estimate_grows_with_size_depth_and_rungs_and_holds_what_was_seen(clips: Clips) -> None:
    small = _source(clips, "8 bit")
    large = replace(small, width=1920, height=1080)
    one, four = _rungs(("x264:30",)), _rungs(("x264:20,27,34,41",))
    assert ladder_memory_bytes(large, ()) < ladder_memory_bytes(large, one) < ladder_memory_bytes(large, four)
    assert ladder_memory_bytes(small, four) < ladder_memory_bytes(large, one)
    assert ladder_memory_bytes(large, one) < ladder_memory_bytes(replace(large, bit_depth=10), one)
    seen_mib = {"x264:30": 918, "x264:20,27,34,41": 2541, "x265:30": 847, "av1:40": 1169, "vvc:37": 1733}
    for text, seen in seen_mib.items():
        assert 1 < ladder_memory_bytes(large, _rungs((text,))) / seen / 2**20 < 1.5


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown teacher"):
        MeasureOptions(teachers=("vmaff",))
    with pytest.raises(ValueError, match="-1 threads"):
        MeasureOptions(threads=-1)
    assert Fraction(1, 2) == parse_rungs("x264@1/2:20")[0].scale
