"""The record that flows: one clip of a corpus, and a corpus's listing of them.

A clip is one distorted version of one source. Nothing here has been opened: files are named, not read.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tinyvmaf.errors import CorpusError
from tinyvmaf.video.encode import EncodeFacts, Rung
from tinyvmaf.video.probe import VideoFile

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Opinion:
    """What people said of one video, on the corpus's own scale (``Listing.mos_scale``)."""

    mos: float
    """Mean opinion score."""
    ci: float | None = None
    """Half width of its 95 % interval, on the same scale."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One distorted version of one source."""

    key: str
    """Unique in its corpus; fit for a file name."""
    corpus: str
    """``netflix``, ``konvid-1k``, ``bvi-dvc``, or the name of the folder or manifest."""
    source: str
    """The content. Splits never cut a (corpus, source) in two."""
    reference: VideoFile | None
    """What the distorted version is measured against; None: not known, so no full-reference measure."""
    distorted: VideoFile | Rung
    """A file, or the setting by which it is to be encoded from the reference."""
    opinion: Opinion | None = None
    """What people said of this distorted version."""
    reference_opinion: Opinion | None = None
    """What people said of the reference as it is, which is not what they would say of an encode of it."""
    facts: EncodeFacts | None = None
    """What the corpus tells of the encode, where it tells something."""

    def __post_init__(self) -> None:
        if not (self.key and self.corpus and self.source):
            raise ValueError(f"a clip needs a key, a corpus and a source, not {self.key, self.corpus, self.source}")
        if self.reference is None and not isinstance(self.distorted, VideoFile):
            raise ValueError(f"{self.key}: a rung needs a reference to be encoded from")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in a corpus that is missing or not understood."""

    path: str
    """The file, relative to the corpus where it lies inside."""
    why: str
    """What is wrong with it, and the values."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The clips of one corpus in a fixed order, and what is wrong with it."""

    corpus: str
    """The corpus's name, as in every clip of it."""
    clips: tuple[Clip, ...]
    """Sorted by key; keys are unique."""
    problems: tuple[Problem, ...] = ()
    """What was left out, and why; sorted by path."""
    remarks: tuple[Problem, ...] = ()
    """What is worth saying though no clip was left out for it, such as opinions that match nothing."""
    mos_scale: tuple[float, float] | None = None
    """Worst and best value of the opinions' scale; None where there are no opinions."""

    def __post_init__(self) -> None:
        if len({clip.key for clip in self.clips}) != len(self.clips):
            raise ValueError(f"{self.corpus}: two clips share a key")

    @property
    def sources(self) -> tuple[str, ...]:
        """The contents, sorted."""
        return tuple(sorted({clip.source for clip in self.clips}))

    def require_whole(self) -> None:
        """Refuses a corpus with problems.

        Raises:
            CorpusError: there is one; the message lists them.
        """
        if self.problems:
            lines = [f"  {problem.path}: {problem.why}" for problem in self.problems[:_SHOWN]]
            rest = len(self.problems) - _SHOWN
            lines += [f"  and {rest} more: see tinyvmaf clips"] if rest > 0 else []
            raise CorpusError(
                f"{self.corpus}: {len(self.problems)} problems (leave these out with --skip-broken):\n"
                + "\n".join(lines)
            )

    def require_references(self) -> None:
        """Refuses a listing in which some clip has nothing to be measured against.

        Raises:
            CorpusError: there is one; the message says that a ladder makes pairs.
        """
        lone = [clip.key for clip in self.clips if clip.reference is None]
        if lone:
            raise CorpusError(
                f"{self.corpus}: {len(lone)} of {len(self.clips)} videos (the first is {lone[0]}) have no reference: "
                "say how they are to be encoded, such as --ladder x264:35"
            )


def make_listing(
    corpus: str,
    clips: Iterable[Clip],
    problems: Iterable[Problem],
    *,
    mos_scale: tuple[float, float] | None = None,
    remarks: Iterable[Problem] = (),
) -> Listing:
    """The listing in its fixed order; a clip whose key an earlier one has becomes a problem."""
    kept: dict[str, Clip] = {}
    found = list(problems)
    for clip in clips:
        if clip.key in kept:
            found.append(Problem(clip.key, "a second clip would have this key: rename one of the files"))
        else:
            kept[clip.key] = clip
    return Listing(
        corpus=corpus,
        clips=tuple(kept[key] for key in sorted(kept)),
        problems=tuple(sorted(found, key=lambda problem: (problem.path, problem.why))),
        mos_scale=mos_scale,
        remarks=tuple(remarks),
    )
