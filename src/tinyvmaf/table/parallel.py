"""Many clips measured at once: as many ffmpeg processes as cores and memory carry, each clip kept when it is done."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event, Lock
from typing import TypeVar

from tinyvmaf.progress import Progress, wait_for_all
from tinyvmaf.table.clip_store import ClipStore
from tinyvmaf.table.content_key import MeasureRule
from tinyvmaf.table.measuring import Batch, Job, Outcome, Workplace, batches_of, measure_batch
from tinyvmaf.table.memory import MemoryBudget
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.ffmpeg import require_encoders
from tinyvmaf.video.libvmaf import available_cores

_Result = TypeVar("_Result")


def measure_jobs(
    jobs: Sequence[Job],
    rule: MeasureRule,
    store: ClipStore,
    *,
    jobs_at_once: int | None,
    progress: Progress,
    cancel: Event | None,
) -> list[Outcome]:
    """What became of each job; whatever ends this early stops the children and leaves the store whole.

    Raises:
        ToolError: ffmpeg lacks an encoder.
        StoreError: the store cannot be written.
        CancelledError: ``cancel`` was set.
    """
    rungs = [job.clip.distorted for job in jobs if isinstance(job.clip.distorted, Rung)]
    if rungs:
        require_encoders(tuple({rung.encoder for rung in rungs if rung.encoder}))
    store.require_writable()
    batches = batches_of(jobs) if rule.sampling is None else batches_of(jobs, most=1)
    workers = min(jobs_at_once or available_cores(), len(batches))
    stop = Event()
    workplace = Workplace(rule, max(1, available_cores() // workers), MemoryBudget(), stop)
    meter = Meter(progress, len(jobs))
    work = [
        partial(_work, batch, workplace, store, meter.of(index, len(batch.jobs))) for index, batch in enumerate(batches)
    ]
    return [outcome for outcomes in run_all(work, workers=workers, stop=stop, cancel=cancel) for outcome in outcomes]


def run_all(work: Sequence[Callable[[], _Result]], *, workers: int, stop: Event, cancel: Event | None) -> list[_Result]:
    """What each piece of work gives, in their order; whatever ends this early sets ``stop`` and waits for all.

    Raises:
        CancelledError: ``cancel`` was set.
    """
    with ThreadPoolExecutor(workers) as pool:
        try:
            futures = [pool.submit(each) for each in work]
            wait_for_all(futures, cancel=cancel)
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]


class Meter:
    """Clips done, with the shares of those at work, told to one progress."""

    def __init__(self, progress: Progress, total: int, label: str = "measuring") -> None:
        self._label = label
        self._progress = progress
        self._total = total
        self._shares: dict[int, float] = {}
        self._lock = Lock()

    def of(self, batch: int, clips: int) -> Progress:
        """The progress of one batch of so many clips."""

        def tell(done: float, total: float | None, label: str) -> None:
            """Takes the batch's own progress, in any unit."""
            with self._lock:
                share = min(1.0, done / total) * clips if total else 0.0
                self._shares[batch] = max(share, self._shares.get(batch, 0.0))
                self._progress(sum(self._shares.values()), self._total, self._label)

        return tell


def _work(batch: Batch, workplace: Workplace, store: ClipStore, progress: Progress) -> list[Outcome]:
    """Measures one batch, and keeps each clip of it at once."""
    outcomes = []
    for outcome in measure_batch(batch, workplace, progress=progress):
        if outcome.stored is not None:
            store.put(outcome.job.clip, outcome.job.content_key, outcome.stored)
        outcomes.append(outcome)
    progress(1, 1, "measuring")
    return outcomes
