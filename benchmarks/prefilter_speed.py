"""How fast pre-filters are at 1080p, net of encoding, and what the whole command adds to encoding.

python -m benchmarks.prefilter_speed MODEL [MODEL ...] [--video V] [--frames N] [--threads N] [--repeats N] [--quick]

MODEL is an id of the shelf or a path, int8 forms too. The video is made by ffmpeg unless one is named. Figures go into
results/prefilter_speed.json: frames per second of each filter, and the wall time of `prefilter` against ffmpeg alone
encoding the same frames with the same options, x264 at `medium` and at `slow`. Runs of the two alternate.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.machine import machine_facts
from benchmarks.walls import alternate, middle, report
from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.scores.prefilter import luma_filter, prefilter
from tinyvmaf.video.decode import decode_luma
from tinyvmaf.video.ffmpeg import available_cores, run_ffmpeg
from tinyvmaf.video.filters import input_arguments
from tinyvmaf.video.probe import Video, VideoFile, probe

PRESETS = ("medium", "slow")
AIM_FPS, AIM_OVERHEAD_PERCENT = 15.0, 2.0
"""Of the cheap filter, and of the system before."""

_PICTURE = "mandelbrot=size=1920x1080:rate=30:start_scale=0.02:maxiter=200"


def main() -> None:
    options = _options()
    machine = machine_facts()
    with TemporaryDirectory(prefix="tinyvmaf-") as folder:
        video = probe(_video(options, Path(folder)))
        opened = [open_model(name, threads=options.threads) for name in options.models]
        models = {model.name: model for model in opened}
        result = {
            "video": f"{video.width}x{video.height}, {sum(1 for _ in decode_luma(video))} frames, {video.path.name}",
            "threads": options.threads,
            "aims": {"filter_fps": AIM_FPS, "overhead_percent_of_record": AIM_OVERHEAD_PERCENT},
            "filter_fps": {name: _filter_fps(model, video, options.repeats) for name, model in models.items()},
            "encoding": {preset: _encoding(models, video, preset, Path(folder), options.repeats) for preset in PRESETS},
        }
    report("prefilter_speed", result, machine=machine, quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--video", type=Path)
    parser.add_argument("--frames", type=int, default=48, help="of the video that is made")
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="keep no report")
    return parser.parse_args()


def _video(options: argparse.Namespace, folder: Path) -> Path:
    if options.video is not None:
        return options.video
    path = folder / "made.mp4"
    made = ("-f", "lavfi", "-i", _PICTURE, "-frames:v", str(options.frames), "-vf", "noise=alls=6:allf=t:all_seed=1")
    run_ffmpeg([*made, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-crf", "10", "-preset", "fast", f"file:{path}"])
    return path


def _filter_fps(model: Model, video: Video, repeats: int) -> dict[str, float]:
    """Frames per second of the filter alone, code values in and out."""
    change = luma_filter(model, video)
    frames = [np.array(luma) for luma in islice(decode_luma(video), 8)]
    change(frames[0])
    rates = []
    for _ in range(repeats):
        started = time.perf_counter()
        for luma in frames:
            change(luma)
        rates.append(len(frames) / (time.perf_counter() - started))
    return {"median": round(statistics.median(rates), 2), "best": round(max(rates), 2)}


def _encoder(preset: str) -> tuple[str, ...]:
    return ("-c:v", "libx264", "-preset", preset, "-crf", "23")


def _encoding(
    models: Mapping[str, Model], video: Video, preset: str, folder: Path, repeats: int
) -> dict[str, dict[str, object]]:
    """Wall seconds without and with each filter, in turn, and how much more those with it take."""
    encoder = _encoder(preset)
    plain = ["-y", *input_arguments(video), "-map", "0:V:0", "-fps_mode", "passthrough", *encoder]
    ways: dict[str, Callable[[], object]] = {"none": lambda: run_ffmpeg([*plain, f"file:{folder / 'plain.mp4'}"])}
    for name, model in models.items():
        ways[name] = partial(prefilter, VideoFile(video.path), folder / "filtered.mp4", model, encoder=encoder)
    taken = alternate(ways, repetitions=repeats)
    alone = middle(taken["none"])
    return {
        name: {"seconds": runs, "overhead_percent": round(100 * (middle(runs) / alone - 1), 1)}
        for name, runs in taken.items()
    }


if __name__ == "__main__":
    main()
