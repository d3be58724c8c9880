"""Error bars are found by teacher, sampling, size and level; where none was measured, there is none."""

from dataclasses import replace
from pathlib import Path

import pytest

from tinyvmaf.pixels import intervals
from tinyvmaf.pixels.intervals import HalfWidths, half_widths, known_half_widths, read_half_widths, write_half_widths

MADE_UP = HalfWidths(
    teacher="vmaf",
    sampling="fast",
    size_class="native",
    level=0.9,
    frame_half_width=0.12,
    clip_half_width=0.04,
    calibrated_on="47 sources",
    coverage_frame=0.91,
    coverage_clip=0.92,
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the measured error bars lie, for one test."""
    path = tmp_path / "intervals.json"
    monkeypatch.setattr(intervals, "PATH", path)
    monkeypatch.setattr(intervals, "known_half_widths", known_half_widths.__wrapped__)
    return path


def test_an_error_bar_is_found_by_what_it_holds_for(file: Path) -> None:
    large = replace(MADE_UP, size_class="2160p", frame_half_width=0.08)
    write_half_widths(file, [MADE_UP, large])
    assert half_widths("vmaf", "fast", 540) == MADE_UP
    assert half_widths("vmaf", "fast", 2160) == large


def test_what_was_not_measured_has_no_error_bar(file: Path) -> None:
    assert half_widths("vmaf", "fast", 540) is None
    write_half_widths(file, [MADE_UP])
    assert half_widths("vmaf", "fast", 1080) is None
    assert half_widths("vmaf", "full", 540) is None
    assert half_widths("vmaf_neg", "fast", 540) is None
    assert half_widths("vmaf", "fast", 540, 0.95) is None


@pytest.mark.parametrize("text", ['[{"teacher": "vmaf"}]', "[1]", "3", "not JSON"])
def test_a_file_that_holds_something_else_is_an_error(text: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(ValueError, match=r"error bars|JSON|Expecting"):
        read_half_widths(file)


@pytest.mark.parametrize("field", ["frame_half_width", "clip_half_width", "coverage_frame", "level"])
def test_senseless_numbers_are_refused(field: str) -> None:
    with pytest.raises(ValueError, match=r"half widths|coverages"):
        replace(MADE_UP, **{field: -0.1})


def test_the_error_bars_that_ship_were_seen_to_hold() -> None:
    """The file is read as it is; a calibration that did not hold on other sources does not ship."""
    for known in known_half_widths():
        assert known.coverage_frame >= known.level - 0.05
        assert known.coverage_clip >= known.level - 0.05
