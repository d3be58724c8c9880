import logging
import os
import re
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.table.tables import clip_table
from tinyvmaf.corpora.clip import Clip, Opinion
from tinyvmaf.errors import StoreError, TableError, VideoError
from tinyvmaf.features import CANONICAL_6, NEG_6
from tinyvmaf.table.clip_store import CACHE_VARIABLE, ClipStore, StoredClip, default_store_root
from tinyvmaf.table.content_key import MeasureRule, all_teachers, content_key
from tinyvmaf.table.file_hashes import FileHashes
from tinyvmaf.video.encode import EncodeFacts, parse_rungs
from tinyvmaf.video.probe import RawFormat, VideoFile

KEY = "0" * 64
RULE = MeasureRule(CANONICAL_6, ("vmaf",), "time", "9.0", "3.0")
RAW = RawFormat(16, 16, "yuv420p")


def stored() -> StoredClip:
    return StoredClip(clip_table("c", ("s",), codecs=("h264",)).rows, ("scaled",))


def a_clip(folder: Path, *, key: str = "k", source: str = "s") -> Clip:
    for name in ("reference.yuv", "distorted.yuv"):
        if not (folder / name).exists():
            (folder / name).write_bytes(name.encode() * 100)
    return Clip(key, "c", source, VideoFile(folder / "reference.yuv", RAW), VideoFile(folder / "distorted.yuv", RAW))


def key_of(clip: Clip, rule: MeasureRule = RULE, folder: Path | None = None) -> str:
    return content_key(clip, rule, FileHashes(folder or Path("/nonexistent")))


def test_a_clip_comes_back_as_it_was_put(tmp_path: Path) -> None:
    store, clip = ClipStore(tmp_path), a_clip(tmp_path)
    assert store.get(clip, KEY) is None
    store.put(clip, KEY, stored())
    again = store.get(clip, KEY)
    assert again is not None
    assert again.rows.equals(stored().rows)
    assert again.warnings == ("scaled",)
    assert store.path(clip, KEY) == tmp_path / "c" / "s" / f"k.{KEY}.parquet"
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("key", ["a/b", "../up", "ünï cødé", "x" * 400, "a\0b", ".hidden", "a\\b:c"])
def test_any_name_makes_a_file_inside_the_store(tmp_path: Path, key: str) -> None:
    store, clip = ClipStore(tmp_path / "store"), a_clip(tmp_path, key=key, source=key)
    store.put(clip, KEY, stored())
    assert store.get(clip, KEY) is not None
    assert store.path(clip, KEY).resolve().is_relative_to(tmp_path / "store")


