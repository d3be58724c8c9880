"""A corpus's listing -> pixel samples for the no-reference nets and the pre-filters, in a folder, resumable.

Each rung is encoded once, to a file that lives as long as it is labelled by the kernel and sampled. The labels lie in
the clip store, where tables of the kernel find them; the samples lie where they are to be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from tinyvmaf.corpora.clip import Listing
from tinyvmaf.errors import CancelledError, StoreError, TableError, TinyVmafError
from tinyvmaf.progress import Progress, silent
from tinyvmaf.table.build import ClipRemark, ExtractOptions, hash_files, measure_rule, require_complete
from tinyvmaf.table.clip_store import ClipStore
from tinyvmaf.table.content_key import MeasureRule
from tinyvmaf.table.measuring import Workplace
from tinyvmaf.table.memory import MemoryBudget
from tinyvmaf.table.parallel import Meter, run_all
from tinyvmaf.table.sample_jobs import SampleJob, sample_clip, sample_jobs, sampled_clips
from tinyvmaf.table.sample_options import CODEC, DEGRADATIONS, SampleOptions
from tinyvmaf.table.sample_parts import KeptClip, SampleParts
from tinyvmaf.table.sample_set import KINDS, SampleMeta, Samples, draw_flips, flipped, read_samples
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.ffmpeg import require_encoders
from tinyvmaf.video.libvmaf import available_cores

__all__ = [
    "CODEC",
    "DEGRADATIONS",
    "KINDS",
    "SampleOptions",
    "Samples",
    "SamplesReport",
    "draw_flips",
    "extract_samples",
    "flipped",
    "read_samples",
]


@dataclass(frozen=True, slots=True)
class SamplesReport:
    """A set of samples, and how it came about."""

    samples: Samples
    """Of every clip that did not fail."""
    made: int
    """Clips that were sampled now."""
    reused: int
    """Clips whose samples were there."""
    failures: tuple[ClipRemark, ...]
    """Clips that could not be sampled and are left out."""
    warnings: tuple[ClipRemark, ...]
    """What a reader of the labels should know, of the clips that were sampled now."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one job."""

    job: SampleJob
    failure: str | None
    warnings: tuple[str, ...] = ()


def extract_samples(
    listing: Listing,
    directory: Path,
    options: SampleOptions,
    *,
    store: ClipStore | None = None,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> SamplesReport:
    """The pixel samples of a corpus, written to ``directory``; the clips that are done stay when a run is stopped.

    Raises:
        CorpusError: the corpus has problems (and ``skip_broken`` is not set), or holds nothing that can be sampled so.
        ToolError: ffmpeg is missing, or lacks an encoder.
        StoreError: the clip store, or the folder, cannot be written.
        TableError: clips failed (and ``skip_broken`` is not set), or the folder is a file.
        CancelledError: ``cancel`` was set.
    """
    if directory.exists() and not directory.is_dir():
        raise TableError(f"{directory} is a file; name the folder to write, such as samples")
    store = store or ClipStore()
    if options.rehash:
        store.hashes.forget()
    chosen = sampled_clips(listing, options)
    clips = [one.clip for one in chosen]
    rule = measure_rule(ExtractOptions(sampling="full", pairing=options.pairing), clips)
    hash_files(clips, store, progress=progress, cancel=cancel)
    jobs, failures = sample_jobs(chosen, options, rule, store)
    parts = SampleParts(directory)
    missing = [job for job in jobs if not parts.has(job.content_key)]
    outcomes = _make_all(missing, options, rule, store, parts, progress=progress, cancel=cancel)
    failed = {one.job.content_key for one in outcomes if one.failure is not None}
    failures += [ClipRemark(one.job.clip.key, one.failure) for one in outcomes if one.failure is not None]
    failures.sort(key=lambda failure: failure.key)
    kept = [KeptClip(job.clip, job.content_key) for job in jobs if job.content_key not in failed]
    require_complete(listing, failures, kept=len(kept), skip_broken=options.skip_broken)
    kept.sort(key=lambda one: (one.clip.source, one.clip.key))
    samples = parts.assemble(kept, _meta(options, rule))
    warnings = tuple(ClipRemark(one.job.clip.key, words) for one in outcomes for words in one.warnings)
    return SamplesReport(samples, len(missing) - len(failed), len(jobs) - len(missing), tuple(failures), warnings)


def _make_all(
    jobs: Sequence[SampleJob],
    options: SampleOptions,
    rule: MeasureRule,
    store: ClipStore,
    parts: SampleParts,
    *,
    progress: Progress,
    cancel: Event | None,
) -> list[_Outcome]:
    """What became of each job; whatever ends this early stops the children and leaves what is done."""
    if not jobs:
        return []
    rungs = [job.clip.distorted for job in jobs if isinstance(job.clip.distorted, Rung)]
    if rungs:
        require_encoders(tuple({rung.encoder for rung in rungs if rung.encoder}))
    store.require_writable()
    workers = min(options.jobs or available_cores(), len(jobs))
    stop = Event()
    workplace = Workplace(rule, max(1, available_cores() // workers), MemoryBudget(), stop)
    meter = Meter(progress, len(jobs), "sampling")
    work = [
        partial(_make, job, options, workplace, store, parts, progress=meter.of(number, 1))
        for number, job in enumerate(jobs)
    ]
    return run_all(work, workers=workers, stop=stop, cancel=cancel)


def _make(
    job: SampleJob,
    options: SampleOptions,
    workplace: Workplace,
    store: ClipStore,
    parts: SampleParts,
    *,
    progress: Progress,
) -> _Outcome:
    """Samples one clip, and keeps it at once; its failure is an outcome, that of the disk is an error."""
    try:
        made = sample_clip(job, options, workplace, store, progress=progress)
    except (CancelledError, StoreError):
        raise
    except (TinyVmafError, OSError) as error:
        return _Outcome(job, str(error))
    parts.put(job.content_key, made.part)
    progress(1, 1, "sampling")
    return _Outcome(job, None, made.warnings)


def _meta(options: SampleOptions, rule: MeasureRule) -> SampleMeta:
    target = None if options.kind == "pairs" else options.target
    return SampleMeta(options.kind, target, rule.extractor if target == "vmaf" else None, seed=options.seed)
