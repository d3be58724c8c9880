"""Means over sources of what filters did, by arithmetic, and the sentence that sums them up."""

import math
from dataclasses import replace

import pytest

from tinyvmaf.scores.filter_figures import (
    IDENTITY,
    FilteredEncode,
    FilteredSource,
    filter_figures,
    mean_over,
    verdicts,
)

RATES = (100.0, 200.0, 400.0, 800.0)
METRICS = ("vmaf", "vmaf_neg", "vmaf_v1", "ssim")


def source(name: str, filtered: str, *, share: float | dict[str, float] = 1.0, psnr: float = 30.0) -> FilteredSource:
    """A source whose encodes need ``share`` of the bits for the same score, by every metric or by each its own."""
    shares = share if isinstance(share, dict) else dict.fromkeys(METRICS, share)
    encodes = tuple(
        FilteredEncode(40.0 - place, rate, {m: 50 + 10 * (place - math.log2(shares[m])) for m in METRICS}, 2.0)
        for place, rate in enumerate(RATES)
    )
    seconds = 0.0 if filtered == IDENTITY else 1.0
    return FilteredSource(name, "grain", filtered, "", 10, seconds, psnr, {"x264": encodes})


def test_shares_of_bits_become_percent_and_their_mean() -> None:
    made = [source("a", IDENTITY), source("a", "net", share=0.8), source("b", IDENTITY), source("b", "net", share=0.9)]
    for delta in filter_figures(made).deltas:
        assert delta.bd_rate_percent.per_source == pytest.approx({"a": -20, "b": -10})
        assert delta.bd_rate_percent.mean == pytest.approx(-15)
        assert delta.bd_rate_percent.interval is None
        assert delta.problems == {}


def test_a_source_without_a_curve_is_named_with_its_reason() -> None:
    far = dict.fromkeys(METRICS, 2.0**9)
    made = [source("a", IDENTITY), source("a", "net", share=0.8), source("b", IDENTITY), source("b", "net", share=far)]
    delta = filter_figures(made).deltas[0]
    assert delta.bd_rate_percent.per_source == pytest.approx({"a": -20})
    assert "no score is reached by both" in delta.problems["b"]


def test_gain_is_against_no_filter() -> None:
    made = [source("a", IDENTITY, psnr=30), source("a", "net", psnr=31.5)]
    assert filter_figures(made).gains[0].psnr_gain_db.mean == pytest.approx(1.5)


def test_overhead_is_filtering_once_and_encoding_one_rung_against_encoding_it() -> None:
    cost = filter_figures([source("a", IDENTITY), source("a", "net")]).costs[0]
    assert (cost.filter_ms_per_frame, cost.encode_ms_per_frame) == pytest.approx((100, 200))
    assert cost.overhead_percent == pytest.approx(50)
    instant = {"x264": tuple(replace(encode, encode_seconds=0.0) for encode in source("a", "net").ladders["x264"])}
    made = [replace(source("a", name), ladders=instant) for name in (IDENTITY, "net")]
    assert filter_figures(made).costs[0].overhead_percent is None


def test_an_interval_is_of_sources_and_needs_five() -> None:
    assert mean_over(dict.fromkeys("abcd", 1.0)).interval is None
    assert mean_over(dict.fromkeys("abcde", 1.0)).interval == (1.0, 1.0)
    low, high = mean_over({name: float(place) for place, name in enumerate("abcdefghij")}).interval
    assert 2.2 < low < 3.2  # 4.5 less 1.96 standard errors of .91 each
    assert 5.8 < high < 6.8


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({"vmaf": 1.5, "vmaf_neg": 0.9, "vmaf_v1": 0.8, "ssim": 0.95}, "pays: -10.0 % by vmaf_neg, -20.0 % by vmaf_v1"),
        ({"vmaf": 0.5, "vmaf_neg": 1.2, "vmaf_v1": 0.8, "ssim": 0.95}, "does harm: +20.0 % by vmaf_neg"),
        ({"vmaf": 0.5, "vmaf_neg": 1.005, "vmaf_v1": 0.8, "ssim": 0.95}, "does not pay: +0.5 % by vmaf_neg"),
        ({"vmaf": 0.5, "vmaf_neg": 2.0**9, "vmaf_v1": 0.8, "ssim": 0.95}, "not decided, since there is no BD-rate by"),
    ],
)  # fmt: skip
def test_all_deciding_metrics_must_agree_and_plain_vmaf_does_not_count(shares: dict[str, float], words: str) -> None:
    figures = filter_figures([source("a", IDENTITY), source("a", "net", share=shares)])
    assert verdicts(figures, "net")[0].startswith(f"grain, x264: {words}")


@pytest.mark.parametrize(
    ("rare", "others", "words"),
    [(3.0, 1.0, "does not pay"), (1.04, 1.03, "does harm"), (0.5, 1.0, "is not shown to pay"), (0.9, 0.95, "pays")],
)
def test_a_mean_that_one_source_makes_is_neither_harm_nor_gain(rare: float, others: float, words: str) -> None:
    """Where quality hardly hangs on bits, one curve may say anything."""
    made = [source(name, IDENTITY) for name in "abcdef"]
    for name in "abcdef":
        more = rare if name == "a" else others
        made.append(source(name, "net", share={"vmaf": 1.0, "vmaf_neg": more, "vmaf_v1": 0.9, "ssim": 0.9}))
    assert verdicts(filter_figures(made), "net")[0].startswith(f"grain, x264: {words}")
