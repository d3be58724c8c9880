"""Models are opened in private: ONNX Runtime's telemetry is off before it is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OPEN = "from tinyvmaf.bundles.session import open_model; open_model('fr_svr')"
EXAMINE = "from tinyvmaf.runs.doctor import diagnose; diagnose()"
ORT_SPEAKS_UNLESS = ("ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI")


@pytest.mark.parametrize("code", [OPEN, EXAMINE])
def test_a_model_is_opened_without_a_trace(code: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in ORT_SPEAKS_UNLESS}
    places = {"HOME": str(home), "TMPDIR": str(home), "VMAF_TINY_AI_CACHE": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-c", code], env={**kept, **places}, capture_output=True, check=True)
    assert done.stderr == b""
    assert list(home.iterdir()) == []
