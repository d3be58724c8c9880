"""What leans on Numba's insides works with the Numba that is installed, and is right without."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numba import njit

from tinyvmaf.pixels import compiling
from tinyvmaf.pixels.compiling import at, compiled, f32
from tinyvmaf.pixels.pyramid import halve_2, halve_3
from tinyvmaf.pixels.vif import vif_0, vif_1, vif_2, vif_3


def _blend(ring, out, width):
    """Nine rows into one: more than LLVM would check for overlap."""
    for j in range(width):
        total = f32(0)
        for k in range(9):
            total += ring[at(k), at(j)]
        out[at(j)] = total


def test_this_numba_knows_both_options() -> None:
    assert compiling._unoffered_options() == {"noalias": True, "_nrt": False}


def test_loops_over_many_rows_use_vector_registers() -> None:
    blend = njit(fastmath=True, **compiling._unoffered_options())(_blend)
    blend(np.ones((9, 64), np.float32), np.zeros(64, np.float32), 64)
    (code,) = blend.inspect_asm().values()
    added = [line for line in code.splitlines() if line.split()[:1] and line.split()[0] in {"vaddps", "addps", "fadd"}]
    assert any("ymm" in line or "zmm" in line or "xmm" in line or ".4s" in line for line in added)


def test_whole_512_bit_registers_are_used_where_they_run_at_full_speed() -> None:
    later = {"avx512f": True, "avx512vbmi2": True, "amx-fp16": False}
    assert compiling.widest_features(later) == "-amx-fp16,+avx512f,+avx512vbmi2,-prefer-256-bit"
    assert compiling.widest_features({"avx512f": True, "avx512vbmi2": False}) is None
    assert compiling.widest_features({"neon": True}) is None


def test_the_users_own_features_stand() -> None:
    asked = "import numba; from tinyvmaf.pixels import compiling; print(numba.config.CPU_FEATURES)"
    environment = {**os.environ, "NUMBA_CPU_FEATURES": "+sse2"}
    said = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "+sse2"


def test_without_the_options_results_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    ring, plain, fast = np.random.default_rng(0).random((9, 64), np.float32), *np.zeros((2, 64), np.float32)
    compiled(_blend)(ring, fast, 64)
    monkeypatch.setattr(compiling, "CPUTargetOptions", object)
    assert compiling._unoffered_options() == {}
    njit(_blend)(ring, plain, 64)
    np.testing.assert_allclose(fast, plain, rtol=1e-6)


def test_the_stamp_follows_the_sources(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    before = compiling.source_stamp()
    assert before == compiling.source_stamp()
    changed = tmp_path / "changed.py"
    changed.write_text("# another source")
    monkeypatch.setattr(compiling, "_SOURCES", {*compiling._SOURCES, str(changed)})
    assert compiling.source_stamp() != before


def test_functions_that_are_defined_more_than_once_differ_by_name() -> None:
    """Numba links by names: the code of one would run in place of the other's."""
    for functions in ((vif_0, vif_1, vif_2, vif_3), (halve_2, halve_3)):
        assert len({function.__qualname__ for function in functions}) == len(functions)
