"""Made videos are deterministic, lossless on disk, natural to a statistician, and appear whole or not at all."""

from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import Event

import av
import numpy as np
import pytest

from tinyvmaf.corpora.picture import Size
from tinyvmaf.corpora.scenes import SCENE_KINDS, scene_frames
from tinyvmaf.corpora.synthetic import make_corpus
from tinyvmaf.errors import CancelledError, CorpusError

SMALL = Size(320, 180)
MOVING = [name for name, kind in SCENE_KINDS.items() if kind.move.speed or kind.flying]


def _luma(frame: np.ndarray) -> np.ndarray:
    return frame[: frame.shape[0] * 2 // 3].astype(float)


@cache
def _scene(kind: str) -> tuple[np.ndarray, ...]:
    return tuple(scene_frames(0, kind=kind, size=SMALL, frame_count=5))


def _spectrum_slope(luma: np.ndarray) -> float:
    window = np.outer(np.hanning(luma.shape[0]), np.hanning(luma.shape[1]))
    power = np.abs(np.fft.fft2((luma - luma.mean()) * window)) ** 2
    radius = np.hypot(np.fft.fftfreq(luma.shape[0])[:, None], np.fft.fftfreq(luma.shape[1])[None])
    edges = np.geomspace(0.01, 0.4, 14)
    ring = np.digitize(radius, edges)
    means = [power[ring == index].mean() for index in range(1, len(edges))]
    return float(np.polyfit(np.log(edges[1:] * edges[:-1]) / 2, np.log(means), 1)[0])


def _kurtosis(values: np.ndarray) -> float:
    centred = values - values.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2)


@pytest.mark.parametrize("kind", SCENE_KINDS)
def test_scene_has_the_statistics_of_natural_pictures(kind: str) -> None:
    luma = _luma(_scene(kind)[2])
    # Natural pictures: power falls as f^-1.6 to f^-3 (Tolhurst, Tadmor, Chao 1992,
    # doi:10.1111/j.1475-1313.1992.tb00296.x); the kurtosis of their gradients is well above a Gaussian's 3
    # (Huang and Mumford 1999, doi:10.1109/CVPR.1999.786990).
    assert -3.2 < _spectrum_slope(luma) < -1.5
    assert _kurtosis(np.diff(luma, axis=1)) > 5


@pytest.mark.parametrize("kind", SCENE_KINDS)
def test_scene_uses_limited_range_with_mild_colour(kind: str) -> None:
    frames = _scene(kind)
    assert {frame.shape for frame in frames} == {(270, 320)}
    assert {frame.dtype for frame in frames} == {np.dtype(np.uint8)}
    chroma = frames[2][180:].astype(float) - 128
    assert 0.5 < chroma.std() < 20


def test_scene_repeats_for_its_seed_and_differs_for_another() -> None:
    first, again, other = (list(scene_frames(seed, size=Size(64, 36), frame_count=3)) for seed in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("kind", MOVING)
def test_moving_scene_moves(kind: str) -> None:
    assert all(not np.array_equal(a, b) for a, b in pairwise(_scene(kind)))


def test_still_scene_does_not_move() -> None:
    assert all(np.array_equal(a, b) for a, b in pairwise(_scene("still")))


def test_kinds_span_light_and_motion() -> None:
    means, motions = [], []
    for kind in SCENE_KINDS:
        before, after = (_luma(frame) for frame in _scene(kind)[1:3])
        means.append(after.mean())
        motions.append(np.abs(after - before).mean())
    assert min(means) < 60
    assert max(means) > 160
    assert max(motions) > 8


def test_fade_starts_dark() -> None:
    frames = _scene("dawn")
    assert _luma(frames[0]).mean() < 30
    assert _luma(frames[-1]).mean() > 60


@pytest.mark.parametrize("size", [Size(321, 180), Size(320, 181), Size(30, 180)])
def test_scene_of_odd_or_tiny_size_is_refused(size: Size) -> None:
    with pytest.raises(ValueError, match="must be even and at least 32"):
        scene_frames(0, size=size, frame_count=1)


def test_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="meadow"):
        scene_frames(0, size=SMALL, frame_count=1, kind="jungle")


def test_corpus_on_disk_is_the_scene_to_the_last_bit(tmp_path: Path) -> None:
    files = make_corpus(tmp_path / "made", sources=2, seconds=0.2, size=(160, 90), seed=7)
    assert [path.name for path in files] == ["synthetic-000.mp4", "synthetic-001.mp4"]
    for number, path in enumerate(files):
        expected = list(scene_frames(7, number=number, size=Size(160, 90), frame_count=5))
        with av.open(str(path)) as container:
            read = [frame.to_ndarray() for frame in container.decode(video=0)]
        assert len(read) == len(expected)
        assert all(np.array_equal(a, b) for a, b in zip(read, expected, strict=True))


def test_same_call_writes_the_same_bytes(tmp_path: Path) -> None:
    (first,) = make_corpus(tmp_path / "a", sources=1, seconds=0.2, size=(64, 36))
    (second,) = make_corpus(tmp_path / "b", sources=1, seconds=0.2, size=(64, 36))
    assert first.read_bytes() == second.read_bytes()


def test_progress_reaches_its_total(tmp_path: Path) -> None:
    seen: list[tuple[float, float | None]] = []
    make_corpus(
        tmp_path,
        sources=2,
        seconds=0.2,
        size=(64, 36),
        progress=lambda done, total, label: seen.append((done, total)),
    )
    assert seen == [(done, 10) for done in range(1, 11)]


def test_cancelled_corpus_leaves_no_half_file(tmp_path: Path) -> None:
    cancel = Event()

    def cancel_in_the_second(done: float, total: float | None, label: str) -> None:
        if done == 7:
            cancel.set()

    with pytest.raises(CancelledError):
        make_corpus(tmp_path, sources=3, seconds=0.2, size=(64, 36), progress=cancel_in_the_second, cancel=cancel)
    assert [path.name for path in tmp_path.iterdir()] == ["synthetic-000.mp4"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sources": 0}, "at least one"),
        ({"seconds": 0.001}, "hold no frame"),
        ({"seconds": float("inf")}, "hold no frame"),
        ({"size": (321, 180)}, "321x180"),
        ({"size": (16, 16)}, "at least 32"),
    ],
)
def test_nothing_to_make_is_an_error(tmp_path: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(CorpusError, match=words):
        make_corpus(tmp_path, **{"sources": 1, "seconds": 0.2, "size": (64, 36)} | options)


def test_root_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="cannot be made a folder"):
        make_corpus(tmp_path / "file", sources=1, seconds=0.2, size=(64, 36))
