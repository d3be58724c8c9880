import itertools
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.table.tables import clip_table
from tinyvmaf.errors import TableError
from tinyvmaf.table.rows import Rows, rows_of, smoke_rows
from tinyvmaf.table.splits import FOLDS_BY, VAL_MODES, default_mode, folds_by, split_rows
from tinyvmaf.table.store import with_mos_100

NETFLIX = clip_table("netflix", ("Tennis", "Bee", "KiteSurf"))
KONVID = clip_table("konvid-1k", [f"{number}" for number in range(12)], codecs=("h264",), seed=1)
OTHER = clip_table("films", ("Tennis", "0", "Moor"), codecs=("vp9", "h264"), seed=2)


def all_rows() -> Rows:
    return rows_of([NETFLIX, KONVID, OTHER])


def sources(rows: Rows, mask: np.ndarray) -> set[tuple[str, str]]:
    return set(zip(rows.corpus[mask], rows.source[mask], strict=True))


@pytest.mark.parametrize(("mode", "seed"), list(itertools.product(VAL_MODES, range(5))))
def test_validation_shares_no_source_with_training(mode: str, seed: int) -> None:
    for rows in (all_rows(), smoke_rows()):
        split = split_rows(rows, mode, seed=seed)
        assert split.val.any()
        assert split.train.any()
        assert not sources(rows, split.train) & sources(rows, split.val)
        assert set(split.val_sources) == sources(rows, split.val)


def test_only_rows_with_an_opinion_judge_a_hybrid() -> None:
    rated = replace(OTHER, rows=with_mos_100(OTHER.rows.with_columns(pl.lit(4.0, pl.Float32).alias("mos")), (1, 5)))
    rows = rows_of([rated, NETFLIX], target="hybrid")
    for seed in range(8):
        split = split_rows(rows, "source", seed=seed)
        assert {corpus for corpus, _ in split.val_sources} == {"films"} == set(rows.corpus[split.val])
        assert sources(rows, split.train) | set(split.val_sources) == set(rated.sources()) | set(NETFLIX.sources())
    assert {(fold.corpus, fold.held_out) for fold in folds_by(rows)} == set(rated.sources())
    assert folds_by(rows)[0].train[rows.corpus == "netflix"].all()


@pytest.mark.parametrize("mode", VAL_MODES)
def test_every_row_is_in_one_part_but_for_modes_of_one_corpus(mode: str) -> None:
    rows = all_rows()
    split = split_rows(rows, mode)
    used = split.train | split.val
    if mode.endswith("-only"):
        assert set(rows.corpus[used]) == {"netflix" if mode == "netflix-only" else "konvid-1k"}
    else:
        assert used.all()


def test_tennis_of_netflix_judges_and_tennis_of_another_corpus_trains() -> None:
    rows = all_rows()
    split = split_rows(rows)
    assert split.mode == "netflix-source"
    assert split.val_sources == (("netflix", "Tennis"),)
    assert ("films", "Tennis") in sources(rows, split.train)


def test_named_sources_judge() -> None:
    split = split_rows(all_rows(), "netflix-source", val_sources=["Bee", "KiteSurf"])
    assert split.val_sources == (("netflix", "Bee"), ("netflix", "KiteSurf"))
    split = split_rows(all_rows(), "source", val_sources=["films/Tennis"])
    assert split.val_sources == (("films", "Tennis"),)
    split = split_rows(all_rows(), "source", val_sources=["Tennis"])
    assert split.val_sources == (("films", "Tennis"), ("netflix", "Tennis"))


def test_picked_sources_are_the_asked_share_and_the_same_every_time() -> None:
    rows = rows_of([KONVID])
    split = split_rows(rows, "konvid-holdout", konvid_val_fraction=0.25, seed=3)
    assert len(split.val_sources) == 3
    assert split_rows(rows, "konvid-holdout", konvid_val_fraction=0.25, seed=3).val_sources == split.val_sources
    picks = {split_rows(rows, "konvid-holdout", seed=seed).val_sources for seed in range(8)}
    assert len(picks) > 1
    assert all(len(pick) == 1 for pick in picks)


