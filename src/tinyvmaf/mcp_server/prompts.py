"""The prompt: how to find out why an encode scores low."""

from typing import Annotated

from pydantic import Field


def explain_low_score(
    reference: Annotated[str, Field(description="Path of the pristine video.")],
    distorted: Annotated[str, Field(description="Path of the encode that scores low.")],
) -> str:
    """Explain why this encode scores low: its worst frames, the features that fell, and the likely artefact."""
    from tinyvmaf.features import FEATURE_SETS

    features = [feature for each in FEATURE_SETS.values() for feature in each.features]
    words = "\n".join(f"- `{feature.name}` ({_direction(feature.good)}): {feature.meaning}" for feature in features)
    return _WORDS.format(reference=reference, distorted=distorted, features=words)


def _direction(good: str) -> str:
    return {"high": "low is bad", "low": "high is bad"}.get(good, "tells of the content, not of its quality")


_WORDS = """Explain why the encode `{distorted}` of `{reference}` scores low.

1. Call `score_video` on the pair. If `warnings` tell of a lag, a crop, a swap or a difference in format, that is the
   likely cause and no artefact is: say so, name the option that mends it (`offset`, `shortest`), and score again.
2. Compare `score` with `pooled`: a mean far above `p1` and `p5` means a few bad moments (a scene cut, a burst of
   motion, a starved rate control); all of them low means that the whole encode is poor (resolution, bitrate, preset).
3. Call `describe_worst_frames`. Look at each picture (reference | distorted | enhanced difference) and at the feature
   that fell most there.
4. Name the likely artefact of each frame: blocking, blur or lost texture, ringing, banding, noise that was smoothed
   away, a repeated or broken frame, a shift. What you see in the picture decides; the feature supports it.
5. Conclude in a few sentences: when it is bad, what is wrong there, why, and what to change (bitrate or CRF, preset,
   resolution, tune, film-grain handling, or the comparison itself).

What the features measure:
{features}

The full-size ones of fidelity fall first with lost fine texture and grain, the small-size ones only when coarse shapes
suffer too; the detail measure falls with blur and blocking. VMAF predicts an average viewer of HD video: a score says
little of banding, of colour and of flicker. An error bar is the distance to libvmaf's number, not to people's opinion.
"""
