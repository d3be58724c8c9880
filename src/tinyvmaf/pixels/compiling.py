"""How the kernel's functions are compiled: the one place that leans on Numba's insides.

Plain ``numba.njit`` must assume that any two arrays overlap. A loop over more than a few rows then needs more run-time
checks than LLVM allows, and stays scalar: the kernel would be five times slower. Two options of Numba's compiler flags
are not offered by ``njit``, and are mapped here:

* ``noalias``: no array that a function writes overlaps another of its arguments. Every caller keeps that promise:
  memory that one call reads and writes is never passed as two arguments.
* ``_nrt``: off, so that a view of a row costs no reference count. Such functions cannot allocate.

Where a version of Numba knows neither, the functions are compiled without: right, and slower.

On processors of Intel LLVM keeps to half of a 512 bit register, since the first that had them ran slower when they were
used. Later ones do not, and need a sixth less time for every row; so there Numba is told otherwise (for all that this
process compiles), unless the user's ``NUMBA_CPU_FEATURES`` or ``NUMBA_ENABLE_AVX`` has spoken.

Numba keeps machine code on disk by the file of the function that is called, and does not see that another function,
which is called by it, has changed elsewhere. The function that Python calls therefore closes over ``source_stamp()``,
which is part of the key that Numba keeps it by.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numpy as np
from llvmlite.binding import get_host_cpu_features
from numba import config, njit
from numba.core.cpu import CPUTargetOptions
from numba.core.options import TargetOptions

at = np.uintp
"""Every index into a row: with a signed one, the test for a negative index keeps loops scalar."""
f32 = np.float32
"""Every constant: a float64 among them makes the whole loop float64."""

_SOURCES: set[str] = set()
"""Files of the functions that were compiled."""
_SINCE_ICE_LAKE = "avx512vbmi2"
"""What the processors have that run 512 bit registers at full speed."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def compiled(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """The function as machine code for this CPU, kept on disk, run without the interpreter's lock.

    Sums of floats may be taken in any order, and a multiplication joined with an addition.
    """
    _SOURCES.add(function.__code__.co_filename)
    offered = {"nogil": True, "cache": True, "fastmath": True, "error_model": "numpy"}
    decorate = cast("Callable[..., Callable[[Callable[_P, _T]], Callable[_P, _T]]]", njit)
    return decorate(**offered, **_unoffered_options())(function)


def compiled_as(label: str) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """``compiled`` for a function that is defined more than once, by a function around it.

    Numba links machine code by names, and code from the disk may meet a name that another of them was given in this
    process: then one would run in place of the other. The label becomes part of the name, and keeps them apart.
    """

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        function.__qualname__ += f".{label}"
        return compiled(function)

    return decorate


def source_stamp() -> int:
    """A number that changes with any source file that holds a compiled function so far."""
    digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sorted(_SOURCES)))
    return int.from_bytes(digest.digest()[:7], "big")


def widest_features(features: Mapping[str, bool]) -> str | None:
    """The processor's features with whole 512 bit registers, as Numba takes them; None: it is left as it is.

    Args:
        features: By LLVM's names, whether the processor has them.
    """
    if not features.get(_SINCE_ICE_LAKE):
        return None
    listed = [("+" if has else "-") + name for name, has in sorted(features.items())]
    return ",".join([*listed, "-prefer-256-bit"])


def _unoffered_options() -> dict[str, bool]:
    """``noalias`` and ``_nrt`` for ``njit``, as far as this Numba knows them."""
    if not hasattr(TargetOptions, "Mapping") or not hasattr(CPUTargetOptions, "_nrt"):
        return {}
    if not hasattr(CPUTargetOptions, "noalias"):
        setattr(CPUTargetOptions, "noalias", TargetOptions.Mapping("noalias"))  # noqa: B010
    return {"noalias": True, "_nrt": False}


def _host_features() -> Mapping[str, bool]:
    """What this processor has; nothing where LLVM cannot tell."""
    try:
        return get_host_cpu_features()
    except RuntimeError:
        return {}


if getattr(config, "CPU_FEATURES", None) is None and getattr(config, "ENABLE_AVX", False):
    setattr(config, "CPU_FEATURES", widest_features(_host_features()))  # noqa: B010
