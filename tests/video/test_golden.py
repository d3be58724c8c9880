"""libvmaf, as we run it, says what Netflix's own test-suite asserts of its fixtures.

The asserted values lie in ``golden/netflix_asserts.json`` of the test media, each with its decimal places and its file
and line in Netflix/vmaf. Of its keys, those of the C library's integer extractors (``VMAFEXEC``, and
``VMAF_integer_feature``) are ours; the others belong to other extractors.
"""

import json
from functools import cache
from pathlib import Path

import pytest

from tinyvmaf.features import CANONICAL_6, NEG_6
from tinyvmaf.video.libvmaf import Measurement, MeasureOptions, measure_pair
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import RawFormat, VideoFile, probe

OURS = {
    "160x90": {
        "VMAF": "vmaf",
        **{f"VMAF_integer_feature_{name}": name for name in CANONICAL_6.names},
    },
    "src01_10le": {"VMAFEXEC": "vmaf", **{f"VMAFEXEC_{name}": name for name in CANONICAL_6.names}},
    "sparks": {"VMAFEXEC": "vmaf", **{f"VMAFEXEC_{name}": name for name in CANONICAL_6.names}},
    "akiyo_multiply": {
        "VMAFNEG": "vmaf_neg",
        **{f"VMAFEXEC_{name}": name for name in CANONICAL_6.names[:5]},
        **{f"VMAFEXEC_{name}": name for name in NEG_6.names[:5]},
    },
}
CASES = [(fixture, key, column) for fixture, keys in OURS.items() for key, column in keys.items()]

pytestmark = pytest.mark.realmedia


@cache
def _fixtures(golden: Path) -> dict[str, dict]:
    return {each["id"]: each for each in json.loads((golden / "netflix_asserts.json").read_text())["fixtures"]}


@cache
def _measure(golden: Path, name: str) -> Measurement:
    fixture = _fixtures(golden)[name]
    raw = RawFormat(fixture["width"], fixture["height"], fixture["pix_fmt"])
    reference, distorted = (probe(VideoFile(golden / fixture[side], raw)) for side in ("reference", "distorted"))
    options = MeasureOptions(teachers=("vmaf", "vmaf_neg"), further_feature_sets=(NEG_6,))
    measurement = measure_pair(plan_pair(reference, distorted), options)
    assert measurement.frame_count == fixture["frames"]
    return measurement


def _mean(measurement: Measurement, column: str) -> float:
    if column in measurement.teacher_names:
        return measurement.teacher_scores[:, measurement.teacher_names.index(column)].mean()
    return measurement.features[:, measurement.feature_names.index(column)].mean(dtype=float)


@pytest.mark.parametrize(("name", "key", "column"), CASES, ids=lambda part: part)
def test_means_over_frames_agree_to_the_asserted_places(name: str, key: str, column: str, media: Path) -> None:
    golden = media / "golden"
    mean = _mean(_measure(golden, name), column)
    for asserted in _fixtures(golden)[name]["asserted"][key]:
        assert round(mean - asserted["value"], asserted["places"]) == 0, asserted["at"]


def test_a_score_is_clipped_at_100(media: Path) -> None:
    golden = media / "golden"
    unclipped = _fixtures(golden)["akiyo_multiply"]["asserted"]["VMAFEXEC"]
    assert round(max(asserted["value"] for asserted in unclipped), 2) == 132.73
    assert _mean(_measure(golden, "akiyo_multiply"), "vmaf") == 100
