"""Logs that tell which turn it was, and not who said what."""

from __future__ import annotations

import json
import logging

import pytest

from framework_plugin.components.serving.logs import (
    JsonFormatter,
    TextFormatter,
    Veil,
)
from framework_plugin.components.serving.turn import TURN, TurnRecord, new_id, veiled

KEY = "a key"


@pytest.fixture
def turn():
    record = TurnRecord("turn-0001", "rest", "13800138000", "我住在“成都”")
    token = TURN.set(record)
    yield record
    TURN.reset(token)


def record(message: str, *args: object, error: bool = False) -> logging.LogRecord:
    found = None
    if error:
        try:
            raise ValueError(message)
        except ValueError as raised:
            found = (type(raised), raised, raised.__traceback__)
    return logging.LogRecord("x", logging.ERROR, "", 1, message, args, found)


@pytest.mark.parametrize("form", [JsonFormatter, TextFormatter])
@pytest.mark.parametrize("error", [False, True])
def test_neither_sender_nor_message_is_written(form, error, turn) -> None:
    told = record(
        f"{turn.sender} said {turn.text} {json.dumps(turn.text)}", error=error
    )
    line = form(Veil(KEY)).format(told)
    assert turn.sender not in line
    assert "成都" not in line
    assert "\\u6210" not in line
    assert veiled(turn.sender, KEY) in line
    assert turn.id in line


def test_a_line_of_json_holds_what_is_asked_of_it(turn) -> None:
    line = json.loads(JsonFormatter(Veil(KEY)).format(record("%s fails", "Redis")))
    assert line["event"] == "Redis fails"
    assert line["level"] == "error"
    assert line["turn"] == "turn-0001"


def test_a_short_sender_leaves_the_words_that_hold_it_whole(turn) -> None:
    turn.sender = "a"
    told = record("framework_plugin failed for a: lock:a, data/a.json")
    line = json.loads(JsonFormatter(Veil(KEY)).format(told))
    user = f"[user {veiled('a', KEY)}]"
    said = f"framework_plugin failed for {user}: lock:{user}, data/{user}.json"
    assert line["event"] == said
    assert line["turn"] == "turn-0001"


def test_a_line_of_our_own_stays_as_it_is_whatever_was_said(turn) -> None:
    turn.sender, turn.text = "rest", "turn"
    told = record("turn")
    told.fields = {"channel": "rest", "outcome": "answered"}
    line = json.loads(JsonFormatter(Veil(KEY)).format(told))
    assert line["event"] == "turn"
    assert line["channel"] == "rest"


def test_outside_of_a_turn_nothing_is_added() -> None:
    assert TextFormatter(Veil(KEY)).format(record("up")) == "ERROR x: up"


def test_who_has_another_key_sees_another_sender() -> None:
    assert veiled("alice", "one") == veiled("alice", "one")
    assert veiled("alice", "one") != veiled("alice", "two")
    assert veiled("alice", "one") != veiled("bob", "one")


@pytest.mark.parametrize(
    "wanted", [None, "short", "a" * 65, "with blank 1", "换行换行换行换行\n"]
)
def test_an_id_that_cannot_be_one_is_replaced(wanted) -> None:
    assert new_id(wanted) != wanted
    assert new_id("fine_id-1") == "fine_id-1"
