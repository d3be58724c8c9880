"""The README's walk runs: every `tinyvmaf` line of it, in order, on small videos."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Clips, ffmpeg

README = Path(__file__).parent.parent / "README.md"
BRIEF = ["--epochs", "3", "--batch-size", "64"]
SHORT = {"fit": BRIEF, "loso": BRIEF, "transfer": [*BRIEF, "--folds", "0"]}
NEEDS_THE_SHELF = "fr_mlp_small"
NOT_MET = 3


def commands() -> list[list[str]]:
    """The `tinyvmaf` lines of the README's code blocks, in order, without their comments."""
    blocks = re.findall(r"^```\n(.*?)^```", README.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("tinyvmaf ")]


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "tinyvmaf", *arguments, *SHORT.get(arguments[0], [])]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def workplace(tmp_path: Path, clips: Clips) -> Path:
    """A folder with the files that the README names."""
    folder = tmp_path / "walk"
    (folder / "my_videos").mkdir(parents=True)
    for source in ("testsrc2", "mandelbrot", "noise"):
        clip = clips(f"{source}.mp4", "-c:v", "libx264", "-crf", "8", source=source)
        (folder / "my_videos" / f"{source}.mp4").write_bytes(clip.read_bytes())
    reference = clips("mandelbrot.mp4", "-c:v", "libx264", "-crf", "8", source="mandelbrot")
    (folder / "reference.mp4").write_bytes(reference.read_bytes())
    ffmpeg("-i", f"file:{reference}", "-c:v", "libx264", "-crf", "30", f"file:{folder / 'encode.mp4'}")
    for name in ("ref.yuv", "dis.yuv"):
        picture = ("-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25", "-frames:v", "2")
        ffmpeg(*picture, "-pix_fmt", "yuv420p10le", "-f", "rawvideo", f"file:{folder / name}")
    return folder


def tables_of_two_corpora(folder: Path) -> None:
    """netflix.parquet and konvid.parquet out of mine.parquet, as the comparison of corpora needs them."""
    import polars as pl

    rows = pl.read_parquet(folder / "mine.parquet")
    for corpus, file, source in (("netflix", "netflix.parquet", "Tennis"), ("konvid-1k", "konvid.parquet", "1234")):
        named = pl.col("source").replace("noise", source)
        rows.with_columns(named, corpus=pl.lit(corpus)).write_parquet(folder / file)


@pytest.mark.slow
def test_the_readmes_commands_run_in_order(workplace: Path) -> None:
    walked = [command for command in commands() if command[0] not in ("demo", "fetch")]
    assert len(walked) >= 10
    for command in walked:
        if "netflix.parquet" in command and not (workplace / "netflix.parquet").exists():
            tables_of_two_corpora(workplace)
        done = run(command, workplace)
        allowed = {0, NOT_MET} if {"--min-score", "--gate"} & set(command) else {0}
        assert done.returncode in allowed, f"{shlex.join(command)}\n{done.stderr}"
