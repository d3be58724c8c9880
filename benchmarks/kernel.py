"""How fast the kernel is beside libvmaf, on one thread and without decoding.

python -m benchmarks.kernel            # 540p, 1080p and 2160p, 8 bit, and 1080p at 10 bit; made here
python -m benchmarks.kernel --quick    # does it work at all

Processor time of the working threads is compared, the ways in turn: ffmpeg with libvmaf on one thread, less ffmpeg
alone on the same raw frames; and the kernel on the same frames in memory. Two threads and one are compared by their
wall time.
"""

import argparse
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median

import llvmlite.binding
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import machine_facts
from benchmarks.walls import report, run
from tinyvmaf.corpora.picture import Size
from tinyvmaf.corpora.scenes import scene_frames
from tinyvmaf.pixels.kernel import FrameKernel, compile_kernel
from tinyvmaf.pixels.sampling import SAMPLINGS, Sampling, sampling_for
from tinyvmaf.video.decode import decode_luma
from tinyvmaf.video.ffmpeg import find_ffmpeg
from tinyvmaf.video.probe import RawFormat, VideoFile, probe
from tinyvmaf.video.write import write_video

_LEVELS = ("avx512f", "avx2", "avx", "sse4.2", "neon", "asimd")
_LIMITS = {"1920x1080": {"fast": 9.0, "full": 2.5}}
_AIMS = {"1920x1080": {"fast": 12.0}, "960x540": {"fast": 5.0}, "3840x2160": {"fast": 12.0}}


@dataclass(frozen=True, slots=True)
class Case:
    """Frames of one form."""

    size: Size
    """Of the picture."""
    bit_depth: int
    """8 or 10."""
    frame_count: int
    """Measured in each round."""

    @property
    def pix_fmt(self) -> str:
        """As ffmpeg names it."""
        return "yuv420p" if self.bit_depth == 8 else "yuv420p10le"


CASES = (
    Case(Size(960, 540), 8, 60),
    Case(Size(1920, 1080), 8, 24),
    Case(Size(1920, 1080), 10, 24),
    Case(Size(3840, 2160), 8, 8),
)
QUICK = (Case(Size(320, 180), 8, 4), Case(Size(320, 180), 10, 4))


def main() -> None:
    options, machine = _options(), machine_facts()
    with tempfile.TemporaryDirectory(prefix="tinyvmaf-benchmark-") as folder:
        cases = [
            _measured(case, Path(folder), repetitions=options.repetitions)
            for case in (QUICK if options.quick else CASES)
        ]
    features = llvmlite.binding.get_host_cpu_features()
    facts = {**machine, "simd": next((level for level in _LEVELS if features.get(level)), "none")}
    report("kernel", {"cases": cases}, machine=facts, quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="tiny, to see that it works; nothing is kept")
    return parser.parse_args()


def _measured(case: Case, folder: Path, *, repetitions: int) -> dict[str, object]:
    """Milliseconds a frame of every way, and the ratios between them."""
    pair = _raw_pair(case, folder)
    planes = [list(decode_luma(probe(each))) for each in pair]
    compile_kernel(bit_depth=case.bit_depth)
    ways: dict[str, Callable[[], float]] = {"libvmaf": lambda: _libvmaf_seconds(case, pair)}
    for name in SAMPLINGS:
        sampling = sampling_for(name, height=case.size.height)
        ways[name] = lambda sampling=sampling: _kernel_seconds(case, *planes, sampling)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    threads: dict[str, list[float]] = {name: [] for name in SAMPLINGS}
    for _ in range(repetitions):
        for name, way in ways.items():
            taken[name].append(1000 * way() / case.frame_count)
        for name in SAMPLINGS:
            threads[name].append(_gain_of_second_thread(case, *planes, sampling_for(name, height=case.size.height)))
    middle = {name: median(values) for name, values in taken.items()}
    return {
        "size": str(case.size),
        "bit_depth": case.bit_depth,
        "frames": case.frame_count,
        "milliseconds_per_frame": {name: [round(value, 2) for value in values] for name, values in taken.items()},
        "median_milliseconds": {name: round(value, 2) for name, value in middle.items()},
        "times_as_fast_as_libvmaf": {name: round(middle["libvmaf"] / middle[name], 2) for name in SAMPLINGS},
        "limits": _LIMITS.get(str(case.size), {}) if case.bit_depth == 8 else {},
        "aims": _AIMS.get(str(case.size), {}) if case.bit_depth == 8 else {},
        "two_threads_times_as_fast_as_one": {name: round(median(values), 2) for name, values in threads.items()},
    }


