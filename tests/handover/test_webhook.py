"""Notices reach a real server, or are given up, and nobody waits for either."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from framework_plugin.errors import SettingsError
from framework_plugin.handover.entry import Entry, Outcome, Reason
from framework_plugin.handover.webhook import (
    SIGNATURE,
    Webhook,
    WebhookSettings,
    read_webhook,
)
from tests.handover.receiver import Receiver, wait_until

SECRET = "0123456789abcdef"
NOW = 1_789_000_000.125
ENTRY = Entry(7, "alice", "rest", Reason.ASKED, NOW)

Start = Callable[..., Receiver]


@pytest.fixture
def start() -> Iterator[Start]:
    servers: list[Receiver] = []

    def begin(*statuses: int, seconds: float = 0.0) -> Receiver:
        servers.append(Receiver(*statuses, seconds=seconds))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


def webhook(url: str, **options: Any) -> Webhook:
    settings = WebhookSettings(url, SECRET, timeout_seconds=2.0, pause_seconds=0.02)
    return Webhook(replace(settings, **options), clock=lambda: NOW)


def test_a_notice_is_signed_and_tells_none_of_the_users_words(start: Start) -> None:
    server = start()
    closed = replace(ENTRY, taken_by="小林", closed_at=NOW, outcome=Outcome.DONE)
    hook = webhook(server.url)
    hook.tell("handover.closed", closed)
    assert hook.close()
    ((headers, body),) = server.got
    content = json.loads(body)
    assert len(content.pop("delivery")) == 32
    assert content == {
        "event": "handover.closed",
        "id": 7,
        "sender_id": "alice",
        "channel": "rest",
        "reason": "asked",
        "asked_at": NOW,
        "taken_by": "小林",
        "closed_at": NOW,
        "outcome": "done",
    }
    at, _, signed = headers[SIGNATURE].partition(",v1=")
    assert at == "t=1789000000"
    expected = hmac.new(SECRET.encode(), b"1789000000." + body, hashlib.sha256)
    assert signed == expected.hexdigest()


def test_a_failing_server_is_tried_again_with_the_same_delivery(start: Start) -> None:
    server = start(500, 429, 302, 204)
    hook = webhook(server.url)
    hook.tell("handover.opened", ENTRY)
    assert hook.close()
    deliveries = {json.loads(body)["delivery"] for _, body in server.got}
    assert (len(server.got), len(deliveries)) == (4, 1)


def test_pauses_grow(start: Start) -> None:
    server = start(500, 500, 500, 200)
    hook = webhook(server.url, pause_seconds=0.1)
    begun = time.monotonic()
    hook.tell("handover.opened", ENTRY)
    assert hook.close()
    assert 0.7 <= time.monotonic() - begun < 3.0


def test_nobody_waits_for_a_slow_server(start: Start) -> None:
    server = start(seconds=0.5)
    hook = webhook(server.url)
    begun = time.monotonic()
    for number in range(3):
        hook.tell("handover.opened", replace(ENTRY, id=number))
    assert time.monotonic() - begun < 0.1
    assert hook.close()
    assert [json.loads(body)["id"] for _, body in server.got] == [0, 1, 2]


def test_a_server_that_does_not_answer_is_left_in_time(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    server = start(seconds=30.0)
    hook = webhook(server.url, timeout_seconds=0.2, attempts=2)
    begun = time.monotonic()
    with caplog.at_level(logging.ERROR):
        hook.tell("handover.opened", ENTRY)
        assert hook.close()
    assert time.monotonic() - begun < 3.0
    assert len(server.got) == 2
    assert "handover 7" in caplog.text
    assert "ReadTimeout" in caplog.text
    assert SECRET not in caplog.text


def test_a_server_that_is_down_does_no_harm_and_its_return_is_noticed(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    gone = Receiver()
    gone.stop()
    hook = webhook(gone.url, attempts=2)
    with caplog.at_level(logging.ERROR):
        hook.tell("handover.opened", ENTRY)
        wait_until(lambda: "ConnectionError" in caplog.text)
    server = start()
    other = webhook(server.url)
    other.tell("handover.opened", ENTRY)
    server.wait_for(1)
    assert hook.close()
    assert other.close()


def test_the_end_of_the_process_does_not_wait_forever() -> None:
    gone = Receiver()
    gone.stop()
    hook = webhook(gone.url, pause_seconds=30.0)
    hook.tell("handover.opened", ENTRY)
    begun = time.monotonic()
    assert not hook.close(0.3)
    assert time.monotonic() - begun < 1.0


def test_too_many_notices_are_dropped_and_logged(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    server = start(seconds=30.0)
    hook = webhook(server.url)
    with caplog.at_level(logging.ERROR):
        for number in range(1_100):
            hook.tell("handover.opened", replace(ENTRY, id=number))
    assert "1000 notices wait" in caplog.text
    hook.close(0.0)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"url": "https://a.example/x"}, "'secret' of 'webhook' is missing"),
        ({"url": "https://a.example/x", "secret": "${GONE}"}, "is missing"),
        ({"url": "https://a.example/x", "secret": "short"}, "5 characters"),
        ({"url": "ftp://a.example/x", "secret": SECRET}, "'url' of 'webhook'"),
        ({"secret": SECRET}, "'url' of 'webhook'"),
        ({"url": "https://a.example", "secret": SECRET, "retry": 3}, "key 'retry'"),
        ({"url": "https://a.example", "secret": SECRET, "attempts": 0}, "1 to 20"),
        (
            {"url": "https://a.example", "secret": SECRET, "timeout_seconds": "5"},
            "0.1 to 60",
        ),
        ("https://a.example", "must hold keys"),
    ],
)
def test_settings_that_cannot_work_are_refused(section: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_webhook(section)


def test_the_secret_is_in_no_representation() -> None:
    read = read_webhook({"url": "https://a.example", "secret": SECRET, "attempts": 3})
    assert read == WebhookSettings("https://a.example", SECRET, attempts=3)
    assert SECRET not in repr(read)
