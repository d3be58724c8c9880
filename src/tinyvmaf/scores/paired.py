"""Two models' scores of the same rows -> how much they differ, and whether that is more than chance; sources are whole.

Two answers, since each is blind to something:

- An interval of the difference by paired bootstrap over sources. Its plain quantiles are too narrow for a handful of
  sources, so they are taken farther out, as far as Student's t is wider than the normal (Hesterberg, 2015,
  doi:10.1080/00031305.2015.1089789, expanded percentiles).
- A test that holds at any number of sources: were the two models equal, their scores of a source might as well change
  places. The p-value is the share of such swaps that differ as much as what was found (Pitman, 1937); up to ten
  sources all swaps are looked at.

A difference is separable when the interval leaves out 0 and the p-value is at most 2.5 %: of pairs of equal models at
most one in forty is called separable, so that even a count of a few hundred such pairs hardly ever exceeds 5 %.
"""

from dataclasses import dataclass
from threading import Event

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from tinyvmaf.metrics import FEWEST_GROUPS, INTERVAL_LEVEL, Interval, Resampled, plcc, resampled, rmse, srocc

Scores = NDArray[np.float64]

DRAWS = 4000
"""Bootstrap samples; the expanded quantiles of few sources lie far out."""
FEWEST_SEPARABLE = 7
"""With six sources that all favour one model, one swap in 32 favours a model as much: chance is never ruled out."""
LARGEST_P_VALUE = 0.025
"""Of a difference that is separable."""

_SWAPS = 1000
_ALL_SWAPS_UP_TO = 10
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric of the second model less that of the first."""

    value: float | None
    """The difference; None: a model's scores or the truth are constant."""
    interval: Interval | None
    """95 % of the difference; None below five sources."""
    p_value: float | None
    """Share of swaps of whole sources that differ as much; None where the metric is."""

    @property
    def separable(self) -> bool:
        """The difference is more than chance."""
        if self.value is None or self.interval is None or self.p_value is None:
            return False
        outside = self.interval[0] > 0 or self.interval[1] < 0
        return outside and self.p_value <= LARGEST_P_VALUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """The second model less the first, on frames or on clips."""

    n: int
    """How many frames or clips."""
    rmse: Difference
    """Below 0: the second is nearer to the truth."""
    plcc: Difference
    """Above 0: the second correlates better."""
    srocc: Difference
    """Above 0: the second ranks better."""
    correlation: Difference
    """Of the mean of PLCC and SROCC."""


def paired_differences(
    first: Scores,
    second: Scores,
    true: Scores,
    groups: NDArray[np.int32],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    cancel: Event | None = None,
) -> Differences:
    """How two models differ on the same rows.

    Args:
        first: (N,) scores of the first model.
        second: (N,) of the other.
        true: (N,) what both are judged by.
        groups: (N,) which source a row is of, any values.
        draws: Bootstrap samples.
        seed: Of samples and swaps.
        cancel: Set from elsewhere to stop.

    Raises:
        CancelledError: ``cancel`` was set.
    """
    names, group = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(seed)
    found = _metrics(first, second, true)
    samples = _samples(len(names), draws, rng)
    drawn = _differences(*(resampled(scores, true, group, samples, cancel=cancel) for scores in (first, second)))
    swapped = _swapped(first, second, true, group, _swaps(len(names), rng), cancel=cancel)
    made = {
        name: Difference(value, _interval(drawn[name], len(names)), _p_value(value, swapped[name]))
        for name, value in found.items()
    }
    return Differences(n=len(true), **made)


def _metrics(first: Scores, second: Scores, true: Scores) -> dict[str, float | None]:
    """The differences of the rows as they are."""
    plccs, sroccs = ([metric(scores, true) for scores in (first, second)] for metric in (plcc, srocc))
    by_plcc, by_srocc = _less(plccs[1], plccs[0]), _less(sroccs[1], sroccs[0])
    both = None if by_plcc is None or by_srocc is None else (by_plcc + by_srocc) / 2
    by_rmse = rmse(second, true) - rmse(first, true)
    return {"rmse": by_rmse, "plcc": by_plcc, "srocc": by_srocc, "correlation": both}


def _less(second: float | None, first: float | None) -> float | None:
    return None if second is None or first is None else second - first


def _samples(sources: int, draws: int, rng: np.random.Generator) -> Scores:
    """(D, G) how often each source is drawn; none are drawn where an interval would be fiction."""
    if sources < FEWEST_GROUPS:
        return np.zeros((0, sources))
    return rng.multinomial(sources, np.full(sources, 1 / sources), size=draws).astype(np.float64)


def _swaps(sources: int, rng: np.random.Generator) -> Scores:
    """(D, G) 1 where a source's scores change places; the first row leaves all as they are.

    A swap and its complement differ equally, so one of each two is enough.
    """
    if sources <= _ALL_SWAPS_UP_TO:
        numbers = np.arange(2 ** (sources - 1))[:, np.newaxis]
        return (numbers >> np.arange(sources) & 1).astype(np.float64)
    swaps = rng.integers(0, 2, (_SWAPS, sources)).astype(np.float64)
    swaps[0] = 0
    return swaps


def _swapped(
    first: Scores, second: Scores, true: Scores, group: NDArray[np.int64], swaps: Scores, *, cancel: Event | None
) -> dict[str, Scores]:
    """Per metric the differences (D,) with sources swapped: each source is two groups, of which a draw holds one."""
    sources = swaps.shape[1]
    rows = np.concatenate([first, second]), np.concatenate([true, true])
    groups = np.concatenate([group, group + sources])
    kept = np.concatenate([1 - swaps, swaps], axis=1), np.concatenate([swaps, 1 - swaps], axis=1)  # (D, 2 G) each
    both = resampled(*rows, groups, np.concatenate(kept), cancel=cancel)
    halves = [
        Resampled(*(getattr(both, name)[part] for name in ("plcc", "srocc", "rmse")))
        for part in (slice(None, len(swaps)), slice(len(swaps), None))
    ]
    return _differences(*halves)


def _differences(first: Resampled, second: Resampled) -> dict[str, Scores]:
    by_plcc, by_srocc = second.plcc - first.plcc, second.srocc - first.srocc
    return {
        "rmse": second.rmse - first.rmse,
        "plcc": by_plcc,
        "srocc": by_srocc,
        "correlation": (by_plcc + by_srocc) / 2,
    }


def _interval(drawn: Scores, sources: int) -> Interval | None:
    known = drawn[~np.isnan(drawn)]
    if len(known) == 0:
        return None
    tail = stdtrit(sources - 1, (1 - INTERVAL_LEVEL) / 2) * np.sqrt(sources / (sources - 1))
    low, high = np.quantile(known, [ndtr(tail), ndtr(-tail)])
    return float(low), float(high)


def _p_value(value: float | None, swapped: Scores) -> float | None:
    if value is None:
        return None
    # The first swap is none at all, so what was found is one of them; a draw without the metric counts against it.
    return float(np.mean(~(np.abs(swapped) < abs(swapped[0]) - _ROUNDING)))
