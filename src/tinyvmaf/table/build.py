"""A corpus's listing -> its clip table: what the store has, and the rest measured, in parallel, resumable."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tinyvmaf.corpora.clip import Clip, Listing
from tinyvmaf.errors import CorpusError, TableError, VideoError
from tinyvmaf.features import CANONICAL_6, FeatureSet
from tinyvmaf.pixels.measure import KernelOptions
from tinyvmaf.progress import Progress, silent, stop_if_cancelled
from tinyvmaf.table.assemble import MeasuredClip, assemble
from tinyvmaf.table.clip_store import ClipStore
from tinyvmaf.table.content_key import MeasureRule, all_teachers, content_key
from tinyvmaf.table.measuring import Job
from tinyvmaf.table.parallel import measure_jobs
from tinyvmaf.table.store import ClipTable, write_table
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.ffmpeg import find_ffmpeg
from tinyvmaf.video.libvmaf import available_cores
from tinyvmaf.video.pairing import PairingRule
from tinyvmaf.video.probe import VideoFile

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ExtractOptions:
    """What is measured on every clip, and with how much of the machine."""

    feature_set: FeatureSet = CANONICAL_6
    """Features to measure; the canonical ones are measured besides."""
    teachers: tuple[str, ...] = ()
    """Teachers to score besides ``vmaf`` and that of the feature set."""
    pairing: PairingRule = "time"
    """How the frames of two files are paired."""
    sampling: str | None = None
    """``full`` or ``fast``: features by our kernel, teachers by libvmaf's SVRs on these; None: all by libvmaf."""
    jobs: int | None = None
    """Most measurements at once; None: one per core. Free memory bounds them too."""
    skip_broken: bool = False
    """Make the table without the clips that fail, and without what the corpus lists as problems."""
    max_clips: int | None = None
    """Only the first so many clips; None: all."""
    rehash: bool = False
    """Read every video again instead of trusting remembered hashes."""

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise ValueError(f"{self.jobs} jobs measure nothing")
        if self.max_clips is not None and self.max_clips < 1:
            raise ValueError(f"{self.max_clips} clips make no table")
        if self.sampling is not None:  # the kernel refuses what only libvmaf computes
            KernelOptions(all_teachers(self.teachers, self.feature_set), sampling=self.sampling)


@dataclass(frozen=True, slots=True)
class ClipRemark:
    """Something to know of one clip."""

    key: str
    """The clip."""
    what: str
    """Why it failed, or what a reader of its scores should know."""


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """A clip table, and how it came about."""

    table: ClipTable
    """Of every clip that did not fail."""
    measured: int
    """Clips that were measured now."""
    hits: int
    """Clips that the store had."""
    failures: tuple[ClipRemark, ...]
    """Clips that could not be measured and are left out."""
    warnings: tuple[ClipRemark, ...]
    """What a reader of the scores should know."""


