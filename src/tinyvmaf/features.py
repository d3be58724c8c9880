"""The named feature sets: which per-frame numbers a model sees, in which order, and what libvmaf calls them.

The only place that spells a feature's name. Everybody else takes ``CANONICAL_6.names`` or a column of it.
Ranges are of ordinary content: enhancement can push VIF and ADM above 1 (Li et al., "Toward a better quality
metric for the video community", Netflix Technology Blog, 2020).
"""

from dataclasses import dataclass
from typing import Literal

RowAxis = Literal["N", "T"]
"""What the rows of a head's input are: N frames in any order, or the T frames of one clip in display order."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One per-frame number of libvmaf."""

    name: str
    """Its column in the clip table."""
    metrics: tuple[str, ...]
    """Its key in libvmaf's log, exactly; several where variants of the model name it differently."""
    meaning: str
    """What it measures, with its usual range."""
    good: Literal["high", "low", "neither"] = "high"
    """Which end of its range is good quality; ``neither``: it tells of the content only."""


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
            (f"integer_vif_scale{scale}{suffix}",),
            f"visual information fidelity at 1/{2**scale} size{what}, 0-1",
        )
        for scale in range(4)
    )


_MOTION2 = Feature(
    "motion2",
    ("integer_motion2",),
    "mean absolute luma difference to the nearer neighbour frame, blurred, 0-255",
    "neither",
)
_EGL = ", enhancement gain limited to 1"

CANONICAL_6 = FeatureSet(
    "canonical-6",
    (Feature("adm2", ("integer_adm2",), "detail loss measure, 0-1"), *_vif("", ""), _MOTION2),
    teacher="vmaf",
)
"""What ``vmaf_v0.6.1`` sees."""

NEG_6 = FeatureSet(
    "neg-6",
    (
        Feature("adm2_egl_1", ("integer_adm2_egl_1",), f"detail loss measure{_EGL}, 0-1"),
        *_vif("_egl_1", _EGL),
        _MOTION2,
    ),
    teacher="vmaf_neg",
)
"""What ``vmaf_v0.6.1neg`` sees: enhancement is not rewarded."""

_ADM_OPTIONS = "csf_2_dlmw_0.7_egl_1_min_0.5_nw_0.02"
V1_4 = FeatureSet(
    "v1-4",
    (
        Feature(
            "cambi", ("cambi_hrs_1080_cmxv_17_vlt_0.06",), "banding that a viewer sees, 0 (none) to about 24", "low"
        ),
        Feature(
            "speed_chroma_uv",
            (
                "speed_chroma_uv_mxv_45_nnf_0.1_snn_0.19_wvm_5",
                "speed_chroma_uv_mxv_45_nnf_0.1_ps_0.5_psm_bilinear_snn_0.19_wvm_5",
            ),
            "loss of information in the chroma planes (SpEED), 0 (none) to 45",
            "low",
        ),
        Feature(
            "adm3",
            (f"integer_adm3_{_ADM_OPTIONS}", f"integer_adm3_{_ADM_OPTIONS}_rdh_2160"),
            f"detail loss and additive impairment{_EGL}, 0-1",
        ),
        Feature(
            "motion3",
            ("integer_motion3_mmxv_18", "integer_motion3_mffw_mmxv_18_mma"),
            "motion as the v1 model sees it, 0-18",
            "neither",
        ),
    ),
    teacher="vmaf_v1",
)
"""What ``vmaf_v1.0.16`` sees: one set for its four variants, whose options differ."""

CHROMA_AND_GUIDE = (V1_4.names.index("speed_chroma_uv"), V1_4.names.index("adm3"))
"""The columns of v1-4 of which ``vmaf_v1.0.16`` guesses the first from the second where it is exactly 0."""

FEATURE_SETS: dict[str, FeatureSet] = {feature_set.name: feature_set for feature_set in (CANONICAL_6, NEG_6, V1_4)}
"""Every feature set by its name."""
