"""What every test gets: small clips by the real ffmpeg, a home of its own, and no skip that nobody wanted.

``TINYVMAF_REQUIRE=ffmpeg,media,cuda,...`` names what this machine has: a test that is skipped for want of it fails.
A skip names what it wants by its first words: ``pytest.skip("needs cuda: ...")``; ``realmedia`` tests want ``media``.
``TINYVMAF_TEST_MEDIA`` names a folder with ``media/``, ``golden/`` and ``tables/``.
"""

import logging
import os
import re
import subprocess
from collections.abc import Generator, Sequence
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import pytest

from tinyvmaf.video.ffmpeg import find_ffmpeg

SOURCES = {
    "testsrc2": "testsrc2=size={size}:rate={fps}",
    "mandelbrot": "mandelbrot=size={size}:rate={fps}:start_scale=0.02:maxiter=300",
    "noise": "color=gray:size={size}:rate={fps},noise=alls=40:allf=t:all_seed=7",
}
"""ffmpeg's own pictures: flat colours with text, shapes and shades, noise."""


class Clips:
    """Makes small videos by the real ffmpeg, each once per session; they are read, never written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(
        self,
        name: str = "clip.mp4",
        *arguments: str,
        source: str = "testsrc2",
        frames: int = 16,
        size: str = "320x180",
        fps: Fraction | str = "25",
        filters: str = "format=yuv420p",
    ) -> Path:
        """A clip of one of SOURCES; the arguments are the encoder's (without any: the container's default)."""
        picture = SOURCES[source].format(size=size, fps=fps)
        return self._make(name, ["-f", "lavfi", "-i", picture, "-frames:v", str(frames), "-vf", filters, *arguments])

    def derived(self, original: Path, name: str, *arguments: str, before: Sequence[str] = ()) -> Path:
        """Another file made out of a clip, such as a remux (``-c copy``); ``before`` are its input options."""
        return self._make(name, [*before, "-i", f"file:{original}", *arguments])

    def _make(self, name: str, arguments: list[str]) -> Path:
        folder = self._folder / sha256("\0".join([name, *arguments]).encode()).hexdigest()[:12]
        path = folder / name
        if not path.exists():
            folder.mkdir(exist_ok=True)
            ffmpeg(*arguments, "-bitexact", f"file:{path}")
        return path


def ffmpeg(*arguments: str) -> bytes:
    """Runs the real ffmpeg; what it writes to stdout. A failure shows its words."""
    argv = [str(find_ffmpeg().path), "-hide_banner", "-nostdin", "-v", "error", "-y", *arguments]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, f"{argv}\n{done.stderr.decode(errors='replace')}"
    return done.stdout


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return Clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def media() -> Path:
    """The folder with ``media/``, ``golden/`` and ``tables/``."""
    folder = os.environ.get("TINYVMAF_TEST_MEDIA")
    if not folder:
        pytest.skip("needs media: set TINYVMAF_TEST_MEDIA to a folder with media/, golden/ and tables/")
    return Path(folder)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or touches the user's shelf, clip store or data."""
    home = tmp_path.with_name(f"{tmp_path.name}-home")
    monkeypatch.setenv("TINYVMAF_SHELF", str(home / "shelf"))
    monkeypatch.setenv("VMAF_TINY_AI_CACHE", str(home / "cache"))
    monkeypatch.setenv("VMAF_DATA_ROOT", str(home / "datasets"))


@pytest.fixture(autouse=True)
def _no_logged_errors(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    yield
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, f"logged as error: {[record.getMessage() for record in errors]}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and call.excinfo is not None and call.excinfo.errisinstance(pytest.skip.Exception):
        wanted = re.match(r"needs (\w+)", str(call.excinfo.value))
        missing = wanted[1] if wanted else "media" if item.get_closest_marker("realmedia") else None
        if missing in os.environ.get("TINYVMAF_REQUIRE", "").split(","):
            report.outcome = "failed"
            report.longrepr = f"TINYVMAF_REQUIRE names {missing}, yet: {call.excinfo.value}"
    return report
