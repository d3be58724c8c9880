"""The command `report`, and `--report` of the commands whose results have a page."""

import json
from pathlib import Path

import pytest

from tests.cli.test_cli_score import tinyvmaf
from tests.conftest import Clips
from tests.pixel_models import blurring_filter, brightness_of_patches
from tests.scores.report.pages import figure, plots, read
from tests.table.pixel_samples import make_samples
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


STUDIES = {"loso": ["folds", "means"], "transfer": ["errors-0", "errors-1"]}
"""By command the plots of its page."""


@pytest.mark.slow
@pytest.mark.parametrize("command", STUDIES)
def test_a_study_writes_its_page_beside_its_answer(tmp_path: Path, command: str) -> None:
    out, later, kept, options = tmp_path / "live.html", tmp_path / "later.html", tmp_path / "kept.json", []
    for number in range(1 + (command == "transfer")):
        write_table(clip_table(f"made{number}", [f"{number}{name}" for name in "abc"]), tmp_path / f"{number}.parquet")
        options += ["--table", tmp_path / f"{number}.parquet"]
    options += ["--model-arch", "linear", "--epochs", "1", "--no-baselines", "--out-dir", tmp_path / "study"]
    options += ["--report", out]
    done = tinyvmaf(command, *options, "--json")
    assert done.returncode == 0, done.stderr
    assert str(out) in done.stderr
    html = out.read_text(encoding="utf-8")
    assert plots(html) == STUDIES[command]
    kept.write_text(done.stdout, encoding="utf-8")
    assert tinyvmaf("report", kept, "-o", later).returncode == 0
    assert later.read_text(encoding="utf-8") == html


@pytest.mark.slow
def test_judging_on_samples_writes_its_page(tmp_path: Path) -> None:
    model, out = brightness_of_patches(tmp_path / "model", side=32), tmp_path / "eval.html"
    make_samples(tmp_path / "samples", sources=6)
    asked = ("eval", model, "--samples", tmp_path / "samples", "--json")
    done = tinyvmaf(*asked, "--report", out)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["pairs"] is None
    html = out.read_text(encoding="utf-8")
    assert plots(html) == ["scatter", "residuals", "sources"]
    marks = [trace for trace in figure(html, "scatter")["data"] if trace.get("name")]
    assert sum(len(trace["x"]) for trace in marks) == document["clip_level"]["n_samples"] == 18
    rows = read(html).rows
    assert next(row for row in rows if row[0] == "samples")[1] == "36"
    assert len([row for row in rows if row[0] in ("h264", "hevc", "av1") and row[1] == "6"]) == 3
    assert len(json.loads(tinyvmaf(*asked, "--pairs").stdout)["pairs"]["clips"]) == 18


@pytest.mark.slow
def test_judging_a_filter_on_pairs_writes_its_page(tmp_path: Path) -> None:
    model, out, kept = blurring_filter(tmp_path / "model"), tmp_path / "filter.html", tmp_path / "kept.json"
    make_samples(tmp_path / "pairs", "pairs", target=None, sources=6)
    done = tinyvmaf("eval", model, "--samples", tmp_path / "pairs", "--json", "--report", out)
    assert done.returncode == 0, done.stderr
    html = out.read_text(encoding="utf-8")
    found = json.loads(done.stdout)["per_degradation"]
    drawn = figure(html, "gain")["data"][0]
    assert dict(zip(drawn["y"], drawn["x"], strict=True)) == pytest.approx(
        {name: each["gain_db"] for name, each in found.items()}, rel=1e-4
    )
    kept.write_text(done.stdout, encoding="utf-8")
    assert tinyvmaf("report", kept, "-o", tmp_path / "later.html").returncode == 0
    assert (tmp_path / "later.html").read_text(encoding="utf-8") == html


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

    results = Path(__file__).parents[2] / "benchmarks" / "results"
    out = tmp_path / "page.html"
    for name, drawn in (("loso_references", ["folds", "means"]), ("transfer_references_avt", ["errors-0", "errors-1"])):
        argv = [sys.executable, "-c", _WITHOUT_TORCH, str(results / f"{name}.json"), "-o", str(out)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        assert plots(out.read_text(encoding="utf-8")) == drawn
