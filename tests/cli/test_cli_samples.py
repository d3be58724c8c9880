import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.conftest import Clips
from tinyvmaf.cli.app import app
from tinyvmaf.documents import validate
from tinyvmaf.errors import CorpusError
from tinyvmaf.table.samples import read_samples


@pytest.fixture
def corpus(clips: Clips, tmp_path: Path) -> Path:
    folder = tmp_path / "ä corpus"
    folder.mkdir()
    for source in ("testsrc2", "mandelbrot"):
        original = clips(f"{source}.mp4", "-c:v", "libx264", "-crf", "10", source=source, frames=8, size="160x90")
        (folder / f"{source}.mp4").write_bytes(original.read_bytes())
    return folder


def run(*words: str | Path):
    argv = ["extract-samples", *map(str, words)]
    return CliRunner().invoke(app, argv, catch_exceptions=False, env={"COLUMNS": "200"})


def answer_of(*words: str | Path) -> dict:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate(document)
    return document


def test_a_folder_becomes_patches(corpus: Path, tmp_path: Path) -> None:
    output = tmp_path / "deep" / "s"
    asked = (corpus, "--layout", "folder", "--ladder", "x264/ultrafast:30", "--kind", "patches", "-o", output)
    document = answer_of(*asked, "--frames-per-clip", "2", "--patches-per-frame", "3", "--patch-size", "32")
    assert (document["kind"], document["target"], document["shape"]) == ("patches", "vmaf", [4, 3, 2, 32, 32])
    assert (document["made"], document["reused"]) == (2, 0)
    assert document["facts"][0]["table_key"] == read_samples(output).key
    words = run(*asked, "--frames-per-clip", "2", "--patches-per-frame", "3", "--patch-size", "32").stdout
    assert "4 samples of 3 x 2 x 32 x 32" in words
    assert "0 clips sampled, 2 there before" in words


def test_pairs_need_no_ladder(corpus: Path, tmp_path: Path) -> None:
    asked = (corpus, "--layout", "folder", "--kind", "pairs", "-o", tmp_path / "s", "--degradation", "grain")
    document = answer_of(*asked, "--degradation", "none", "--patch-size", "32")
    assert (document["target"], document["shape"]) == (None, [64, 1, 1, 32, 32])
    assert {fact["extractor"] for fact in document["facts"]} == {"samples-pairs"}


def test_options_that_do_not_go_together_are_usage_errors(corpus: Path, tmp_path: Path) -> None:
    asked = (corpus, "--layout", "folder", "-o", tmp_path / "s", "--kind")
    for words in (("pairs",), ("frame", "--degradation", "grain"), ("pairs", "--degradation", "rain"), ("squares",)):
        assert run(*asked, *words).exit_code == 2
    with pytest.raises(CorpusError, match="have no reference: say how they are to be encoded"):
        run(*asked, "pairs", "--degradation", "codec")


@pytest.mark.realmedia
def test_opinions_of_konvid_are_of_the_videos_themselves(media: Path, tmp_path: Path) -> None:
    asked = (media / "media" / "konvid-1k-mini", "--layout", "konvid-1k", "--kind", "frame", "--target", "mos")
    document = answer_of(*asked, "-o", tmp_path / "s")
    assert (document["target"], document["shape"]) == ("mos_100", [6, 1, 1, 224, 224])
    index = read_samples(tmp_path / "s").index
    assert index["target"].is_between(0, 100).all()
    assert set(index["codec"]) == {"h264"}
