"""How near ``score --fast`` comes to the time of only decoding both files, end to end, and what it holds in memory.

python -m benchmarks.decoding            # 60 s at 1080p, and shorter at 540 and 2160 lines, all made here
python -m benchmarks.decoding --quick    # does it work at all

Decoding alone is done by the same library in a process of its own, both files at once, with each of several settings of
its threads; the fastest counts. Beside it stand ``--full``, ``--exact`` and the bare ffmpeg command. Start-up is what a
pair of one frame takes, and is taken off.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

from benchmarks.machine import machine_facts
from benchmarks.score import bare_ffmpeg, peak_memory, score_command
from benchmarks.walls import alternate, middle, report, run
from tinyvmaf.corpora.picture import Size
from tinyvmaf.corpora.scenes import scene_frames
from tinyvmaf.video.ffmpeg import find_ffmpeg
from tinyvmaf.video.write import write_video

MODES = ("--fast", "--full", "--exact")
THREAD_SETTINGS = (1, 2, 0)
"""Of each decoder; 0: as many as it likes."""
DECODE_BOTH = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tinyvmaf.video.frames import decoded_frames
from tinyvmaf.video.probe import probe

def count(path):
    return sum(1 for _ in decoded_frames(probe(Path(path)), threads=int(sys.argv[1])))

with ThreadPoolExecutor(2) as pool:
    print(*pool.map(count, sys.argv[2:]))
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A pair of files."""

    size: Size
    """Of both."""
    frame_count: int
    """At 25 a second."""
    reference_kbps: int
    """Of the reference."""
    distorted_kbps: int
    """Of the distorted one."""
    memory_limit_mib: int
    """What scoring may hold."""


CASES = (
    Case(Size(1920, 1080), 1500, 8000, 2000, 1024),
    Case(Size(960, 540), 1500, 3000, 800, 1024),
    Case(Size(3840, 2160), 200, 25000, 8000, 2560),
)
QUICK = (Case(Size(320, 180), 50, 500, 200, 1024),)


def main() -> None:
    options, machine = _options(), machine_facts()
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-benchmark-") as folder:
        instant = made_pair(Path(folder), Case(Size(64, 64), 1, 500, 200, 1024))
        run(score_command(instant, "--fast"))  # whatever is compiled, is compiled now
        chosen = QUICK if options.quick else [case for case in CASES if options.size in (None, str(case.size))]
        cases = [
            _timed(
                *(case, instant, Path(folder)),
                repetitions=options.repetitions,
                slow_repetitions=options.slow_repetitions,
            )
            for case in chosen
        ]
    report("decoding", {"cases": cases}, machine=machine, quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--slow-repetitions", type=int, default=1, help="of --exact and ffmpeg, minutes each; or 0")
    parser.add_argument("--size", choices=[str(case.size) for case in CASES], help="this case only")
    parser.add_argument("--quick", action="store_true", help="tiny, to see that it works; nothing is kept")
    return parser.parse_args()


def made_pair(work: Path, case: Case) -> tuple[Path, Path]:
    """A made scene, run over and over to the asked length, at two bitrates."""
    scene, reference, distorted = (work / f"{case.size}-{part}.mp4" for part in ("scene", "reference", "distorted"))
    frames = scene_frames(0, kind="chase", size=case.size, frame_count=min(100, case.frame_count))
    write_video(frames, scene, fps=Fraction(25), x264={"preset": "ultrafast", "crf": "8"})
    ffmpeg = (str(find_ffmpeg().path), "-v", "error", "-y")
    looped = ("-stream_loop", "-1", "-i", str(scene), "-frames:v", str(case.frame_count))
    encoder = ("-c:v", "libx264", "-preset", "veryfast")
    run([*ffmpeg, *looped, *encoder, "-b:v", f"{case.reference_kbps}k", str(reference)])
    run([*ffmpeg, "-i", str(reference), *encoder, "-b:v", f"{case.distorted_kbps}k", str(distorted)])
    return reference, distorted


def _timed(
    case: Case, instant: tuple[Path, Path], work: Path, *, repetitions: int, slow_repetitions: int
) -> dict[str, object]:
    pair = made_pair(work, case)
    decoding = {f"decoding with {count} threads": _decode_both(count, pair) for count in THREAD_SETTINGS}
    taken = alternate(
        {
            **{name: partial(run, command) for name, command in decoding.items()},
            "start-up of decoding": partial(run, _decode_both(1, instant)),
            **{f"score {mode}": partial(run, score_command(pair, mode)) for mode in ("--fast", "--full")},
            **{f"start-up of {mode}": partial(run, score_command(instant, mode)) for mode in MODES},
        },
        repetitions=repetitions,
    )
    slow = {
        "score --exact": partial(run, score_command(pair, "--exact")),
        "ffmpeg": partial(run, bare_ffmpeg(pair), folder=work),
    }
    taken |= alternate(slow, repetitions=slow_repetitions)
    decoded = min(middle(taken[name]) for name in decoding) - middle(taken["start-up of decoding"])
    modes = [mode for mode in MODES if taken[f"score {mode}"]]
    net = {mode: middle(taken[f"score {mode}"]) - middle(taken[f"start-up of {mode}"]) for mode in modes}
    return {
        "size": str(case.size),
        "frames": case.frame_count,
        "kbps": [case.reference_kbps, case.distorted_kbps],
        "seconds": taken,
        "decoding_seconds": round(decoded, 3),
        "net_seconds": {mode: round(value, 3) for mode, value in net.items()},
        "times_of_decoding": {mode: round(value / decoded, 3) for mode, value in net.items()},
        "times_of_decoding_limit": {"--fast": 1.35} if case.size == Size(1920, 1080) else {},
        "times_as_fast_as_ffmpeg": {
            mode: round(middle(taken["ffmpeg"]) / value, 2) for mode, value in net.items() if taken["ffmpeg"]
        },
        "peak_memory": {**peak_memory(score_command(pair, "--fast")), "limit_mib": case.memory_limit_mib},
    }


def _decode_both(threads: int, pair: Sequence[Path]) -> list[str]:
    return [sys.executable, "-c", DECODE_BOTH, str(threads), *map(str, pair)]


if __name__ == "__main__":
    main()
