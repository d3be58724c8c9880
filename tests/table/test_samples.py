"""From a listing to pixel samples, by the real ffmpeg on small clips."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.conftest import Clips
from tests.table.test_build import RUNGS, broken, ladder, pair, small
from tinyvmaf.corpora.clip import Clip, Listing, Opinion
from tinyvmaf.errors import CancelledError, CorpusError, StoreError, TableError
from tinyvmaf.pixels.degradations import degradation
from tinyvmaf.pixels.patches import frame_sample, patch_samples
from tinyvmaf.table import sample_jobs
from tinyvmaf.table.build import ExtractOptions, extract
from tinyvmaf.table.samples import SampleOptions, draw_flips, extract_samples, flipped, read_samples
from tinyvmaf.video.decode import decode_luma, distorted_luma
from tinyvmaf.video.encode import Rung, parse_rungs
from tinyvmaf.video.encoding import encode
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import VideoFile, probe

PATCHES = SampleOptions("patches", frames_per_clip=2, patches_per_frame=2, patch_size=48)


def picture(file: VideoFile, number: int) -> np.ndarray:
    return list(decode_luma(probe(file)))[number]


def test_a_ladder_becomes_patches_with_the_kernels_score_of_their_frame(clips: Clips, tmp_path: Path) -> None:
    listing = ladder(clips)
    report = extract_samples(listing, tmp_path / "s", PATCHES)
    samples = report.samples
    assert (report.made, report.reused, report.failures) == (4, 0, ())
    assert (samples.kind, samples.pixels.shape, samples.clean) == ("patches", (8, 2, 2, 48, 48), None)
    assert samples.index["frame_index"].to_list() == [2, 6] * 4  # of 8: the middles of two halves
    table = extract(listing, ExtractOptions(sampling="full")).table.rows
    told = table.join(samples.index, on=("corpus", "source", "key", "frame_index"), how="semi")
    facts = (
        "corpus",
        "source",
        "key",
        "codec",
        "encoder",
        "preset",
        "quality",
        "bitrate_kbps",
        "width",
        "height",
        "fps",
    )
    assert samples.index.select(facts).equals(told.select(facts))
    assert samples.index["target"].to_list() == told["vmaf"].to_list()
    means = dict(table.group_by("key").agg(pl.col("vmaf").mean()).rows())
    assert samples.index["clip_target"].to_list() == pytest.approx([means[key] for key in samples.index["key"]])


def test_patches_are_cut_out_of_the_encode(clips: Clips, tmp_path: Path) -> None:
    listing = ladder(clips, rungs=RUNGS[:1], sources=("mandelbrot",))
    samples = extract_samples(listing, tmp_path / "s", PATCHES).samples
    clip = listing.clips[0]
    assert isinstance(clip.distorted, Rung)
    assert clip.reference is not None
    made = encode(probe(clip.reference), clip.distorted, tmp_path / "e.mkv")
    frames = list(decode_luma(made))
    for row, number in enumerate((2, 6)):
        expected = patch_samples(frames[number], frames[number - 1], count=2, size=48, unit=1.0)
        assert np.array_equal(samples.pixels[row], expected)


def test_a_smaller_encode_is_sampled_at_the_size_that_it_is_judged_at(clips: Clips, tmp_path: Path) -> None:
    listing = ladder(clips, rungs=parse_rungs("x264/ultrafast@1/2:20"), sources=("mandelbrot",))
    samples = extract_samples(listing, tmp_path / "s", PATCHES).samples
    clip = listing.clips[0]
    assert isinstance(clip.distorted, Rung)
    assert clip.reference is not None
    reference = probe(clip.reference)
    plan = plan_pair(reference, encode(reference, clip.distorted, tmp_path / "e.mkv"), rule="index")
    frames = list(distorted_luma(plan))
    assert frames[0].shape == (90, 160)
    assert np.array_equal(samples.pixels[0], patch_samples(frames[2], frames[1], count=2, size=48, unit=1.0))
    assert samples.index.select("encode_height", "height").row(0) == (44, 90)


def test_the_kind_frame_is_the_middle_frame_made_small(clips: Clips, tmp_path: Path) -> None:
    listing = pair(clips)
    samples = extract_samples(listing, tmp_path / "s", SampleOptions("frame")).samples
    distorted = listing.clips[0].distorted
    assert isinstance(distorted, VideoFile)
    assert samples.pixels.shape == (1, 1, 1, 224, 224)
    assert samples.index["frame_index"].to_list() == [4]
    assert np.array_equal(samples.pixels[0, 0], frame_sample(picture(distorted, 4), 1.0))
    assert samples.index.select("codec", "encode_height").row(0) == ("h264", 90)


def test_opinions_are_the_target_of_what_people_saw(clips: Clips, tmp_path: Path) -> None:
    file = small(clips, "testsrc2")
    rated = Clip("seen", "made", "testsrc2", None, file, opinion=Opinion(4.0))
    listing = Listing("made", (rated, Clip("unseen", "made", "x", None, file)), mos_scale=(1, 5))
    samples = extract_samples(listing, tmp_path / "s", SampleOptions("frame", "mos_100")).samples
    assert samples.index["key"].to_list() == ["seen"]
    assert samples.index.select("target", "clip_target").row(0) == (75, 75)
    assert samples.meta.target == "mos_100"
    with pytest.raises(CorpusError, match="no clip has an opinion of its own"):
        extract_samples(ladder(clips), tmp_path / "t", SampleOptions("frame", "mos_100"))


def test_pairs_hold_the_degraded_and_the_clean_part(clips: Clips, tmp_path: Path) -> None:
    options = SampleOptions("pairs", degradations=("none", "grain", "blur_jpeg"), frames_per_clip=2, patch_size=32)
    samples = extract_samples(ladder(clips), tmp_path / "s", options).samples
    assert samples.clean is not None
    assert samples.pixels.shape == samples.clean.shape == (2 * 3 * 2 * 4, 1, 1, 32, 32)
    assert samples.index["crop"].to_list()[:8] == [0, 1, 2, 3] * 2
    off = np.abs(samples.pixels.astype(int) - samples.clean).mean(axis=(1, 2, 3, 4))
    by_name = {name: off[(samples.index["degradation"] == name).to_numpy()] for name in options.degradations}
    assert (by_name["none"] == 0).all()
    assert (by_name["grain"] > 0.3).all()
    assert by_name["blur_jpeg"].mean() > 0.3
    same = samples.index["source"].to_numpy() == "mandelbrot"
    wide = np.asarray(picture(small(clips, "mandelbrot"), 2))
    windows = np.lib.stride_tricks.sliding_window_view(wide, (32, 32))
    for clean in samples.clean[same & (samples.index["frame_index"] == 2).to_numpy()]:
        assert (windows == clean[0, 0]).all(axis=(2, 3)).any()


def test_whole_frames_are_degraded_as_the_record_did(clips: Clips, tmp_path: Path) -> None:
    options = SampleOptions("pairs", degradations=("blur_jpeg",), whole_frames=True)
    samples = extract_samples(ladder(clips, sources=("mandelbrot",)), tmp_path / "s", options).samples
    clean = frame_sample(picture(small(clips, "mandelbrot"), 4), 1.0)
    assert samples.clean is not None
    assert np.array_equal(samples.clean[0, 0], clean)
    assert np.array_equal(samples.pixels[0, 0, 0], degradation("blur_jpeg", seed=0)(clean[0], 4))


def test_an_encode_is_a_degradation_too(clips: Clips, tmp_path: Path) -> None:
    listing = ladder(clips, rungs=RUNGS[1:], sources=("mandelbrot",))
    options = SampleOptions("pairs", degradations=("codec",), frames_per_clip=1, patches_per_frame=1, patch_size=64)
    samples = extract_samples(listing, tmp_path / "s", options).samples
    clip = listing.clips[0]
    assert samples.index.select("degradation", "codec", "quality").row(0) == ("codec", "h264", 41)
    assert clip.reference is not None
    assert isinstance(clip.distorted, Rung)
    made = list(decode_luma(encode(probe(clip.reference), clip.distorted, tmp_path / "e.mkv")))[4]
    clean = picture(clip.reference, 4)
    places = [
        (top, left)
        for top in range(27)
        for left in range(97)
        if np.array_equal(clean[top : top + 64, left : left + 64], samples.clean[0, 0, 0])
    ]
    assert any(np.array_equal(made[t : t + 64, u : u + 64], samples.pixels[0, 0, 0]) for t, u in places)


def test_labels_of_a_kernels_table_are_not_measured_again(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = ladder(clips, sources=("mandelbrot",))
    extract(listing, ExtractOptions(sampling="full"))
    monkeypatch.setattr(sample_jobs, "stored_by_kernel", None)
    assert extract_samples(listing, tmp_path / "s", PATCHES).made == 2


def test_a_second_run_makes_only_what_is_new(clips: Clips, tmp_path: Path) -> None:
    before = extract_samples(ladder(clips, rungs=RUNGS[:1]), tmp_path / "s", PATCHES).samples
    again = extract_samples(ladder(clips, rungs=RUNGS[:1]), tmp_path / "s", PATCHES)
    assert (again.made, again.reused, again.samples.key) == (0, 2, before.key)
    more = extract_samples(ladder(clips), tmp_path / "s", PATCHES)
    assert (more.made, more.reused) == (2, 2)
    fresh = extract_samples(ladder(clips), tmp_path / "t", PATCHES).samples
    assert more.samples.key == fresh.key
    assert np.array_equal(more.samples.pixels, fresh.pixels)
    other = extract_samples(ladder(clips), tmp_path / "s", replace(PATCHES, patch_size=32))
    assert (other.made, other.reused) == (4, 0)
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == ["index.parquet", "pixels.npy"]


def test_a_run_that_was_stopped_goes_on(clips: Clips, tmp_path: Path) -> None:
    stop = threading.Event()

    def tell(done: float, total: float | None, label: str) -> None:
        if label == "sampling" and done > 1:  # the first is kept, and the second has begun
            stop.set()

    options = replace(PATCHES, jobs=1)
    with pytest.raises(CancelledError):
        extract_samples(ladder(clips), tmp_path / "s", options, progress=tell, cancel=stop)
    with pytest.raises(TableError, match="no whole set of samples"):
        read_samples(tmp_path / "s")
    report = extract_samples(ladder(clips), tmp_path / "s", options)
    assert report.reused >= 1
    assert report.made + report.reused == 4


def test_a_damaged_part_is_made_again(clips: Clips, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    listing = broken(ladder(clips, sources=("mandelbrot",)), tmp_path)
    with pytest.raises(TableError, match="1 clips could not be"):
        extract_samples(listing, tmp_path / "s", PATCHES)
    part = next((tmp_path / "s" / ".parts").iterdir())
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 255
    part.write_bytes(content)
    report = extract_samples(listing, tmp_path / "s", replace(PATCHES, skip_broken=True))
    assert (report.made, report.reused, [failure.key for failure in report.failures]) == (1, 1, ["broken"])
    assert "damaged samples are made again" in caplog.text


def test_a_place_that_cannot_be_written_is_a_clear_error(clips: Clips, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / ".parts").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot be written.*run the same command again"):
        extract_samples(pair(clips), tmp_path / "s", PATCHES)
    with pytest.raises(TableError, match="is a file"):
        extract_samples(pair(clips), tmp_path / "s" / ".parts", PATCHES)


def test_files_that_do_not_fit_together_are_refused(clips: Clips, tmp_path: Path) -> None:
    extract_samples(pair(clips), tmp_path / "s", PATCHES)
    np.save(tmp_path / "s" / "pixels.npy", np.zeros((5, 1, 1, 4, 4), np.uint8))
    with pytest.raises(TableError, match="where 2 samples"):
        read_samples(tmp_path / "s")


def test_wrong_options_are_refused() -> None:
    wrong = (
        {"kind": "pairs"},
        {"kind": "frame", "degradations": ("grain",)},
        {"kind": "pairs", "degradations": ("rain",)},
        {"kind": "frame", "patch_size": 64},
        {"kind": "patches", "patch_size": 4000},
        {"kind": "patches", "whole_frames": True},
        {"kind": "patches", "frames_per_clip": 0},
    )
    for options in wrong:
        with pytest.raises(ValueError, match=r"degradation|picture|patch|counts|whole"):
            SampleOptions(**options)


def test_flips_turn_all_parts_of_a_sample_alike() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 2, 2, 5, 5)).astype(np.uint8)
    turned = flipped(pixels, np.array([[False, False], [True, False], [False, True], [True, True]]))
    assert np.array_equal(turned[0], pixels[0])
    assert np.array_equal(turned[1], pixels[1][:, :, ::-1])
    assert np.array_equal(turned[2], pixels[2][:, :, :, ::-1])
    assert np.array_equal(turned[3], pixels[3][:, :, ::-1, ::-1])
    flips = draw_flips(1000, np.random.default_rng(1))
    assert flips.shape == (1000, 2)
    assert (abs(flips.mean(axis=0) - 0.5) < 0.05).all()
