"""Telling another system of new and closed entries, without anybody waiting for it."""

from __future__ import annotations

import atexit
import hmac
import logging
import threading
import time
from collections.abc import Callable

import requests

from framework_plugin.errors import PersonalChatError
from framework_plugin.handover.notices import Notice, Notices
from framework_plugin.handover.webhook_settings import WebhookSettings

logger = logging.getLogger(__name__)

SIGNATURE = "X-Personal-Chat-Signature"
"""Header: `t=<seconds since the epoch>,v1=<signature>`; see `signature`."""

LOOK_EVERY = 10.0
"""Seconds between two looks for what processes that are gone have left."""
LONGEST_PAUSE = 600.0
"""Seconds between two attempts at most."""
_LEASE = 60.0
"""Seconds for a notice beyond those of its answer; then its process counts as gone."""
_RETRY_AFTER = 30.0
"""Seconds until the database is tried again."""
_LONGEST_GOODBYE = 5.0
_HOUR = 3600.0


def signature(secret: str, at: int, body: bytes) -> str:
    """The HMAC-SHA256, in hexadecimal digits, of `<at>.<body>`.

    With the time in it, a notice that somebody has recorded is of no use later.

    Args:
        secret: Known to both sides.
        at: When it is sent, in seconds since the epoch.
        body: What is sent.
    """
    return hmac.new(secret.encode(), b"%d." % at + body, "sha256").hexdigest()


class Webhook:
    """Posts what is to be told from a thread of its own, each until it is taken.

    The notices lie in the database, so that those of a process that was killed are told
    by another one, or after a restart: each at least once, always with the same
    `delivery`, by which the other side knows it again. While servers run, one of them
    tells it.

    Args:
        settings: Who is told.
        notices: What is to be told.
        clock: Tells the seconds since the epoch.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        notices: Notices,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._notices = notices
        self._clock = clock
        self._thread: threading.Thread | None = None
        # Guards `_thread`, and that nothing woken counts as done.
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._woken = threading.Event()
        self._rests = threading.Event()
        self._is_done = True

    def start(self) -> None:
        """Begins to look for what is to be told, now and then, if it has not yet."""
        with self._lock:
            # After a fork there is no thread, whatever there was before.
            if self._thread is None or not self._thread.is_alive():
                # It shall not keep the process alive, but have a moment at its end.
                self._thread = threading.Thread(
                    target=self._work, name="handover-webhook", daemon=True
                )
                self._thread.start()
                atexit.register(self.close)

    def wake(self) -> None:
        """Says that there is something to be told; returns at once."""
        with self._lock:
            self._is_done = False
            self._rests.clear()
            self._woken.set()
        self.start()

    def close(self, seconds: float = _LONGEST_GOODBYE) -> bool:
        """Waits until what is due was tried, but not for long; then posts no more.

        Args:
            seconds: At most so long.

        Returns:
            Whether nothing is left to be told, as far as it was woken for. What is
            left stays in the database.
        """
        with self._lock:
            is_started = self._thread is not None
        if is_started:
            self._rests.wait(seconds)
            self._ending.set()
            self._woken.set()
            atexit.unregister(self.close)
        return self._is_done

    def _work(self) -> None:
        is_away = False
        while not self._ending.is_set():
            self._woken.clear()
            try:
                wait = self._tell_all()
                is_away = False
            except PersonalChatError as error:
                if not is_away:
                    logger.error("What is to be told waits for the database: %s", error)
                wait, is_away = _RETRY_AFTER, True
            except Exception:
                # The next time may be luckier.
                logger.exception("A notice of a handover could not be posted.")
                wait = _RETRY_AFTER
            with self._lock:
                if not self._woken.is_set():
                    self._rests.set()
            self._woken.wait(wait)

    def _tell_all(self) -> float:
        """Tells what is due.

        Returns:
            Seconds until the next look.

        Raises:
            PersonalChatError: If the database is away.
        """
        lease = _LEASE + 2 * self._settings.timeout_seconds
        while not self._ending.is_set():
            notice = self._notices.claim(self._clock(), lease)
            if notice is None:
                break
            self._deliver(notice)
        due = self._notices.next_due()
        with self._lock:
            self._is_done = due is None and not self._woken.is_set()
        if due is None:
            return LOOK_EVERY
        return min(max(due - self._clock(), 0.0), LOOK_EVERY)

    def _deliver(self, notice: Notice) -> None:
        """One attempt.

        Raises:
            PersonalChatError: If the database is away.
        """
        why = self._post(notice.body.encode())
        if not why:
            self._notices.drop(notice)
            return
        settings, now = self._settings, self._clock()
        if now - notice.made_at >= settings.give_up_hours * _HOUR:
            self._notices.drop(notice)
            logger.error(
                "What handover %d came to could not be told to %s for %g hours, with "
                "%d attempts: %s. It is in the queue all the same; see "
                "'personal-chat handover list --all'.",
                *(notice.entry_id, settings.url, settings.give_up_hours),
                *(notice.attempts, why),
            )
            return
        if notice.attempts == 1:
            logger.warning(
                "Handover %d is not told to %s yet, since %s; it is tried again.",
                *(notice.entry_id, settings.url, why),
            )
        # Beyond twenty times as long nothing changes but the size of the number.
        pause = settings.pause_seconds * 2.0 ** min(notice.attempts - 1, 20)
        self._notices.put_off(notice, now + min(pause, LONGEST_PAUSE))

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
