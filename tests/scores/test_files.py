"""The files that other tools read: a CSV of frames, and the layout of libvmaf's own JSON log."""

import csv
import json
from pathlib import Path

import pytest
from tests.conftest import Clips, ffmpeg

from tinyvmaf.errors import ReportError
from tinyvmaf.features import CANONICAL_6
from tinyvmaf.scores.files import write_csv, write_libvmaf_json
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.score import ScoreOptions, score_pair
from tinyvmaf.video.file import VideoFile


@pytest.fixture
def pair(clips: Clips) -> tuple[Path, Path]:
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "5")
    return reference, clips.derived(reference, "encode.mkv", "-c:v", "libx264", "-crf", "38")


@pytest.fixture
def exact(pair: tuple[Path, Path]) -> Score:
    return score_pair(*(VideoFile(path) for path in pair), ScoreOptions(mode="exact", also=("psnr", "ssim")))


def libvmafs_own(pair: tuple[Path, Path], log: Path) -> dict:
    graph = f"[0:v]settb=AVTB,setpts=N[d];[1:v]settb=AVTB,setpts=N[r];[d][r]libvmaf=log_fmt=json:log_path={log}"
    ffmpeg("-i", str(pair[1]), "-i", str(pair[0]), "-filter_complex", graph, "-f", "null", "-")
    return json.loads(log.read_text(encoding="utf-8"))


def test_log_has_the_keys_and_the_numbers_of_libvmafs_own(
    pair: tuple[Path, Path], exact: Score, tmp_path: Path
) -> None:
    own = libvmafs_own(pair, tmp_path / "own.json")
    write_libvmaf_json(tmp_path / "ours.json", exact)
    ours = json.loads((tmp_path / "ours.json").read_text(encoding="utf-8"))
    assert list(ours) == list(own)
    assert [list(frame) for frame in ours["frames"]] == [list(frame) for frame in own["frames"]]
    shared = {"vmaf"} | {metric for feature in CANONICAL_6.features for metric in feature.metrics}
    assert shared <= set(own["frames"][0]["metrics"])
    for mine, theirs in zip(ours["frames"], own["frames"], strict=True):
        assert mine["frameNum"] == theirs["frameNum"]
        for name in shared:
            assert mine["metrics"][name] == pytest.approx(theirs["metrics"][name], abs=2e-6), name
    for name in shared:
        assert ours["pooled_metrics"][name] == pytest.approx(own["pooled_metrics"][name], abs=2e-6), name
    assert set(ours["pooled_metrics"]) == set(ours["frames"][0]["metrics"])
    assert {"psnr_y", "ssim_y"} <= set(ours["frames"][0]["metrics"])


def test_csv_has_a_row_per_frame_of_every_score(pair: tuple[Path, Path], exact: Score, tmp_path: Path) -> None:
    plain = score_pair(VideoFile(pair[0]), VideoFile(pair[0]), ScoreOptions())
    write_csv(tmp_path / "frames.csv", [exact, plain])
    with (tmp_path / "frames.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 32
    assert [row["distorted"] for row in rows[::16]] == [str(pair[1]), str(pair[0])]
    for row, frame, psnr in zip(rows, exact.frames, exact.also["psnr_y"].frames, strict=False):
        assert (int(row["frame_index"]), float(row["score"])) == (frame.frame_index, frame.score)
        assert float(row["psnr_y"]) == psnr
        assert {name: float(row[name]) for name in CANONICAL_6.names} == dict(frame.features)
    assert rows[16]["psnr_y"] == ""
    assert float(rows[16]["lower"]) <= float(rows[16]["score"]) <= float(rows[16]["upper"])
    assert rows[0]["lower"] == ""


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(exact: Score, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for write in (lambda path: write_csv(path, [exact]), lambda path: write_libvmaf_json(path, exact)):
        with pytest.raises(ReportError, match="cannot be written"):
            write(tmp_path / "file" / "inside")
