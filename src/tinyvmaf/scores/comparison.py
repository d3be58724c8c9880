"""What a comparison of models says: their figures, the differences from the first one, a verdict and its reason."""

from dataclasses import dataclass
from typing import Literal

from tinyvmaf.scores.figures import GroupFigures
from tinyvmaf.scores.paired import FEWEST_SEPARABLE, LARGEST_P_VALUE, Difference, Differences
from tinyvmaf.table.schema import TableFacts

Verdict = Literal["better", "worse", "not separable"]
Criterion = Literal["RMSE of frames", "mean of PLCC and SROCC of clips"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedModel:
    """One model on the rows that all are judged on."""

    name: str
    """As it was asked for: an id of the shelf or a path."""
    model: str
    """Its id."""
    model_sha256: str
    """Of its ``model.onnx``."""
    predicts: str
    """What it was made to predict."""
    protocol: str
    """How the rows relate to its training: ``training-fit``, ``unseen table``, or how they were held out."""
    frames: GroupFigures | None
    """Over frames; None for opinions, which are of whole clips."""
    clips: GroupFigures
    """Over clips: the means over their frames."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A model beside the first one."""

    first: str
    """Name of the first model."""
    other: str
    """Name of the other."""
    verdict: Verdict
    """What the other is, by the criterion."""
    reason: str
    """Why, in words."""
    frames: Differences | None
    """The other less the first, over frames; None for opinions."""
    clips: Differences
    """The other less the first, over clips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonReport:
    """Models on the same rows, each beside the first."""

    target: str
    """What they are judged by."""
    criterion: Criterion
    """What decides."""
    sources: int
    """Of the rows; they are what chance draws and swaps."""
    models: tuple[ComparedModel, ...]
    """In the order in which they were named."""
    comparisons: tuple[Comparison, ...]
    """Of all models but the first."""
    tables: tuple[TableFacts, ...]
    """The tables that the rows are of, by corpus."""
    command: str | None = None
    """What a reader types to make the report again; None: not told."""

    @property
    def last_is_better(self) -> bool:
        """What a gate asks for."""
        return self.comparisons[-1].verdict == "better"


def verdict_of(difference: Difference, *, less_is_better: bool) -> Verdict:
    """What a difference says of the second model."""
    if difference.value is None or not difference.separable:
        return "not separable"
    return "better" if (difference.value < 0) == less_is_better else "worse"


def reason_of(difference: Difference, *, sources: int) -> str:
    """Why a difference is separable or is not, in words."""
    if sources < FEWEST_SEPARABLE:
        return f"{sources} sources are too few to rule out chance; {FEWEST_SEPARABLE} are needed at least"
    if difference.value is None or difference.interval is None or difference.p_value is None:
        return "a correlation of constant values is no number"
    low, high = difference.interval
    found = f"differs by {difference.value:.3g}, 95 % interval {low:.3g} to {high:.3g}"
    chance = f"{difference.p_value:.1%} of swaps of sources differ as much"
    return f"{found}, {chance}" + ("" if difference.separable else f"; that may be chance{_limit(difference)}")


def _limit(difference: Difference) -> str:
    too_many = difference.p_value is not None and difference.p_value > LARGEST_P_VALUE
    return f" ({LARGEST_P_VALUE:.1%} at most may)" if too_many else ""
