"""What a search for a CRF is asked, and what it answers."""

from dataclasses import dataclass
from pathlib import Path

from tinyvmaf.runs.crf_search import Grid
from tinyvmaf.scores.pooling import POOLS
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.score import Mode, ScoreOptions
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.teachers import teacher

MAX_PROBES = 6
FRACTION_STEP = 0.1
"""Between two CRFs of encoders that take fractions."""


@dataclass(frozen=True, slots=True)
class FindCrfOptions:
    """What is looked for, and how."""

    encoder: Rung
    """The codec and its preset; its quality is what is looked for."""
    target: float
    """The score to reach, above 0 and below 100."""
    pool: str = "mean"
    """The pooling of frame scores that has to reach it."""
    mode: Mode = "fast"
    """What scores the probes: the kernel on a sample of rows or on all, or libvmaf."""
    teacher: str = "vmaf"
    """Which VMAF."""
    bitrate_max_kbps: float | None = None
    """What the video may cost; None: anything."""
    samples: int | None = None
    """Stretches of the video that are tried; 0: the whole; None: 3 to 10, one per half minute, or twice as many."""
    sample_seconds: float = 3.0
    """Length of each."""
    max_probes: int = MAX_PROBES
    """How many settings are tried at most."""
    threads: int = 0
    """Threads that measure; 0: one per core."""

    def __post_init__(self) -> None:
        if self.encoder.encoder is None:
            raise ValueError(f"{self.encoder.codec} is no encoder: take one of x264, x265, av1, vp9, vvc")
        if not 0 < self.target < 100:
            raise ValueError(f"a target of {self.target:g} does not lie between 0 and 100")
        if self.pool not in POOLS:
            raise ValueError(f"unknown pooling {self.pool!r}; known are: {', '.join(POOLS)}")
        if self.max_probes < 2:
            raise ValueError(f"{self.max_probes} probes cannot search: 2 or more can")
        if self.samples is not None and self.samples < 0:
            raise ValueError(f"{self.samples} samples hold nothing; 0 stands for the whole video")
        if not self.sample_seconds > 0:
            raise ValueError(f"samples of {self.sample_seconds:g} seconds hold nothing")
        if self.bitrate_max_kbps is not None and not self.bitrate_max_kbps > 0:
            raise ValueError(f"a bitrate of {self.bitrate_max_kbps:g} kbit/s holds nothing")
        teacher(self.teacher)
        _ = self.scoring

    @property
    def scoring(self) -> ScoreOptions:
        """How a probe is scored; the options refuse a teacher that the mode does not compute."""
        return ScoreOptions(mode=self.mode, teacher=self.teacher, threads=self.threads)

    @property
    def grid(self) -> Grid:
        """The settings of the encoder."""
        codec = self.encoder.parameters
        return Grid(*codec.quality_range, step=1.0 if codec.whole_quality else FRACTION_STEP)

    @property
    def setting(self) -> str:
        """What the encoder calls its quality: CRF, or QP of VVenC."""
        return self.encoder.parameters.quality_option.removeprefix("-").upper()


@dataclass(frozen=True, slots=True)
class CrfProbe:
    """One setting, tried on the samples."""

    quality: float
    """CRF, or QP of VVenC."""
    score: float
    """Pooled."""
    bitrate_kbps: float
    """Of the samples' encode."""
    encode_seconds: float
    """Wall time of that encode."""
    score_seconds: float
    """Wall time of its score."""


@dataclass(frozen=True, slots=True)
class CrfSample:
    """One stretch of the video that was tried."""

    start_seconds: float
    """Of its first frame, from the video's first."""
    frame_count: int
    """Its frames."""
    score: float
    """Mean over its frames at the answer."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the whole video would cost at the answer, by its samples."""

    bitrate_kbps: float
    """Of its video."""
    video_bytes: int
    """Of its video."""
    file_bytes: int
    """With the other streams of the reference as they are."""
    encode_seconds: float
    """Time to encode it on this machine."""


@dataclass(frozen=True, slots=True)
class WholeEncode:
    """The whole video at the answer."""

    path: Path
    """The file, with the other streams of the reference."""
    byte_count: int
    """Of the file."""
    bitrate_kbps: float
    """Of its video alone."""
    encode_seconds: float
    """Wall time."""
    score: Score
    """Of the whole, without its frames."""
    pooled: float
    """Its score by the pooling that was asked for."""
    reached: bool
    """Whether that reaches the target."""
    warnings: tuple[str, ...]
    """Streams that the container cannot hold."""


@dataclass(frozen=True, slots=True)
class CrfReport:
    """The setting that reaches a score, what it would cost, and how it was found."""

    reference: Path
    """As given."""
    encoder: str
    """ffmpeg's name of the encoder."""
    preset: str
    """The encoder's preset."""
    setting: str
    """What the encoder calls its quality: CRF or QP."""
    quality: float
    """The answer: the largest setting whose probe reaches the target."""
    target: float
    """The score that was asked for."""
    pool: str
    """The pooling that has to reach it."""
    teacher: str
    """Which VMAF."""
    extractor: str
    """What computed it."""
    score: float
    """Of the samples at the answer, by that pooling."""
    interval: tuple[float, float] | None
    """Where libvmaf's mean score of the samples lies with the probability ``interval_level``; None: not measured."""
    interval_level: float | None
    """Between 0 and 1."""
    predicted: Prediction
    """What the whole would cost."""
    command: tuple[str, ...]
    """What ffmpeg needs for it."""
    samples: tuple[CrfSample, ...]
    """What was tried; the whole video is one sample from its start."""
    frame_count: int
    """Frames of the whole video."""
    probes: tuple[CrfProbe, ...]
    """Every setting that was tried, in that order."""
    encoded: WholeEncode | None
    """The whole video; None: it was not asked for."""
    warnings: tuple[str, ...]
    """What a reader should know."""
    elapsed_seconds: float
    """Wall time of all."""
