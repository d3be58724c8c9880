"""A score by a head has the bar that was calibrated for its features, its sampling and its frame size, or none."""

from dataclasses import replace

import pytest

from tinyvmaf.bundles.bundle import Sidecar
from tinyvmaf.bundles.facts import Interval
from tinyvmaf.bundles.session import open_model
from tinyvmaf.scores.error_bars import ErrorBar, head_error_bar
from tinyvmaf.scores.score import ScoreOptions, score_pair
from tinyvmaf.video.file import VideoFile

WIDTHS = {
    ("libvmaf-integer", "full", "native"): 0.1,
    ("libvmaf-integer", "full", "1080p"): 0.2,
    ("kernel", "full", "native"): 0.3,
    ("kernel", "fast", "native"): 0.4,
    ("kernel", "fast", "2160p"): 0.5,
}


def interval(extractor: str, sampling: str, size_class: str, width: float, level: float = 0.9) -> Interval:
    return Interval(extractor, sampling, size_class, level, width, width / 2, "a test", 0.9)


@pytest.fixture
def sidecar(exported) -> Sidecar:
    bars = tuple(interval(*known, width) for known, width in WIDTHS.items())
    other_level = interval("kernel", "fast", "1080p", 0.9, level=0.5)
    foreign = interval("libvmaf-float", "full", "2160p", 0.7)
    return replace(open_model(exported.directory).sidecar, intervals=(other_level, foreign, *bars))


@pytest.mark.parametrize(
    ("sampling", "height", "width"),
    [
        (None, 360, 0.1),
        (None, 1080, 0.2),
        ("full", 360, 0.3),
        ("fast", 360, 0.4),
        ("fast", 2160, 0.5),
    ],
)
def test_a_heads_bar_is_that_of_its_features_and_frame_size(
    sidecar: Sidecar, sampling: str | None, height: int, width: float
) -> None:
    assert head_error_bar(sidecar, sampling, height=height) == ErrorBar(0.9, width, width / 2, (0.0, 100.0))


@pytest.mark.parametrize(
    ("sampling", "height", "why"),
    [
        (None, 2160, "libvmaf's floating point is another extractor"),
        ("full", 1080, "no bar for that size"),
        ("fast", 1080, "a bar of another level"),
    ],
)
def test_where_no_bar_was_calibrated_there_is_none(
    sidecar: Sidecar, sampling: str | None, height: int, why: str
) -> None:
    assert head_error_bar(sidecar, sampling, height=height) is None, why


@pytest.mark.parametrize(("mode", "width"), [("exact", 0.1), ("full", 0.3), ("fast", 0.4)])
def test_a_score_by_a_head_prints_its_own_bar(sidecar: Sidecar, exported, clips, mode: str, width: float) -> None:
    reference = clips("reference.mp4", "-c:v", "libx264", "-crf", "10")
    encode = clips.derived(reference, "encode.mp4", "-c:v", "libx264", "-crf", "36")
    head = replace(open_model(exported.directory), sidecar=sidecar)
    result = score_pair(VideoFile(reference), VideoFile(encode), ScoreOptions(mode=mode, model=head))  # pyright: ignore[reportArgumentType]
    assert result.interval_level == 0.9
    assert result.interval is not None
    low, high = (min(max(result.score + side * width / 2, 0), 100) for side in (-1, 1))
    assert result.interval == pytest.approx((low, high))
    for frame in result.frames:
        assert frame.upper == pytest.approx(min(frame.score + width, 100))
        assert frame.lower == pytest.approx(max(frame.score - width, 0))
