"""Each row of the table of formats does what it says, on real files."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Clips, ffmpeg
from tests.video.format_cases import CASES, FormatCase, pair, yuv
from tinyvmaf.errors import PairingError
from tinyvmaf.video.decode import decode_luma
from tinyvmaf.video.format_rules import FORMAT_RULES, FormatRule
from tinyvmaf.video.formats import common_format, format_table, measured_format
from tinyvmaf.video.libvmaf import measure_pair
from tinyvmaf.video.measurement import MeasureOptions
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import RawFormat, Video, VideoFile, probe


def _row(case: FormatCase) -> FormatRule:
    name, number = case.row.rsplit(" ", 1)
    return [rule for rule in FORMAT_RULES if rule.name == name][int(number)]


def test_every_row_of_the_table_has_a_case() -> None:
    assert [_row(case).when for case in CASES] == [rule.when for rule in FORMAT_RULES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_row_does_what_it_says(case: FormatCase, clips: Clips) -> None:
    reference, distorted = pair(case, clips)
    row = _row(case)
    applying = [rule for rule in FORMAT_RULES if rule.applies(reference, distorted)]
    assert applying == [row]
    if row.verdict == "refused":
        with pytest.raises(PairingError, match=case.said):
            common_format(reference, distorted)
        return
    measured, warnings = common_format(reference, distorted)
    assert len(warnings) == (0 if row.verdict == "converted" else 1)
    assert all(case.said in warning for warning in warnings)
    assert (measured.width, measured.height) == (reference.width, reference.height)
    assert measured.color_range == reference.color_range
    if case.largest_luma_error is not None:
        error = _luma(distorted, reference, distorted) - _luma(reference, reference, distorted)
        assert np.abs(error).max() <= case.largest_luma_error
        assert abs(error.mean()) <= case.mean_luma_error


def _luma(video: Video, reference: Video, distorted: Video) -> np.ndarray:
    frames = decode_luma(video, measured=measured_format(reference, distorted))
    return np.stack(list(frames)).astype(np.int64)


def test_luma_of_another_range_taken_as_it_is_would_be_wrong(clips: Clips) -> None:
    limited, full = (probe(yuv(color_range=each)(clips)) for each in ("limited", "full"))
    error = np.stack(list(decode_luma(full))).astype(int) - np.stack(list(decode_luma(limited)))
    assert np.abs(error).max() > 10


def test_matrix_of_420_is_converted_without_a_shade(clips: Clips) -> None:
    reference, distorted = (probe(yuv(matrix=each)(clips)) for each in ("bt709", "smpte170m"))
    error = _luma(distorted, reference, distorted) - _luma(reference, reference, distorted)
    as_is = _luma(distorted, distorted, distorted) - _luma(reference, reference, reference)
    assert abs(error.mean()) < 0.1
    assert np.abs(error).mean() < np.abs(as_is).mean() / 4


@pytest.mark.parametrize(
    ("pix_fmt", "measured"),
    [
        ("yuv420p", "yuv420p"),
        ("yuvj422p", "yuv422p"),
        ("nv12", "yuv420p"),
        ("p010le", "yuv420p10le"),
        ("yuv420p9le", "yuv420p10le"),
        ("yuv444p12le", "yuv444p12le"),
        ("yuv422p14le", "yuv422p16le"),
        ("yuv440p", "yuv444p"),
        ("yuv411p", "yuv422p"),
        ("yuv410p", "yuv420p"),
        ("gray", "yuv420p"),
        ("gray10le", "yuv420p10le"),
        ("rgb24", "yuv444p"),
        ("gbrp10le", "yuv444p10le"),
        ("yuyv422", "yuv422p"),
        ("yuva420p", "yuv420p"),
    ],
)
def test_every_format_is_measured_in_one_that_libvmaf_takes(
    pix_fmt: str, measured: str, clips: Clips, tmp_path: Path
) -> None:
    raw = tmp_path / "a.yuv"
    ffmpeg("-i", str(yuv()(clips)), "-pix_fmt", pix_fmt, "-f", "rawvideo", str(raw))
    video = probe(VideoFile(raw, RawFormat(320, 180, pix_fmt)))
    assert (video.pix_fmt, video.frame_count_from_header) == (pix_fmt, 4)
    assert measured_format(video, video).pix_fmt == measured
    assert len(list(decode_luma(video))) == 4


def test_untagged_matrix_counts_as_the_other(clips: Clips) -> None:
    tagged, untagged = probe(yuv()(clips)), probe(clips(frames=4))
    assert untagged.color_matrix is None
    assert common_format(tagged, untagged) == common_format(untagged, tagged)


def test_table_for_the_docs_has_a_line_per_row() -> None:
    assert len(format_table().splitlines()) == len(FORMAT_RULES) + 2


_CONVERTED = [
    case for case in CASES if _row(case).verdict.startswith("converted") and case.largest_luma_error is not None
]


@pytest.mark.parametrize("case", _CONVERTED, ids=lambda case: case.row)
def test_one_picture_in_two_forms_scores_as_with_itself(case: FormatCase, clips: Clips) -> None:
    reference, distorted = pair(case, clips)
    itself, converted = (
        measure_pair(plan_pair(reference, other), MeasureOptions(threads=1)).teacher_scores
        for other in (reference, distorted)
    )
    # Where code values are rounded anew, a fifth of a point is lost.
    assert np.abs(converted - itself).max() <= (0.25 if case.largest_luma_error else 0)
