"""Samples of a video -> the largest CRF that reaches a score on them, by encoding and scoring them a few times."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from tinyvmaf.errors import TargetError
from tinyvmaf.progress import Progress
from tinyvmaf.runs.crf_records import CrfProbe, FindCrfOptions
from tinyvmaf.runs.crf_search import Point, best_of, next_quality, quality_for_bitrate
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.score import score_pair
from tinyvmaf.video.encode import Rung
from tinyvmaf.video.encoding import make_encode
from tinyvmaf.video.probe import Video

TOLERANCE = 0.2
"""Points above the target that a score may lie for the search to end."""


@dataclass(frozen=True, slots=True)
class Try:
    """One setting on the samples."""

    rung: Rung
    """The setting."""
    probe: CrfProbe
    """What came of it."""
    score: Score
    """By frame."""


class Trial:
    """Encodes the samples by a setting, scores them, and remembers."""

    def __init__(
        self, samples: Video, options: FindCrfOptions, folder: Path, *, progress: Progress, cancel: Event | None
    ) -> None:
        self.options = options
        self.tries: list[Try] = []
        self._samples = samples
        self._folder = folder
        self._progress = progress
        self._cancel = cancel

    def search(self) -> Try:
        """The largest setting that reaches the target, as it was tried.

        Raises:
            TargetError: none does, or none within the bitrate; the message has the best that was reached.
        """
        while (quality := self._next()) is not None:
            self.at(quality)
        best = best_of(self._points, self.options.target)
        if best is None:
            raise TargetError(self._unreached())
        answer = self.at(best.quality)
        limit = self.options.bitrate_max_kbps
        if limit is not None and answer.probe.bitrate_kbps > limit:
            raise TargetError(self._too_costly(answer, limit))
        return answer

    def at(self, quality: float) -> Try:
        """The try at that setting, made now unless it was made before."""
        known = next((each for each in self.tries if each.probe.quality == quality), None)
        return known or self._make(replace(self.options.encoder, quality=quality))

    @property
    def _points(self) -> list[Point]:
        return [Point(each.probe.quality, each.probe.score) for each in self.tries]

    @property
    def _costs(self) -> list[tuple[float, float]]:
        return [(each.probe.quality, each.probe.bitrate_kbps) for each in self.tries]

    @property
    def _remaining(self) -> int:
        return max(self.options.max_probes - len(self.tries), 0)

    def _next(self) -> float | None:
        options = self.options
        return next_quality(self._points, options.target, options.grid, tolerance=TOLERANCE, remaining=self._remaining)

    def _make(self, rung: Rung) -> Try:
        started = time.perf_counter()
        path = self._folder / "probe.mkv"
        made = make_encode(self._samples, rung, path, progress=self._progress, cancel=self._cancel)
        encode_seconds = time.perf_counter() - started
        pair = self._samples.file, made.video.file
        score = score_pair(*pair, self.options.scoring, progress=self._scoring_of(rung), cancel=self._cancel)
        path.unlink()
        pooled = getattr(score.pooled, self.options.pool)
        bitrate = made.facts.bitrate_kbps or 0.0
        probe = CrfProbe(rung.quality, pooled, bitrate, encode_seconds, score.elapsed_seconds)
        self.tries.append(Try(rung, probe, score))
        return self.tries[-1]

    def _scoring_of(self, rung: Rung) -> Progress:
        """The scoring's progress under a name that tells the setting."""

        def tell(done: float, total: float | None, label: str) -> None:
            self._progress(done, total, f"score of {rung}")

        return tell

    def _unreached(self) -> str:
        options = self.options
        best = max((each.probe for each in self.tries), key=lambda probe: probe.score)
        return (
            f"{options.encoder.encoder} does not reach {options.target:g} ({options.pool}) after {len(self.tries)} "
            f"probes: the best is {best.score:.2f} at {options.setting} {best.quality:g} and {best.bitrate_kbps:.0f} "
            f"kbit/s; ask for less, or for another encoder or preset"
        )

    def _too_costly(self, answer: Try, limit: float) -> str:
        options, probe = self.options, answer.probe
        words = (
            f"{options.target:g} ({options.pool}) needs {options.setting} {probe.quality:g} and "
            f"{probe.bitrate_kbps:.0f} kbit/s, above --bitrate-max {limit:g}"
        )
        cheaper = self._best_within(limit)
        if cheaper is None:
            within = quality_for_bitrate(self._costs, limit, options.grid)
            return f"{words}; about {options.setting} {within:g} should stay within it, which was not tried"
        return (
            f"{words}; the best that was tried within it is {cheaper.score:.2f} at {options.setting} "
            f"{cheaper.quality:g} and {cheaper.bitrate_kbps:.0f} kbit/s"
        )

    def _best_within(self, limit: float) -> CrfProbe | None:
        """The best probe that the bitrate allows; what is left of the probes goes into finding one close to it."""
        for _ in range(self._remaining):
            if self.at(quality_for_bitrate(self._costs, limit, self.options.grid)).probe.bitrate_kbps <= limit:
                break
        within = [each.probe for each in self.tries if each.probe.bitrate_kbps <= limit]
        return max(within, key=lambda probe: probe.score, default=None)