def test_picks_follow_the_order_of_the_hash_of_seed_and_source() -> None:
    import hashlib

    rows = rows_of([KONVID])
    first = min(set(rows.source), key=lambda source: hashlib.sha256(f"7:{source}".encode()).hexdigest())
    assert split_rows(rows, "konvid-only", seed=7).val_sources == (("konvid-1k", first),)


def test_the_union_mode_is_the_union_of_both() -> None:
    rows = all_rows()
    both = split_rows(rows, "netflix-source-and-konvid-holdout", seed=4).val
    assert (both == (split_rows(rows, "netflix-source").val | split_rows(rows, "konvid-holdout", seed=4).val)).all()


@pytest.mark.parametrize("mode", [mode for mode in VAL_MODES if mode != "source"])
def test_a_mode_whose_corpus_is_absent_names_it_and_those_that_work(mode: str) -> None:
    with pytest.raises(TableError, match=r"needs the corpus .*(netflix|konvid-1k).*source would work"):
        split_rows(rows_of([OTHER]), mode)


def test_the_default_mode_without_netflix_is_by_source() -> None:
    assert default_mode(rows_of([OTHER])) == "source"


def test_an_unknown_source_names_those_that_exist() -> None:
    with pytest.raises(TableError, match=r"'Nobody'.*Bee, KiteSurf, Tennis"):
        split_rows(all_rows(), "netflix-source", val_sources=["Nobody"])


def test_senseless_requests_are_refused() -> None:
    with pytest.raises(TableError, match="unknown --val-mode"):
        split_rows(all_rows(), "nonsense")
    with pytest.raises(TableError, match="leave --val-source out"):
        split_rows(all_rows(), "konvid-holdout", val_sources=["0"])
    with pytest.raises(TableError, match="not between 0 and 1"):
        split_rows(all_rows(), "konvid-holdout", konvid_val_fraction=1.5)
    with pytest.raises(TableError, match="nothing to train on"):
        split_rows(rows_of([clip_table("c", ("only",))]), "source")


def test_each_fold_holds_one_source_of_the_first_table_out_of_all_tables() -> None:
    twice = clip_table("netflix", ("Tennis", "Else"), codecs=("av1",), seed=5)
    rows = rows_of([NETFLIX, twice, KONVID])
    folds = folds_by(rows)
    assert [fold.held_out for fold in folds] == ["Bee", "KiteSurf", "Tennis"]
    for fold in folds:
        assert not sources(rows, fold.train) & sources(rows, fold.test)
        assert sources(rows, fold.test) == {("netflix", fold.held_out)}
        assert set(rows.table_index[fold.test]) == {0}
        assert fold.train[rows.table_index == 2].all()
    tennis = folds[2]
    held_twice = (rows.table_index == 1) & (rows.source == "Tennis")
    assert not (tennis.train | tennis.test)[held_twice].any()


def test_a_share_of_konvid_stays_out_of_every_fold() -> None:
    rows = rows_of([NETFLIX, KONVID])
    for fold in folds_by(rows, konvid_val_fraction=0.25):
        assert len(sources(rows, fold.konvid_val)) == 3
        assert not (fold.train & fold.konvid_val).any()
    with pytest.raises(TableError, match="konvid-1k is to be held out"):
        folds_by(rows_of([NETFLIX]), konvid_val_fraction=0.25)


@pytest.mark.parametrize("by", FOLDS_BY[1:])
def test_a_codec_or_height_is_left_out_of_all_tables(by: str) -> None:
    rows = rows_of([NETFLIX, OTHER])
    values = getattr(rows, by)
    folds = folds_by(rows, by=by)
    assert [fold.held_out for fold in folds] == (["h264", "hevc"] if by == "codec" else ["540", "1080"])
    for fold in folds:
        assert set(values[fold.test].astype(str)) == {fold.held_out}
        assert fold.held_out not in set(values[fold.train].astype(str))


def test_rows_without_a_codec_cannot_be_left_out_by_codec() -> None:
    with pytest.raises(TableError, match="do not tell their codec"):
        folds_by(smoke_rows_without_codec(), by="codec")


def smoke_rows_without_codec() -> Rows:
    from dataclasses import replace

    rows = smoke_rows()
    return replace(rows, codec=np.full(len(rows), "", dtype=object))
