"""Small sets of pixel samples, made by hand: what a score has to learn is how coarse the noise on a picture is."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from tinyvmaf.table.parquet import write_parquet
from tinyvmaf.table.sample_set import (
    CLEAN,
    INDEX,
    INDEX_COLUMNS,
    METADATA_KEY,
    PIXELS,
    SampleMeta,
    Samples,
    read_samples,
)

CODECS = ("h264", "hevc", "av1")


def make_samples(
    directory: Path,
    kind: str = "patches",
    *,
    target: str | None = "vmaf",
    sources: int = 10,
    frames: int = 2,
    places: int = 3,
    side: int = 32,
    seed: int = 0,
) -> Samples:
    """A set of ``sources`` x three encodes x ``frames``: more noise, a lower target."""
    draw = np.random.default_rng(seed)
    rows, pixels, clean = [], [], []
    shape = {"patches": (places, 2, side, side), "frame": (1, 1, 224, 224), "pairs": (1, 1, side, side)}[kind]
    for source in range(sources):
        light = _light(shape, draw)
        for number, codec in enumerate(CODECS):
            strength = 4 + 14 * number + draw.uniform(0, 6)
            for frame in range(frames):
                noise = draw.normal(0, strength, shape)
                value = float(np.clip(100 - 2 * strength, 0, 100))
                rows.append(_row(f"scene{source:02d}", codec, frame, value, kind=kind, target=target))
                pixels.append(np.clip(np.rint(light + noise), 0, 255).astype(np.uint8))
                clean.append(light)
    index = pl.DataFrame(rows, schema=INDEX_COLUMNS, orient="row")
    return _write(directory, index, np.stack(pixels), np.stack(clean), SampleMeta(kind=kind, target=target))


def _light(shape: tuple[int, ...], draw: np.random.Generator) -> np.ndarray:
    blocks = draw.uniform(60, 200, size=(*shape[:-2], shape[-2] // 8, shape[-1] // 8))
    return blocks.repeat(8, axis=-2).repeat(8, axis=-1).round().astype(np.uint8)


def _row(source: str, codec: str, frame: int, value: float, *, kind: str, target: str | None) -> list[object]:
    known = {
        "corpus": "made",
        "source": source,
        "key": f"{source}-{codec}",
        "frame_index": frame,
        "crop": 0,
        "target": value if target else None,
        "clip_target": value - 1 if target else None,
        "codec": codec,
        "width": 64,
        "height": 64,
        "degradation": {"h264": "grain", "hevc": "blur_jpeg", "av1": "grain"}[codec] if kind == "pairs" else None,
        "content_key": "0" * 64,
    }
    return [known.get(name) for name in INDEX_COLUMNS]


def _write(directory: Path, index: pl.DataFrame, pixels: np.ndarray, clean: np.ndarray, meta: SampleMeta) -> Samples:
    directory.mkdir(parents=True, exist_ok=True)
    np.save(directory / PIXELS, pixels)
    if meta.kind == "pairs":
        np.save(directory / CLEAN, clean)
    write_parquet(index, directory / INDEX, metadata={METADATA_KEY: json.dumps(asdict(meta))})
    return read_samples(directory)
