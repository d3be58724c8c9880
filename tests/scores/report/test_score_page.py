"""The page of scores: whole, honest about what it shows, and safe whatever a file is called."""

import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from tests.scores.report.conftest import made_score, made_sights
from tests.scores.report.pages import figure, plots, read

from tinyvmaf.scores.report.encodes import MOST_POINTS, encode_names, thinned_frames
from tinyvmaf.scores.report.pictures import PICTURE_BYTES, fitted
from tinyvmaf.scores.report.score_page import score_page
from tinyvmaf.scores.result import FurtherMetric, Score
from tinyvmaf.scores.sights import Sights

MOST_BYTES = 8_000_000
OWN_SCRIPTS = 2
"""plotly.js and ours; all others hold data."""


def test_a_page_asks_for_nothing_and_stays_small(score: Score) -> None:
    html = score_page([score], [made_sights(score)])
    loaded = [attrs.get(name) or "" for _, attrs in read(html).tags for name in ("src", "href")]
    assert {value.split(",")[0] for value in loaded if value and not value.startswith("#")} <= {
        "data:",
        "data:image/webp;base64",
    }
    assert len(html.encode()) < MOST_BYTES
    policies = [attrs.get("content") or "" for _, attrs in read(html).tags if "http-equiv" in attrs]
    assert policies[0].startswith("default-src 'none'")


def test_plots_hold_every_frame_on_a_fixed_axis(score: Score) -> None:
    html = score_page([score], [made_sights(score)])
    assert plots(html) == ["over-time", "histogram", "features"]
    drawn = figure(html, "over-time")
    line = next(trace for trace in drawn["data"] if trace.get("name") == "encode.mp4")
    assert line["y"] == pytest.approx([frame.score for frame in score.frames], abs=1e-4)
    low, high = drawn["layout"]["yaxis"]["range"]
    assert (low <= 0, high >= 100) == (True, True)
    band = [trace["y"] for trace in drawn["data"] if trace.get("line", {}).get("width") == 0]
    assert band[0] == pytest.approx([frame.lower for frame in score.frames], abs=1e-4)
    assert [shape["x0"] for shape in drawn["layout"]["shapes"]] == [0.8, 2.4]


@pytest.mark.parametrize("identity", ["over-time", "histogram", "features", "rate"])
def test_plots_are_what_plotly_takes(identity: str) -> None:
    scores = [made_score("a.mp4"), made_score("b.mp4", level=60)]
    html = score_page(scores, [made_sights(scores[0]), made_sights(scores[1], kbps=500)])
    drawn = figure(html, identity)
    go.Figure(data=_coloured(drawn["data"]), layout=_coloured(drawn["layout"]))  # it refuses what it does not know


def _coloured(value):
    if isinstance(value, str):
        return "red" if value.startswith("--") else value
    if isinstance(value, list):
        return [_coloured(each) for each in value]
    if isinstance(value, dict):
        return {key: _coloured(each) for key, each in value.items()}
    return value


def test_the_histogram_counts_every_frame(score: Score) -> None:
    html = score_page([score])
    assert sum(figure(html, "histogram")["data"][0]["y"]) == pytest.approx(100, abs=0.01)
    rows = [row for row in read(html).rows if re.fullmatch(r"\d+–\d+", row[0])]
    assert sum(int(row[1]) for row in rows) == len(score.frames)


def test_a_table_stands_behind_every_plot(score: Score) -> None:
    html = score_page([score], [made_sights(score)])
    frames = [row for row in read(html).rows if row[:2] == ["encode.mp4", "7"] and len(row) == 7]
    assert frames[0][3:6] == [f"{value:.3f}" for value in _seventh(score)]
    assert html.count('class="behind"') == len(plots(html))


def _seventh(score: Score) -> tuple[float, ...]:
    frame = score.frames[7]
    return frame.score, frame.lower or 0, frame.upper or 0


def test_names_of_files_stay_text(hostile: Score) -> None:
    html = score_page([hostile], [made_sights(hostile)])
    page = read(html)
    data = [script for script in page.scripts if script.startswith("{")]
    assert len(page.scripts) - len(data) == OWN_SCRIPTS
    assert not [attrs for tag, attrs in page.tags if "onerror" in attrs or attrs.get("src") == "x"]
    assert any("<script>alert(1)</script>" in text for text in page.texts)
    assert "<b>" not in str(figure(html, "over-time"))


def test_a_result_without_frames_still_gives_a_page(score: Score) -> None:
    html = score_page([score.without_frames()])
    assert plots(html) == []
    assert "left out of the result" in html
    assert f"{score.pooled.p1:.3f}" in html


def test_a_single_frame_gives_a_page() -> None:
    html = score_page([made_score(frames=1)])
    assert figure(html, "over-time")["data"][2]["mode"] == "markers"


