"""A written video holds what was given, tells its rate and colour, and appears whole or not at all."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tinyvmaf.errors import VideoError
from tinyvmaf.video.write import write_video


def _noise(count: int) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(1, 255, (count, 54, 64), dtype=np.uint8))


def test_written_video_reads_back_to_the_last_bit(tmp_path: Path) -> None:
    frames = _noise(5)
    assert write_video(frames, tmp_path / "a.mp4", fps=Fraction(25)) == 5
    with av.open(str(tmp_path / "a.mp4")) as container:
        read = [frame.to_ndarray() for frame in container.decode(video=0)]
    assert np.array_equal(np.stack(read), np.stack(frames))


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(24000, 1001), Fraction(60000, 1001)])
def test_written_video_carries_rate_and_colour(tmp_path: Path, fps: Fraction) -> None:
    write_video(_noise(9), tmp_path / "a.mp4", fps=fps)
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(video=0))
        assert (stream.average_rate, stream.frames, stream.pix_fmt) == (fps, 9, "yuv420p")
        assert (int(frames[0].colorspace), int(frames[0].color_range)) == (1, 1)
        assert [float(frame.time or 0) for frame in frames] == pytest.approx([n / fps for n in range(9)], abs=1e-3)


def test_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "old.mp4"
    path.write_bytes(b"old")

    def frames() -> Iterator[np.ndarray]:
        yield np.full((54, 64), 128, np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(frames(), path, fps=Fraction(25))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_writing_no_frame_or_into_nowhere_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="no frame"):
        write_video([], tmp_path / "a.mp4", fps=Fraction(25))
    with pytest.raises(VideoError, match="cannot be written"):
        write_video([np.zeros((54, 64), np.uint8)], tmp_path / "missing" / "a.mp4", fps=Fraction(25))
    assert not list(tmp_path.iterdir())
