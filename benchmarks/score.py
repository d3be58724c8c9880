"""How fast ``score --exact`` is against ffmpeg alone, what it holds in memory, and how soon a command starts.

python -m benchmarks.score            # a pair of 60 s at 1080p, made here
python -m benchmarks.score --quick    # does it work at all
"""

import argparse
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from functools import partial
from pathlib import Path

import psutil

from benchmarks.machine import machine_facts
from benchmarks.walls import TINYVMAF, alternate, captured_argv, middle, report, run
from tinyvmaf.corpora.picture import Size
from tinyvmaf.corpora.scenes import scene_frames
from tinyvmaf.video.ffmpeg import find_ffmpeg
from tinyvmaf.video.libvmaf import measure_pair
from tinyvmaf.video.measurement import MeasureOptions
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import VideoFile, probe
from tinyvmaf.video.write import write_video

MEBIBYTE = 2**20
POLL_SECONDS = 0.02


def main() -> None:
    options, machine = _options(), machine_facts()
    size, frame_count = (Size(320, 180), 50) if options.quick else (Size(1920, 1080), 1500)
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-benchmark-") as folder:
        work = Path(folder)
        pair = _pair(work, "pair", size=size, frame_count=frame_count)
        instant = _pair(work, "instant", size=Size(64, 64), frame_count=1)
        result = _timed(pair, instant, repetitions=options.repetitions, work=work)
        memory = peak_memory(score_command(pair))
    sizes = {"size": str(size), "frames": frame_count}
    report(
        "score", {**sizes, **result, "peak_memory": {**memory, "limit_mib": 1024}}, machine=machine, quick=options.quick
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="tiny, to see that it works; nothing is kept")
    return parser.parse_args()


def _pair(work: Path, name: str, *, size: Size, frame_count: int) -> tuple[Path, Path]:
    """A made scene, run over and over to the asked length, and an encode of it."""
    scene, reference, distorted = (work / f"{name}-{part}.mp4" for part in ("scene", "reference", "distorted"))
    frames = scene_frames(0, kind="chase", size=size, frame_count=min(100, frame_count))
    write_video(frames, scene, fps=Fraction(25), x264={"preset": "ultrafast", "crf": "8"})
    ffmpeg = (str(find_ffmpeg().path), "-v", "error", "-y")
    encoder = ("-c:v", "libx264", "-preset", "veryfast")
    length = ("-frames:v", str(frame_count))
    run([*ffmpeg, "-stream_loop", "-1", "-i", str(scene), *length, *encoder, "-crf", "12", str(reference)])
    run([*ffmpeg, "-i", str(reference), *encoder, "-crf", "30", str(distorted)])
    return reference, distorted


def score_command(pair: tuple[Path, Path], mode: str = "--exact") -> list[str]:
    """The command that scores the pair."""
    return [*TINYVMAF, "score", *map(str, pair), mode, "--json"]


def _timed(pair: tuple[Path, Path], instant: tuple[Path, Path], *, repetitions: int, work: Path) -> dict[str, object]:
    """The command against the very ffmpeg command that it runs; its start-up is what it adds to a pair of one frame."""
    taken = alternate(
        {
            "help": partial(run, [*TINYVMAF, "--help"]),
            "score_of_one_frame": partial(run, score_command(instant)),
            "ffmpeg_on_one_frame": partial(run, bare_ffmpeg(instant), folder=work),
            "score": partial(run, score_command(pair)),
            "ffmpeg": partial(run, bare_ffmpeg(pair), folder=work),
        },
        repetitions=repetitions,
    )
    start_up = middle(taken["score_of_one_frame"]) - middle(taken["ffmpeg_on_one_frame"])
    net = middle(taken["score"]) - start_up
    return {
        "seconds": taken,
        "ratio_without_start_up": round(net / middle(taken["ffmpeg"]), 3),
        "ratio_limit": 1.05,
        "start_up_seconds": round(start_up, 3),
        "start_up_limit": 1.5,
        "help_seconds": middle(taken["help"]),
        "help_limit": 0.5,
    }


def bare_ffmpeg(pair: tuple[Path, Path]) -> list[str]:
    """The ffmpeg command with the same pairing, filters and threads."""
    plan = plan_pair(*(probe(VideoFile(path)) for path in pair))
    return captured_argv(lambda stop: measure_pair(plan, MeasureOptions(), cancel=stop))


def peak_memory(command: list[str]) -> dict[str, object]:
    """The largest resident memory of the command alone, and of it with its children together."""
    alone = together = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        process = psutil.Process(child.pid)
        while child.poll() is None:
            sizes = [_resident(process), *map(_resident, _children(process))]
            alone, together = max(alone, sizes[0]), max(together, sum(sizes))
            time.sleep(POLL_SECONDS)
    if child.returncode != 0:
        sys.exit(f"{command} failed ({child.returncode})")
    return {"alone_mib": round(alone / MEBIBYTE), "with_children_mib": round(together / MEBIBYTE)}


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    main()
