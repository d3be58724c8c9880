import hashlib
from fractions import Fraction
from pathlib import Path
from threading import Event

import pytest

from tests.corpora.lookalikes import SMALL, frames, make_folder, make_manifest, write
from tinyvmaf.corpora.clip import Opinion
from tinyvmaf.corpora.layouts import CorpusRequest, list_corpus
from tinyvmaf.corpora.manifest import list_manifest
from tinyvmaf.corpora.manifest_scan import manifest_scan
from tinyvmaf.errors import CancelledError, CorpusError
from tinyvmaf.video.encode import parse_rungs
from tinyvmaf.video.probe import RawFormat, VideoFile


def test_a_row_with_a_reference_is_a_pair_of_the_references_source(tmp_path: Path) -> None:
    listing = list_manifest(make_manifest(tmp_path))
    low, dog = listing.clips
    assert (low.key, low.corpus, low.source) == ("encodes_cat low", "pets", "cat")
    assert low.opinion == Opinion(2.8, 0.2)
    assert low.reference is not None
    assert low.reference.path.name == "cat.mp4"
    assert (dog.reference, dog.source) == (None, "original_dog")
    assert listing.mos_scale == (1, 5)


def test_a_ladder_encodes_every_pristine_row(tmp_path: Path) -> None:
    listing = list_manifest(make_manifest(tmp_path), rungs=parse_rungs("x264:35"))
    assert [clip.key for clip in listing.clips] == [
        "encodes_cat low",
        "original_cat-x264-medium-35",
        "original_dog-x264-medium-35",
    ]
    assert listing.clips[1].reference_opinion == Opinion(4.8)
    assert listing.clips[1].source == "cat"


def test_yaml_holds_the_same_rows(tmp_path: Path) -> None:
    expected = list_manifest(make_manifest(tmp_path)).clips
    text = """
- {path: original/cat.mp4, reference: null, source: cat, mos: 4.8, mos_scale: 1:5}
- {path: encodes/cat low.mp4, reference: original/cat.mp4, mos: 2.8, mos_ci: 0.2, mos_scale: 1:5}
- {path: original/dog.mp4, reference: , mos: 3.5, mos_scale: 1:5}
"""
    assert list_manifest(write(tmp_path / "pets.yaml", text)).clips == expected
    assert list_manifest(write(tmp_path / "pets.yml", "clips:" + text.replace("\n-", "\n  -"))).clips == expected


def test_hashes_are_checked(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", "a")
    write(tmp_path / "b.mp4", "b")
    digest = hashlib.sha256(b"a").hexdigest()
    manifest = write(tmp_path / "m.csv", f"path,reference,sha256\na.mp4,,{digest.upper()}\nb.mp4,a.mp4,{digest}\n")
    listing = list_manifest(manifest, rungs=parse_rungs("x264:35"))
    assert [clip.key for clip in listing.clips] == ["a-x264-medium-35"]
    assert f"the manifest says {digest}" in listing.problems[0].why


def test_a_reference_with_a_wrong_hash_takes_its_encodes_along(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", "a")
    write(tmp_path / "b.mp4", "b")
    listing = list_manifest(write(tmp_path / "m.csv", f"path,reference,sha256\na.mp4,,{'0' * 64}\nb.mp4,a.mp4,\n"))
    assert listing.clips == ()
    assert [problem.path for problem in listing.problems] == ["a.mp4", "b.mp4"]


def test_raw_yuv_takes_its_layout_from_columns_or_options(tmp_path: Path) -> None:
    write(tmp_path / "a.yuv", frames(2))
    write(tmp_path / "b.yuv", frames(2))
    rows = "path,reference,width,height,pix_fmt,fps\na.yuv,,16,16,yuv420p,29.97\nb.yuv,a.yuv,,,,\n"
    manifest = write(tmp_path / "m.csv", rows)
    (clip,) = list_manifest(manifest, raw=SMALL).clips
    assert clip.reference == VideoFile(tmp_path / "a.yuv", RawFormat(16, 16, "yuv420p", Fraction(30000, 1001)))
    assert clip.distorted == VideoFile(tmp_path / "b.yuv", SMALL)
    assert "--size WxH --pix-fmt F" in list_manifest(manifest).problems[0].why


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "is empty"),
        ("path,reference\n", "lists no clips"),
        ("file,reference\na.mp4,\n", "no column path; it has: file, reference"),
        ("path,mos,mos_scale\na.mp4,1,1:5\na.mp4,1,0:100\n", "on 2 scales"),
    ],
)
def test_a_manifest_that_is_none_is_an_error(tmp_path: Path, rows: str, message: str) -> None:
    write(tmp_path / "a.mp4")
    with pytest.raises(CorpusError, match=message):
        list_manifest(write(tmp_path / "m.csv", rows))


