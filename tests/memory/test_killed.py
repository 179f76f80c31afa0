"""Processes killed at any moment: nothing confirmed is lost, nothing is there twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = 50


@pytest.mark.slow
def test_kills_lose_and_double_nothing(tmp_path):
    script = Path(__file__).with_name("killed_talks.py")
    path = str(tmp_path / "rasa.db")
    printed = subprocess.run(
        [sys.executable, str(script), path, str(KILLS), "7"],
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