def test_a_damaged_clip_is_measured_again_and_said(tmp_path: Path, caplog) -> None:
    store, clip = ClipStore(tmp_path), a_clip(tmp_path)
    store.put(clip, KEY, stored())
    path = store.path(clip, KEY)
    whole = path.read_bytes()
    for damaged in (b"", b"nonsense", whole[:-1], whole[: len(whole) // 2], _another_rows(path)):
        path.write_bytes(damaged)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert store.get(clip, KEY) is None
        assert "k: a damaged clip in the store is measured again" in caplog.text


def test_no_flipped_bit_yields_other_numbers(tmp_path: Path, caplog) -> None:
    store, clip, rows = ClipStore(tmp_path), a_clip(tmp_path), stored().rows
    store.put(clip, KEY, stored())
    path = store.path(clip, KEY)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        again = store.get(clip, KEY)
        assert again is None or again.rows.equals(rows)


def _another_rows(path: Path) -> bytes:
    rows, metadata = pl.read_parquet(path), pl.read_parquet_metadata(path)
    metadata.pop("ARROW:schema", None)
    other = path.with_suffix(".other")
    rows.with_columns(pl.col("vmaf") + 1).write_parquet(other, metadata=metadata)
    return other.read_bytes()


def test_a_full_disk_is_an_error_with_place_and_remedy(tmp_path: Path, monkeypatch) -> None:
    def no_space(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    store, clip = ClipStore(tmp_path), a_clip(tmp_path)
    monkeypatch.setattr(Path, "replace", no_space)
    with pytest.raises(StoreError, match=rf"{re.escape(str(tmp_path))}.*No space left.*--cache"):
        store.put(clip, KEY, stored())
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_place_that_takes_no_files_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=rf"file.*--cache or {CACHE_VARIABLE}"):
        ClipStore(tmp_path / "file" / "store").require_writable()


def test_rows_with_nan_are_not_kept(tmp_path: Path) -> None:
    rows = stored().rows.with_columns(pl.lit(float("nan"), pl.Float32).alias("vmaf"))
    with pytest.raises(TableError, match="vmaf is NaN"):
        ClipStore(tmp_path).put(a_clip(tmp_path), KEY, StoredClip(rows))


def test_many_threads_put_and_get_one_clip(tmp_path: Path) -> None:
    store, clip, seen = ClipStore(tmp_path), a_clip(tmp_path), []

    def work() -> None:
        for _ in range(20):
            store.put(clip, KEY, stored())
            seen.append(store.get(clip, KEY) is not None)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 80


def test_the_store_lies_where_the_environment_says(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "there"))
    assert ClipStore().root == tmp_path / "there"
    monkeypatch.delenv(CACHE_VARIABLE)
    assert default_store_root().name == "vmaf-tiny-ai"


def test_the_content_key_depends_on_all_that_is_measured(tmp_path: Path) -> None:
    clip = a_clip(tmp_path)
    (tmp_path / "other.yuv").write_bytes(b"other")
    other = VideoFile(tmp_path / "other.yuv", RAW)
    rung, another = parse_rungs("x264:20,27")
    raws = [RawFormat(32, 8, "yuv420p"), RawFormat(16, 16, "nv12"), RawFormat(16, 16, "yuv420p", Fraction(60))]
    clips = [
        clip,
        replace(clip, reference=other),
        replace(clip, distorted=other),
        replace(clip, distorted=rung),
        replace(clip, distorted=another),
        *(replace(clip, reference=VideoFile(tmp_path / "reference.yuv", raw)) for raw in raws),
    ]
    rules = [
        replace(RULE, feature_set=NEG_6),
        replace(RULE, teachers=("vmaf", "vmaf_neg")),
        replace(RULE, pairing="index"),
        replace(RULE, ffmpeg_version="9.1"),
        replace(RULE, libvmaf_version="3.1"),
        replace(RULE, sampling="full"),
        replace(RULE, sampling="fast"),
        replace(RULE, sampling="full", libvmaf_version=None),
    ]
    keys = [key_of(each) for each in clips] + [key_of(clip, rule) for rule in rules]
    assert len(set(keys)) == len(keys)


def test_the_content_key_depends_on_nothing_else(tmp_path: Path) -> None:
    clip = a_clip(tmp_path)
    (tmp_path / "moved.yuv").write_bytes((tmp_path / "distorted.yuv").read_bytes())
    same = [
        replace(clip, key="another", corpus="d", source="t"),
        replace(clip, distorted=VideoFile(tmp_path / "moved.yuv", RAW)),
        replace(clip, opinion=Opinion(3.0), facts=EncodeFacts(codec="h264")),
    ]
    assert {key_of(each) for each in same} == {key_of(clip)}


def test_an_encode_made_here_has_no_pairing_rule(tmp_path: Path) -> None:
    clip = replace(a_clip(tmp_path), distorted=parse_rungs("x264:20")[0])
    assert key_of(clip) == key_of(clip, replace(RULE, pairing="index"))


def test_teachers_come_in_one_order_with_vmaf_and_that_of_the_features() -> None:
    assert all_teachers(("vmaf_4k", "vmaf_neg"), CANONICAL_6) == ("vmaf", "vmaf_neg", "vmaf_4k")
    assert all_teachers((), NEG_6) == ("vmaf", "vmaf_neg")


def test_hashes_are_remembered_by_the_facts_of_the_file(tmp_path: Path, monkeypatch) -> None:
    path = _old_file(tmp_path / "a.yuv", b"one")
    first = FileHashes(tmp_path / "hashes").sha256(path)
    monkeypatch.setattr("hashlib.file_digest", _not_called)
    assert FileHashes(tmp_path / "hashes").sha256(path) == first
    monkeypatch.undo()
    _old_file(path, b"two", age=50)
    assert FileHashes(tmp_path / "hashes").sha256(path) != first


def test_rehash_forgets(tmp_path: Path) -> None:
    path = _old_file(tmp_path / "a.yuv", b"one")
    first = FileHashes(tmp_path / "hashes").sha256(path)
    facts = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    hashes = FileHashes(tmp_path / "hashes")
    assert hashes.sha256(path) == first
    hashes.forget()
    assert hashes.sha256(path) != first


def test_a_file_that_changed_just_now_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "a.yuv").write_bytes(b"one")
    FileHashes(tmp_path / "hashes").sha256(tmp_path / "a.yuv")
    assert not (tmp_path / "hashes").exists()


def test_a_broken_memory_of_hashes_is_no_matter(tmp_path: Path) -> None:
    path = _old_file(tmp_path / "a.yuv", b"one")
    first = FileHashes(tmp_path / "hashes").sha256(path)
    for entry in (tmp_path / "hashes").iterdir():
        for text in ("", "{", "[]", "{}", "null"):
            entry.write_text(text)
            assert FileHashes(tmp_path / "hashes").sha256(path) == first


def test_a_missing_input_is_a_video_error_with_its_path(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.yuv", tmp_path):
        with pytest.raises(VideoError, match=re.escape(str(path))):
            FileHashes(tmp_path / "hashes").sha256(path)


def _old_file(path: Path, content: bytes, *, age: float = 100) -> Path:
    path.write_bytes(content)
    stamp = path.stat().st_mtime - age
    os.utime(path, (stamp, stamp))
    return path


def _not_called(*_: object) -> None:
    raise AssertionError("the file was read again")
