"""The pages of long runs: what the result says stands in plots and tables, kept or live."""

import json
from pathlib import Path

import plotly.graph_objects as go
import pytest

from tests.runs.pages import KEPT, LADDER, kept_transfer, made_prefilter
from tests.scores.report.pages import figure, plots, read
from tinyvmaf.documents import to_document, write_json
from tinyvmaf.runs.prefilter_page import prefilter_page
from tinyvmaf.runs.reports import report_files
from tinyvmaf.runs.transfer_page import transfer_page, ways_of


def test_a_transfer_shows_every_way_on_both_tables(tmp_path: Path) -> None:
    report = kept_transfer()
    html = transfer_page(report)
    assert plots(html) == ["errors-0", "errors-1"]
    for place, judged in enumerate(report.judged):
        frames, clips, worst = figure(html, f"errors-{place}")["data"]
        ways = [*ways_of(judged).items()][::-1]
        assert frames["y"] == [name for name, _ in ways]
        assert frames["x"] == pytest.approx([found.rmse for _, found in ways], rel=1e-5)
        assert clips["x"] == pytest.approx([found.clip_level.rmse for _, found in ways], rel=1e-5)
        assert worst["x"] == pytest.approx([found.worst_rmse for _, found in ways], rel=1e-5)
        ends = frames["x"][0] + frames["error_x"]["array"][0], frames["x"][0] - frames["error_x"]["arrayminus"][0]
        assert ends[::-1] == pytest.approx(ways[0][1].rmse_interval, abs=1e-5)
    summary = next(row for row in read(html).rows if row[0] == "AVT" and len(row) == 4)
    assert [round(float(cell.split()[0]), 3) for cell in summary[1:]] == [2.178, 0.745, 0.727]  # as the README says
    out = tmp_path / "kept.html"
    assert report_files([KEPT / "transfer_references_avt.json"], out).kind == "transfer"
    assert out.read_text(encoding="utf-8") == html


def test_a_prefilter_shows_what_it_saves_by_every_metric(tmp_path: Path) -> None:
    report = made_prefilter()
    html = prefilter_page(report)
    assert plots(html) == ["bd-rate-0", "bd-rate-1", "gain"]
    ours, unsharp = figure(html, "bd-rate-0")["data"]
    assert ours["y"] == [f"{metric}, made_filter" for metric in ("vmaf_neg", "vmaf_v1", "ssim")]
    assert ours["x"] == pytest.approx([-10] * 3, abs=0.01)
    assert unsharp["x"] == pytest.approx([10] * 3, abs=0.01)
    page = read(html)
    assert any(text.startswith(f"none, {LADDER}: pays: -10.0 % by vmaf_neg") for text in page.texts)
    behind = next(row for row in page.rows if row[:2] == ["ssim", "made_filter"])
    assert behind[2:5] == ["-10.00", "–", "4"]  # four videos give no interval
    assert behind[5].startswith("video0: ")
    by_video = next(row for row in page.rows if row[0] == "video0" and len(row) == 7)
    assert by_video[1:] == ["-10.00", "-10.00", "–", "+10.00", "+10.00", "–"]
    assert figure(html, "gain")["data"][1]["x"] == [-1, -1]
    assert len([row for row in page.rows if row[0] == "video3" and len(row) == 10]) == 2 * 3 * 4
    kept, out = tmp_path / "kept.json", tmp_path / "kept.html"
    write_json(kept, to_document("eval-prefilter", report))
    assert report_files([kept], out).kind == "eval-prefilter"
    assert out.read_text(encoding="utf-8") == html


@pytest.mark.parametrize("page", [lambda: transfer_page(kept_transfer()), lambda: prefilter_page(made_prefilter())])
def test_plots_are_what_plotly_takes(page) -> None:
    html = page()
    for identity in plots(html):
        text = json.dumps(figure(html, identity))
        for name in {word for word in text.split('"') if word.startswith("--")}:
            text = text.replace(f'"{name}"', '"red"')
        drawn = json.loads(text)
        go.Figure(data=drawn["data"], layout=drawn["layout"])  # it refuses what it does not know
    assert html.count('class="behind"') >= len(plots(html))


def test_names_of_filters_and_tables_stay_text() -> None:
    html = prefilter_page(made_prefilter("<i>filter</i>", sources=1))
    assert "<i>" not in html.replace("\\u003ci", "")
    assert "not decided" in "".join(read(html).texts)
