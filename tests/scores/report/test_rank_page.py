"""The page of ranked encodes."""

from pathlib import Path

from tests.scores.report.conftest import made_score, made_sights
from tests.scores.report.pages import figure, plots, read

from tinyvmaf.scores.rank import FailedEncode, RankedEncode, Ranking
from tinyvmaf.scores.report.rank_page import rank_page


def ranked(name: str, level: float, kbps: float) -> RankedEncode:
    score = made_score(name, level=level)
    return RankedEncode(score.distorted, "h264", 320, 180, 10_000, kbps, 1.0, score)


def test_order_costs_and_failures_are_those_of_the_ranking() -> None:
    encodes = (ranked("low.mp4", 40, 100), ranked("high.mp4", 80, 900))
    failed = (FailedEncode(Path("broken.mp4"), "it is <empty>"),)
    ranking = Ranking(Path("reference.mp4"), "mean", encodes, failed, 2.0)
    html = rank_page(ranking, [made_sights(encode.score) for encode in encodes])
    page = read(html)
    assert [row[0] for row in page.rows if row[0].endswith(".mp4") and len(row) == 10] == ["low.mp4", "high.mp4"]
    assert any("broken.mp4 could not be scored: it is <empty>" in text for text in page.texts)
    assert figure(html, "rate")["data"][0]["x"] == [100, 900]
    assert plots(rank_page(ranking))[0] == "over-time"
