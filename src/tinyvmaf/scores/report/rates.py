"""Encodes at several bitrates -> the BD-rate of each codec against the first, where there are encodes enough."""

from collections.abc import Sequence

from tinyvmaf.errors import CurveError
from tinyvmaf.scores.bd_rate import FEWEST_POINTS, BdRate, RatePoint, bjontegaard_delta
from tinyvmaf.scores.report.encodes import Encode
from tinyvmaf.scores.report.markup import Markup, element
from tinyvmaf.scores.report.plots import Table, table_markup


def bd_rate_table(encodes: Sequence[Encode]) -> list[str]:
    """What each further codec needs of bits at equal score; why not, in words, where that cannot be said."""
    curves: dict[str, list[RatePoint]] = {}
    for encode in encodes:
        rate, codec = encode.sights.bitrate_kbps, encode.sights.codec
        if rate and codec:
            curves.setdefault(codec, []).append(RatePoint(rate, encode.score.score, encode.name))
    names = list(curves)
    if len(names) < 2:
        return []
    anchor, rows, words = names[0], [], []
    for codec in names[1:]:
        try:
            found = bjontegaard_delta(curves[anchor], curves[codec], anchor_name=anchor, test_name=codec)
        except CurveError as error:
            words.append(f"No BD-rate of {codec}: {error}")
            continue
        rows.append(_row(codec, found))
        words += found.warnings
    return [*_table(anchor, rows), *words]


def _row(codec: str, found: BdRate) -> list[str]:
    low, high = found.score_range
    gain = "–" if found.bd_score is None else f"{found.bd_score:+.2f}"
    return [codec, f"{found.bd_rate_percent:+.1f} %", gain, f"{low:.1f} to {high:.1f}"]


def _table(anchor: str, rows: list[list[str]]) -> list[Markup]:
    if not rows:
        return []
    columns = ("codec", "BD-rate", "BD-score", "over the scores")
    words = f"Bits that a codec needs more than {anchor} at equal score, on average; {FEWEST_POINTS} encodes at least"
    return [element("h3", "BD-rate"), table_markup(Table(words, columns, rows))]
