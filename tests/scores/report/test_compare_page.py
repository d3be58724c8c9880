"""The page of compared models: verdicts, differences with their intervals, the figures of all."""

from tests.scores.report.pages import figure, plots, read

from tinyvmaf.scores.comparison import ComparedModel, Comparison, ComparisonReport
from tinyvmaf.scores.figures import GroupFigures
from tinyvmaf.scores.paired import Difference, Differences
from tinyvmaf.scores.report.compare_page import compare_page
from tinyvmaf.table.schema import TableFacts

FOUND = Difference(-0.5, (-0.8, -0.2), 0.01)
CHANCE = Difference(0.001, (-0.01, 0.02), 0.6)
CONSTANT = Difference(None, None, None)


def made(other: str = "b") -> ComparisonReport:
    figures = GroupFigures(n=100, plcc=0.99, srocc=None, krocc=0.9, rmse=1.25)
    models = tuple(
        ComparedModel(
            name=name,
            model=name,
            model_sha256="a" * 64,
            predicts="vmaf",
            protocol="unseen table",
            frames=figures,
            clips=figures,
        )
        for name in ("a", other)
    )
    differences = Differences(n=100, rmse=FOUND, plcc=CHANCE, srocc=CONSTANT, correlation=CHANCE)
    return ComparisonReport(
        target="vmaf",
        criterion="RMSE of frames",
        sources=9,
        models=models,
        comparisons=(
            Comparison(
                first="a", other=other, verdict="better", reason="differs", frames=differences, clips=differences
            ),
        ),
        tables=(TableFacts("made", 9, 18, 100, "unknown", "f" * 64),),
    )


def test_differences_stand_with_their_intervals_and_chance_is_grey() -> None:
    html = compare_page(made())
    assert plots(html) == ["difference-rmse", "difference-plcc", "difference-srocc"]
    trace = figure(html, "difference-rmse")["data"][0]
    assert trace["x"] == [-0.5, -0.5]
    assert (trace["error_x"]["array"][0], trace["error_x"]["arrayminus"][0]) == (0.3, 0.3)
    assert set(trace["marker"]["color"]) == {"--series-1"}
    assert set(figure(html, "difference-plcc")["data"][0]["marker"]["color"]) == {"--soft"}
    assert ["b, frames", "-0.5", "-0.8 to -0.2", "1.0%", "yes"] in read(html).rows


def test_what_is_no_number_is_in_the_table_and_not_in_the_plot() -> None:
    html = compare_page(made())
    assert figure(html, "difference-srocc")["data"][0]["x"] == []
    assert ["b, clips", "constant", "–", "–", "no"] in read(html).rows


def test_verdict_comes_first_and_names_stay_text() -> None:
    html = compare_page(made(other="<i>b</i>"))
    texts = "".join(read(html).texts)
    assert "<i>b</i> is better than a: differs." in texts
    assert "<i>" not in html.replace("\\u003ci", "")
