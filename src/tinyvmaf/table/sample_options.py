"""What is to be sampled of a corpus: kinds of pixel samples, degradations of pairs, and what stands by default."""

from dataclasses import dataclass
from typing import TypeVar

from tinyvmaf.pixels import degradations
from tinyvmaf.pixels.patches import FRAME_SIDE
from tinyvmaf.table.sample_clips import SampleShape
from tinyvmaf.table.sample_set import SampleKind, SampleTarget
from tinyvmaf.video.pairing import PairingRule

CODEC = "codec"
"""The degradation that is an encode: by the ladder, or the corpus's own."""
DEGRADATIONS = (*degradations.DEGRADATIONS, CODEC)
"""Every degradation that pairs can be made by."""
SMALLEST_PATCH, LARGEST_PATCH = 32, 512

_FRAMES_PER_CLIP: dict[SampleKind, int] = {"frame": 1, "patches": 4, "pairs": 4}
_PATCHES_PER_FRAME: dict[SampleKind, int] = {"frame": 1, "patches": 8, "pairs": 4}
_PATCH_SIZE: dict[SampleKind, int] = {"frame": FRAME_SIDE, "patches": 64, "pairs": 128}
_Choice = TypeVar("_Choice")


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """What is sampled of every clip, and with how much of the machine; None: as the kind suggests."""

    kind: SampleKind
    """What a sample is."""
    target: SampleTarget = "vmaf"
    """What a sample is told by: the VMAF of its frame, or people's opinion of its clip; pairs are told by nothing."""
    degradations: tuple[str, ...] = ()
    """By which pairs are made."""
    frames_per_clip: int | None = None
    """Time points; 1 is the middle frame."""
    patches_per_frame: int | None = None
    """Parts of one time point."""
    patch_size: int | None = None
    """Rows and columns of a part."""
    whole_frames: bool = False
    """Pairs of whole pictures made small, not of parts."""
    seed: int = 0
    """Of what chance decides in a degradation."""
    pairing: PairingRule = "time"
    """How the frames of two files are paired."""
    jobs: int | None = None
    """Most clips at once; None: one per core. Free memory bounds them too."""
    skip_broken: bool = False
    """Make the set without the clips that fail, and without what the corpus lists as problems."""
    max_clips: int | None = None
    """Only the first so many clips; None: all."""
    rehash: bool = False
    """Read every video again instead of trusting remembered hashes."""

    def __post_init__(self) -> None:
        unknown = [name for name in self.degradations if name not in DEGRADATIONS]
        if unknown:
            raise ValueError(f"unknown degradation {unknown[0]!r}; known are: {', '.join(DEGRADATIONS)}")
        if (self.kind == "pairs") != bool(self.degradations):
            raise ValueError(f"pairs, and only these, are made by --degradation: {', '.join(DEGRADATIONS)}")
        if self.whole_frames and self.kind != "pairs":
            raise ValueError("--whole-frames is for pairs; whole pictures of one video are the kind frame")
        if (self.kind == "frame" or self.whole_frames) and (self.patches_per_frame or self.patch_size):
            raise ValueError(f"a whole picture is sampled as {FRAME_SIDE}x{FRAME_SIDE}: there are no patches")
        if any(count is not None and count < 1 for count in (self.frames_per_clip, self.patches_per_frame, self.jobs)):
            raise ValueError("counts of frames, patches and jobs are 1 or more")
        if self.patch_size is not None and not SMALLEST_PATCH <= self.patch_size <= LARGEST_PATCH:
            raise ValueError(f"a patch of {self.patch_size} pixels is not within {SMALLEST_PATCH}-{LARGEST_PATCH}")

    @property
    def shape(self) -> SampleShape:
        """What is taken of each clip."""
        whole = self.kind == "frame" or self.whole_frames
        return SampleShape(
            kind=self.kind,
            frames_per_clip=_chosen(self.frames_per_clip, 1 if whole else _FRAMES_PER_CLIP[self.kind]),
            patches_per_frame=1 if whole else _chosen(self.patches_per_frame, _PATCHES_PER_FRAME[self.kind]),
            patch_size=FRAME_SIDE if whole else _chosen(self.patch_size, _PATCH_SIZE[self.kind]),
            whole_frames=self.whole_frames,
        )


def _chosen(asked: _Choice | None, default: _Choice) -> _Choice:
    return default if asked is None else asked
