"""The story tests under `tests/stories`, and Rasa's own checks, with the suite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rasa.core.test import test as test_core
from rasa.core.utils import AvailableEndpoints

from framework_plugin.cli.assistant import load_agent

test_core.__test__ = False

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
async def test_every_story_is_predicted(tmp_path: Path) -> None:
    """As by `rasa test core`, but of the model as it is loaded to chat and to serve."""
    models = sorted((PROJECT / "models").glob("*.tar.gz"))
    if not models:
        pytest.skip("there is no model; `make train` makes one")
    agent = await load_agent(models[-1], AvailableEndpoints())
    stories = str(PROJECT / "tests" / "stories")
    tested = await test_core(stories, agent, out_directory=str(tmp_path))
    failed = tmp_path / "failed_test_stories.yml"
    right = tested["report"]["conversation_accuracy"]["accuracy"]
    assert right == 1.0, failed.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_training_data_are_valid() -> None:
    data = ("--domain", "domain", "--data", "nlu_data", "stories")
    ran = rasa("data", "validate", *data)
    assert ran.returncode == 0, ran.stderr
