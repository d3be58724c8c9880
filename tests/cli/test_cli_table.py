import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.conftest import Clips
from tinyvmaf.cli import table
from tinyvmaf.documents import validate
from tinyvmaf.errors import CorpusError, TableError
from tinyvmaf.table.store import read_table

app = typer.Typer()
app.command("extract-features")(table.extract_features)
app.callback()(lambda: None)


@pytest.fixture
def corpus(clips: Clips, tmp_path: Path) -> Path:
    folder = tmp_path / "ä corpus"
    folder.mkdir()
    for source in ("testsrc2", "mandelbrot"):
        original = clips(f"{source}.mp4", "-c:v", "libx264", "-crf", "10", source=source, frames=8, size="160x90")
        (folder / f"{source}.mp4").write_bytes(original.read_bytes())
    return folder


def run(*words: str | Path):
    argv = ["extract-features", *map(str, words)]
    return CliRunner().invoke(app, argv, catch_exceptions=False, env={"COLUMNS": "200"})


def answer_of(*words: str | Path) -> dict:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate(document)
    return document


def test_a_folder_becomes_a_table(corpus: Path, tmp_path: Path) -> None:
    output = tmp_path / "deep" / "t.parquet"
    asked = (corpus, "--layout", "folder", "--ladder", "x264/ultrafast:30,40", "--teacher", "vmaf_neg", "-o", output)
    document = answer_of(*asked)
    assert (document["measured"], document["hits"]) == (4, 0)
    assert document["teachers"] == ["vmaf", "vmaf_neg"]
    assert document["facts"][0] | {"table_key": "", "corpus": ""} == {
        "corpus": "",
        "sources": 2,
        "clips": 4,
        "frames": 32,
        "extractor": "libvmaf-integer",
        "table_key": "",
    }
    assert read_table(output).key == document["facts"][0]["table_key"]
    words = run(*asked).stdout
    assert "2 sources, 4 clips, 32 frames" in words
    assert "0 clips measured, 4 from the store" in words


def test_a_table_by_the_kernel_says_so(corpus: Path, tmp_path: Path) -> None:
    asked = (corpus, "--layout", "folder", "--ladder", "x264/ultrafast:30", "-o", tmp_path / "t.parquet")
    document = answer_of(*asked, "--extractor", "kernel", "--sampling", "fast")
    assert document["facts"][0]["extractor"] == "kernel-fast"
    assert read_table(tmp_path / "t.parquet").meta.extractor == "kernel-fast"


def test_the_store_lies_where_it_is_told(corpus: Path, tmp_path: Path) -> None:
    asked = (corpus, "--layout", "folder", "--ladder", "x264/ultrafast:30", "-o", tmp_path / "t.parquet")
    answer_of(*asked, "--cache", tmp_path / "store", "--max-clips", "1", "--jobs", "1")
    assert len(list((tmp_path / "store").rglob("*.parquet"))) == 1
    assert answer_of(*asked, "--cache", tmp_path / "store", "--rehash")["hits"] == 1


def test_broken_clips_fail_the_command_unless_they_are_skipped(corpus: Path, tmp_path: Path) -> None:
    (corpus / "broken.mp4").write_bytes(b"no video")
    asked = (corpus, "--layout", "folder", "--ladder", "x264/ultrafast:30", "-o", tmp_path / "t.parquet")
    with pytest.raises(TableError, match=r"--skip-broken(.|\n)*broken"):
        run(*asked)
    assert not (tmp_path / "t.parquet").exists()
    document = answer_of(*asked, "--skip-broken")
    assert (document["hits"], len(document["failures"])) == (2, 1)
    assert "left out: broken-x264" in run(*asked, "--skip-broken").stdout


@pytest.mark.parametrize(
    "nonsense",
    [
        ("--teacher", "nobody"),
        ("--extractor", "nonsense"),
        ("--extractor", "kernel", "--sampling", "nonsense"),
        ("--sampling", "fast"),
        ("--extractor", "kernel", "--teacher", "vmaf_v1"),
        ("--features", "nonsense"),
        ("--pair", "nonsense"),
        ("--layout", "nonsense"),
        ("--jobs", "0"),
        ("--max-clips", "0"),
        ("--size", "16x16"),
    ],
)
def test_nonsense_is_a_usage_error(corpus: Path, tmp_path: Path, nonsense: tuple[str, ...]) -> None:
    result = run(corpus, "--layout", "folder", "-o", tmp_path / "t.parquet", *nonsense)
    assert result.exit_code == 2, result.output


def test_a_missing_corpus_and_videos_without_encodes_are_errors(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        run(tmp_path / "absent", "--layout", "folder", "-o", tmp_path / "t.parquet")
    with pytest.raises(CorpusError, match="--ladder"):
        run(corpus, "--layout", "folder", "-o", tmp_path / "t.parquet")


def test_a_folder_as_output_is_refused_before_anything_is_measured(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is a folder"):
        run(corpus, "--layout", "folder", "--ladder", "x264/ultrafast:30", "-o", tmp_path)