def _raw_pair(case: Case, folder: Path) -> tuple[VideoFile, VideoFile]:
    """A made scene and its encode, both as raw frames."""
    scene, encode = folder / f"{case.size}-{case.bit_depth}.mp4", folder / f"{case.size}-{case.bit_depth}-encode.mp4"
    frames = scene_frames(0, kind="chase", size=case.size, frame_count=case.frame_count)
    write_video(frames, scene, fps=Fraction(25), x264={"preset": "ultrafast", "crf": "8"})
    ffmpeg = (str(find_ffmpeg().path), "-v", "error", "-y")
    run([*ffmpeg, "-i", str(scene), "-c:v", "libx264", "-preset", "veryfast", "-crf", "30", str(encode)])
    raw = RawFormat(case.size.width, case.size.height, case.pix_fmt)
    for video in (scene, encode):
        run([*ffmpeg, "-i", str(video), "-f", "rawvideo", "-pix_fmt", case.pix_fmt, str(video.with_suffix(".yuv"))])
    return VideoFile(scene.with_suffix(".yuv"), raw), VideoFile(encode.with_suffix(".yuv"), raw)


def _libvmaf_seconds(case: Case, pair: Sequence[VideoFile]) -> float:
    """Processor time of libvmaf: that of ffmpeg with it, less that of ffmpeg without."""
    layout = ("-f", "rawvideo", "-pix_fmt", case.pix_fmt, "-s", str(case.size), "-threads", "1")
    reference, distorted = (str(each.path) for each in pair)
    inputs = (*layout, "-i", distorted, *layout, "-i", reference)
    with_libvmaf = _processor_seconds([*inputs, "-lavfi", "[0:v][1:v]libvmaf=n_threads=1", "-f", "null", "-"])
    alone = _processor_seconds([*inputs, "-map", "0:v", "-map", "1:v", "-f", "null", "-"])
    return with_libvmaf - alone


def _processor_seconds(arguments: Sequence[str]) -> float:
    """User and system time of one ffmpeg process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(find_ffmpeg().path), "-v", "error", *arguments], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _kernel_seconds(
    case: Case, references: list[NDArray[np.integer]], distorteds: list[NDArray[np.integer]], sampling: Sampling
) -> float:
    """Processor time of one thread of the kernel."""
    started = time.thread_time()
    _run(case, references, distorteds, sampling, range(case.frame_count))
    return time.thread_time() - started


def _gain_of_second_thread(
    case: Case, references: list[NDArray[np.integer]], distorteds: list[NDArray[np.integer]], sampling: Sampling
) -> float:
    """The wall time of one thread by that of two, which take every other frame."""
    started = time.perf_counter()
    _run(case, references, distorteds, sampling, range(case.frame_count))
    alone = time.perf_counter() - started
    with ThreadPoolExecutor(2) as pool:
        started = time.perf_counter()
        halves = [range(first, case.frame_count, 2) for first in range(2)]
        list(pool.map(lambda frames: _run(case, references, distorteds, sampling, frames), halves))
        return alone / (time.perf_counter() - started)


def _run(
    case: Case,
    references: list[NDArray[np.integer]],
    distorteds: list[NDArray[np.integer]],
    sampling: Sampling,
    frames: range,
) -> None:
    kernel = FrameKernel(case.size.width, case.size.height, bit_depth=case.bit_depth, sampling=sampling)
    for index in frames:
        kernel.features(references[index], distorteds[index], references[index - 1] if index else None, index)


if __name__ == "__main__":
    main()
