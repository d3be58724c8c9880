"""Ranked encodes of one reference -> their page: that of their scores, worst first, with what each costs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tinyvmaf.scores.rank import Ranking
from tinyvmaf.scores.report.encodes import encodes_of
from tinyvmaf.scores.report.score_page import encodes_page
from tinyvmaf.scores.sights import Sights


def rank_page(ranking: Ranking, sights: Sequence[Sights] = ()) -> str:
    """The page of a ranking, as the text of an HTML file.

    Args:
        ranking: With the frames of its scores, or nothing is drawn over time.
        sights: One per encode, in its order; none: without pictures and scene cuts.
    """
    seen = sights or [Sights()] * len(ranking.encodes)
    costs = [
        replace(each, codec=encode.codec, bitrate_kbps=encode.bitrate_kbps)
        for each, encode in zip(seen, ranking.encodes, strict=True)
    ]
    encodes = encodes_of([encode.score for encode in ranking.encodes], costs)
    failed = [f"{each.distorted} could not be scored: {each.error}" for each in ranking.failed]
    title = f"{len(encodes)} encodes of {Path(ranking.reference).name}, worst first by {ranking.pool}"
    return encodes_page(encodes, title=title, warnings=failed)
