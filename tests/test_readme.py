"""The walks that people read run: every `tinyvmaf` line and Python block of a page, in order, on small videos."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Clips, ffmpeg

ROOT = Path(__file__).parent.parent
PAGES = {
    "README.md": 10,
    "docs/quickstart.md": 8,
    "docs/training.md": 10,
    "docs/find-crf.md": 3,
    "docs/reports.md": 2,
    "docs/pixels.md": 8,
}
"""With how many commands each has at least."""
NOT_WALKED = ("demo", "fetch", "mcp")
BRIEF = ["--epochs", "3", "--batch-size", "64"]
SHORT = {"fit": BRIEF, "loso": BRIEF, "transfer": [*BRIEF, "--folds", "0"]}
NOT_MET = 3


def commands(page: str) -> list[list[str]]:
    """The `tinyvmaf` lines of a page's code blocks, in order, without their comments."""
    blocks = re.findall(r"^```\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("tinyvmaf ")]


def run(
    arguments: list[str], folder: Path, *, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "tinyvmaf", *arguments, *SHORT.get(arguments[0], [])]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=300, env=environment)


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
    for name, crf in (("encode.mp4", "30"), ("smaller.mp4", "38")):
        ffmpeg("-i", f"file:{reference}", "-c:v", "libx264", "-crf", crf, f"file:{folder / name}")
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
@pytest.mark.parametrize("page", PAGES)
def test_a_pages_commands_run_in_order(page: str, workplace: Path) -> None:
    walked = [command for command in commands(page) if command[0] not in NOT_WALKED]
    assert len(walked) >= PAGES[page]
    for command in walked:
        if "netflix.parquet" in command and not (workplace / "netflix.parquet").exists():
            tables_of_two_corpora(workplace)
        done = run(command, workplace)
        allowed = {0, NOT_MET} if {"--min-score", "--gate", "--encode"} & set(command) else {0}
        assert done.returncode in allowed, f"{shlex.join(command)}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_pages_python_runs(page: str, workplace: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE):
        argv = [sys.executable, "-W", "error", "-c", block]
        done = subprocess.run(argv, cwd=workplace, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.realmedia
def test_a_newcomers_first_hour_on_a_real_pair(workplace: Path, media: Path, tmp_path: Path) -> None:
    """The quick start and the training page in a home and an environment where nothing of ours ever was."""
    real = sorted((media / "media" / "references").glob("*.mp4"))[0]
    (workplace / "reference.mp4").write_bytes(real.read_bytes())
    for name, crf in (("encode.mp4", "32"), ("smaller.mp4", "40")):
        ffmpeg("-i", f"file:{real}", "-c:v", "libx264", "-crf", crf, f"file:{workplace / name}")
    (tmp_path / "home").mkdir()
    bare = {"HOME": str(tmp_path / "home"), "PATH": os.defpath, "LANG": "C.UTF-8"}
    for command in [*commands("docs/quickstart.md"), *commands("docs/training.md")]:
        done = run(command, workplace, environment=bare)
        assert done.returncode in {0, NOT_MET if "--min-score" in command else 0}, (
            f"{shlex.join(command)}\n{done.stderr}"
        )
    assert "my_head" in run(["models", "list"], workplace, environment=bare).stdout
