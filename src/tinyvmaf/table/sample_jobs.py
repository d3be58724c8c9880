"""Which clips of a listing are sampled, under which content keys, and the sampling of one of them."""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import av

from tinyvmaf.corpora.clip import Clip, Listing
from tinyvmaf.errors import CorpusError, VideoError
from tinyvmaf.pixels import degradations
from tinyvmaf.progress import Progress
from tinyvmaf.table.build import ClipRemark
from tinyvmaf.table.clip_store import ClipStore
from tinyvmaf.table.content_key import MeasureRule, content_key, file_parts
from tinyvmaf.table.measuring import PlannedPair, Workplace, planned_pair, stored_by_kernel
from tinyvmaf.table.sample_clips import degraded, encoded, labelled, rated
from tinyvmaf.table.sample_options import CODEC, SampleOptions
from tinyvmaf.table.sample_parts import ClipSamples
from tinyvmaf.table.sample_set import SAMPLES_VERSION
from tinyvmaf.video.probe import VideoFile, probe

_TEACHER = "vmaf"


@dataclass(frozen=True, slots=True)
class SampledClip:
    """One clip that is to be sampled, not yet opened."""

    clip: Clip
    """Of a pair by a degradation of pictures: its clean file stands as ``distorted``, and there is no reference."""
    degradation: str | None = None
    """By which a pair is made; None: no pair."""
    mos_100: float | None = None
    """People's opinion, where that is the target."""


@dataclass(frozen=True, slots=True)
class SampleJob:
    """The same with its keys."""

    sampled: SampledClip
    """The clip."""
    label_key: str | None
    """Of its measurement in the clip store; None: nothing is measured."""
    content_key: str
    """Of its samples: SHA-256, in hex, of all that they depend on."""

    @property
    def clip(self) -> Clip:
        """The clip as the listing has it."""
        return self.sampled.clip


@dataclass(frozen=True, slots=True)
class SampledPart:
    """The samples of one clip, and what a reader of their labels should know."""

    part: ClipSamples
    """The samples."""
    warnings: tuple[str, ...] = ()
    """Of the measurement."""


def sampled_clips(listing: Listing, options: SampleOptions) -> tuple[SampledClip, ...]:
    """The clips that are sampled.

    Raises:
        CorpusError: the corpus has problems (and ``skip_broken`` is not set), or holds nothing that can be sampled so.
    """
    if not options.skip_broken:
        listing.require_whole()
    if options.kind == "pairs":
        found = [one for name in options.degradations for one in _degraded_clips(listing, name)]
    elif options.target == "mos_100":
        found = _rated_clips(listing)
    else:
        listing.require_references()
        found = [SampledClip(clip) for clip in listing.clips]
    if not found:
        raise CorpusError(f"{listing.corpus}: no clips to sample; see tinyvmaf clips")
    return tuple(found[: options.max_clips])


def sample_jobs(
    clips: Sequence[SampledClip], options: SampleOptions, rule: MeasureRule, store: ClipStore
) -> tuple[list[SampleJob], list[ClipRemark]]:
    """The clips with their keys, and those whose files cannot be read."""
    jobs: list[SampleJob] = []
    failures: list[ClipRemark] = []
    for one in clips:
        try:
            label_key = None if one.clip.reference is None else content_key(one.clip, rule, store.hashes)
            jobs.append(SampleJob(one, label_key, _content_key(one, label_key, options, store)))
        except VideoError as error:
            failures.append(ClipRemark(one.clip.key, str(error)))
    return jobs, failures