def test_an_exact_score_has_no_band(score: Score) -> None:
    frames = tuple(replace(frame, lower=None, upper=None) for frame in score.frames)
    html = score_page([replace(score, frames=frames, interval=None, interval_level=None, kind="exact")])
    assert [trace["mode"] for trace in figure(html, "over-time")["data"]] == ["lines"]
    assert "people" not in html.split("<script>")[0]


def test_worst_frames_show_both_pictures_and_their_difference(score: Score) -> None:
    sights = made_sights(score)
    page = read(score_page([score], [sights]))
    buttons = [attrs for tag, attrs in page.tags if tag == "button" and "data-title" in attrs]
    assert [attrs["id"] for attrs in buttons] == [f"frame-0-{shot.frame_index}" for shot in sights.worst]
    words = [attrs["alt"] or "" for tag, attrs in page.tags if tag == "img" and attrs.get("src")]
    assert len(words) == 3 * len(sights.worst)
    assert words[0].startswith("reference of frame 47 at 1.880 s")


def test_why_there_are_no_pictures_is_said(score: Score) -> None:
    html = score_page([score], [Sights(missing="reference.mp4 does not exist")])
    assert "No pictures of encode.mp4: reference.mp4 does not exist" in html


def test_several_encodes_are_overlaid_and_compared_by_bitrate() -> None:
    rates = [400.0, 800.0, 1600.0, 3200.0]
    scores, sights = [], []
    for codec, gain in (("h264", 0), ("hevc", 8)):
        for step, rate in enumerate(rates):
            scores.append(made_score(f"{codec}-{step}.mp4", level=40 + 10 * step + gain))
            sights.append(made_sights(scores[-1], count=1, codec=codec, kbps=rate))
    html = score_page(scores, sights)
    assert plots(html)[-1] == "rate"
    assert [trace["name"] for trace in figure(html, "rate")["data"]] == ["h264", "hevc"]
    saved = next(row for row in read(html).rows if row[0] == "hevc" and "%" in row[1])
    assert float(saved[1].removesuffix(" %")) < -20
    assert saved[2] == "+8.00"


def test_too_few_encodes_give_no_bd_rate_and_say_so() -> None:
    scores = [made_score("a.mp4"), made_score("b.mp4", level=60)]
    seen = [made_sights(scores[0]), made_sights(scores[1], codec="hevc", kbps=500)]
    assert "No BD-rate of hevc" in score_page(scores, seen)


def test_no_dip_of_a_long_video_is_lost_and_the_page_stays_small() -> None:
    long = made_score(frames=60_000)
    frames = list(long.frames)
    frames[31_337] = replace(frames[31_337], score=3.0)
    html = score_page([replace(long, frames=tuple(frames))])
    line = figure(html, "over-time")["data"][2]
    assert len(line["y"]) <= MOST_POINTS
    assert min(line["y"]) == 3.0
    assert len(html.encode()) < MOST_BYTES
    assert "lowest and the highest" in html


def test_many_encodes_with_long_names_stay_within_the_size() -> None:
    scores = [made_score(f"{number:02}-{'x' * 120}.mp4", frames=400, level=60 + number) for number in range(24)]
    noise = [made_sights(score, count=1) for score in scores]
    assert len(score_page(scores, noise).encode()) < MOST_BYTES


def test_thinning_keeps_short_videos_whole(score: Score) -> None:
    assert thinned_frames(score.frames, 100) is score.frames
    assert [frame.frame_index for frame in thinned_frames(score.frames, 10)] == sorted(
        {frame.frame_index for frame in thinned_frames(score.frames, 10)}
    )


def test_names_tell_encodes_apart() -> None:
    one = made_score("a/x.mp4")
    assert encode_names([one, made_score("b/y.mp4")]) == ["x.mp4", "y.mp4"]
    assert encode_names([one, made_score("b/x.mp4")]) == ["a/x.mp4", "b/x.mp4"]
    assert encode_names([one, replace(one, model="fr_mlp_small")]) == ["x.mp4 (kernel-fast)", "x.mp4 (fr_mlp_small)"]
    assert len(set(encode_names([one, one]))) == 2


def test_pictures_shrink_until_they_fit() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1080, 1920, 3), dtype=np.uint8)
    coded = fitted([noise] * 3, PICTURE_BYTES)
    assert sum(len(each.uri) for each in coded) < PICTURE_BYTES * 1.4
    assert coded[0].width < 1920
    (flat,) = fitted([np.full((1080, 1920, 3), 90, np.uint8)], PICTURE_BYTES)
    assert (flat.width, flat.height) == (1920, 1080)


def test_further_metrics_stand_in_the_table(score: Score) -> None:
    also = {"psnr": FurtherMetric(38.25, ())}
    html = score_page([replace(score, also=also)])
    assert any("38.250" in row for row in read(html).rows)
