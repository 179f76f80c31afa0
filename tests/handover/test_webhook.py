"""Notices reach a real server, or are given up, and nobody waits for either."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from framework_plugin.errors import SettingsError
from framework_plugin.handover.entry import Reason
from framework_plugin.handover.notices import Notices
from framework_plugin.handover.place import QueueDatabase
from framework_plugin.handover.queue import HandoverQueue
from framework_plugin.handover.webhook import SIGNATURE, Webhook
from framework_plugin.handover.webhook_settings import WebhookSettings, read_webhook
from tests.handover.receiver import Receiver, wait_until

ROOT = Path(__file__).parents[2]
SECRET = "0123456789abcdef"
NOW = 1_789_000_000.125

Start = Callable[..., Receiver]
Hook = Callable[..., Webhook]


@pytest.fixture
def start() -> Iterator[Start]:
    servers: list[Receiver] = []

    def begin(*statuses: int, seconds: float = 0.0) -> Receiver:
        servers.append(Receiver(*statuses, seconds=seconds))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture
def notices(database: QueueDatabase) -> Notices:
    return Notices(database)


@pytest.fixture
def told(database: QueueDatabase, notices: Notices) -> HandoverQueue:
    """A queue of which another system is told."""
    return HandoverQueue(database, notices)


@pytest.fixture
def hook(notices: Notices) -> Iterator[Hook]:
    hooks: list[Webhook] = []

    def make(url: str, **options: Any) -> Webhook:
        settings = WebhookSettings(url, SECRET, timeout_seconds=2.0, pause_seconds=0.02)
        clock = options.pop("clock", time.time)
        hooks.append(Webhook(replace(settings, **options), notices, clock))
        return hooks[-1]

    yield make
    for one in hooks:
        one.close(2.0)


def ask(queue: HandoverQueue, sender: str = "alice", now: float | None = None) -> int:
    at = time.time() if now is None else now
    return queue.ask(sender, sender, "rest", Reason.ASKED, at).entry.id


def contents(server: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in server.got]


def test_a_notice_is_signed_and_tells_none_of_the_users_words(
    start: Start, hook: Hook, told: HandoverQueue
) -> None:
    server = start()
    entry = ask(told, now=NOW)
    told.take(entry, "小林", NOW, 1_800.0)
    told.close(entry, NOW)
    sending = hook(server.url, clock=lambda: NOW)
    sending.wake()
    assert sending.close()
    (_, (headers, body)) = server.got
    content = json.loads(body)
    assert len(content.pop("delivery")) == 32
    assert content == {
        "event": "handover.closed",
        "id": entry,
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


def test_a_failing_server_is_tried_again_with_the_same_body(
    start: Start, hook: Hook, told: HandoverQueue, notices: Notices
) -> None:
    server = start(500, 429, 302, 204)
    ask(told)
    hook(server.url).wake()
    server.wait_for(4)
    assert len({body for _, body in server.got}) == 1
    wait_until(lambda: notices.next_due() is None)


def test_pauses_grow(start: Start, hook: Hook, told: HandoverQueue) -> None:
    server = start(500, 500, 500, 200)
    begun = time.monotonic()
    ask(told)
    hook(server.url, pause_seconds=0.1).wake()
    server.wait_for(4)
    assert 0.7 <= time.monotonic() - begun < 3.0


def test_nobody_waits_for_a_slow_server_and_the_order_is_kept(
    start: Start, hook: Hook, told: HandoverQueue
) -> None:
    server = start(seconds=1.0)
    sending = hook(server.url)
    entries = []
    for number in range(3):
        entries.append(ask(told, f"user-{number}"))
        begun = time.monotonic()
        sending.wake()
        assert time.monotonic() - begun < 0.8
    assert sending.close()
    assert [content["id"] for content in contents(server)] == entries


def test_what_follows_waits_for_what_is_tried_again_but_other_entries_do_not(
    start: Start, hook: Hook, told: HandoverQueue
) -> None:
    server = start(500, 200)
    entry = ask(told)
    told.close(entry, time.time())
    other = ask(told, "bob")
    hook(server.url, pause_seconds=0.3).wake()
    server.wait_for(4)
    assert [(c["id"], c["event"][9:]) for c in contents(server)] == [
        *((entry, "opened"), (other, "opened")),
        *((entry, "opened"), (entry, "closed")),
    ]


def test_what_is_given_up_after_its_time_is_logged_and_gone(
    start: Start,
    hook: Hook,
    told: HandoverQueue,
    notices: Notices,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = start(seconds=30.0)
    begun = time.monotonic()
    entry = ask(told)
    with caplog.at_level(logging.ERROR):
        hook(server.url, timeout_seconds=0.2, give_up_hours=0.5 / 3600).wake()
        wait_until(lambda: notices.next_due() is None)
    assert time.monotonic() - begun < 5.0
    assert len(server.got) >= 2
    assert f"handover {entry} came to" in caplog.text
    assert "ReadTimeout" in caplog.text
    assert SECRET not in caplog.text


def test_what_is_old_after_a_long_time_without_servers_is_tried_once(
    start: Start, hook: Hook, told: HandoverQueue, notices: Notices
) -> None:
    server = start()
    ask(told, now=time.time() - 30 * 86_400.0)
    hook(server.url).start()
    server.wait_for(1)
    wait_until(lambda: notices.next_due() is None)


def test_what_a_process_has_left_is_told_after_a_restart(
    start: Start, hook: Hook, told: HandoverQueue, notices: Notices
) -> None:
    gone = Receiver()
    gone.stop()
    ask(told)
    first = hook(gone.url)
    first.wake()
    assert not first.close()
    assert notices.next_due() is not None

    server = start()
    hook(server.url).start()
    server.wait_for(1)
    wait_until(lambda: notices.next_due() is None)


def test_what_a_killed_process_had_begun_to_tell_is_told_by_another(
    start: Start, hook: Hook, told: HandoverQueue, notices: Notices
) -> None:
    now = time.time()
    ask(told, now=now - 100.0)
    # It was killed before it could say whether that worked.
    assert notices.claim(now - 90.0, seconds=70.0)
    server = start()
    hook(server.url).start()
    server.wait_for(1)
    assert contents(server)[0]["event"] == "handover.opened"


def test_an_entry_and_its_notice_are_there_together_or_not_at_all(
    database: QueueDatabase,
) -> None:
    class Killed(Exception):
        """Stands for the end of a process."""

    class Failing(Notices):
        def put(self, *_: Any) -> None:
            raise Killed

    queue = HandoverQueue(database, Failing(database))
    with pytest.raises(Killed):
        ask(queue)
    assert queue.opened() == []


def test_the_end_of_the_process_does_not_wait_for_a_server_that_is_down(
    hook: Hook, told: HandoverQueue
) -> None:
    gone = Receiver()
    gone.stop()
    ask(told)
    sending = hook(gone.url, pause_seconds=30.0)
    begun = time.monotonic()
    sending.wake()
    assert not sending.close()
    assert time.monotonic() - begun < 2.0


def test_without_somebody_to_tell_nothing_is_kept(
    queue: HandoverQueue, notices: Notices
) -> None:
    queue.close(ask(queue), time.time())
    assert notices.next_due() is None


def test_what_a_process_was_killed_over_is_told_by_the_next(
    start: Start, hook: Hook, notices: Notices, tmp_path: Path
) -> None:
    """Killed for good, in the moment in which the entry is in the queue."""
    code = (
        "import os, signal, time\n"
        "from framework_plugin.handover.entry import Reason\n"
        "from framework_plugin.handover.notices import Notices\n"
        "from framework_plugin.handover.queue import HandoverQueue\n"
        "from framework_plugin.memory.database import open_engine\n"
        "from tests.handover.conftest import database_of\n"
        f"database = database_of(open_engine('sqlite:///{tmp_path}/rasa.db'))\n"
        "queue = HandoverQueue(database, Notices(database))\n"
        "queue.ask('alice', 'alice', 'rest', Reason.ASKED, time.time())\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    server = start()
    hook(server.url).start()
    server.wait_for(1)
    assert contents(server)[0]["sender_id"] == "alice"
    wait_until(lambda: notices.next_due() is None)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"url": "https://a.example/x"}, "'secret' of 'webhook' is missing"),
        ({"url": "https://a.example/x", "secret": "${GONE}"}, "is missing"),
        ({"url": "https://a.example/x", "secret": "short"}, "5 characters"),
        ({"url": "ftp://a.example/x", "secret": SECRET}, "'url' of 'webhook'"),
        ({"secret": SECRET}, "'url' of 'webhook'"),
        ({"url": "https://a.example", "secret": SECRET, "retry": 3}, "key 'retry'"),
        ({"url": "https://a.example", "secret": SECRET, "give_up_hours": 800}, "720"),
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
    read = read_webhook(
        {"url": "https://a.example", "secret": SECRET, "give_up_hours": 3}
    )
    assert read == WebhookSettings("https://a.example", SECRET, give_up_hours=3.0)
    assert SECRET not in repr(read)
