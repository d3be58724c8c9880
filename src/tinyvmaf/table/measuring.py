"""Clips that the store lacks -> their rows: grouped into ladders, each group one ffmpeg process.

The encodes of one reference go together, so that it is decoded once; the pairs of files go one by one.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TypeVar

import numpy as np
import polars as pl

from tinyvmaf.corpora.clip import Clip
from tinyvmaf.errors import CancelledError, TinyVmafError
from tinyvmaf.features import CANONICAL_6
from tinyvmaf.pixels import measure as kernel
from tinyvmaf.pixels.measure import KernelOptions
from tinyvmaf.progress import Progress
from tinyvmaf.table.clip_store import StoredClip
from tinyvmaf.table.conform import DTYPES
from tinyvmaf.table.content_key import MeasureRule, feature_names
from tinyvmaf.table.memory import MemoryBudget
from tinyvmaf.table.schema import COLUMNS
from tinyvmaf.video.encode import EncodeFacts, Rung
from tinyvmaf.video.encoding import make_encode
from tinyvmaf.video.libvmaf import ladder_memory_bytes, measure_ladder, measure_pair
from tinyvmaf.video.measurement import Measurement, MeasureOptions
from tinyvmaf.video.pairing import PairPlan, plan_pair
from tinyvmaf.video.probe import Video, VideoFile, probe

MOST_RUNGS = 4
"""In one ffmpeg process: more of them save little decoding, and are lost together when a run is killed."""

STANDARDS = ("h264", "hevc", "vp9", "av1", "vvc")
"""What the column ``codec`` says of an encoded file."""

_LOG = logging.getLogger(__name__)
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Job:
    """One clip that is to be measured."""

    clip: Clip
    """The clip; it has a reference."""
    content_key: str
    """Where its rows will be kept."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Jobs that go into one ffmpeg process: encodes of one reference, or one pair of files."""

    jobs: tuple[Job, ...]
    """At least one."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a batch is measured with."""

    rule: MeasureRule
    """What is measured."""
    threads: int
    """Of each libvmaf."""
    budget: MemoryBudget
    """Shared by all batches."""
    cancel: Event
    """Stops the work."""


@dataclass(frozen=True, slots=True)
class PlannedPair:
    """A clip as two files that may be compared."""

    plan: PairPlan
    """How."""
    facts: EncodeFacts
    """What is known of the encode."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one job."""

    job: Job
    """The job."""
    stored: StoredClip | None
    """Its rows; None: it failed."""
    failure: str = ""
    """Why it failed."""


def batches_of(jobs: Sequence[Job], *, most: int = MOST_RUNGS) -> tuple[Batch, ...]:
    """The jobs in batches of even size and at most ``most``, in the order of each batch's first job."""
    by_reference: dict[VideoFile | str, list[Job]] = {}
    for job in jobs:
        is_rung = isinstance(job.clip.distorted, Rung) and job.clip.reference is not None
        group = job.clip.reference if is_rung and job.clip.reference else job.clip.key
        by_reference.setdefault(group, []).append(job)
    return tuple(Batch(tuple(part)) for group in by_reference.values() for part in _even_parts(group, most))


def measure_batch(batch: Batch, workplace: Workplace, *, progress: Progress) -> Iterator[Outcome]:
    """What became of each job, as soon as it is known; a clip's failure is an outcome, not an error.

    Raises:
        CancelledError: the workplace's ``cancel`` was set.
    """
    try:
        yield from _measured(batch, workplace, progress)
    except CancelledError:
        raise
    except (TinyVmafError, OSError) as error:
        first, *others = batch.jobs
        if others:
            _LOG.debug("a ladder of %d failed and is measured one by one: %s", len(batch.jobs), error)
            for job in batch.jobs:
                yield from measure_batch(Batch((job,)), workplace, progress=progress)
        else:
            yield Outcome(first, None, str(error))


def _measured(batch: Batch, workplace: Workplace, progress: Progress) -> Iterator[Outcome]:
    """All outcomes of a batch, or an error before the first of them."""
    first = batch.jobs[0].clip
    if first.reference is None:
        raise ValueError(f"{first.key}: a clip without a reference cannot be measured")
    if workplace.rule.sampling is not None:
        for job in batch.jobs:
            yield Outcome(job, _by_kernel(job.clip, workplace, progress))
        return
    reference = probe(first.reference)
    if isinstance(first.distorted, VideoFile):
        plan = plan_pair(reference, probe(first.distorted), rule=workplace.rule.pairing)
        with workplace.budget.reserve(ladder_memory_bytes(reference, ()), cancel=workplace.cancel):
            measurements = [measure_pair(plan, _options(workplace), progress=progress, cancel=workplace.cancel)]
        measurements = [replace(measurements[0], encode=pair_facts(plan))]
    else:
        measurements = _ladder(reference, batch, workplace, progress)
    for job, measurement in zip(batch.jobs, measurements, strict=True):
        yield Outcome(job, StoredClip(_rows(job.clip, measurement), measurement.warnings))


