"""How long other tools take for VMAF on the same pair of files, beside ours, each as a user runs it; and what they say.

python -m venv others && others/bin/pip install ffmpeg-quality-metrics vmaf-torch
python -m benchmarks.others others            # 4 s at 1080p, made here
python -m benchmarks.others others --quick    # does it work at all

Whole commands, start-up included, which so short a video does not hide (``benchmarks.decoding`` takes it apart): on two
cores vmaf-torch takes seconds for a frame of 1080p, so it has one turn only. It reads raw luma only: it is given arrays
that are decoded for it, a second of video at a time with the frames beside it, which its motion feature looks at; the
decoding counts for it as for all others.
"""

import argparse
import json
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.decoding import Case, made_pair
from benchmarks.machine import machine_facts
from benchmarks.score import bare_ffmpeg, score_command
from benchmarks.walls import alternate, middle, report, run
from tinyvmaf.corpora.picture import Size
from tinyvmaf.video.ffmpeg import find_ffmpeg

FRAMES_AT_ONCE = 25
VMAF_TORCH = """
import sys
import numpy as np, torch
from vmaf_torch import VMAF

ffmpeg, width, height, at_once, *paths = sys.argv[1:]
width, height, at_once = int(width), int(height), int(at_once)

def luma(path):
    import subprocess
    command = [ffmpeg, "-v", "error", "-i", path, "-vf", "extractplanes=y", "-f", "rawvideo", "pipe:1"]
    data = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return torch.from_numpy(np.frombuffer(data, np.uint8).reshape(-1, 1, height, width))

vmaf = VMAF().eval()
reference, distorted = map(luma, paths)
total, count = 0, len(reference)
with torch.no_grad():
    for start in range(0, count, at_once):  # motion looks a frame back and a frame ahead
        before, after = max(start - 1, 0), start + at_once + 1
        scores = vmaf(reference[before:after].float(), distorted[before:after].float())
        total += float(scores[start - before : start - before + at_once].sum())
print(total / count)
"""


def main() -> None:
    options, machine = _options(), machine_facts()
    case = Case(Size(320, 180), 50, 500, 200, 1024) if options.quick else Case(Size(1920, 1080), 100, 8000, 2000, 1024)
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-benchmark-") as folder:
        pair = made_pair(Path(folder), case)
        commands = _commands(options.others, pair, case.size)
        printed: dict[str, str] = {}
        ways = {name: partial(_told, printed, name, command, Path(folder)) for name, command in commands.items()}
        run(score_command(pair, "--fast"))  # whatever is compiled, is compiled now
        slow = {"vmaf-torch": ways.pop("vmaf-torch")}
        taken = alternate(ways, repetitions=options.repetitions) | alternate(slow, repetitions=1)
        said = {name: _score(name, text) for name, text in printed.items() if name != "ffmpeg's libvmaf"}
    fastest = middle(taken["tinyvmaf --fast"])
    result = {
        "size": str(case.size),
        "frames": case.frame_count,
        "seconds": taken,
        "scores": said,
        "times_as_long_as_fast": {name: round(middle(walls) / fastest, 2) for name, walls in taken.items()},
        "versions": _versions(options.others),
    }
    report("others", result, machine=machine, quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("others", type=Path, help="the environment that holds the other tools")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="tiny, to see that it works; nothing is kept")
    return parser.parse_args()


def _commands(others: Path, pair: tuple[Path, Path], size: Size) -> dict[str, list[str]]:
    """A command per tool; each takes the distorted video and its reference in its own order."""
    reference, distorted = map(str, pair)
    binaries, ffmpeg = others.absolute() / "bin", str(find_ffmpeg().path)
    quality_metrics = [str(binaries / "ffmpeg-quality-metrics"), distorted, reference, "--metrics", "vmaf"]
    sizes = [str(size.width), str(size.height), str(FRAMES_AT_ONCE)]
    return {
        "tinyvmaf --fast": score_command(pair, "--fast"),
        "tinyvmaf --full": score_command(pair, "--full"),
        "tinyvmaf --exact": score_command(pair, "--exact"),
        "ffmpeg's libvmaf": bare_ffmpeg(pair),
        "ffmpeg-quality-metrics": [*quality_metrics, "--ffmpeg-path", ffmpeg],
        "vmaf-torch": [str(binaries / "python"), "-c", VMAF_TORCH, ffmpeg, *sizes, reference, distorted],
    }


def _told(printed: dict[str, str], name: str, command: list[str], folder: Path) -> None:
    """Runs a command and keeps what it prints."""
    printed[name] = run(command, folder=folder)


def _score(name: str, printed: str) -> float:
    """The mean over frames that a tool printed."""
    if name == "vmaf-torch":
        return round(float(printed), 4)
    document = json.loads(printed)
    if name == "ffmpeg-quality-metrics":
        return round(document["global"]["vmaf"]["vmaf"]["average"], 4)
    return round(document["score"], 4)


def _versions(others: Path) -> dict[str, str]:
    """Of the other tools."""
    names = ("ffmpeg-quality-metrics", "vmaf-torch", "torch")
    code = f"import importlib.metadata as m, json; print(json.dumps({{n: m.version(n) for n in {names!r}}}))"
    return json.loads(run([str(others / "bin" / "python"), "-c", code]))


if __name__ == "__main__":
    sys.exit(main())
