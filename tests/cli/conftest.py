"""The nets and bundles of the bundles' tests."""

from tests.bundles.conftest import bundle, exported, fitted, shelf

__all__ = ["bundle", "exported", "fitted", "shelf"]
