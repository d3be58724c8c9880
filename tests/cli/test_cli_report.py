"""The command `report`, and `--report` of the commands whose results have a page."""

import json
from pathlib import Path

import pytest

from tests.cli.test_cli_score import tinyvmaf
from tests.conftest import Clips
from tests.scores.report.pages import figure, plots, read
from tests.table.tables import clip_table
from tinyvmaf.documents import validate
from tinyvmaf.table.store import write_table


@pytest.fixture
def pair(clips: Clips) -> tuple[Path, Path]:
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "5")
    return reference, clips.derived(reference, "encode.mkv", "-c:v", "libx264", "-crf", "38")


def pictures(html: str) -> int:
    return len([attrs for tag, attrs in read(html).tags if tag == "img" and attrs.get("src")])


def test_score_writes_its_page_beside_its_answer(pair: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "pages" / "score.html"
    done = tinyvmaf("score", *pair, "--json", "--report", out)
    assert done.returncode == 0, done.stderr
    frames = json.loads(done.stdout)["frames"]
    html = out.read_text(encoding="utf-8")
    line = next(each for each in figure(html, "over-time")["data"] if each.get("name") == "encode.mkv")
    assert line["y"] == pytest.approx([frame["score"] for frame in frames], abs=1e-3)
    assert pictures(html) >= 9
    assert str(out) in done.stderr


@pytest.mark.slow
def test_a_kept_score_gives_the_same_page(pair: tuple[Path, Path], tmp_path: Path) -> None:
    kept, live, later = tmp_path / "score.json", tmp_path / "live.html", tmp_path / "later.html"
    kept.write_text(tinyvmaf("score", *pair, "--json", "--report", live).stdout, encoding="utf-8")
    done = tinyvmaf("report", kept, "-o", later, "--json")
    document = json.loads(done.stdout)
    validate(document)
    assert (document["kind"], document["warnings"], document["byte_count"]) == ("score", [], later.stat().st_size)
    assert later.read_text(encoding="utf-8") == live.read_text(encoding="utf-8")


@pytest.mark.slow
def test_rank_writes_a_page_of_all_encodes(clips: Clips, pair: tuple[Path, Path], tmp_path: Path) -> None:
    better = clips.derived(pair[0], "better.mp4", "-c:v", "libx264", "-crf", "25")
    out, kept = tmp_path / "rank.html", tmp_path / "rank.json"
    done = tinyvmaf("rank", pair[0], pair[1], better, "--json", "--report", out)
    assert done.returncode == 0, done.stderr
    html = out.read_text(encoding="utf-8")
    assert plots(html)[-1] == "rate"
    assert pictures(html) >= 6
    kept.write_text(done.stdout, encoding="utf-8")
    assert tinyvmaf("report", kept, "-o", tmp_path / "later.html").returncode == 0
    assert (tmp_path / "later.html").read_text(encoding="utf-8") == html


@pytest.mark.slow
def test_eval_keeps_pairs_on_request_and_draws_them_anyway(tmp_path: Path) -> None:
    table, out, kept = tmp_path / "made.parquet", tmp_path / "eval.html", tmp_path / "eval.json"
    write_table(clip_table("made", ["a", "b", "c"]), table)
    done = tinyvmaf("eval", "fr_mlp_small", "--table", table, "--json", "--report", out)
    assert json.loads(done.stdout)["pairs"] is None
    assert plots(out.read_text(encoding="utf-8")) == ["scatter", "residuals", "sources"]
    kept.write_text(tinyvmaf("eval", "fr_mlp_small", "--table", table, "--json", "--pairs").stdout, encoding="utf-8")
    assert tinyvmaf("report", kept, "-o", out).returncode == 0
    html = out.read_text(encoding="utf-8")
    assert plots(html) == ["scatter", "residuals", "sources"]
    assert "How it was trained" in html


@pytest.mark.slow
def test_comparison_writes_its_page(tmp_path: Path) -> None:
    table, out = tmp_path / "made.parquet", tmp_path / "compared.html"
    write_table(clip_table("made", ["a", "b", "c"]), table)
    done = tinyvmaf("compare-models", "fr_svr", "fr_mlp_small", "--table", table, "--report", out)
    assert done.returncode == 0, done.stderr
    assert plots(out.read_text(encoding="utf-8"))[0] == "difference-rmse"


_WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
sys.argv = ["tinyvmaf", "report", *sys.argv[1:]]
from tinyvmaf.cli import main
main()
"""


@pytest.mark.slow
def test_a_kept_study_has_a_page_where_nothing_trains(tmp_path: Path) -> None:
    import subprocess
    import sys

    kept, out = Path(__file__).parents[2] / "benchmarks" / "results" / "loso_references.json", tmp_path / "loso.html"
    argv = [sys.executable, "-c", _WITHOUT_TORCH, str(kept), "-o", str(out)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert plots(out.read_text(encoding="utf-8")) == ["folds", "means"]
