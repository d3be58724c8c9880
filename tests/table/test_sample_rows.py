"""Samples become rows whose sources no split cuts in two, and facts can be held out of a training."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.table.pixel_samples import make_samples
from tinyvmaf.errors import FitError, RecipeError, TableError
from tinyvmaf.table.sample_rows import held_out, parse_hold_out, sample_rows, target_of
from tinyvmaf.table.sample_splits import split_samples


def test_no_source_is_in_two_parts(tmp_path: Path) -> None:
    samples = sample_rows(make_samples(tmp_path, sources=12))
    split = split_samples(samples, val_fraction=0.25, stop_fraction=0.2)
    parts = [set(samples.rows.source[mask]) for mask in (split.train, split.stop, split.val)]
    assert not (parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2])
    assert [len(part) for part in parts] == [7, 2, 3]
    assert (split.train | split.stop | split.val).all()
    assert split.val_sources == tuple(sorted(f"made/{source}" for source in parts[2]))


def test_named_sources_judge_and_another_seed_picks_others(tmp_path: Path) -> None:
    samples = sample_rows(make_samples(tmp_path, sources=12))
    split = split_samples(samples, val_sources=("scene03", "made/scene07"))
    assert split.val_sources == ("made/scene03", "made/scene07")
    picked = {split_samples(samples, seed=seed).val_sources for seed in range(6)}
    assert len(picked) > 1


def test_held_out_codec_neither_trains_nor_stops_but_judges(tmp_path: Path) -> None:
    samples = sample_rows(make_samples(tmp_path, sources=12))
    split = split_samples(samples, hold_out="codec=hevc")
    codec = samples.rows.codec
    assert "hevc" not in set(codec[split.train]) | set(codec[split.stop])
    assert set(codec[split.val]) == {"h264", "hevc", "av1"}
    assert "codec=hevc" in split.protocol


@pytest.mark.parametrize("text", ["codec", "codec=", "vmaf=3", "=hevc"])
def test_hold_out_must_name_a_fact_and_its_value(text: str) -> None:
    with pytest.raises(RecipeError, match="FACT=VALUE"):
        parse_hold_out(text)


def test_absent_fact_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    samples = sample_rows(make_samples(tmp_path))
    with pytest.raises(TableError, match=r"codec=vp9; there are av1, h264, hevc"):
        held_out(samples, "codec=vp9")


def test_two_sources_are_too_few(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="2 sources are too few"):
        split_samples(sample_rows(make_samples(tmp_path, sources=2)))


def test_samples_without_a_target_are_left_out_and_pixels_stay_theirs(tmp_path: Path) -> None:
    made = make_samples(tmp_path, sources=3)
    holes = pl.when(pl.col("codec") == "hevc").then(None).otherwise(pl.col("target"))
    samples = sample_rows(type(made)(made.kind, made.directory, made.index.with_columns(target=holes), made.pixels))
    assert len(samples) == len(made) * 2 // 3
    assert set(samples.rows.codec) == {"h264", "av1"}
    places = np.flatnonzero(np.array(made.index["codec"].to_list()) != "hevc")
    chosen = np.array([5, 0, 3])
    np.testing.assert_array_equal(samples.take(chosen), made.pixels[places[chosen]])


def test_opinions_judge_and_pairs_are_told_by_clean_pictures(tmp_path: Path) -> None:
    rated = make_samples(tmp_path / "mos", target="mos_100")
    assert target_of(rated) == "mos"
    assert sample_rows(rated).rows.judges.all()
    pairs = make_samples(tmp_path / "pairs", "pairs", target=None)
    assert target_of(pairs) == "clean"
    rows = np.array([4, 2])
    np.testing.assert_array_equal(sample_rows(pairs).take_clean(rows), pairs.clean[rows])
