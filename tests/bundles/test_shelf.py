"""Every bundle on the shipped shelf keeps what a shipped bundle promises."""

import numpy as np
import pytest

from tinyvmaf.bundles import registry, shelves
from tinyvmaf.bundles.session import open_entry, open_model
from tinyvmaf.bundles.shelves import Entry, shipped_shelf
from tinyvmaf.bundles.svr import SVR_IDS
from tinyvmaf.bundles.vmaf_pixels import VMAF_PIXELS
from tinyvmaf.scores.prefilter import DEFAULT_MODEL as FILTER_MODEL

LIBVMAFS_OWN = {*SVR_IDS.values(), VMAF_PIXELS}
"""Nothing in them was trained here."""
ENTRIES = [Entry(shipped_shelf(), row) for row in shipped_shelf().read().models]


def test_the_shipped_shelf_has_a_valid_registry_and_nothing_unregistered() -> None:
    folders = {path.name for path in shipped_shelf().directory.iterdir() if path.is_dir()}
    assert folders == {entry.row.id for entry in ENTRIES}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.row.id)
def test_a_shipped_bundle_is_whole(entry: Entry) -> None:
    model = open_entry(entry)
    sidecar = model.sidecar
    assert not sidecar.smoke
    assert sidecar.commit is not None
    assert sidecar.evaluation or sidecar.findings
    if sidecar.id not in LIBVMAFS_OWN:
        assert sidecar.recipe is not None
        assert sidecar.trained_on
    card = str(model.card)
    assert card.startswith(f"# {sidecar.id}, version {sidecar.version}\n")
    assert sidecar.license in card
    assert all(f"`{item.command}`" in card for item in sidecar.evaluation)
    assert all(item.protocol in card for item in sidecar.evaluation)
    assert all(item.text in card for item in sidecar.findings)
    assert all(facts.corpus in card for facts in sidecar.trained_on)


@pytest.mark.parametrize(
    "entry",
    [entry for entry in ENTRIES if entry.row.kind == "fr" and entry.row.id != VMAF_PIXELS],
    ids=lambda entry: entry.row.id,
)
def test_a_shipped_head_gives_finite_scores_in_its_range(entry: Entry) -> None:
    model = open_entry(entry)
    rows = np.random.default_rng(0).uniform(size=(500, len(model.sidecar.feature_names))).astype(np.float32)
    rows[:, -1] *= 30
    scores = model.predict(rows)
    low, high = model.sidecar.output_range or (-np.inf, np.inf)
    assert np.isfinite(scores).all()
    assert (scores >= low).all()
    assert (scores <= high).all()
    np.testing.assert_array_equal(scores, model.predict(rows))


def test_the_shipped_model_of_pixels_gives_finite_scores_in_its_range() -> None:
    draw = np.random.default_rng(0)
    for shape in ((1, 1, 17, 17), (4, 1, 33, 50)):
        reference, distorted = draw.integers(0, 256, size=(2, *shape)).astype(np.float32)
        said = open_model(VMAF_PIXELS).compare(reference, distorted)
        assert np.isfinite(said.features).all()
        assert (said.scores >= 0).all()
        assert (said.scores <= 100).all()


def test_the_shipped_shelf_is_no_place_for_the_lock_of_a_user(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("TINYVMAF_SHELF", str(tmp_path))
    before = sorted(path.name for path in shipped_shelf().directory.rglob("*"))
    registry.verify_all()
    assert [shelf.name for shelf in shelves.shelves()] == ["shipped", "user"]
    assert sorted(path.name for path in shipped_shelf().directory.rglob("*")) == before


def test_the_shipped_filter_takes_grain_off_and_leaves_a_clean_picture() -> None:
    model, draw = open_model(FILTER_MODEL), np.random.default_rng(0)
    across, down = np.meshgrid(np.arange(256), np.arange(192))
    clean = (0.5 + 0.2 * np.sin(across / 40) * np.cos(down / 30)).astype(np.float32)[np.newaxis, np.newaxis]
    grain = draw.normal(0, 4 / 255, clean.shape).astype(np.float32)
    assert np.std(model.filter(clean + grain) - clean) < 0.75 * np.std(grain)  # of its energy a half, to spare texture
    assert np.abs(model.filter(clean) - clean).max() < 1 / 255
