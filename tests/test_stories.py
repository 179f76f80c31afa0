"""The story tests under `tests/stories`, and Rasa's own checks, with the suite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
QUIET = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "LOG_LEVEL": "ERROR"}


def rasa(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rasa", *arguments],
        cwd=PROJECT,
        env=QUIET,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_every_story_is_predicted(tmp_path: Path) -> None:
    if not list((PROJECT / "models").glob("*.tar.gz")):
        pytest.skip("there is no model; `make train` makes one")
    ran = rasa(
        *("test", "core", "--stories", "tests/stories", "--model", "models"),
        *("--fail-on-prediction-errors", "--out", str(tmp_path)),
    )
    failed = tmp_path / "failed_test_stories.yml"
    wrong = failed.read_text(encoding="utf-8") if failed.exists() else ran.stderr
    assert ran.returncode == 0, wrong


@pytest.mark.slow
def test_the_training_data_are_valid() -> None:
    data = ("--domain", "domain", "--data", "nlu_data", "stories")
    ran = rasa("data", "validate", *data)
    assert ran.returncode == 0, ran.stderr
