"""Telling another system what earlier processes have left to be told."""

from __future__ import annotations

import logging
import os
import threading
import time

from actions.resources import ActionSettings, Resources
from framework_plugin.errors import PersonalChatError
from framework_plugin.handover.settings import settings_beside

logger = logging.getLogger(__name__)

RETRY_AFTER = 30.0
"""Seconds until a database that is away is tried again."""


def tell_what_is_left() -> None:
    """Begins it in a thread, if `handover.yml` names whom to tell; returns at once."""
    # With resources of its own: processes that are forked later shall share none.
    settings = ActionSettings.from_environment(os.environ)
    threading.Thread(
        target=_begin, args=[Resources(settings)], name="handover-start", daemon=True
    ).start()


def _begin(resources: Resources) -> None:
    while True:
        try:
            settings = settings_beside(resources.settings.endpoints)
            if settings is None or settings.webhook is None:
                return
            desk = resources.desk
            if desk and desk.webhook:
                desk.webhook.start()
            return
        except PersonalChatError as error:
            logger.warning("What is left to be told of handovers waits: %s", error)
            time.sleep(RETRY_AFTER)
