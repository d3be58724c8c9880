"""Two videos -> per-frame features and teacher scores by our own kernel: decoding and kernel overlapped.

Neither ffmpeg nor libvmaf is started. Numba is imported when the first pair is measured.
"""

from dataclasses import dataclass
from threading import Event

import numpy as np

from tinyvmaf.features import FEATURE_SETS, FeatureSet
from tinyvmaf.pixels.alignment import alignment_warnings
from tinyvmaf.pixels.glimpses import Glimpses
from tinyvmaf.pixels.sampling import SAMPLINGS, sampling_for
from tinyvmaf.pixels.svr import KERNEL_TEACHERS, svr_of
from tinyvmaf.progress import Progress, silent
from tinyvmaf.video.ffmpeg import available_cores
from tinyvmaf.video.measurement import Measurement
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.pixel_format import bit_depth
from tinyvmaf.video.teachers import TEACHERS, model_versions

_SMALLEST_SURE = 33
"""Pixels on either side; libvmaf's wavelet of the fourth level takes sample -1 of smaller frames."""


@dataclass(frozen=True, slots=True)
class KernelOptions:
    """What the kernel yields, and how much of each frame it looks at."""

    teachers: tuple[str, ...] = ("vmaf",)
    """Names of teachers, each a column of scores; their features are the columns of features."""
    sampling: str = "fast"
    """``fast``: a rotating sample of rows; ``full``: every row."""
    threads: int = 0
    """Threads of the kernel, and of each decoder; 0: one per core. Large pictures bound them too."""

    def __post_init__(self) -> None:
        for name in self.teachers:
            if name not in KERNEL_TEACHERS:
                raise ValueError(f"{name} is computed by libvmaf only: use --exact, or --extractor libvmaf")
        if self.sampling not in SAMPLINGS:
            raise ValueError(f"unknown sampling {self.sampling!r}; known are: {', '.join(SAMPLINGS)}")
        if self.threads < 0:
            raise ValueError(f"{self.threads} threads cannot work; 0 means one per core")

    @property
    def feature_sets(self) -> tuple[FeatureSet, ...]:
        """Of the teachers, none twice."""
        return tuple(FEATURE_SETS[name] for name in dict.fromkeys(TEACHERS[name].feature_set for name in self.teachers))


def measure_pair(
    plan: PairPlan, options: KernelOptions, *, progress: Progress = silent, cancel: Event | None = None
) -> Measurement:
    """The features and teacher scores of a planned pair, frame by frame; the same record as libvmaf's.

    Raises:
        VideoError: a file is broken or ends early, with the numbers; or the frames are too small for a teacher.
        CancelledError: ``cancel`` was set.
    """
    from tinyvmaf.pixels.kernel_rows import kernel_rows  # noqa: PLC0415  half a second of Numba that libvmaf spares

    size = {"width": plan.measured.width, "height": plan.measured.height}
    model_versions(options.teachers, **size, fps=plan.reference.fps)  # refuses frames that are too small
    glimpses = Glimpses(frame_count=plan.frame_count, **size, bit_depth=bit_depth(plan.measured.pix_fmt))
    rows = kernel_rows(
        plan,
        options.feature_sets,
        sampling_for(options.sampling, height=plan.measured.height),
        threads=options.threads or available_cores(),
        on_pair=glimpses.see,
        progress=progress,
        cancel=cancel,
    )
    columns = {
        name: rows[each.name][:, place] for each in options.feature_sets for place, name in enumerate(each.names)
    }
    scores = [svr_of(name).predict(rows[TEACHERS[name].feature_set]) for name in options.teachers]
    return Measurement(
        feature_names=tuple(columns),
        features=np.stack(list(columns.values()), axis=1).astype(np.float32),  # (T, F)
        teacher_names=options.teachers,
        teacher_scores=np.stack(scores, axis=1),  # (T, M)
        frame_count=plan.frame_count,
        warnings=(*plan.warnings, *_size_warnings(plan), *alignment_warnings(plan, glimpses)),
        encode=None,
        ffmpeg_version=None,
        libvmaf_version=None,
    )


def _size_warnings(plan: PairPlan) -> tuple[str, ...]:
    """On tiny frames libvmaf reads a sample before its planes, and its own number hangs on what lies there."""
    size = plan.measured.width, plan.measured.height
    if min(size) >= _SMALLEST_SURE:
        return ()
    return (
        f"frames of {size[0]}x{size[1]} are so small that libvmaf's own number is not defined: it may be points off",
    )
