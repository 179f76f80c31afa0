"""Telling another system of new and closed entries, without anybody waiting for it."""

from __future__ import annotations

import atexit
import hmac
import json
import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

import requests

from framework_plugin.errors import SettingsError
from framework_plugin.handover.entry import Entry

logger = logging.getLogger(__name__)

SIGNATURE = "X-Personal-Chat-Signature"
"""Header: `t=<seconds since the epoch>,v1=<signature>`; see `signature`."""

_SHORTEST_SECRET = 16
_WAITING = 1_000
"""Notices that may wait in one process."""
_LONGEST_PAUSE = 60.0
_LONGEST_GOODBYE = 5.0


@dataclass(frozen=True)
class WebhookSettings:
    """Who is told.

    Args:
        url: Where notices are posted.
        secret: Signs them; at least 16 characters.
        timeout_seconds: For how long an answer is waited for, each time.
        attempts: How often a notice is tried.
        pause_seconds: Before the second attempt; each further pause is twice as long,
            up to a minute.
    """

    url: str
    secret: str = field(repr=False)
    timeout_seconds: float = 5.0
    attempts: int = 6
    pause_seconds: float = 1.0


def read_webhook(value: object) -> WebhookSettings | None:
    """The settings of the key `webhook`.

    Raises:
        SettingsError: If something is missing or impossible.
    """
    if value is None:
        return None
    names = [one.name for one in fields(WebhookSettings)]
    if not isinstance(value, Mapping):
        raise SettingsError(f"'webhook' must hold keys: {', '.join(names)}.")
    unknown = sorted(str(key) for key in value if key not in names)
    if unknown:
        raise SettingsError(
            f"Unknown key '{unknown[0]}' in 'webhook'. Valid keys: {', '.join(names)}."
        )
    url, secret = value.get("url"), value.get("secret")
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            f"'url' of 'webhook' is {url!r}; expected an address such as "
            "https://desk.example.com/handovers."
        )
    if not isinstance(secret, str) or secret.startswith("${"):
        raise SettingsError(
            "'secret' of 'webhook' is missing. Write secret: ${NAME} and set that "
            "variable; make one with: openssl rand -hex 32"
        )
    if len(secret) < _SHORTEST_SECRET:
        raise SettingsError(
            f"'secret' of 'webhook' has {len(secret)} characters; expected at least "
            f"{_SHORTEST_SECRET}. Make one with: openssl rand -hex 32"
        )
    numbers = {
        name: _number(value[name], name, low, high)
        for name, low, high in (
            ("timeout_seconds", 0.1, 60.0),
            ("attempts", 1, 20),
            ("pause_seconds", 0.0, _LONGEST_PAUSE),
        )
        if name in value
    }
    if "attempts" in numbers:
        numbers["attempts"] = int(numbers["attempts"])
    return WebhookSettings(str(url), secret, **numbers)  # type: ignore[arg-type]


def signature(secret: str, at: int, body: bytes) -> str:
    """The HMAC-SHA256, in hexadecimal digits, of `<at>.<body>`.

    With the time in it, a notice that somebody has recorded is of no use later.

    Args:
        secret: Known to both sides.
        at: When it is sent, in seconds since the epoch.
        body: What is sent.
    """
    return hmac.new(secret.encode(), b"%d." % at + body, "sha256").hexdigest()


def notice_of(event: str, entry: Entry) -> dict[str, Any]:
    """What is told of an entry: none of the user's words.

    Args:
        event: `handover.opened` or `handover.closed`.
        entry: Which one.
    """
    return {
        "event": event,
        "delivery": uuid.uuid4().hex,
        "id": entry.id,
        "sender_id": entry.sender_id,
        "channel": entry.channel,
        "reason": entry.reason.value,
        "asked_at": entry.asked_at,
        "taken_by": entry.taken_by,
        "closed_at": entry.closed_at,
        "outcome": None if entry.outcome is None else entry.outcome.value,
    }


class Webhook:
    """Posts notices from a thread of its own, in order, each until it is taken.

    Every attempt of a notice has the same `delivery`, by which the other side knows it
    again. What cannot be delivered is logged; the entry itself is in the queue.

    Args:
        settings: Who is told.
        clock: Tells the seconds since the epoch.
    """

    def __init__(
        self, settings: WebhookSettings, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue(_WAITING)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._ending = threading.Event()

    def tell(self, event: str, entry: Entry) -> None:
        """Leaves a notice to be posted; returns at once.

        Args:
            event: `handover.opened` or `handover.closed`.
            entry: Which one.
        """
        try:
            self._waiting.put_nowait(notice_of(event, entry))
        except queue.Full:
            logger.error(
                "%d notices wait for %s already: '%s' of handover %d is not told.",
                *(_WAITING, self._settings.url, event, entry.id),
            )
            return
        with self._starting:
            if self._thread is None:
                # It shall not keep the process alive, but have a moment at its end.
                self._thread = threading.Thread(
                    target=self._work, name="handover-webhook", daemon=True
                )
                self._thread.start()
                atexit.register(self.close)

    def close(self, seconds: float = _LONGEST_GOODBYE) -> bool:
        """Waits for what is left, but not for long; nothing is posted afterwards.

        Args:
            seconds: At most so long.

        Returns:
            Whether all was delivered or given up.
        """
        with self._starting:
            thread = self._thread
        if thread is None:
            return True
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._waiting.unfinished_tasks:
            time.sleep(0.01)
        is_done = not self._waiting.unfinished_tasks
        self._ending.set()
        atexit.unregister(self.close)
        return is_done

    def _work(self) -> None:
        while not self._ending.is_set():
            notice = self._waiting.get()
            try:
                self._deliver(notice)
            except Exception:
                # The next notice may be luckier.
                logger.exception("A notice of a handover could not be posted.")
            finally:
                self._waiting.task_done()

    def _deliver(self, notice: dict[str, Any]) -> None:
        settings = self._settings
        body = json.dumps(notice, ensure_ascii=False).encode()
        pause, why = settings.pause_seconds, ""
        for attempt in range(settings.attempts):
            if attempt:
                self._ending.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            if self._ending.is_set():
                break
            why = self._post(body)
            if not why:
                return
        logger.error(
            "That handover %s has '%s' could not be told to %s: %s. It is in the queue "
            "all the same; see 'personal-chat handover list'.",
            *(notice["id"], notice["event"], settings.url, why),
        )

    def _post(self, body: bytes) -> str:
        """One attempt; why it failed, or an empty text."""
        at = int(self._clock())
        headers = {
            "Content-Type": "application/json",
            SIGNATURE: f"t={at},v1={signature(self._settings.secret, at, body)}",
        }
        try:
            with requests.post(
                self._settings.url,
                data=body,
                headers=headers,
                timeout=self._settings.timeout_seconds,
                # Who is told is who was named, and what they answer is not read.
                allow_redirects=False,
                stream=True,
            ) as answer:
                status = answer.status_code
                return "" if 200 <= status < 300 else f"it answered {status}"
        except requests.RequestException as error:
            return type(error).__name__


def _number(value: object, name: str, low: float, high: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and low <= float(str(value)) <= high:
        return float(str(value))
    raise SettingsError(
        f"'{name}' of 'webhook' is {value!r}; expected {low:g} to {high:g}."
    )
