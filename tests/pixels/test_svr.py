"""The regressions say what libvmaf says of the same features.

``golden/libvmaf_rows.csv`` and ``golden/v1_rows.csv`` are libvmaf's own logs (the scripts beside them make them). It
prints six decimals of each feature, and half of the last one moves a score by up to 2e-4; so 1e-3 leaves room for
nothing else.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from tinyvmaf.features import CANONICAL_6, V1_4
from tinyvmaf.pixels.svr import KERNEL_TEACHERS, SVR_TEACHERS, Svr, svr_of
from tinyvmaf.video.libvmaf import MeasureOptions, measure_pair
from tinyvmaf.video.pairing import plan_pair
from tinyvmaf.video.probe import RawFormat, VideoFile, probe

TOLERANCE = 1e-3
GOLDEN = Path(__file__).parents[1] / "golden"
ROWS = list(csv.DictReader((GOLDEN / "libvmaf_rows.csv").read_text().splitlines()))
V1_ROWS = list(csv.DictReader((GOLDEN / "v1_rows.csv").read_text().splitlines()))


def rows_for(svr: Svr) -> tuple[np.ndarray, np.ndarray]:
    """libvmaf's features (N, F) and scores (N,) for a regression."""
    rows = V1_ROWS if svr.feature_set == V1_4 else ROWS
    metrics = [feature.metrics[0] for feature in svr.feature_set.features]
    features = np.array([[float(row[metric]) for metric in metrics] for row in rows])
    return features, np.array([float(row[svr.teacher]) for row in rows])


@pytest.mark.parametrize("teacher", SVR_TEACHERS)
def test_scores_are_libvmafs_own(teacher: str) -> None:
    svr = svr_of(teacher)
    features, scores = rows_for(svr)
    np.testing.assert_allclose(svr.predict(features), scores, rtol=0, atol=TOLERANCE)


def test_the_golden_rows_are_far_apart() -> None:
    """Both ends of the clip, features above 1, no motion and much of it: else the test above shows little."""
    features, scores = rows_for(svr_of("vmaf"))
    assert {0, 100} < set(scores)
    assert features[:, :-1].max() > 1.4
    assert features[:, -1].min() == 0
    assert features[:, -1].max() > 10


@pytest.mark.realmedia
@pytest.mark.parametrize("teacher", KERNEL_TEACHERS)
def test_enhanced_video_scores_as_libvmaf_scores_it(teacher: str, media: Path) -> None:
    name = "_vmaf_hacking_investigation_0_0_akiyo_cif_notyuv_0to0_identity_vs_akiyo_cif_notyuv_0to0_multiply_q_352x288"
    raw = RawFormat(352, 288, "yuv420p")
    reference, distorted = (probe(VideoFile(media / "golden" / f"{side}{name}", raw)) for side in ("refp", "disp"))
    svr = svr_of(teacher)
    options = MeasureOptions(teachers=(teacher,), feature_set=svr.feature_set)
    measured = measure_pair(plan_pair(reference, distorted), options)
    np.testing.assert_allclose(svr.predict(measured.features), measured.teacher_scores[:, 0], rtol=0, atol=TOLERANCE)


def test_a_row_scores_the_same_alone_and_among_many() -> None:
    svr = svr_of("vmaf")
    features, _ = rows_for(svr)
    many = np.tile(features, (100, 1))
    np.testing.assert_allclose(svr.predict(many), np.tile(svr.predict(features), 100), rtol=0, atol=1e-9)
    np.testing.assert_allclose(svr.predict(features[3:4]), svr.predict(features)[3:4], rtol=0, atol=1e-9)
    assert svr.predict(features[:0]).shape == (0,)


def test_the_golden_rows_of_v1_are_far_apart() -> None:
    features, scores = rows_for(svr_of("vmaf_v1"))
    cambi, chroma, adm3, motion3 = features.T
    assert {0, 100} < set(scores)
    assert cambi.max() > 5
    assert chroma.max() == 45, "where libvmaf ends"
    assert ((chroma > 0) & (chroma < 1e-6)).any(), "next to nothing, but known"
    assert (chroma == 0).any(), "not known"
    assert (adm3.min(), motion3.min()) == (0.5, 0)


def test_v1_guesses_a_chroma_loss_of_nothing_from_the_detail_that_is_lost() -> None:
    """The guess is worth points beside the smallest chroma loss that is known."""
    svr = svr_of("vmaf_v1")
    gray, known = np.array([[0.1, 0, 0.9, 3]]), np.array([[0.1, 1e-6, 0.9, 3]])
    assert svr.predict(known)[0] - svr.predict(gray)[0] > 5
    np.testing.assert_allclose(svr.predict(gray), svr.predict(np.array([[0.1, 120 * 0.1, 0.9, 3]])), rtol=0, atol=1e-9)
    assert gray[0, 1] == 0, "the caller's rows stay as they are"


def test_a_teacher_without_a_regression_is_refused() -> None:
    with pytest.raises(ValueError, match="vmaf, vmaf_neg, vmaf_4k, vmaf_v1"):
        svr_of("vmaf_v9")


@pytest.mark.parametrize("features", [np.ones(6), np.ones((2, 5)), np.full((1, 6), np.nan)])
def test_senseless_rows_are_refused(features: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"shape|NaN"):
        svr_of("vmaf").predict(features)


def test_the_same_teacher_is_read_once() -> None:
    assert svr_of("vmaf_neg") is svr_of("vmaf_neg")
    assert svr_of("vmaf_neg").feature_set.names != CANONICAL_6.names