def extract(
    listing: Listing,
    options: ExtractOptions = ExtractOptions(),
    *,
    store: ClipStore | None = None,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> ExtractReport:
    """The clip table of a corpus; every clip is kept in the store as soon as it is measured.

    Raises:
        CorpusError: the corpus has problems (and ``skip_broken`` is not set), no clips, or clips without a reference.
        ToolError: ffmpeg is missing, or lacks libvmaf or an encoder.
        StoreError: the store cannot be written.
        TableError: clips failed (and ``skip_broken`` is not set); the message lists them, and the store has the rest.
        CancelledError: ``cancel`` was set.
    """
    store = store or ClipStore()
    clips = _clips(listing, options)
    rule = measure_rule(options, clips)
    if options.rehash:
        store.hashes.forget()
    jobs, failures = jobs_of(clips, rule, store, progress=progress, cancel=cancel)
    measured: list[MeasuredClip] = []
    missing: list[Job] = []
    for job in jobs:
        stored = store.get(job.clip, job.content_key)
        if stored is None:
            missing.append(job)
        else:
            measured.append(MeasuredClip(job.clip, job.content_key, stored))
    hits = len(measured)
    if missing:
        outcomes = measure_jobs(missing, rule, store, jobs_at_once=options.jobs, progress=progress, cancel=cancel)
        measured += [MeasuredClip(one.job.clip, one.job.content_key, one.stored) for one in outcomes if one.stored]
        failures += [ClipRemark(one.job.clip.key, one.failure) for one in outcomes if not one.stored]
    failures.sort(key=lambda failure: failure.key)
    require_complete(listing, failures, kept=len(measured), skip_broken=options.skip_broken)
    measured.sort(key=lambda one: one.clip.key)
    warnings = tuple(ClipRemark(one.clip.key, words) for one in measured for words in one.stored.warnings)
    table = assemble(listing, measured, rule)
    return ExtractReport(table, len(measured) - hits, hits, tuple(failures), warnings)


def extract_to_file(
    listing: Listing,
    output: Path,
    options: ExtractOptions = ExtractOptions(),
    *,
    store: ClipStore | None = None,
    progress: Progress = silent,
    cancel: Event | None = None,
) -> ExtractReport:
    """The clip table of a corpus, written to a file.

    Raises:
        TinyVmafError: as ``extract``; and TableError where the file cannot be written.
    """
    if output.is_dir():
        raise TableError(f"{output} is a folder; name the file to write, such as {output / 'table.parquet'}")
    report = extract(listing, options, store=store, progress=progress, cancel=cancel)
    write_table(report.table, output)
    return report


def _clips(listing: Listing, options: ExtractOptions) -> tuple[Clip, ...]:
    if not options.skip_broken:
        listing.require_whole()
    listing.require_references()
    if not listing.clips:
        raise CorpusError(f"{listing.corpus}: no clips to measure; see tinyvmaf clips")
    return listing.clips[: options.max_clips]


def measure_rule(options: ExtractOptions, clips: Sequence[Clip]) -> MeasureRule:
    """What is measured on these clips, by which versions of the tools.

    Raises:
        ToolError: ffmpeg is needed and missing.
    """
    by_libvmaf = options.sampling is None
    needs_ffmpeg = by_libvmaf or any(isinstance(clip.distorted, Rung) for clip in clips)
    ffmpeg = find_ffmpeg() if needs_ffmpeg else None
    return MeasureRule(
        feature_set=options.feature_set,
        teachers=all_teachers(options.teachers, options.feature_set),
        pairing=options.pairing,
        ffmpeg_version=ffmpeg.version if ffmpeg else None,
        libvmaf_version=ffmpeg.libvmaf_version if ffmpeg and by_libvmaf else None,
        sampling=options.sampling,
    )


def jobs_of(
    clips: Sequence[Clip], rule: MeasureRule, store: ClipStore, *, progress: Progress, cancel: Event | None
) -> tuple[list[Job], list[ClipRemark]]:
    """The clips with their content keys, and those whose files cannot be read; files are hashed on all cores."""
    hash_files(clips, store, progress=progress, cancel=cancel)
    jobs: list[Job] = []
    failures: list[ClipRemark] = []
    for clip in clips:
        try:
            jobs.append(Job(clip, content_key(clip, rule, store.hashes)))
        except VideoError as error:
            failures.append(ClipRemark(clip.key, str(error)))
    return jobs, failures


def hash_files(clips: Sequence[Clip], store: ClipStore, *, progress: Progress, cancel: Event | None) -> None:
    """Hashes every input once, on all cores; a file that cannot be read is left for its clips to tell of."""
    files = [file for clip in clips for file in (clip.reference, clip.distorted) if isinstance(file, VideoFile)]
    paths = tuple(dict.fromkeys(file.path for file in files))

    def hash_one(path: Path) -> None:
        """Leaves the hash in the store's memory."""
        stop_if_cancelled(cancel)
        try:
            store.hashes.sha256(path)
        except VideoError:
            return

    with ThreadPoolExecutor(available_cores()) as pool:
        for done, _ in enumerate(pool.map(hash_one, paths), start=1):
            progress(done, len(paths), "reading")


def require_complete(listing: Listing, failures: Sequence[ClipRemark], *, kept: int, skip_broken: bool) -> None:
    """Refuses a table without clips that failed, unless that was asked for and some are left.

    Raises:
        TableError: the message lists the failures.
    """
    if not failures or (skip_broken and kept):
        return
    lines = [f"  {failure.key}: {failure.what}" for failure in failures[:_SHOWN]]
    lines += [f"  and {len(failures) - _SHOWN} more"] if len(failures) > _SHOWN else []
    rest = (
        f"the other {kept} are kept in the store; --skip-broken makes a table of them" if kept else "no other is left"
    )
    raise TableError(f"{listing.corpus}: {len(failures)} clips could not be measured ({rest}):\n" + "\n".join(lines))
