"""What a video stream weighs, without its container and its sound."""

from pathlib import Path

import pytest

from tests.conftest import Clips, ffmpeg
from tinyvmaf.video.file import RawFormat, VideoFile
from tinyvmaf.video.packets import stream_weight
from tinyvmaf.video.probe import probe


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_sound_and_container_weigh_nothing(clips: Clips, name: str) -> None:
    sound = ("-f", "lavfi", "-i", "sine=duration=2")
    quiet = clips("quiet.mp4", "-c:v", "libx264", "-bf", "0", frames=50)
    loud = clips.derived(quiet, name, *sound, "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-shortest")
    alone = len(ffmpeg("-i", f"file:{quiet}", "-c", "copy", "-f", "data", "-map", "0:v", "-"))
    weight = stream_weight(probe(loud))
    assert weight.byte_count == pytest.approx(alone, rel=0.02)  # Annex B adds start codes in a transport stream
    assert weight.seconds == pytest.approx(2.0, abs=0.005)
    assert weight.bitrate_kbps == pytest.approx(alone * 8 / 2 / 1000, rel=0.03)


def test_raw_video_weighs_its_frames(tmp_path: Path) -> None:
    path = tmp_path / "clip.yuv"
    path.write_bytes(bytes(64 * 64 * 3 // 2 * 50))
    weight = stream_weight(probe(VideoFile(path, RawFormat(64, 64, "yuv420p"))))
    assert (weight.byte_count, weight.seconds) == (64 * 64 * 3 // 2 * 50, 2.0)
