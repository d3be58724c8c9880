"""The named feature sets: which per-frame numbers a model sees, in which order, and what libvmaf calls them.

The only place that spells a feature's name. Everybody else takes ``CANONICAL_6.names`` or a column of it.
Ranges are of ordinary content: enhancement can push VIF and ADM above 1 (Li et al., "Toward a better quality
metric for the video community", Netflix Technology Blog, 2020).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """One per-frame number of libvmaf."""

    name: str
    """Its column in the clip table."""
    metric: str
    """Its key in libvmaf's log, without the extractor's prefix ``integer_``."""
    meaning: str
    """What it measures, with its usual range."""


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Features in the order in which a model takes them."""

    name: str
    """As ``--features`` and the sidecar spell it."""
    features: tuple[Feature, ...]
    """In input order."""
    teacher: str
    """The teacher whose libvmaf pass yields them."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the clip table, in input order."""
        return tuple(feature.name for feature in self.features)


def _vif(suffix: str, what: str) -> tuple[Feature, ...]:
    return tuple(
        Feature(
            f"vif_scale{scale}{suffix}",
            f"vif_scale{scale}{suffix}",
            f"visual information fidelity at 1/{2**scale} size{what}, 0-1",
        )
        for scale in range(4)
    )


_MOTION2 = Feature("motion2", "motion2", "mean absolute luma difference to the nearer neighbour frame, blurred, 0-255")
_EGL = ", enhancement gain limited to 1"

CANONICAL_6 = FeatureSet(
    "canonical-6",
    (Feature("adm2", "adm2", "detail loss measure, 0-1"), *_vif("", ""), _MOTION2),
    teacher="vmaf",
)
"""What ``vmaf_v0.6.1`` sees."""

NEG_6 = FeatureSet(
    "neg-6",
    (Feature("adm2_egl_1", "adm2_egl_1", f"detail loss measure{_EGL}, 0-1"), *_vif("_egl_1", _EGL), _MOTION2),
    teacher="vmaf_neg",
)
"""What ``vmaf_v0.6.1neg`` sees: enhancement is not rewarded."""

FEATURE_SETS: dict[str, FeatureSet] = {feature_set.name: feature_set for feature_set in (CANONICAL_6, NEG_6)}
"""Every feature set by its name."""