def test_yaml_that_is_none_is_an_error(tmp_path: Path) -> None:
    for text in ("a: [", "just words", "- 1\n- 2"):
        with pytest.raises(CorpusError, match=r"m\.yaml"):
            list_manifest(write(tmp_path / "m.yaml", text))


def test_opinions_of_a_manifest_need_a_scale(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4")
    manifest = write(tmp_path / "m.csv", "path,mos\na.mp4,3\n")
    with pytest.raises(CorpusError, match="--mos-scale 1:5"):
        list_corpus(CorpusRequest("manifest", manifest))
    assert list_corpus(CorpusRequest("manifest", manifest, mos_scale=(1, 5))).mos_scale == (1, 5)


def test_a_missing_file_a_bad_row_and_a_strange_column_are_told(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4")
    rows = "path,refrence,mos\na.mp4,,\ngone.mp4,,\na.mp4,,good\n,,\n"
    listing = list_manifest(write(tmp_path / "m.csv", rows.replace("\n,,\n", "\n,x,\n")))
    assert {problem.path: problem.why for problem in listing.problems} == {
        "gone.mp4": "is missing",
        "a.mp4": "row 3: mos 'good' is no number",
        "m.csv": "row 4: path is empty",
    }
    assert "refrence" in listing.remarks[0].why


def test_a_scan_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "f")
    table = write(tmp_path / "mos.csv", "name,mos,mos_ci\ncat,4.25,0.1\nghost,1,\n")
    told: list[tuple[float, float | None]] = []
    scan = manifest_scan(
        root,
        root / "m.csv",
        mos_csv=table,
        mos_scale=(1, 5),
        progress=lambda done, total, label: told.append((done, total)),
    )
    assert (scan.videos, scan.opinions, scan.bytes) == (3, 1, 15)
    assert [remark.why for remark in scan.remarks] == [
        "1 rows match no video: ghost",
        "2 videos have no opinion: deep/er/dog.y4m, tag/straße eins.mkv",
    ]
    assert told[-1] == (15, 15)
    listing = list_manifest(root / "m.csv")
    assert listing.problems == ()
    assert [(clip.key, clip.opinion) for clip in listing.clips] == [
        ("cat", Opinion(4.25, 0.1)),
        ("deep_er_dog", None),
        ("tag_straße eins", None),
    ]
    write(root / "cat.mp4", "other")
    assert "sha256" in list_manifest(root / "m.csv").problems[0].why


def test_a_scan_without_opinions_has_the_six_columns_and_paths_relative_to_itself(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "f")
    manifest_scan(root, tmp_path / "lists" / "m.csv")
    header, first, *_ = (tmp_path / "lists" / "m.csv").read_text().splitlines()
    assert header == "path,reference,source,mos,mos_ci,sha256"
    assert first == f"../f/cat.mp4,,cat,,,{hashlib.sha256(b'video').hexdigest()}"
    assert len(list_manifest(tmp_path / "lists" / "m.csv").clips) == 3


def test_a_scan_that_cannot_go_on_leaves_nothing(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "f")
    stop = Event()
    stop.set()
    with pytest.raises(CancelledError):
        manifest_scan(root, tmp_path / "m.csv", cancel=stop)
    with pytest.raises(CorpusError, match="cannot write"):
        manifest_scan(root, root / "cat.mp4" / "m.csv")
    with pytest.raises(CorpusError, match="no row of"):
        table = write(tmp_path / "mos.csv", "name,mos\nghost,3\n")
        manifest_scan(root, tmp_path / "m.csv", mos_csv=table, mos_scale=(1, 5))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f", "mos.csv"]
