"""Speech for the tests, and settings with the engines that need no download."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework_plugin.voice.audio import Audio, decoded
from tests.voice.recordings import SPEED, VOICE, WORDS, espeak

FREE = "recogniser: {engine: pocketsphinx}"
"""Anything may be said; understanding takes nearly as long as speaking."""

SETTINGS = f"""
recogniser:
  engine: pocketsphinx
  phrases: [{WORDS}, where is my order, thank you very much]
speaker:
  engine: espeak-ng
  voice: {VOICE}
  speed: {SPEED}
"""


@pytest.fixture(scope="session")
def recording() -> bytes:
    """Somebody says `WORDS`."""
    return espeak(WORDS)


@pytest.fixture(scope="session")
def speech(recording: bytes) -> Audio:
    pytest.importorskip("av", reason="the package av is not installed")
    return decoded(recording, 60)


@pytest.fixture
def settings(tmp_path: Path, recording: bytes) -> Path:
    for name in ("av", "pocketsphinx"):
        pytest.importorskip(name, reason=f"the package {name} is not installed")
    path = tmp_path / "voice.yml"
    path.write_text(SETTINGS)
    return path
