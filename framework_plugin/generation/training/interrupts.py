"""Ctrl-C as a wish that is granted between two steps."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from typing import Any

logger = logging.getLogger(__name__)


class Interrupts:
    """Notes the first Ctrl-C; the second interrupts at once.

    Use it in a `with` statement. Outside the main thread, where signals cannot be
    caught, nothing is noted.
    """

    def __init__(self) -> None:
        self.wanted = False
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
        logger.warning(
            "Stopping after this step and keeping all that was learned. "
            "Press Ctrl-C again to stop at once."
        )
