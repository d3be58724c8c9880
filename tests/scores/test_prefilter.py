"""The command `prefilter` and what it calls: the model's luma, in 8 and 10 bits, and ends that leave nothing half."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import Clips, ffmpeg
from tests.pixel_models import brightness_of_frames, negative_filter

from tinyvmaf.bundles.session import Model, open_model
from tinyvmaf.documents import validate
from tinyvmaf.errors import BundleError, VideoError
from tinyvmaf.scores.prefilter import prefilter
from tinyvmaf.video.file import VideoFile
from tinyvmaf.video.hdr import hdr_arguments
from tinyvmaf.video.probe import probe

LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")
HDR = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return negative_filter(tmp_path_factory.mktemp("negative"))


@pytest.fixture(scope="module")
def negative(bundle: Path) -> Model:
    return open_model(bundle)


def luma(path: Path, pix_fmt: str) -> np.ndarray:
    raw = ffmpeg("-i", f"file:{path}", "-map", "0:V:0", "-pix_fmt", pix_fmt, "-f", "rawvideo", "-")
    return np.frombuffer(raw, "<u2" if "10" in pix_fmt else np.uint8)


def tinyvmaf(*arguments: str | Path, **options) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "tinyvmaf", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, **options)


@pytest.mark.parametrize(("pix_fmt", "largest"), [("gray", 255), ("gray10le", 1023)])
def test_the_luma_is_the_models(clips: Clips, negative: Model, tmp_path: Path, pix_fmt: str, largest: int) -> None:
    source = clips("source.mkv", *LOSSLESS, filters=f"format={pix_fmt}", size="66x50", frames=4)
    output = tmp_path / "out.mkv"
    made = prefilter(VideoFile(source), output, negative, encoder=LOSSLESS).prefiltered
    np.testing.assert_array_equal(luma(output, pix_fmt), largest - luma(source, pix_fmt))
    assert (made.frame_count, made.byte_count) == (4, output.stat().st_size)
    assert 0 < made.filter_seconds < made.elapsed_seconds


@pytest.mark.parametrize("strength", [0.0, 0.25])
def test_strength_is_the_share_of_the_change(clips: Clips, negative: Model, tmp_path: Path, strength: float) -> None:
    source = clips("source.mkv", *LOSSLESS, filters="format=gray", size="64x48", frames=3)
    prefilter(VideoFile(source), tmp_path / "out.mkv", negative, strength=strength, encoder=LOSSLESS)
    before = luma(source, "gray").astype(float)
    np.testing.assert_allclose(luma(tmp_path / "out.mkv", "gray"), before + strength * (255 - 2 * before), atol=0.51)


def test_static_hdr_metadata_goes_along(clips: Clips, negative: Model, tmp_path: Path) -> None:
    x265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params")
    params = f"log-level=error:master-display={MASTERING}:max-cll=1000,400"
    source = clips("hdr.mkv", *x265, params, filters=f"format=yuv420p10le,{HDR}", size="64x48", frames=3)
    output = tmp_path / "out.mkv"
    prefilter(VideoFile(source), output, negative, encoder=(*x265, "log-level=error"))
    assert probe(output).color_transfer == "smpte2084"
    assert probe(output).bit_depth == 10
    assert hdr_arguments(probe(output)) == ["-mastering_display", MASTERING, "-content_light", "1000,400"]


def test_models_of_other_kinds_and_tiny_pictures_are_refused(clips: Clips, negative: Model, tmp_path: Path) -> None:
    source = VideoFile(clips("small.mkv", *LOSSLESS, size="32x14", frames=2))
    with pytest.raises(VideoError, match="is 32x14: a pre-filter needs 16 pixels"):
        prefilter(source, tmp_path / "out.mkv", negative)
    with pytest.raises(BundleError, match="of kind nr: a pre-filter needs a model of kind filter"):
        prefilter(source, tmp_path / "out.mkv", open_model(brightness_of_frames(tmp_path / "other")))


def test_the_command_prints_its_document_and_takes_ffmpegs_options(clips: Clips, bundle: Path, tmp_path: Path) -> None:
    source = clips("source.mp4", "-c:v", "libx264", size="64x48", frames=6)
    options = ("--json", "--", "-c:v", "libvpx-vp9", "-crf", "40", "-b:v", "0", "-cpu-used", "8")
    done = tinyvmaf("prefilter", source, tmp_path / "out.webm", "--model", bundle, *options)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    validate(document)
    assert (document["model"], document["frame_count"], document["encoder"][:2]) == (
        "negative",
        6,
        ["-c:v", "libvpx-vp9"],
    )
    assert probe(tmp_path / "out.webm").codec == "vp9"


def test_a_broken_file_is_kept_so_far_and_ends_with_1(clips: Clips, bundle: Path, tmp_path: Path) -> None:
    whole = clips("whole.ts", "-c:v", "libx264", "-g", "10", "-bf", "0", size="320x180", frames=60)
    broken = tmp_path / "broken.ts"
    data = bytearray(whole.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 6000] = bytes(6000)
    broken.write_bytes(data)
    done = tinyvmaf("prefilter", broken, tmp_path / "out.mp4", "--model", bundle)
    assert done.returncode == 1
    assert "frames, " in done.stdout
    assert done.stderr.startswith("error: ")
    assert probe(tmp_path / "out.mp4").frame_count_from_header == int(done.stdout.split("frames")[0].split()[-1])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_half(clips: Clips, bundle: Path, tmp_path: Path, how: signal.Signals) -> None:
    long = clips("long.mp4", "-c:v", "libx264", "-preset", "ultrafast", size="1280x720", frames=300)
    folder = tmp_path / "out"
    folder.mkdir()
    slow = ("--", "-c:v", "libx264", "-preset", "veryslow")
    argv = [
        sys.executable,
        "-m",
        "tinyvmaf",
        "prefilter",
        str(long),
        str(folder / "out.mp4"),
        "--model",
        str(bundle),
        *slow,
    ]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        until = time.monotonic() + 60
        while not any(folder.iterdir()) and running.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert any(folder.iterdir()), "nothing was begun"
        running.send_signal(how)
        _, words = running.communicate(timeout=30)
    assert running.returncode == 130
    assert b"Traceback" not in words
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(clips: Clips, bundle: Path, tmp_path: Path) -> None:
    small = tmp_path / "small disk"
    small.mkdir()
    mount = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    script = 'mount -t tmpfs -o size=64k none "$1" || exit 77; shift; "$@"; code=$?; ls -A "$0" >&2; exit $code'
    source = clips("noise.mp4", *LOSSLESS, source="noise", size="320x180", frames=12)
    command = [
        sys.executable,
        "-m",
        "tinyvmaf",
        "prefilter",
        str(source),
        str(small / "out.mkv"),
        "--model",
        str(bundle),
    ]
    argv = [*mount, script, str(small), str(small), *command, "--", *LOSSLESS]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    except FileNotFoundError:
        pytest.skip("needs unshare: a disk of a few kilobytes")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("needs mounts: a disk of a few kilobytes")
    assert done.returncode == 1
    assert "small disk is full after" in done.stderr.replace("\n", " ")
    assert len(done.stderr.strip().splitlines()) == 1  # and nothing is listed in the folder
