"""The facts of the machine that a benchmark ran on."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from tinyvmaf.video.ffmpeg import find_ffmpeg
from tinyvmaf.video.libvmaf import available_cores

LIBRARIES = ("tinyvmaf", "av", "imageio-ffmpeg", "numpy", "onnxruntime", "polars", "torch")


def machine_facts() -> dict[str, object]:
    """Processor, memory, software and load, as they go into a report."""
    ffmpeg = find_ffmpeg()
    return {
        "processor": _processor(),
        "cores": available_cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: found for name in LIBRARIES if (found := _installed(name))},
        "ffmpeg": ffmpeg.version,
        "libvmaf": ffmpeg.libvmaf_version,
        "commit": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit that is checked out, marked where tracked files differ from it; None outside a repository."""
    root = Path(__file__).parent
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or None
