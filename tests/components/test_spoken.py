"""What was spoken is kept, masked and taken out like what was typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered

from framework_plugin.components.channels.hearing import spoken_metadata
from framework_plugin.components.tracker_store import MemoryTrackerStore


async def stored(path: Path, *said: str, intent: str = "chitchat") -> str:
    """The content of the file after a user has spoken."""
    store = MemoryTrackerStore(Domain.empty(), db=str(path))
    tracker = store.init_tracker("wx")
    for words in said:
        metadata = spoken_metadata(words)
        tracker.update(UserUttered(words, {"name": intent}, metadata=metadata))
        tracker.update(ActionExecuted("action_listen"))
    await store.save(tracker)
    again = await store.retrieve("wx")
    assert again is not None
    store.engine.dispose()
    return path.read_text("utf-8", errors="ignore")


async def test_words_and_their_transcript_are_kept(tmp_path: Path) -> None:
    content = await stored(tmp_path / "rasa.db", "where is my order")
    assert '"transcript":"where is my order"' in content


@pytest.mark.parametrize(
    ("words", "secret", "intent"),
    [
        ("我的手机号是13812345678", "13812345678", "chitchat"),
        ("绑定 K7MP-2QXD", "K7MP", "link_account"),
        ("k7mp2qxd", "k7mp2qxd", "chitchat"),
    ],
)
async def test_numbers_and_codes_are_masked_in_the_transcript_too(
    tmp_path: Path, words: str, secret: str, intent: str
) -> None:
    content = await stored(tmp_path / "rasa.db", words, intent=intent)
    assert '"transcript"' in content
    assert secret not in content


async def test_what_shall_not_be_kept_is_in_no_transcript(tmp_path: Path) -> None:
    said = "我昨天去了医院，这个别记"
    content = await stored(tmp_path / "rasa.db", "你好", said)
    assert json.dumps("医院")[1:-1] not in content
    assert json.dumps("你好")[1:-1] in content
