"""At the edges of what videos give, every shipped head says what libvmaf's regression says, and does not run away.

Limits are in points of 0-100.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.bundles.shelves import shipped_shelf
from tinyvmaf.bundles.svr import SVR_IDS
from tinyvmaf.bundles.vmaf_pixels import VMAF_PIXELS
from tinyvmaf.pixels.svr import KERNEL_TEACHERS, Svr, svr_of
from tinyvmaf.table.boxed_edges import KINDS_V1
from tinyvmaf.table.edges import KINDS, edge_table

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = list(csv.DictReader((FOLDER / "libvmaf_rows.csv").read_text().splitlines()))
V1_GOLDEN = list(csv.DictReader((FOLDER / "v1_rows.csv").read_text().splitlines()))
V1_HEAD = "fr_v1_mlp_medium"
NOTHING_LOST = ("identical", "black", "grain")
BEYOND_ONE = ("stretched",)
OWN = {*SVR_IDS.values(), VMAF_PIXELS}
HEADS = [
    row.id
    for row in shipped_shelf().read().models
    if row.kind == "fr" and row.id not in OWN and open_model(row.id).sidecar.target in KERNEL_TEACHERS
]

IDENTICAL_LIMIT, INSIDE_LIMIT, BEYOND_LIMIT = 0.1, 0.5, 2.0
RMSE_LIMITS = {
    "identical": 0.1,
    "beyond": 2.0,
    "still": 0.5,
    "between": 0.5,
    "fast": 2.0,
    "noise": 2.0,
    "ruined": 2.0,
    "uneven": 2.0,
}
"""By kind of row that was drawn; the last three are where no video was seen."""
V1_RMSE_LIMIT, V1_LIMIT = 0.05, 0.1
"""Of each kind of row that was drawn, and of each frame that libvmaf itself measured."""


def head_of(name: str) -> tuple[Model, Svr]:
    """A head of the shelf, and the regression that it learned."""
    model = open_model(name)
    return model, svr_of(model.sidecar.target)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_says_what_libvmaf_said_of_unusual_videos(name: str) -> None:
    model, svr = head_of(name)
    metrics = [feature.metrics[0] for feature in svr.feature_set.features]
    features = np.array([[float(row[metric]) for metric in metrics] for row in GOLDEN], np.float32)
    errors = np.abs(model.predict(features) - np.array([float(row[svr.teacher]) for row in GOLDEN]))
    for row, error in zip(GOLDEN, errors, strict=True):
        limit = BEYOND_LIMIT if row["case"] in BEYOND_ONE else INSIDE_LIMIT
        limit = IDENTICAL_LIMIT if row["case"] in NOTHING_LOST else limit
        assert error <= limit, f"{row['case']}, frame {row['Frame']}"


@pytest.mark.parametrize("name", HEADS)
def test_identical_videos_score_as_the_teacher_says_at_any_motion(name: str) -> None:
    model, svr = head_of(name)
    motion = np.concatenate([[0.0], np.geomspace(0.01, 100, 200)])
    features = np.column_stack([np.ones((len(motion), 5)), motion]).astype(np.float32)
    np.testing.assert_allclose(model.predict(features), svr.predict(features), rtol=0, atol=IDENTICAL_LIMIT)


@pytest.mark.parametrize("name", [name for name in HEADS if open_model(name).sidecar.target == "vmaf"])
def test_raised_contrast_does_not_run_away(name: str) -> None:
    """Akiyo multiplied, one frame: adm2 and VIF as libvmaf's own tests state them, VMAF 132.7 before the clip."""
    model, _ = head_of(name)
    akiyo = np.array([[1.116691, 1.052403, 1.070149, 1.072518, 1.072512, 0.0]], np.float32)
    assert model.predict(akiyo)[0] == pytest.approx(100, abs=BEYOND_LIMIT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HEADS)
def test_a_head_stays_with_its_teacher_on_rows_that_no_video_gave(name: str, kind: str) -> None:
    model, svr = head_of(name)
    table = edge_table(svr.teacher, rows_per_kind=400, seed=1)
    rows = table.rows.filter(table.rows["key"] == kind)
    predicted = model.predict(rows.select(svr.feature_set.names).to_numpy())
    rmse = np.sqrt(np.mean((predicted - rows[svr.teacher].to_numpy()) ** 2))
    assert rmse <= RMSE_LIMITS[kind]


@pytest.mark.parametrize("name", HEADS)
def test_a_head_rises_where_its_teacher_rises(name: str) -> None:
    """From each support vector (rows that the teacher learned) to the same motion with nothing lost, in 40 steps."""
    model, svr = head_of(name)
    start = (svr.support_vectors - svr.intercepts) / svr.slopes  # (S, 6)
    end = np.column_stack([np.ones((len(start), 5)), start[:, 5]])
    ways = start + np.linspace(0, 1, 41)[:, np.newaxis, np.newaxis] * (end - start)  # (41, S, 6)
    rows = ways.reshape(-1, 6).astype(np.float32)
    taught, said = (np.diff(found.reshape(41, -1), axis=0) for found in (svr.predict(rows), model.predict(rows)))
    rises = taught >= 0
    assert rises.mean() > 0.9, "else the test is about nothing"
    assert said[rises].min() >= -0.05
    falls = ~rises
    assert (said[falls] <= taught[falls] + 0.25).all(), "nor does it hide a fall of its teacher"


def test_the_head_of_the_four_features_says_what_libvmaf_said_of_unusual_videos() -> None:
    """Gray ones among them, at which its teacher jumps, and such whose chroma loss is next to nothing."""
    model, svr = head_of(V1_HEAD)
    metrics = [feature.metrics[0] for feature in svr.feature_set.features]
    features = np.array([[float(row[metric]) for metric in metrics] for row in V1_GOLDEN], np.float32)
    expected = np.array([float(row[svr.teacher]) for row in V1_GOLDEN])
    np.testing.assert_allclose(model.predict(features), expected, rtol=0, atol=V1_LIMIT)


@pytest.mark.parametrize("kind", KINDS_V1)
def test_the_head_of_the_four_features_stays_with_its_teacher_all_over_their_range(kind: str) -> None:
    model, svr = head_of(V1_HEAD)
    table = edge_table(svr.teacher, rows_per_kind=400, seed=1)
    rows = table.rows.filter(table.rows["key"] == kind)
    predicted = model.predict(rows.select(svr.feature_set.names).to_numpy())
    assert np.sqrt(np.mean((predicted - rows[svr.teacher].to_numpy()) ** 2)) <= V1_RMSE_LIMIT
