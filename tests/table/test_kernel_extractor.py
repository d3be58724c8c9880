"""Tables by our own kernel: libvmaf's numbers for every codec and degradation, told apart from libvmaf's own."""

import logging
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Clips
from tests.table.test_build import RUNGS, ladder, pair
from tinyvmaf.features import CANONICAL_6, NEG_6, V1_4
from tinyvmaf.table import build
from tinyvmaf.table.build import ExtractOptions, extract
from tinyvmaf.table.rows import rows_of
from tinyvmaf.table.store import read_table, write_table
from tinyvmaf.video.encode import parse_rungs

FULL = ExtractOptions(sampling="full")
EVERY_CODEC = (
    *("x264/ultrafast:33", "x264/ultrafast@1/2:30", "x265/ultrafast:33", "av1/12:45", "vp9/8:45", "vvc/faster:40"),
    *("noise:12", "blur:1.5", "sharpen:1.2", "blur@1/2:0.6"),
)


@pytest.mark.parametrize("text", EVERY_CODEC)
def test_every_rung_has_libvmafs_features_and_facts(clips: Clips, text: str) -> None:
    listing = ladder(clips, rungs=parse_rungs(text), sources=("mandelbrot",))
    ours, theirs = extract(listing, FULL).table.rows, extract(listing).table.rows
    names = (*CANONICAL_6.names, "vmaf")
    difference = np.abs(ours.select(names).to_numpy() - theirs.select(names).to_numpy())
    assert difference[:, :-1].max() < 0.02
    assert difference[:, -1].max() < 0.1
    facts = ("codec", "encoder", "preset", "quality", "encode_height", "width", "height", "fps")
    assert ours.select("key", "frame_index", *facts).equals(theirs.select("key", "frame_index", *facts))
    kilobits = [rows["bitrate_kbps"].fill_null(-1)[0] * 8 / 25 for rows in (ours, theirs)]
    assert kilobits[0] == pytest.approx(kilobits[1], abs=8 * 3)  # a container keeps an encoder's headers elsewhere


def test_the_table_says_who_made_it(clips: Clips, tmp_path: Path) -> None:
    for sampling in ("full", "fast"):
        table = extract(pair(clips), ExtractOptions(sampling=sampling)).table
        assert table.meta.extractor == f"kernel-{sampling}"
        assert (table.meta.ffmpeg_version, table.meta.libvmaf_version) == (None, None)
        write_table(table, tmp_path / "t.parquet")
        assert read_table(tmp_path / "t.parquet").meta == table.meta
        assert table.facts()[0].extractor == f"kernel-{sampling}"


def test_extractors_share_a_store_and_never_their_rows(clips: Clips) -> None:
    reports = [extract(pair(clips), options) for options in (ExtractOptions(), FULL, ExtractOptions(sampling="fast"))]
    assert [(report.measured, report.hits) for report in reports] == [(1, 0)] * 3
    assert extract(pair(clips), FULL).hits == 1


def test_columns_are_those_of_libvmafs_table(clips: Clips) -> None:
    for options in (ExtractOptions(teachers=("vmaf_neg", "vmaf_4k")), ExtractOptions(feature_set=NEG_6)):
        ours, theirs = (extract(pair(clips), replace(options, sampling=each)).table.rows for each in ("full", None))
        assert ours.columns == theirs.columns
        assert np.abs(ours["vmaf_neg"].to_numpy() - theirs["vmaf_neg"].to_numpy()).max() < 0.1


def test_pairs_of_files_need_no_ffmpeg(clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = pair(clips)
    monkeypatch.setattr(build, "find_ffmpeg", _not_called)
    monkeypatch.setattr("tinyvmaf.video.ffmpeg.find_ffmpeg", _not_called)
    assert extract(listing, FULL).measured == 1


def test_encodes_do_not_outlive_their_measurement(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    extract(ladder(clips, rungs=RUNGS), FULL)
    assert list(tmp_path.iterdir()) == []


def test_what_only_libvmaf_computes_is_refused() -> None:
    for wrong in ({"teachers": ("vmaf_v1",)}, {"feature_set": V1_4}, {"sampling": "half"}):
        with pytest.raises(ValueError, match=r"libvmaf only|sampling"):
            ExtractOptions(**{"sampling": "full", **wrong})


def test_a_fit_on_tables_of_both_warns(clips: Clips, caplog: pytest.LogCaptureFixture) -> None:
    tables = [extract(pair(clips), options).table for options in (ExtractOptions(), FULL)]
    with caplog.at_level(logging.WARNING):
        rows_of(tables)
    assert "different extractors are mixed" in caplog.text


def _not_called(*_: object) -> None:
    raise AssertionError("ffmpeg was looked for")
