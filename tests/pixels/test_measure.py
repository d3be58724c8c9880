"""Pairs of real files by our own kernel: libvmaf's numbers, in order, bounded, and ended by whatever ends them."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import Clips
from tests.video.format_cases import CASES, FormatCase, pair
from tinyvmaf.errors import CancelledError, PairingError, VideoError
from tinyvmaf.features import CANONICAL_6, NEG_6
from tinyvmaf.pixels import frame_pairs
from tinyvmaf.pixels.kernel import FrameKernel
from tinyvmaf.pixels.measure import KernelOptions, measure_pair
from tinyvmaf.video import libvmaf
from tinyvmaf.video.measurement import MeasureOptions
from tinyvmaf.video.pairing import PairPlan, plan_pair
from tinyvmaf.video.probe import RawFormat, VideoFile, probe

FULL = KernelOptions(sampling="full")


def plan(clips: Clips, *, pix_fmt: str = "yuv420p", **picture: Any) -> PairPlan:
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "5", filters=f"format={pix_fmt}", **picture)
    return plan_pair(probe(reference), probe(clips.derived(reference, "encode.mkv", "-c:v", "libx264", "-crf", "38")))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"source": "mandelbrot", "pix_fmt": "yuv420p10le"},
        {"source": "mandelbrot", "size": "321x181", "pix_fmt": "yuv444p"},
        {"source": "mandelbrot", "size": "180x320"},
        {"size": "34x34"},
        {"frames": 1},
        {"frames": 2},
        pytest.param({"source": "mandelbrot", "size": "4096x2304", "frames": 2}, marks=pytest.mark.slow),
    ],
    ids=["8 bit", "10 bit", "odd size", "portrait", "small", "one frame", "two frames", "largest"],
)
def test_every_row_gives_libvmafs_numbers(clips: Clips, options: dict[str, Any]) -> None:
    planned = plan(clips, **options)
    ours, theirs = measure_pair(planned, FULL), libvmaf.measure_pair(planned, MeasureOptions())
    assert ours.feature_names == theirs.feature_names
    assert ours.teacher_names == theirs.teacher_names
    assert np.abs(ours.features - theirs.features).max() < 0.02
    # libvmaf with AVX-512 is itself up to 3e-4 of ADM2, .05 of a score, from what its plain C gives.
    assert np.abs(ours.teacher_scores - theirs.teacher_scores).max() < 0.1
    assert (ours.ffmpeg_version, ours.libvmaf_version) == (None, None)


def test_a_sample_of_rows_comes_close(clips: Clips) -> None:
    planned = plan(clips, source="mandelbrot", size="640x360")
    full, fast = (measure_pair(planned, KernelOptions(sampling=each)).teacher_scores for each in ("full", "fast"))
    assert 0 < np.abs(full - fast).max() < 0.5


def test_several_teachers_cost_one_decoding_and_change_nothing(clips: Clips) -> None:
    planned = plan(clips, source="mandelbrot")
    names = ("vmaf", "vmaf_neg", "vmaf_4k")
    together = measure_pair(planned, KernelOptions(teachers=names, sampling="full"))
    assert together.feature_names == tuple(dict.fromkeys((*CANONICAL_6.names, *NEG_6.names)))
    for index, name in enumerate(names):
        alone = measure_pair(planned, KernelOptions(teachers=(name,), sampling="full"))
        assert np.array_equal(alone.teacher_scores[:, 0], together.teacher_scores[:, index])
        theirs = libvmaf.measure_pair(planned, MeasureOptions(teachers=(name,)))
        assert np.abs(alone.teacher_scores - theirs.teacher_scores).max() < 0.05


def test_threads_do_not_change_a_number(clips: Clips) -> None:
    planned = plan(clips, source="mandelbrot", frames=24)
    one, many = (measure_pair(planned, KernelOptions(threads=threads)) for threads in (1, 7))
    assert np.array_equal(one.features, many.features)


_COMPARED = [case for case in CASES if case.row not in {"rotation flag 0", "matrix 1", "transfer 0", "interlaced 1"}]


@pytest.mark.parametrize("case", _COMPARED, ids=lambda case: case.row)
def test_every_row_of_the_format_table_scores_alike(case: FormatCase, clips: Clips) -> None:
    reference, distorted = pair(case, clips)
    try:
        planned = plan_pair(reference, distorted)
    except PairingError:
        planned = plan_pair(reference, distorted, rule="index")
    ours, theirs = measure_pair(planned, FULL), libvmaf.measure_pair(planned, MeasureOptions())
    assert np.abs(ours.teacher_scores - theirs.teacher_scores).max() < 0.05


def test_a_teacher_that_only_libvmaf_has_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match=r"vmaf_v1 .* --exact"):
        KernelOptions(teachers=("vmaf", "vmaf_v1"))
    with pytest.raises(ValueError, match="sampling"):
        KernelOptions(sampling="half")


def test_frames_below_the_teachers_smallest_are_refused(clips: Clips) -> None:
    tiny = probe(clips("tiny.mp4", "-c:v", "libx264", size="16x16"))
    with pytest.raises(VideoError, match="16x16 are too small"):
        measure_pair(plan_pair(tiny, tiny), FULL)


@pytest.mark.parametrize(("size", "warns"), [("32x64", True), ("64x20", True), ("34x34", False)])
def test_frames_whose_score_libvmaf_itself_leaves_open_are_warned_of(clips: Clips, size: str, warns: bool) -> None:
    warnings = measure_pair(plan(clips, size=size), FULL).warnings
    assert any("not defined" in warning for warning in warnings) is warns


def test_progress_ends_at_the_number_of_pairs_and_stays_on_the_callers_thread(clips: Clips) -> None:
    told: list[tuple[float, float | None, int]] = []
    measure_pair(
        plan(clips), FULL, progress=lambda done, total, label: told.append((done, total, threading.get_ident()))
    )
    assert told[-1] == (16, 16, threading.get_ident())
    assert {thread for *_, thread in told} == {threading.get_ident()}


def long_plan(tmp_path: Path, *, frames: int = 400) -> PairPlan:
    """Two headerless videos, the second of which can be cut off later."""
    for name in ("reference.yuv", "distorted.yuv"):
        (tmp_path / name).write_bytes(bytes(64 * 64 * 3 // 2 * frames))
    raw = RawFormat(64, 64, "yuv420p")
    reference, distorted = (probe(VideoFile(tmp_path / name, raw)) for name in ("reference.yuv", "distorted.yuv"))
    return plan_pair(reference, distorted)


@pytest.mark.parametrize("side", ["reference", "distorted"])
def test_a_video_that_ends_early_is_its_own_error_and_nothing_hangs(tmp_path: Path, side: str) -> None:
    planned, before = long_plan(tmp_path), threading.active_count()
    path = tmp_path / f"{side}.yuv"
    path.write_bytes(path.read_bytes()[: 64 * 64 * 3 // 2 * 7])
    with pytest.raises(VideoError, match=rf"{side}.yuv ends after frame 6: 400 frames were expected"):
        measure_pair(planned, FULL)
    assert threading.active_count() <= before  # a timer of before may have ended since


def test_an_error_in_the_kernel_is_the_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self: FrameKernel, reference: object, distorted: object, previous: object, frame_index: int):
        if frame_index == 5:
            raise MemoryError("no more")
        return np.zeros(6)

    measure_pair(long_plan(tmp_path, frames=2), FULL)
    monkeypatch.setattr(FrameKernel, "features", failing)
    before = threading.active_count()
    with pytest.raises((MemoryError, TypeError)):
        measure_pair(long_plan(tmp_path), FULL)
    assert threading.active_count() <= before  # a timer of before may have ended since


@pytest.mark.parametrize("ending", [KeyboardInterrupt, CancelledError])
def test_an_interrupt_or_a_cancel_ends_every_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: type[BaseException]
) -> None:
    monkeypatch.setattr(FrameKernel, "features", _slow)
    cancel, before = threading.Event(), threading.active_count()

    def end(done: float, total: float | None, label: str) -> None:
        cancel.set()
        if ending is KeyboardInterrupt:
            raise KeyboardInterrupt

    with pytest.raises(ending):
        measure_pair(long_plan(tmp_path), KernelOptions(threads=1), progress=end, cancel=cancel)
    assert threading.active_count() <= before  # a timer of before may have ended since


def _slow(*_: object) -> np.ndarray:
    threading.Event().wait(0.05)
    return np.zeros(6)


def test_decoders_wait_for_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_pairs, "_MOST_AHEAD", 3)
    decoded, taken = [0, 0], []

    def counting(side: int, decode: Callable[..., Iterator[np.ndarray]]) -> Callable[..., Iterator[np.ndarray]]:
        def frames(planned: PairPlan, **options: int) -> Iterator[np.ndarray]:
            for frame in decode(planned, **options):
                decoded[side] += 1
                yield frame

        return frames

    def watching(*arguments: object) -> np.ndarray:
        taken.append(max(decoded))
        return _slow(*arguments)

    for side, name in enumerate(("reference_luma", "distorted_luma")):
        monkeypatch.setattr(frame_pairs, name, counting(side, getattr(frame_pairs, name)))
    monkeypatch.setattr(FrameKernel, "features", watching)
    measure_pair(long_plan(tmp_path, frames=30), KernelOptions(threads=1))
    assert max(ahead - number for number, ahead in enumerate(taken)) <= 3 + 2


@pytest.mark.parametrize(("decoding", "working"), [("slow", 1), ("fast", 2)])
def test_the_second_thread_works_only_while_frames_pile_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoding: str, working: int
) -> None:
    monkeypatch.setattr(frame_pairs, "_MOST_AHEAD", 8)
    threads: list[int] = []

    def slowly(decode: Callable[..., Iterator[np.ndarray]]) -> Callable[..., Iterator[np.ndarray]]:
        def frames(planned: PairPlan, **options: int) -> Iterator[np.ndarray]:
            for frame in decode(planned, **options):
                threading.Event().wait(0.03)
                yield frame

        return frames

    def watching(*_: object) -> np.ndarray:
        threads.append(threading.get_ident())
        threading.Event().wait(0.005 if decoding == "slow" else 0.03)
        return np.zeros(6)

    if decoding == "slow":
        for name in ("reference_luma", "distorted_luma"):
            monkeypatch.setattr(frame_pairs, name, slowly(getattr(frame_pairs, name)))
    monkeypatch.setattr(FrameKernel, "features", watching)
    measure_pair(long_plan(tmp_path, frames=30), KernelOptions(threads=2))
    counted = [threads[:-4].count(thread) for thread in set(threads[:-4])]  # at the end both take what is left
    assert sum(count > 3 for count in counted) == working
