"""From a listing to its table, by the real ffmpeg on small clips."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.conftest import Clips
from tinyvmaf.corpora.clip import Clip, Listing, Opinion, Problem
from tinyvmaf.errors import CancelledError, CorpusError, StoreError, TableError
from tinyvmaf.features import CANONICAL_6, NEG_6
from tinyvmaf.table.build import ExtractOptions, extract, extract_to_file
from tinyvmaf.table.clip_store import ClipStore
from tinyvmaf.table.store import read_table
from tinyvmaf.video.encode import EncodeFacts, parse_rungs
from tinyvmaf.video.libvmaf import MeasureOptions, measure_pair
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import VideoFile, probe

RUNGS = parse_rungs("x264/ultrafast:27,41")


def small(clips: Clips, source: str, *, frames: int = 8) -> VideoFile:
    return VideoFile(
        clips(f"{source}.mp4", "-c:v", "libx264", "-crf", "10", source=source, frames=frames, size="160x90")
    )


def ladder(clips: Clips, *, rungs=RUNGS, sources=("testsrc2", "mandelbrot")) -> Listing:
    listed = [
        Clip(f"{source}-{rung.slug}", "made", source, small(clips, source), rung)
        for source in sources
        for rung in rungs
    ]
    return Listing("made", tuple(sorted(listed, key=lambda clip: clip.key)))


def pair(clips: Clips) -> Listing:
    distorted = clips.derived(small(clips, "testsrc2").path, "low.mp4", "-c:v", "libx264", "-crf", "45")
    clip = Clip("low", "made", "testsrc2", small(clips, "testsrc2"), VideoFile(distorted), opinion=Opinion(2.0, 0.3))
    return Listing("made", (clip,), mos_scale=(1, 5))


def broken(listing: Listing, folder: Path) -> Listing:
    (folder / "broken.mp4").write_bytes(b"no video")
    clip = Clip("broken", "made", "broken", VideoFile(folder / "broken.mp4"), RUNGS[0])
    return replace(listing, clips=(clip, *listing.clips))


def test_a_ladder_becomes_sorted_rows_with_facts_of_the_encode(clips: Clips) -> None:
    report = extract(ladder(clips))
    rows = report.table.rows
    assert (report.measured, report.hits, report.failures) == (4, 0, ())
    assert rows.equals(rows.sort("corpus", "source", "key", "frame_index"))
    assert rows["frame_index"].to_list() == list(range(8)) * 4
    assert set(rows["codec"]) == {"h264"}
    assert set(rows["quality"]) == {27, 41}
    assert (rows["bitrate_kbps"] > 0).all()
    assert rows.select("encode_height", "width", "height", "fps").unique().row(0) == (90, 160, 90, 25)
    assert rows["mos_100"].null_count() == len(rows)
    assert report.table.meta.extractor == "libvmaf-integer"
    assert [origin.key for origin in report.table.meta.clips] == sorted(set(rows["key"]))


def test_rows_are_what_libvmaf_says(clips: Clips) -> None:
    listing = pair(clips)
    rows = extract(listing).table.rows
    clip = listing.clips[0]
    assert isinstance(clip.distorted, VideoFile)
    measured = measure_pair(plan_pair(probe(small(clips, "testsrc2")), probe(clip.distorted)), MeasureOptions())
    assert np.array_equal(rows.select(CANONICAL_6.names).to_numpy(), measured.features)
    assert np.array_equal(rows["vmaf"].to_numpy(), measured.teacher_scores[:, 0].astype(np.float32))
    assert rows.select("mos", "mos_ci", "mos_100").unique().row(0) == pytest.approx((2, 0.3, 25))
    assert rows.select("codec", "encode_height").unique().row(0) == ("h264", 90)


def test_a_second_run_takes_all_from_the_store_and_gives_the_same_table(clips: Clips, monkeypatch) -> None:
    first = extract(ladder(clips))
    monkeypatch.setattr("tinyvmaf.table.measuring.probe", _not_called)
    second = extract(ladder(clips))
    assert (second.measured, second.hits) == (0, 4)
    assert second.table.key == first.table.key


def test_opinions_and_told_facts_change_without_a_new_measurement(clips: Clips) -> None:
    listing = pair(clips)
    extract(listing)
    told = EncodeFacts(bitrate_kbps=375, encode_height=45)
    changed = replace(listing, clips=(replace(listing.clips[0], opinion=Opinion(5.0), facts=told),))
    report = extract(changed)
    assert report.hits == 1
    names = ("mos_100", "mos_ci", "bitrate_kbps", "encode_height", "codec")
    assert report.table.rows.select(names).unique().row(0) == (100, None, 375, 45, "h264")


def test_more_features_and_teachers_come_with_the_canonical_ones(clips: Clips) -> None:
    options = ExtractOptions(feature_set=NEG_6, teachers=("vmaf_4k",))
    table = extract(pair(clips), options).table
    assert table.meta.teachers == ("vmaf", "vmaf_neg", "vmaf_4k")
    assert {*CANONICAL_6.names, *NEG_6.names, "vmaf", "vmaf_neg", "vmaf_4k"} <= set(table.rows.columns)
    assert table.rows.equals(extract(pair(clips), replace(options, pairing="index")).table.rows)


def test_only_missing_rungs_are_measured(clips: Clips) -> None:
    extract(ladder(clips, rungs=RUNGS[:1]))
    report = extract(ladder(clips))
    assert (report.measured, report.hits) == (2, 2)


def test_one_broken_clip_is_told_and_the_rest_is_kept(clips: Clips, tmp_path: Path) -> None:
    listing = broken(ladder(clips), tmp_path)
    output = tmp_path / "t.parquet"
    with pytest.raises(TableError, match=r"1 clips could not be measured.*4 are kept.*--skip-broken(.|\n)*broken: "):
        extract_to_file(listing, output)
    assert not output.exists()
    report = extract_to_file(listing, output, ExtractOptions(skip_broken=True))
    assert (report.measured, report.hits) == (0, 4)
    assert [failure.key for failure in report.failures] == ["broken"]
    assert read_table(output).key == report.table.key


def test_a_failing_ladder_loses_only_the_rung_that_fails(clips: Clips, monkeypatch) -> None:
    from tinyvmaf.errors import VideoError
    from tinyvmaf.table import measuring

    measure = measuring.measure_ladder

    def failing(reference, rungs, options, **others):
        if RUNGS[1] in rungs:
            raise VideoError("this rung fails")
        return measure(reference, rungs, options, **others)

    monkeypatch.setattr(measuring, "measure_ladder", failing)
    report = extract(ladder(clips), ExtractOptions(skip_broken=True))
    assert report.measured == 2
    assert {failure.what for failure in report.failures} == {"this rung fails"}


def test_a_file_that_is_missing_is_one_failure(clips: Clips, tmp_path: Path) -> None:
    lost = Clip("lost", "made", "lost", VideoFile(tmp_path / "lost.mp4"), RUNGS[0])
    listing = ladder(clips)
    report = extract(replace(listing, clips=(*listing.clips, lost)), ExtractOptions(skip_broken=True))
    assert [failure.key for failure in report.failures] == ["lost"]
    with pytest.raises(TableError, match="no other is left"):
        extract(Listing("made", (lost,)), ExtractOptions(skip_broken=True))


def test_problems_and_lone_videos_are_refused_before_anything_is_measured(clips: Clips) -> None:
    listing = ladder(clips)
    with pytest.raises(CorpusError, match="orphan"):
        extract(replace(listing, problems=(Problem("x.yuv", "orphan"),)))
    lone = Clip("lone", "made", "lone", None, small(clips, "testsrc2"))
    with pytest.raises(CorpusError, match="no reference"):
        extract(Listing("made", (lone,)))
    with pytest.raises(CorpusError, match="no clips"):
        extract(Listing("made", ()))


def test_a_damaged_clip_is_measured_again_to_the_same_rows(clips: Clips, caplog) -> None:
    first = extract(ladder(clips))
    damaged = next(ClipStore().root.rglob("*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:100])
    with caplog.at_level(logging.WARNING):
        second = extract(ladder(clips))
    assert (second.measured, second.hits) == (1, 3)
    assert "measured again" in caplog.text
    assert second.table.key == first.table.key


def test_a_changed_input_is_measured_again(clips: Clips, tmp_path: Path) -> None:
    path = tmp_path / "source.mp4"
    path.write_bytes(small(clips, "testsrc2").path.read_bytes())
    listing = Listing("made", (Clip("k", "made", "s", VideoFile(path), RUNGS[0]),))
    extract(listing)
    path.write_bytes(small(clips, "mandelbrot").path.read_bytes())
    assert extract(listing).measured == 1


def test_a_store_that_takes_nothing_is_told_before_anything_is_measured(clips: Clips, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--cache"):
        extract(ladder(clips), store=ClipStore(tmp_path / "file" / "store"))


def test_a_disk_that_fills_up_stops_the_run_and_leaves_the_store_whole(clips: Clips, monkeypatch) -> None:
    put, count = ClipStore.put, []

    def filling(self: ClipStore, *arguments: object) -> None:
        count.append(1)
        if len(count) > 1:
            raise StoreError("no space left")
        put(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(ClipStore, "put", filling)
        with pytest.raises(StoreError, match="no space left"):
            extract(ladder(clips), ExtractOptions(jobs=1))
    stored = list(ClipStore().root.rglob("*.parquet"))
    assert stored
    assert all(pl.read_parquet(path).height == 8 for path in stored)


def test_a_cancelled_run_goes_on_where_it_was(clips: Clips) -> None:
    cancel = threading.Event()

    def stop_after_the_first(done: float, total: float | None, label: str) -> None:
        if label == "measuring" and done >= 1:
            cancel.set()

    one_by_one = ladder(clips, rungs=RUNGS[:1], sources=("testsrc2", "mandelbrot", "noise"))
    with pytest.raises(CancelledError):
        extract(one_by_one, ExtractOptions(jobs=1), progress=stop_after_the_first, cancel=cancel)
    report = extract(one_by_one)
    assert report.hits >= 1
    assert report.measured == 3 - report.hits


def test_progress_ends_at_the_number_of_clips(clips: Clips) -> None:
    told: list[tuple[float, float | None]] = []
    extract(
        ladder(clips), progress=lambda done, total, label: told.append((done, total)) if label == "measuring" else None
    )
    assert told[-1] == (4, 4)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_only_the_first_clips_are_taken_when_asked(clips: Clips) -> None:
    assert set(extract(ladder(clips), ExtractOptions(max_clips=1)).table.rows["source"]) == {"mandelbrot"}


_CHILD = """
import sys
from pathlib import Path
from tinyvmaf.corpora.layouts import CorpusRequest, list_corpus
from tinyvmaf.table.build import ExtractOptions, extract
from tinyvmaf.table.clip_store import ClipStore
listing = list_corpus(CorpusRequest("folder", Path(sys.argv[1]), ladder=("x264/ultrafast:30",)))
sampling = sys.argv[3] if len(sys.argv) > 3 else None
extract(listing, ExtractOptions(jobs=1, sampling=sampling), store=ClipStore(Path(sys.argv[2])))
"""


@pytest.mark.slow
@pytest.mark.parametrize("sampling", [None, "full"], ids=["libvmaf", "kernel"])
@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_loses_only_what_it_had_not_finished(
    clips: Clips, tmp_path: Path, kind: signal.Signals, sampling: str | None
) -> None:
    from tinyvmaf.corpora.layouts import CorpusRequest, list_corpus

    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for index in range(6):
        source = ("testsrc2", "mandelbrot", "noise")[index % 3]
        os.link(small(clips, source, frames=8 + index).path, corpus / f"{index}.mp4")
    store = tmp_path / "store"
    words = [str(corpus), str(store), *([sampling] if sampling else [])]
    child = subprocess.Popen([sys.executable, "-c", _CHILD, *words], stderr=subprocess.DEVNULL)
    while not list(store.rglob("*.parquet")) and child.poll() is None:
        time.sleep(0.02)
    child.send_signal(kind)
    child.wait(30)
    finished = len(list(store.rglob("*.parquet")))
    assert 1 <= finished < 6

    listing = list_corpus(CorpusRequest("folder", corpus, ladder=("x264/ultrafast:30",)))
    options = ExtractOptions(sampling=sampling)
    resumed = extract(listing, options, store=ClipStore(store))
    assert (resumed.hits, resumed.measured) == (finished, 6 - finished)
    assert resumed.table.key == extract(listing, options, store=ClipStore(tmp_path / "undisturbed")).table.key


def test_two_processes_may_share_a_store(clips: Clips, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for source in ("testsrc2", "mandelbrot"):
        os.link(small(clips, source).path, corpus / f"{source}.mp4")
    argv = [sys.executable, "-c", _CHILD, str(corpus), str(tmp_path / "store")]
    children = [subprocess.Popen(argv) for _ in range(2)]
    assert [child.wait(120) for child in children] == [0, 0]
    assert len(list((tmp_path / "store").rglob("*.parquet"))) == 2


@pytest.mark.realmedia
def test_netflix_mini_has_the_known_means(media: Path) -> None:
    from tinyvmaf.corpora.layouts import CorpusRequest, list_corpus
    from tinyvmaf.video.probe import RawFormat

    raw = RawFormat(320, 180, "yuv420p")
    table = extract(list_corpus(CorpusRequest("netflix", media / "media" / "netflix-mini", raw=raw))).table
    means = table.rows.group_by("source", "key").agg(pl.col("vmaf").mean()).sort("source", "vmaf")
    known = {  # ffmpeg 9.0.2's libvmaf, vmaf_v0.6.1, mean over frames: the corpus's own README
        "Bee": (53.967, 72.932, 86.048, 97.490),
        "KiteSurf": (43.723, 61.728, 74.634, 96.616),
        "Tennis": (54.951, 74.890, 89.934, 99.745),
    }
    for source, expected in known.items():
        assert means.filter(source=source)["vmaf"].to_list() == pytest.approx(expected, abs=1e-3)


def _not_called(*_: object) -> None:
    raise AssertionError("a clip of the store was opened")
