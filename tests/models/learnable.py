"""Rows that a net can learn: random features, and a clipped curve of them as the target."""

import numpy as np

from tinyvmaf.features import CANONICAL_6
from tinyvmaf.table.rows import Rows
from tinyvmaf.table.schema import TableFacts


def learnable_rows(*, sources: int = 6, frames: int = 60, clips: int = 2, seed: int = 0) -> Rows:
    """Rows of so many sources of one corpus, each with so many clips; one row in ten or so is censored at 100."""
    rng = np.random.default_rng(seed)
    source = np.repeat(np.arange(sources, dtype=np.int32), clips * frames)
    count = len(source)
    features = rng.uniform(0.2, 1, (count, len(CANONICAL_6.names))).astype(np.float32)
    features[:, -1] *= 20
    curve = 140 * features[:, 0] * features[:, 3] - 10 + 0.5 * features[:, -1] * features[:, 1]
    clip = np.repeat(np.arange(sources * clips, dtype=np.int32), frames)
    names = np.array([f"s{number}" for number in range(sources)], dtype=object)
    return Rows(
        features=features,
        target=np.clip(curve, 0, 100).astype(np.float32),
        corpus=np.full(count, "made", dtype=object),
        source=names[source],
        key=np.array([f"c{number}" for number in clip], dtype=object),
        frame_index=np.tile(np.arange(frames, dtype=np.int32), sources * clips),
        codec=np.where(clip % 2, "hevc", "h264").astype(object),
        encode_height=np.where(clip % 2, 540, 1080).astype(np.int32),
        table_index=np.zeros(count, np.int32),
        source_index=source,
        clip_index=clip,
        feature_set=CANONICAL_6,
        target_name="vmaf",
        facts=(TableFacts("made", sources, sources * clips, count, "unknown", "f" * 64),),
    )
