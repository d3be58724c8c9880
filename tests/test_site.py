"""The documentation builds without a warning, and a reader's browser fetches nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tinyvmaf

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_site_builds_strictly_and_needs_no_network(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(argv, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert {"quickstart.html", "fr_mlp_small.html", "api.html"} <= {page.name for page in pages}
    shown = set(
        re.findall(r'id="tinyvmaf\.(?:\w+\.)*(\w+)"', (tmp_path / "site" / "api.html").read_text(encoding="utf-8"))
    )
    assert set(tinyvmaf.__all__) <= shown
    for page in pages:
        fetched = re.findall(r'<(?:script|img|iframe)[^>]+src="(https?:[^"]+)"', page.read_text(encoding="utf-8"))
        fetched += re.findall(r'<link[^>]+rel="(?:stylesheet|preconnect)"[^>]+"(https?:[^"]+)"', page.read_text())
        assert not fetched, f"{page.name} fetches {fetched}"
