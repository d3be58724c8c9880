"""The material on disk: each source, its encodes, and what libvmaf says of them, measured once and kept.

A work folder holds, per source, the files of its clips; a clip's ``.npz`` goes last, so its existence means the rest::

    WORK/<source>/
      source.json              name, group, role, content, and the rungs
      reference.mp4            what the source's frames became; the truth, even where it lost something
      x264-fast-32.mkv         a distorted version, by the rung's slug
      x264-fast-32.npz         libvmaf's numbers for it
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.accuracy_sources import Source
from tinyvmaf.features import CANONICAL_6, NEG_6
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.encoding import encode
from tinyvmaf.video.ffmpeg import run_ffmpeg
from tinyvmaf.video.libvmaf import measure_pair
from tinyvmaf.video.measurement import MeasureOptions
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import Video, probe
from tinyvmaf.video.write import LOSSLESS, write_video

TEACHERS = ("vmaf", "vmaf_neg", "vmaf_4k")
_OPTIONS = MeasureOptions(TEACHERS, CANONICAL_6, (NEG_6,), threads=1)
_FPS = Fraction(25)
_NEARLY_LOSSLESS = {"preset": "veryfast", "crf": "5"}
_TO_10_BITS = "format=yuv420p10le,scale=trunc(iw/3)*2:trunc(ih/3)*2:flags=bicubic"


@dataclass(frozen=True, slots=True)
class Clip:
    """One encode of a source, as files, and libvmaf's numbers for it."""

    source: str
    """The source's name."""
    group: str
    """As in Source."""
    role: str
    """As in Source."""
    content: str
    """As in Source."""
    rung: str
    """The slug of the encode setting."""
    reference: Path
    """The source's file."""
    distorted: Path
    """The encode's file."""
    height: int
    """Lines of the reference."""
    features: np.ndarray
    """(T, 6) libvmaf's canonical six."""
    neg_features: np.ndarray
    """(T, 6) its features of the NEG model."""
    scores: np.ndarray
    """(T, M) its scores, in the order of TEACHERS."""


def measure(source: Source, work: Path, *, tell: Callable[[str], None]) -> None:
    """Makes and measures whatever of the source is not there yet."""
    folder = work / source.name
    folder.mkdir(parents=True, exist_ok=True)
    reference = _reference(source, folder)
    for rung in source.rungs:
        if not (folder / f"{rung.slug}.npz").exists():
            _measure_clip(reference, rung, folder)
            tell(f"{source.name} {rung}")
    facts = {name: getattr(source, name) for name in ("name", "group", "role", "content")}
    slugs = [rung.slug for rung in source.rungs]
    (folder / "source.json").write_text(json.dumps(facts | {"rungs": slugs}, indent=2), encoding="utf-8")


def clips_in(work: Path, *, role: str) -> Iterator[Clip]:
    """The measured clips of a role, source by source."""
    for listed in sorted(work.glob("*/source.json")):
        facts = json.loads(listed.read_text(encoding="utf-8"))
        if facts["role"] == role:
            yield from (_clip(listed.parent, facts, rung) for rung in facts["rungs"])


def _reference(source: Source, folder: Path) -> Video:
    path = folder / "reference.mp4"
    if path.exists():
        return probe(path)
    if not source.high_depth:
        write_video(source.frames(), path, fps=_FPS, x264=LOSSLESS if source.lossless else _NEARLY_LOSSLESS)
        return probe(path)
    whole, partial = folder / "8-bit.mp4", folder / "partial.mp4"
    write_video(source.frames(), whole, fps=_FPS)
    kept = ("-c:v", "libx264", "-preset", "veryfast", "-qp", "1", "-threads", "4")
    run_ffmpeg(["-y", "-i", str(whole), "-vf", _TO_10_BITS, *kept, str(partial)])
    whole.unlink()
    return probe(partial.replace(path))


def _measure_clip(reference: Video, rung: Rung, folder: Path) -> None:
    distorted = encode(reference, rung, folder / f"{rung.slug}.mkv")
    measured = measure_pair(plan_pair(reference, distorted), _OPTIONS)
    columns = dict(zip(measured.feature_names, measured.features.T, strict=True))
    temporary = folder / "partial.npz"
    np.savez(
        temporary,
        features=np.stack([columns[name] for name in CANONICAL_6.names], axis=1),
        neg_features=np.stack([columns[name] for name in NEG_6.names], axis=1),
        scores=measured.teacher_scores,
        height=reference.height,
    )
    temporary.replace(folder / f"{rung.slug}.npz")


def _clip(folder: Path, facts: dict[str, str], rung: str) -> Clip:
    with np.load(folder / f"{rung}.npz") as numbers:
        return Clip(
            source=facts["name"],
            group=facts["group"],
            role=facts["role"],
            content=facts["content"],
            rung=rung,
            reference=folder / "reference.mp4",
            distorted=folder / f"{rung}.mkv",
            height=int(numbers["height"]),
            features=numbers["features"],
            neg_features=numbers["neg_features"],
            scores=numbers["scores"],
        )
