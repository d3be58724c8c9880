"""What works on this machine, and how to mend what does not. Works when any part is missing."""

import importlib
import importlib.metadata
import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tinyvmaf.errors import TinyVmafError

LITTLE_SPACE_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the machine."""

    name: str
    """What was looked at."""
    ok: bool
    """It works."""
    needed: bool
    """Scoring does not work without it."""
    found: str
    """What is there."""
    fix: str | None
    """What to do about it; None when it works."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks, and whether scoring works."""

    ok: bool
    """Everything that scoring needs works."""
    checks: tuple[Check, ...]
    """In the order in which the data flows."""


def diagnose() -> Diagnosis:
    """Every part looked at once; never raises for a part that is missing."""
    checks = (
        _check("ffmpeg", _ffmpeg, needed=True, fix="pip install 'imageio-ffmpeg>=0.8.1', or set TINYVMAF_FFMPEG"),
        _check("encoders", _encoders, needed=False, fix="point TINYVMAF_FFMPEG to an ffmpeg that has them"),
        _check(
            "kernel", _kernel, needed=False, fix="set NUMBA_CACHE_DIR to a folder that is writable; --exact needs none"
        ),
        _check("onnxruntime", _onnxruntime, needed=True, fix="pip install onnxruntime"),
        _check("torch", _version("torch"), needed=False, fix="for training: pip install 'tinyvmaf[train]'"),
        _check(
            "lightning", _installed("lightning"), needed=False, fix="for `fit --samples`: pip install 'tinyvmaf[train]'"
        ),
        _check("gpu", _gpu, needed=False, fix="none is needed"),
        _check("reports", _installed("plotly"), needed=False, fix="for --report: pip install plotly"),
        _check("mcp", _installed("mcp"), needed=False, fix="for agents: pip install 'mcp>=2,<3'"),
        _check("shelf", _shelf, needed=True, fix="`tinyvmaf models verify` tells which; reinstall, or remove your own"),
        _check("cache", _cache, needed=False, fix="set VMAF_TINY_AI_CACHE to a folder that is writable and has room"),
    )
    return Diagnosis(ok=all(check.ok for check in checks if check.needed), checks=checks)


def _check(name: str, look: Callable[[], str], *, needed: bool, fix: str) -> Check:
    try:
        return Check(name=name, ok=True, needed=needed, found=look(), fix=None)
    except (TinyVmafError, ImportError, OSError) as error:
        return Check(name=name, ok=False, needed=needed, found=str(error), fix=fix)


def _room(name: str) -> ModuleType:
    """A room, imported when it is looked at: one whose library is missing must not keep the doctor from the others."""
    return importlib.import_module(f"tinyvmaf.{name}")


def _ffmpeg() -> str:
    ffmpeg, teachers = _room("video.ffmpeg").find_ffmpeg(), _room("video.teachers").TEACHERS
    return f"{ffmpeg.path} ({ffmpeg.version}), libvmaf {ffmpeg.libvmaf_version}; teachers {', '.join(teachers)}"


def _encoders() -> str:
    wanted = {codec.encoder for codec in _room("video.codecs").CODECS.values() if codec.encoder}
    missing = sorted(wanted - _room("video.ffmpeg").find_ffmpeg().encoders)
    if missing:
        raise OSError(f"this ffmpeg lacks {', '.join(missing)}")
    return ", ".join(sorted(wanted))


def _version(module: str) -> Callable[[], str]:
    """Imports the library, since one that is installed may still not load."""
    return lambda: f"{module} {importlib.import_module(module).__version__}"


def _onnxruntime() -> str:
    _room("bundles")  # first, since it keeps the runtime's telemetry off
    return _version("onnxruntime")()


def _installed(module: str) -> Callable[[], str]:
    """Only looks for the library: some take ten seconds to load."""

    def look() -> str:
        if importlib.util.find_spec(module) is None:
            raise ImportError(f"no module named {module}")
        return f"{module} {importlib.metadata.version(module)}"

    return look


def _kernel() -> str:
    """Where Numba keeps the kernel's machine code: without a place, every process compiles it anew."""
    try:
        folder = Path(_room("pixels.motion").mean_motion.stats.cache_path)
    except RuntimeError as error:  # Numba finds no place
        raise OSError(str(error)) from error
    folder.mkdir(parents=True, exist_ok=True)
    _try_writing(folder)
    kept = any(folder.glob("*.nbi"))
    state = "compiled" if kept else "the first score compiles it, some 20 s"
    return f"numba {importlib.metadata.version('numba')}, {state}; code in {folder}"


def _gpu() -> str:
    torch = importlib.import_module("torch")
    if not torch.cuda.is_available():
        raise OSError("no CUDA device, or a build of torch for CPU only")
    return str(torch.cuda.get_device_name(0))


def _shelf() -> str:
    registry = _room("bundles.registry")
    broken = [verdict for verdict in registry.verify_all() if not verdict.ok]
    if broken:
        raise OSError("; ".join(f"{verdict.id}: {verdict.reason}" for verdict in broken))
    return ", ".join(row.id for row in registry.list_models()) or "no models"


def _cache() -> str:
    folder = _room("table.clip_store").default_store_root()
    folder.mkdir(parents=True, exist_ok=True)
    _try_writing(folder)
    free = shutil.disk_usage(folder).free
    if free < LITTLE_SPACE_BYTES:
        raise OSError(f"{folder} has only {free / 1e6:.0f} MB left")
    return f"{Path(folder)} ({free / 1e9:.0f} GB free)"


def _try_writing(folder: Path) -> None:
    probe = folder / f".doctor.{os.getpid()}"
    probe.write_bytes(b"")
    probe.unlink()
