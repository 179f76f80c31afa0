from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from framework_plugin.cli.environment import serving_environment

NEW = "flags\t\t: fpu avx2 avx512f avx512dq avx512cd avx512bw avx512vl amx_tile\n"
OLD = "flags\t\t: fpu sse2 avx2\n"


def processor(folder: Path, told: str) -> Path:
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\n{told}processor\t: 1\n{told}", encoding="utf-8")
    return path


def test_what_the_user_has_set_stays() -> None:
    own = {"MALLOC_ARENA_MAX": "8", "OPENBLAS_CORETYPE": "Haswell", "OTHER": "x"}
    given = serving_environment(own)
    assert {name: given[name] for name in own} == own
    assert given["OPENBLAS_NUM_THREADS"] == "1"


def test_numpy_is_told_of_processors_that_it_does_not_know(tmp_path: Path) -> None:
    given = serving_environment({}, processor(tmp_path, NEW))
    assert given["OPENBLAS_CORETYPE"] == "SkylakeX"


def test_an_older_processor_is_left_to_numpy(tmp_path: Path) -> None:
    assert "OPENBLAS_CORETYPE" not in serving_environment({}, processor(tmp_path, OLD))
    missing = serving_environment({}, tmp_path / "none")
    assert "OPENBLAS_CORETYPE" not in missing


def test_numpy_multiplies_with_what_it_is_told_here() -> None:
    """The processor of this machine runs the code that is chosen for it."""
    asked = (
        "import json, numpy, threadpoolctl; a = numpy.ones((9, 300), 'f'); "
        "assert (a @ a.T == 300).all(); "
        "print(json.dumps(threadpoolctl.threadpool_info()))"
    )
    environment = serving_environment(os.environ)
    ran = subprocess.run(
        [sys.executable, "-c", asked],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    (blas,) = (part for part in json.loads(ran.stdout) if part["user_api"] == "blas")
    assert blas["num_threads"] == 1
    assert blas["architecture"] == environment.get(
        "OPENBLAS_CORETYPE", blas["architecture"]
    )
