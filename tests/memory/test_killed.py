"""Processes killed at any moment: nothing confirmed is lost, nothing is there twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLS = 50


@pytest.mark.slow
def test_kills_lose_and_double_nothing(tmp_path):
    path = str(tmp_path / "rasa.db")
    printed = subprocess.run(
        [sys.executable, "-m", "tests.memory.killed_talks", path, str(KILLS), "7"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    told = json.loads(printed.splitlines()[-1])
    stored = told["stored"]
    assert len(told["saved"]) > KILLS
    assert len(set(stored)) == len(stored)
    assert set(told["saved"]) <= set(stored) <= set(told["sent"])
    assert [text for text in told["sent"] if text in set(stored)] == stored
    turn = ["UserUttered", "ActionExecuted", "BotUttered", "ActionExecuted"]
    assert told["kinds"] == turn * len(stored)
