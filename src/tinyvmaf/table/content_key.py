"""The content key: one hash over all that a clip's measurement depends on, and over nothing else.

The inputs' bytes count, not their names; opinions and facts told by a name do not, since they are joined to the rows
when a table is put together.
"""

import hashlib
import json
from dataclasses import asdict, dataclass

import av

from tinyvmaf.corpora.clip import Clip
from tinyvmaf.features import CANONICAL_6, FeatureSet
from tinyvmaf.pixels.sampling import sampling_for
from tinyvmaf.table.file_hashes import FileHashes
from tinyvmaf.table.schema import KERNEL_EXTRACTORS, LIBVMAF_EXTRACTOR, SCHEMA_VERSION
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.pairing import PairingRule
from tinyvmaf.video.probe import VideoFile
from tinyvmaf.video.teachers import TEACHERS, teacher

_EXTRACTOR_VERSION = 1
"""Grows when the way of measuring, by libvmaf or by the kernel, changes what is measured."""
_HEIGHTS = (810, 1440, 2160)
"""One of each class of sizes that a sampling tells apart."""
_SCALING = "distorted to the reference's size, bicubic"


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """What is measured on every clip of one table, and by which tools."""

    feature_set: FeatureSet
    """The features that were asked for; the canonical ones are measured besides."""
    teachers: tuple[str, ...]
    """The teacher columns, ``vmaf`` among them."""
    pairing: PairingRule
    """How the frames of two files are paired; an encode made here is always paired by index."""
    ffmpeg_version: str | None
    """As ffmpeg calls itself; None: it takes no part."""
    libvmaf_version: str | None
    """As libvmaf calls itself; None: the kernel measures."""
    sampling: str | None = None
    """Which rows the kernel looks at; None: libvmaf measures."""

    @property
    def extractor(self) -> str:
        """Who makes the features."""
        return LIBVMAF_EXTRACTOR if self.sampling is None else KERNEL_EXTRACTORS[self.sampling]


def content_key(clip: Clip, rule: MeasureRule, hashes: FileHashes) -> str:
    """SHA-256, in hex, of the clip's measurement by that rule.

    Raises:
        VideoError: an input cannot be read.
        ValueError: the clip has no reference.
    """
    if clip.reference is None:
        raise ValueError(f"{clip.key}: a clip without a reference has no measurement")
    made_here = isinstance(clip.distorted, Rung)
    parts = {
        "schema": SCHEMA_VERSION,
        "extractor": [rule.extractor, _EXTRACTOR_VERSION, *_kernel_parts(rule)],
        "features": [
            [feature.name, feature.metrics] for feature in (*CANONICAL_6.features, *rule.feature_set.features)
        ],
        "teachers": [asdict(teacher(name)) for name in rule.teachers],
        "tools": [rule.ffmpeg_version if made_here or rule.sampling is None else None, rule.libvmaf_version],
        "scaling": _SCALING,
        "pairing": "index" if made_here else rule.pairing,
        "reference": file_parts(clip.reference, hashes),
        "distorted": _rung_parts(clip.distorted)
        if isinstance(clip.distorted, Rung)
        else file_parts(clip.distorted, hashes),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def all_teachers(asked: tuple[str, ...], feature_set: FeatureSet) -> tuple[str, ...]:
    """The teachers that a pass scores, in the table's order: ``vmaf``, those asked for, and that of the features.

    Raises:
        ValueError: one is unknown; the message names those there are.
    """
    wanted = {"vmaf", feature_set.teacher, *(teacher(name).name for name in asked)}
    return tuple(name for name in TEACHERS if name in wanted)


def feature_names(feature_set: FeatureSet) -> tuple[str, ...]:
    """The features that a pass measures: the canonical ones, and those of the set."""
    return tuple(dict.fromkeys((*CANONICAL_6.names, *feature_set.names)))


def _kernel_parts(rule: MeasureRule) -> list[str]:
    """Which rows it takes, and whose decoders and filters hand them to it; nothing of libvmaf."""
    if rule.sampling is None:
        return []
    return [*(str(sampling_for(rule.sampling, height=height)) for height in _HEIGHTS), f"PyAV {av.__version__}"]


def file_parts(file: VideoFile, hashes: FileHashes) -> list[str | list[str]]:
    """The file's bytes, by their hash, and the layout where it is headerless.

    Raises:
        VideoError: it cannot be read.
    """
    raw = file.raw
    layout = [] if raw is None else [str(raw.width), str(raw.height), raw.pix_fmt, str(raw.fps)]
    return [hashes.sha256(file.path), layout]


def _rung_parts(rung: Rung) -> list[str]:
    """The text form, and what it stands for: a changed table of codecs makes other encodes of the same text."""
    return [str(rung), *rung.encoder_arguments, rung.degradation_filter or ""]
