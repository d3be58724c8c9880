"""Scores of one or several encodes -> their page."""

from collections.abc import Sequence
from pathlib import Path

from tinyvmaf.scores.report.encodes import Encode, encodes_of
from tinyvmaf.scores.report.markup import Markup, element, facts, joined
from tinyvmaf.scores.report.page import Page, Section, page_html
from tinyvmaf.scores.report.pictures import frame_cards
from tinyvmaf.scores.report.plots import Cell, Table, plot_markup, shown, table_markup
from tinyvmaf.scores.report.rates import bd_rate_table
from tinyvmaf.scores.report.score_plots import feature_names, feature_plot, histogram, rate_plot, time_plot
from tinyvmaf.scores.result import Score
from tinyvmaf.scores.sights import Sights

WORST_FRAMES = 6
"""Of one encode; several share them, and each has one at least."""
BAR_WORDS = "the distance to libvmaf's number, not to people's opinion"
"""What an error bar of a score means."""


def frames_each(encodes: int) -> int:
    """How many worst frames a page with that many encodes shows of each."""
    return max(WORST_FRAMES // max(encodes, 1), 1)


def score_page(scores: Sequence[Score], sights: Sequence[Sights] = ()) -> str:
    """The page of encodes, in the order given, as the text of an HTML file.

    Args:
        scores: At least one; those without frames give the pooled figures only.
        sights: One per score; none: without pictures, cuts and bitrates.
    """
    encodes = encodes_of(scores, sights or [Sights()] * len(scores))
    return encodes_page(encodes, title=_title(encodes))


def encodes_page(encodes: Sequence[Encode], *, title: str, warnings: Sequence[str] = ()) -> str:
    """The page of encodes under a title, with warnings besides those of their scores."""
    return page_html(
        Page(
            title=title,
            summary=_summary(encodes),
            sections=[section for section in _sections(encodes) if section.content],
            warnings=[*warnings, *_warnings(encodes)],
        )
    )


def _title(encodes: Sequence[Encode]) -> str:
    if len(encodes) == 1:
        return f"{_what(encodes[0].score)} of {Path(encodes[0].score.distorted).name}"
    return f"{len(encodes)} scores: {', '.join(dict.fromkeys(_what(encode.score) for encode in encodes))}"


def _what(score: Score) -> str:
    return score.teacher if score.model is None else f"{score.teacher} by {score.model}"


def _summary(encodes: Sequence[Encode]) -> list[Markup]:
    parts = [] if len(encodes) > 1 else [_headline(encodes[0])]
    if any(encode.score.interval for encode in encodes):
        level = next(encode.score.interval_level for encode in encodes if encode.score.interval)
        parts.append(element("p", f"Error bars hold libvmaf's own number in {level or 0:.0%} of cases: {BAR_WORDS}."))
    return [*parts, table_markup(_figures(encodes))]


def _headline(encode: Encode) -> Markup:
    score = encode.score
    bar = f"{score.interval[0]:.2f} to {score.interval[1]:.2f}" if score.interval else ""
    said = f"of 100, mean over {score.frame_count:,} frames"
    return element(
        "p", element("strong", f"{score.score:.2f}"), element("span", said), element("span", bar), class_="headline"
    )


def _figures(encodes: Sequence[Encode]) -> Table:
    columns = ("encode", "mean", "error bar", "harmonic mean", "median", "p10", "p5", "p1", "worst frame", "kbit/s")
    rows: list[list[Cell]] = []
    for encode in encodes:
        score, pooled = encode.score, encode.score.pooled
        bar = "–" if score.interval is None else f"{score.interval[0]:.2f} to {score.interval[1]:.2f}"
        values = (pooled.harmonic_mean, pooled.median, pooled.p10, pooled.p5, pooled.p1, pooled.min)
        rate = encode.sights.bitrate_kbps
        also = [score.also[name].mean if name in score.also else None for name in _also(encodes)]
        rows.append([encode.name, pooled.mean, bar, *values, None if rate is None else round(rate), *also])
    return Table("Scores, 0 to 100", (*columns, *_also(encodes)), rows)


def _also(encodes: Sequence[Encode]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for encode in encodes for name in encode.score.also))


def _sections(encodes: Sequence[Encode]) -> list[Section]:
    drawn = [encode for encode in encodes if encode.frames]
    return [
        Section("Over time", _over_time(drawn)),
        Section("Worst frames", _worst(encodes)),
        Section("How often which score", [plot_markup(histogram(drawn))] if drawn else []),
        Section("Features", [plot_markup(feature_plot(drawn))] if feature_names(drawn) else []),
        Section("Rate and quality", _rates(encodes)),
        Section("How it was made", [_made(encode, folded=len(encodes) > 2) for encode in encodes]),
    ]


def _over_time(drawn: Sequence[Encode]) -> list[str]:
    if not drawn:
        return ["The scores of single frames were left out of the result, so there is nothing to draw over time."]
    words = ["A diamond marks a frame with pictures below. Dotted lines mark where scenes begin."]
    if any(encode.thinned for encode in drawn):
        words.append("Of every few frames the lowest and the highest are drawn and listed, so that no dip is lost.")
    return [" ".join(words), plot_markup(time_plot(drawn))]


def _worst(encodes: Sequence[Encode]) -> list[str]:
    missing = [f"No pictures of {each.name}: {each.sights.missing}" for each in encodes if each.sights.missing]
    if not any(encode.sights.worst for encode in encodes):
        return missing
    words = "Worst first, none near another. Press one to see it in full, with a wipe between reference and encode."
    return [words, *missing, frame_cards(encodes)]


def _rates(encodes: Sequence[Encode]) -> list[str]:
    rates = {round(encode.sights.bitrate_kbps, 1) for encode in encodes if encode.sights.bitrate_kbps}
    if len(rates) < 2:
        return []
    return [plot_markup(rate_plot(encodes)), *bd_rate_table(encodes)]


def _made(encode: Encode, *, folded: bool) -> Markup:
    score = encode.score
    pairs = [
        ("reference", str(score.reference) if score.reference else "none"),
        ("encode", str(score.distorted)),
        ("score", f"{_what(score)}, {score.kind}"),
        ("features by", score.extractor),
        ("frames", shown(score.frame_count)),
        *_pairing(score),
        ("time", f"{score.elapsed_seconds:.1f} s, {score.frames_per_second:.1f} frames per second"),
    ]
    if score.scaled_from:
        pairs.append(("scaled from", f"{score.scaled_from[0]}x{score.scaled_from[1]}"))
    if folded:
        return element("details", element("summary", encode.name), facts(pairs))
    return joined([element("h3", encode.name), facts(pairs)])


def _pairing(score: Score) -> list[tuple[str, str]]:
    if score.pairing is None:
        return []
    pairing = score.pairing
    off = pairing.largest_difference_seconds
    apart = "" if off is None else f", at most {off:.6f} s apart"
    return [("frames paired by", f"{pairing.rule}, offset {pairing.offset_seconds:g} s{apart}")]


def _warnings(encodes: Sequence[Encode]) -> list[str]:
    several = len(encodes) > 1
    return [f"{each.name}: {words}" if several else words for each in encodes for words in each.score.warnings]