@contextmanager
def planned_pair(clip: Clip, workplace: Workplace) -> Iterator[PlannedPair]:
    """The clip as two files; an encode of the reference lies in one for the length of the block.

    Raises:
        VideoError: a file is broken, or the two may not be compared.
        ToolError: ffmpeg is missing, or failed.
        CancelledError: the workplace's ``cancel`` was set.
    """
    if clip.reference is None:
        raise ValueError(f"{clip.key}: a clip without a reference makes no pair")
    reference, cancel = probe(clip.reference), workplace.cancel
    rungs = (clip.distorted,) if isinstance(clip.distorted, Rung) else ()
    with workplace.budget.reserve(ladder_memory_bytes(reference, rungs), cancel=cancel):
        if isinstance(clip.distorted, VideoFile):
            plan = plan_pair(reference, probe(clip.distorted), rule=workplace.rule.pairing)
            yield PlannedPair(plan, pair_facts(plan))
            return
        with TemporaryDirectory(prefix="tinyvmaf-") as folder:
            encode = make_encode(reference, clip.distorted, Path(folder) / "encode.mkv", cancel=cancel)
            yield PlannedPair(plan_pair(reference, encode.video, rule="index"), encode.facts)


def stored_by_kernel(clip: Clip, pair: PlannedPair, workplace: Workplace, *, progress: Progress) -> StoredClip:
    """What our kernel says of the clip, as the store keeps it.

    Raises:
        VideoError: a file is broken or ends early.
        CancelledError: the workplace's ``cancel`` was set.
    """
    rule = workplace.rule
    options = KernelOptions(rule.teachers, sampling=rule.sampling or "full", threads=workplace.threads)
    measurement = kernel.measure_pair(pair.plan, options, progress=progress, cancel=workplace.cancel)
    measurement = replace(measurement.of_features(feature_names(rule.feature_set)), encode=pair.facts)
    return StoredClip(_rows(clip, measurement), measurement.warnings)


def _by_kernel(clip: Clip, workplace: Workplace, progress: Progress) -> StoredClip:
    with planned_pair(clip, workplace) as pair:
        return stored_by_kernel(clip, pair, workplace, progress=progress)


def _ladder(reference: Video, batch: Batch, workplace: Workplace, progress: Progress) -> list[Measurement]:
    rungs = [job.clip.distorted for job in batch.jobs if isinstance(job.clip.distorted, Rung)]
    size = len(rungs)
    while size > 1 and ladder_memory_bytes(reference, rungs[:size]) > workplace.budget.total_bytes:
        size -= 1
    measurements: list[Measurement] = []
    for part in _even_parts(rungs, size):
        with workplace.budget.reserve(ladder_memory_bytes(reference, part), cancel=workplace.cancel):
            measurements += measure_ladder(
                reference, part, _options(workplace), progress=progress, cancel=workplace.cancel
            )
    return measurements


def _options(workplace: Workplace) -> MeasureOptions:
    rule = workplace.rule
    return MeasureOptions(
        teachers=rule.teachers,
        feature_set=CANONICAL_6,
        further_feature_sets=(rule.feature_set,),
        threads=workplace.threads,
    )


def _rows(clip: Clip, measurement: Measurement) -> pl.DataFrame:
    """(T, ...) one row per frame, in the schema's columns and types."""
    frames = measurement.frame_count
    facts = measurement.encode or EncodeFacts()
    columns: dict[str, pl.Series] = {}
    for name, value in (("corpus", clip.corpus), ("source", clip.source), ("key", clip.key)):
        columns[name] = pl.repeat(value, frames, dtype=pl.String, eager=True)
    columns["frame_index"] = pl.Series(np.arange(frames, dtype=np.int32))
    for index, name in enumerate(measurement.feature_names):
        columns[name] = pl.Series(measurement.features[:, index].astype(np.float32))
    for index, name in enumerate(measurement.teacher_names):
        columns[name] = pl.Series(measurement.teacher_scores[:, index].astype(np.float32))
    for name in COLUMNS.of("encode"):
        columns[name] = pl.repeat(getattr(facts, name), frames, dtype=DTYPES[COLUMNS.by_name[name].dtype], eager=True)
    return pl.DataFrame(columns).select(column.name for column in COLUMNS.every if column.name in columns)


def pair_facts(plan: PairPlan) -> EncodeFacts:
    """What a pair of files tells of the encode; a file that was decoded before tells no codec."""
    codec = plan.distorted.codec
    return EncodeFacts(
        codec=codec if codec in STANDARDS else None,
        encode_height=plan.distorted.height,
        width=plan.measured.width,
        height=plan.measured.height,
        fps=float(plan.distorted.fps),
    )


def _even_parts(items: Sequence[_Item], most: int) -> list[Sequence[_Item]]:
    """The items in as few parts of at most ``most`` as can be, whose sizes differ by one at most."""
    count = -(-len(items) // most)
    edges = [round(part * len(items) / count) for part in range(count + 1)]
    return [items[start:end] for start, end in pairwise(edges)]
