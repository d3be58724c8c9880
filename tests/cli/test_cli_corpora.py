import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.corpora.lookalikes import make_folder, make_konvid, make_netflix, write
from tests.corpora.misbehaving_server import serve
from tests.corpora.test_archive import make_zip
from tests.corpora.test_fetch import METADATA
from tinyvmaf.cli import corpora
from tinyvmaf.documents import validate
from tinyvmaf.errors import CorpusError, DownloadError

app = typer.Typer()
app.command("clips")(corpora.clips)
app.command("fetch")(corpora.fetch)
app.command("manifest-scan")(corpora.manifest_scan)


def answer_of(*words: str | Path) -> dict:
    result = CliRunner().invoke(app, [*map(str, words), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate(document)
    return document


def words_of(*words: str | Path) -> str:
    result = CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_clips_lists_what_there_is_and_what_is_wrong_and_succeeds(tmp_path: Path) -> None:
    root = make_netflix(tmp_path / "n")
    write(root / "dis" / "[bold]what.yuv")
    asked = ("clips", root, "--layout", "netflix", "--assume-dims", "16x16")
    document = answer_of(*asked)
    assert document["sources"] == ["BigBuckBunny", "ElFuente1", "Old_Town_2"]
    assert document["problems"][0]["path"] == "dis/[bold]what.yuv"
    text = words_of(*asked)
    assert "netflix: 4 clips, 3 sources, 1 problems" in text
    assert "problem: dis/[bold]what.yuv: its name is not of the form" in text


def test_clips_of_konvid_show_the_rung_and_the_opinion_of_the_reference(tmp_path: Path) -> None:
    root = make_konvid(tmp_path)
    clip = answer_of("clips", root, "--layout", "konvid-1k")["clips"][0]
    assert (clip["rung"], clip["distorted"], clip["mos"], clip["reference_mos"]) == ("x264/medium:35", None, None, 4.14)
    assert "4.14 (reference)" in words_of("clips", root, "--layout", "konvid-1k")


def test_clips_without_a_root_looks_in_the_data_root(tmp_path: Path) -> None:
    make_folder(tmp_path / "folder")
    document = answer_of("clips", "--layout", "folder", "--data-root", tmp_path, "--ladder", "x264:20,35")
    assert len(document["clips"]) == 6
    assert document["root"] == str(tmp_path / "folder")


def test_clips_joins_opinions(tmp_path: Path) -> None:
    table = write(tmp_path / "mos.csv", "key,mos\ncat,3\n")
    root = make_folder(tmp_path / "f")
    document = answer_of("clips", root, "--layout", "folder", "--mos-csv", table, "--mos-scale", "1:5")
    assert document["clips"][0]["mos"] == 3
    assert document["mos_scale"] == [1, 5]
    assert "2 clips have no opinion" in document["remarks"][0]["why"]


@pytest.mark.parametrize(
    "words",
    [
        ("clips",),
        ("clips", "--layout", "youtube"),
        ("clips", "--layout", "netflix", "--size", "16x16"),
        ("clips", "--layout", "netflix", "--assume-dims", "wide"),
        ("clips", "--layout", "netflix", "--assume-dims", "16x16", "--size", "16x16", "--pix-fmt", "yuv420p"),
        ("fetch", "netflix"),
        ("fetch", "konvid-1k", "--sha256", "abc"),
        ("manifest-scan", "."),
    ],
)
def test_nonsense_is_a_usage_error(words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, list(words)).exit_code == 2


def test_a_missing_corpus_is_an_error_of_ours(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["clips", str(tmp_path / "gone"), "--layout", "netflix"])
    assert isinstance(result.exception, CorpusError)


def test_manifest_scan_writes_and_tells(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "f")
    table = write(tmp_path / "mos.csv", "key,mos\ncat,3\nghost,2\n")
    asked = ("manifest-scan", root, "-o", tmp_path / "m.csv", "--mos-csv", table, "--mos-scale", "1:5")
    document = answer_of(*asked)
    assert (document["videos"], document["opinions"]) == (3, 1)
    assert "note: mos.csv: 1 rows match no video: ghost" in words_of(*asked)
    assert len(answer_of("clips", tmp_path / "m.csv", "--layout", "manifest")["clips"]) == 3


def test_fetch_says_what_it_got(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    videos = {f"KoNViD_1k_videos/{number}.mp4": b"v" for number in (11, 12, 13)}
    files = {
        "/KoNViD_1k_videos.zip": make_zip(tmp_path / "v.zip", videos).read_bytes(),
        "/KoNViD_1k_metadata.zip": make_zip(tmp_path / "m.zip", METADATA).read_bytes(),
    }
    with serve(files) as site:
        from tinyvmaf.corpora import fetch as room

        there = room.fetch_konvid
        monkeypatch.setattr(
            room, "fetch_konvid", lambda root, **more: there(root, home=site.url, video_count=3, **more)
        )
        document = answer_of("fetch", "konvid-1k", tmp_path / "k")
        assert document["videos"] == 3
        assert [one["fetched"] for one in document["archives"]] == [True, True]
        assert "was there already" in words_of("fetch", "konvid-1k", tmp_path / "k")


def test_fetch_with_insecure_tls_demands_hashes(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["fetch", "konvid-1k", str(tmp_path), "--insecure-tls"])
    assert isinstance(result.exception, DownloadError)
