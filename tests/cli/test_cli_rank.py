"""The commands on several encodes: `rank`, and `score` with more than one."""

import csv
import json
from pathlib import Path

import pytest

from tests.cli.test_cli_score import tinyvmaf
from tests.conftest import Clips
from tinyvmaf.documents import validate


@pytest.fixture
def folder(clips: Clips, tmp_path: Path) -> Path:
    """A reference, three encodes of it in a folder beside it, and one that is broken."""
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "5")
    (tmp_path / "reference.mp4").write_bytes(reference.read_bytes())
    (tmp_path / "encodes").mkdir()
    for crf in ("24", "45", "34"):
        made = clips.derived(reference, f"{crf}.mp4", "-c:v", "libx264", "-crf", crf)
        (tmp_path / "encodes" / f"{crf}.mp4").write_bytes(made.read_bytes())
    return tmp_path


@pytest.fixture
def broken(folder: Path) -> Path:
    path = folder / "encodes" / "broken.mp4"
    path.write_bytes((folder / "encodes" / "24.mp4").read_bytes()[:3000])
    return path


def test_rank_lists_the_worst_first(folder: Path) -> None:
    done = tinyvmaf("rank", folder / "reference.mp4", folder / "encodes")
    assert done.returncode == 0, done.stderr
    names = [Path(line.split()[0]).name for line in done.stdout.splitlines() if ".mp4" in line]
    assert len(names) in (0, 3)  # a long path is folded
    document = json.loads(tinyvmaf("rank", folder / "reference.mp4", folder / "encodes", "--json").stdout)
    validate(document)
    assert [Path(encode["distorted"]).stem for encode in document["encodes"]] == ["45", "34", "24"]


def test_a_narrow_terminal_loses_nothing_of_a_ranking(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    shown = {}
    for columns in ("44", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        shown[columns] = tinyvmaf("rank", "reference.mp4", "encodes/45.mp4", "--exact").stdout
    name, *numbers = shown["200"].splitlines()[1].split()
    row = "".join(shown["44"].split("took")[-1].split())
    assert name == "encodes/45.mp4"
    first_digits = [number[:2] for number in numbers if number[0].isdigit()]
    assert all(part in row for part in ("enco", ".mp4", *first_digits[:4]))
    assert "…" not in shown["44"]


def test_rank_with_a_broken_encode_ranks_the_others_and_ends_with_1(folder: Path, broken: Path) -> None:
    done = tinyvmaf("rank", folder / "reference.mp4", folder / "encodes", "--json", "--no-frames")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert [Path(encode["distorted"]).stem for encode in document["encodes"]] == ["45", "34", "24"]
    assert [failed["distorted"] for failed in document["failed"]] == [str(broken)]
    assert done.stderr.startswith("failed: ")
    assert "Traceback" not in done.stderr


def test_lines_of_json_are_one_document_per_encode(folder: Path, broken: Path) -> None:
    options = ("--json-lines", "--csv", folder / "frames.csv", "--libvmaf-json", folder / "logs")
    done = tinyvmaf("score", folder / "reference.mp4", folder / "encodes" / "*.mp4", *options)
    assert done.returncode == 1
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    for document in documents:
        validate(document)
    assert [Path(document["distorted"]).stem for document in documents] == ["24", "34", "45"]
    assert str(broken) in done.stderr
    with (folder / "frames.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["score"]) for row in rows[:16]] == [frame["score"] for frame in documents[0]["frames"]]
    assert len(rows) == 48
    logs = sorted(path.name for path in (folder / "logs").iterdir())
    assert logs == ["24.mp4.json", "34.mp4.json", "45.mp4.json"]


def test_one_encode_below_the_gate_is_named_and_ends_with_3(folder: Path) -> None:
    pair = (folder / "reference.mp4", folder / "encodes")
    done = tinyvmaf("score", *pair, "--min-score", "60", "--pool", "p1", "--json-lines", "--no-frames")
    lowest = {Path(one["distorted"]).stem: one["pooled"]["p1"] for one in map(json.loads, done.stdout.splitlines())}
    assert [name for name, value in lowest.items() if value < 60] == ["45"]
    assert done.returncode == 3
    assert [line for line in done.stderr.splitlines() if "below 60" in line and "45.mp4" in line]
    assert "24.mp4" not in done.stderr


def test_further_metrics_stand_beside_the_score(folder: Path) -> None:
    pair = (folder / "reference.mp4", folder / "encodes" / "24.mp4")
    document = json.loads(tinyvmaf("score", *pair, "--also", "psnr,ssim", "--json").stdout)
    validate(document)
    assert len(document["also"]["psnr_y"]["frames"]) == 16
    text = tinyvmaf("score", *pair, "--also", "ssim").stdout
    assert f"ssim_y {document['also']['ssim_y']['mean']:.5f}" in text
    assert "psnr" not in text


@pytest.mark.parametrize(
    "wrong",
    [
        ("encodes", "--json"),
        ("encodes", "--json", "--json-lines"),
        ("encodes/24.mp4", "--also", "msssim"),
        ("encodes", "--libvmaf-json", "reference.mp4"),
        ("encodes", "--csv", "no/where.csv"),
        (),
    ],
)
def test_wrong_use_of_several_ends_with_2(folder: Path, wrong: tuple[str, ...]) -> None:
    named = [str(folder / part) if "/" in part or part in {"encodes", "reference.mp4"} else part for part in wrong]
    done = tinyvmaf("score", folder / "reference.mp4", *named)
    assert done.returncode == 2
    assert done.stdout == ""


def test_what_fits_nothing_is_an_error_of_one_line(folder: Path) -> None:
    done = tinyvmaf("rank", folder / "reference.mp4", folder / "*.webm")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "*.webm" in done.stderr


def test_shell_completion_is_offered() -> None:
    words = tinyvmaf("--help").stdout
    assert "--install-completion" in words
