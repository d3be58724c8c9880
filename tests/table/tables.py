"""Small clip tables made by hand, for the tests of this room and of those above."""

import numpy as np
import polars as pl

from tinyvmaf.features import CANONICAL_6
from tinyvmaf.table.conform import conform
from tinyvmaf.table.schema import TableMeta
from tinyvmaf.table.store import ClipTable


def foreign_frame(keys=("a", "b", "c"), frames: int = 4, seed: int = 0) -> pl.DataFrame:
    """The columns that a foreign table has at least."""
    rng = np.random.default_rng(seed)
    count = len(keys) * frames
    columns: dict[str, object] = {
        "key": np.repeat(np.array(keys, dtype=object), frames),
        "frame_index": np.tile(np.arange(frames), len(keys)),
        **{name: rng.random(count) for name in CANONICAL_6.names},
        "vmaf": rng.random(count) * 100,
    }
    return pl.DataFrame(columns)


def clip_table(corpus: str, sources, codecs=("h264", "hevc"), frames: int = 3, seed: int = 0) -> ClipTable:
    """One clip per source and codec, heights alternating."""
    clips = [(source, codec) for source in sources for codec in codecs]
    frame = foreign_frame([f"{source}-{codec}" for source, codec in clips], frames, seed)
    repeated = np.repeat(np.arange(len(clips)), frames)
    frame = frame.with_columns(
        pl.lit(corpus).alias("corpus"),
        pl.Series("source", [clips[index][0] for index in repeated]),
        pl.Series("codec", [clips[index][1] for index in repeated]),
        pl.Series("encode_height", [(540, 1080)[index % 2] for index in repeated]),
    )
    return ClipTable(conform(frame, name=corpus), TableMeta(), corpus)
