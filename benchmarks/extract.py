"""How fast ``extract-features`` is: against the best shell way, one process against two, and when all is known already.

python -m benchmarks.extract --references DIR        # full: DIR holds at least 24 videos of 64 frames
python -m benchmarks.extract --quick                 # does it work at all
"""

import argparse
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.machine import machine_facts
from benchmarks.walls import TINYVMAF, alternate, captured_argv, middle, report, run
from tinyvmaf.corpora.files import files_below, is_video
from tinyvmaf.corpora.synthetic import make_corpus
from tinyvmaf.video.encode import Rung, parse_rungs
from tinyvmaf.video.ffmpeg import find_ffmpeg
from tinyvmaf.video.libvmaf import available_cores, measure_ladder, measure_pair
from tinyvmaf.video.measurement import MeasureOptions
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import Video, VideoFile, probe

ONE_RUNG = "x264:27"
FOUR_RUNGS = "x264:20,27,34,41"


def main() -> None:
    options, machine = _options(), machine_facts()
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-benchmark-") as folder:
        work = Path(folder)
        references = _references(options, work / "references")
        videos = [probe(VideoFile(path)) for path in references]
        parts = {
            "against_shell": partial(_against_shell, videos, work),
            "ladder": lambda repetitions: _ladder_against_files(
                probe(VideoFile(_ladder_source(options, work / "ladder"))), work, repetitions=repetitions
            ),
            "all_hits": partial(_all_hits, options, work),
        }
        for name in options.only or parts:
            result = parts[name](repetitions=options.repetitions)
            report(f"extract_{name}", result, machine=machine, quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--references", type=Path, help="a folder of videos; the first 24 are used")
    parser.add_argument("--ladder-source", type=Path, help="one video for the ladder; default: a made one of 1080p")
    parser.add_argument("--only", action="append", choices=("against_shell", "ladder", "all_hits"))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="tiny, to see that it works; nothing is kept")
    options = parser.parse_args()
    if options.quick:
        options.repetitions = 1
    elif options.references is None:
        parser.error("--references DIR is needed, or --quick")
    return options


def _references(options: argparse.Namespace, folder: Path) -> list[Path]:
    """The videos, copied into one folder, so that every way reads the same warm files."""
    if options.references is None:
        return list(make_corpus(folder, sources=3, seconds=0.32, size=(320, 180)))
    found = [path for path in files_below(options.references) if is_video(path)][:24]
    folder.mkdir()
    return [Path(shutil.copy(path, folder)) for path in found]


def _ladder_source(options: argparse.Namespace, folder: Path) -> Path:
    if options.ladder_source is not None:
        return options.ladder_source
    size, seconds = ((320, 180), 0.32) if options.quick else ((1920, 1080), 2.56)
    return make_corpus(folder, sources=1, seconds=seconds, size=size)[0]


def _against_shell(videos: Sequence[Video], work: Path, *, repetitions: int) -> dict[str, object]:
    """One encode of every reference: the command, against ffmpeg alone with the very same graphs."""
    cores = available_cores()
    side_by_side, in_turn = (_scripts(videos, work / f"threads-{count}", threads=count) for count in (1, cores))
    xargs = ["xargs", "-a", str(side_by_side), "-P", str(cores), "-n", "1", "sh"]
    one_by_one = ["xargs", "-a", str(in_turn), "-P", "1", "-n", "1", "sh"]
    taken = alternate(
        {
            "tinyvmaf": partial(_extract, work / "references", work, ladder=ONE_RUNG),
            "shell_side_by_side": partial(run, xargs),
            "shell_one_by_one": partial(run, one_by_one),
        },
        repetitions=repetitions,
    )
    best = min(middle(taken["shell_side_by_side"]), middle(taken["shell_one_by_one"]))
    return {
        "clips": len(videos),
        "sizes": sorted({f"{video.width}x{video.height}" for video in videos}),
        "cores": cores,
        "seconds": taken,
        "ratio": round(middle(taken["tinyvmaf"]) / best, 3),
        "limit": 1.10,
    }


def _scripts(videos: Sequence[Video], folder: Path, *, threads: int) -> Path:
    """A file that lists one shell script per clip, each with the command that tinyvmaf would run."""
    folder.mkdir()
    scripts = []
    for number, video in enumerate(videos):
        place = folder / str(number)
        place.mkdir()
        argv = captured_argv(
            lambda stop, video=video: measure_ladder(
                video, parse_rungs(ONE_RUNG), MeasureOptions(threads=threads), cancel=stop
            )
        )
        (place / "run.sh").write_text(f"cd {shlex.quote(str(place))}\nexec {shlex.join(argv)}\n")
        scripts.append(place / "run.sh")
    listed = folder / "scripts.txt"
    listed.write_text("".join(f"{path}\n" for path in scripts))
    return listed


def _extract(root: Path, work: Path, *, ladder: str, cache: Path | None = None) -> None:
    """The command; without a cache given, into a new one."""
    with tempfile.TemporaryDirectory(dir=work) as fresh:
        arguments = ("--layout", "folder", "--ladder", ladder, "--cache", str(cache or Path(fresh) / "cache"))
        run([*TINYVMAF, "extract-features", str(root), *arguments, "-o", str(Path(fresh) / "table.parquet")])


def _ladder_against_files(video: Video, work: Path, *, repetitions: int) -> dict[str, object]:
    """Four encodes of one video: encoded, decoded and measured in one process, or by way of files."""
    rungs = parse_rungs(FOUR_RUNGS)
    folder = work / "encodes"
    folder.mkdir()
    taken = alternate(
        {
            "one_process": partial(measure_ladder, video, rungs, MeasureOptions()),
            "through_files": partial(_through_files, video, rungs, folder),
        },
        repetitions=repetitions,
    )
    return {
        "size": f"{video.width}x{video.height}",
        "rungs": [str(rung) for rung in rungs],
        "seconds": taken,
        "ratio": round(middle(taken["one_process"]) / middle(taken["through_files"]), 3),
        "limit": 0.9,
    }


def _through_files(video: Video, rungs: Sequence[Rung], folder: Path) -> None:
    program = str(find_ffmpeg().path)
    for rung in rungs:
        encoded = folder / f"{rung.slug}.mp4"
        source = (program, "-v", "error", "-y", "-noautorotate", "-i", str(video.path.absolute()))
        run([*source, "-map", "0:v:0", "-fps_mode", "passthrough", *rung.encoder_arguments, str(encoded)])
        measure_pair(plan_pair(video, probe(VideoFile(encoded))), MeasureOptions())


def _all_hits(options: argparse.Namespace, work: Path, *, repetitions: int) -> dict[str, object]:
    """A second run over clips that the store holds already."""
    sources, qualities = (2, 4) if options.quick else (20, 10)
    make_corpus(work / "known", sources=sources, seconds=0.32, size=(192, 108))
    ladder = "x264/ultrafast:" + ",".join(str(20 + 2 * step) for step in range(qualities))
    again = partial(_extract, work / "known", work, ladder=ladder, cache=work / "cache")
    again()
    taken = alternate({"second_run": again}, repetitions=repetitions)
    return {"clips": sources * qualities, **taken, "median_seconds": middle(taken["second_run"]), "limit": 2.0}


if __name__ == "__main__":
    main()