def sample_clip(
    job: SampleJob, options: SampleOptions, workplace: Workplace, store: ClipStore, *, progress: Progress
) -> SampledPart:
    """The samples of one clip; what is measured for their labels is kept in the store.

    Raises:
        VideoError: a file is broken, or the two of a pair may not be compared.
        ToolError: ffmpeg is missing, or failed.
        StoreError: the store cannot be written.
        CancelledError: the workplace's ``cancel`` was set.
    """
    one, clip, shape = job.sampled, job.clip, options.shape
    if one.degradation not in (None, CODEC) and isinstance(clip.distorted, VideoFile):
        seed = _seed_of(clip, options)
        degrade = degradations.degradation(one.degradation, seed=seed)
        video = probe(clip.distorted)
        return SampledPart(degraded(video, degrade, one.degradation, shape, seed=seed, workplace=workplace))
    if one.mos_100 is not None and isinstance(clip.distorted, VideoFile):
        return SampledPart(rated(probe(clip.distorted), one.mos_100, shape, workplace=workplace))
    with planned_pair(clip, workplace) as pair:
        if one.degradation is not None:
            return SampledPart(encoded(pair.plan, pair.facts, one.degradation, shape, workplace=workplace))
        return _labelled(job, pair, options, workplace, store, progress=progress)


def _labelled(
    job: SampleJob,
    pair: PlannedPair,
    options: SampleOptions,
    workplace: Workplace,
    store: ClipStore,
    *,
    progress: Progress,
) -> SampledPart:
    """The samples with the scores that the store has, or that the kernel gives now."""
    key = job.label_key or ""
    stored = store.get(job.clip, key)
    if stored is None:
        stored = stored_by_kernel(job.clip, pair, workplace, progress=progress)
        store.put(job.clip, key, stored)
    part = labelled(pair.plan, stored.rows[_TEACHER], pair.facts, options.shape, workplace=workplace)
    return SampledPart(part, stored.warnings)


def _degraded_clips(listing: Listing, name: str) -> list[SampledClip]:
    """For ``codec`` the clips as they are, else one per pristine video."""
    if name == CODEC:
        listing.require_references()
        return [SampledClip(clip, name) for clip in listing.clips]
    pristine: dict[VideoFile, Clip] = {}
    for clip in listing.clips:
        file = clip.reference or clip.distorted
        if isinstance(file, VideoFile):
            pristine.setdefault(file, clip)
    per_source: dict[str, int] = {}
    found: list[SampledClip] = []
    for file, clip in pristine.items():
        number = per_source[clip.source] = per_source.get(clip.source, 0) + 1
        tail = name if number == 1 else f"{number}-{name}"
        found.append(SampledClip(Clip(f"{clip.source}-{tail}", clip.corpus, clip.source, None, file), name))
    return found


def _rated_clips(listing: Listing) -> list[SampledClip]:
    """The videos that have an opinion of their own, on 0-100; what nobody rated cannot be learned from."""
    if listing.mos_scale is None or not any(clip.opinion for clip in listing.clips):
        raise CorpusError(
            f"{listing.corpus}: no clip has an opinion of its own; join them by --mos-csv and --mos-scale, and leave "
            "--ladder out, since nobody rated its encodes"
        )
    worst, best = listing.mos_scale
    return [
        SampledClip(clip, mos_100=(clip.opinion.mos - worst) * 100 / (best - worst))
        for clip in listing.clips
        if clip.opinion is not None and isinstance(clip.distorted, VideoFile)
    ]


def _content_key(one: SampledClip, label_key: str | None, options: SampleOptions, store: ClipStore) -> str:
    clip, file = one.clip, one.clip.distorted
    parts = {
        "version": SAMPLES_VERSION,
        "clip": [clip.corpus, clip.source, clip.key],
        "shape": asdict(options.shape),
        "decoder": f"PyAV {av.__version__}",
        "input": label_key or (file_parts(file, store.hashes) if isinstance(file, VideoFile) else None),
        "opinion": one.mos_100,
        "degradation": one.degradation and [one.degradation, degradations.VERSION, _seed_of(clip, options)],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _seed_of(clip: Clip, options: SampleOptions) -> int:
    """Another one for each clip, the same on every machine."""
    return options.seed << 32 | zlib.crc32(f"{clip.corpus}/{clip.source}/{clip.key}".encode())
