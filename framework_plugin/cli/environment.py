"""What processes that serve find in their environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_SERVING = {
    # The C library gives every thread a heap of its own. What threads allocate for
    # each other then lies scattered, and a process grows by some kilobytes a turn for
    # hours.
    "MALLOC_ARENA_MAX": "2",
    # The matrix products of a turn are small: a second thread waits for the first
    # longer than it helps, and takes a processor while it waits.
    "OPENBLAS_NUM_THREADS": "1",
}
_SKYLAKE = {"avx512f", "avx512cd", "avx512dq", "avx512bw", "avx512vl"}
_PROCESSOR = Path("/proc/cpuinfo")


def serving_environment(
    environment: Mapping[str, str], processor: Path = _PROCESSOR
) -> dict[str, str]:
    """An environment with what suits a process that serves; what it has stays.

    Args:
        environment: Of this process.
        processor: Where the kernel tells what processors can do.
    """
    return {**_SERVING, **_kernels(processor), **environment}


def _kernels(processor: Path) -> dict[str, str]:
    """Which code multiplies matrices.

    The OpenBLAS of NumPy 1.23 takes processors newer than itself for ones of 2004, and
    is six times slower on them than it could be.
    """
    try:
        told = processor.read_text(encoding="utf-8")
    except OSError:
        return {}
    flags = next((line for line in told.splitlines() if line.startswith("flags")), "")
    can = set(flags.partition(":")[2].split()) >= _SKYLAKE
    return {"OPENBLAS_CORETYPE": "SkylakeX"} if can else {}
