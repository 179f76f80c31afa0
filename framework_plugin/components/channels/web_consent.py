"""Whether a visitor lets the assistant remember them, asked and told at the page."""

from __future__ import annotations

import time
from typing import Any

from sanic import Sanic

from framework_plugin.components.guarded_routes import Refused, store_of
from framework_plugin.components.tracker_store import MemoryTrackerStore
from framework_plugin.memory.consent import Consent

_DESK = "handover"
"""The channel by which people read conversations."""


class Agreement:
    """What visitors of a server have said of being remembered.

    Args:
        app: Rasa's, its agent loaded.
        privacy: Address of the notice that says more; may be empty.

    Raises:
        Refused: If the server has no memory.
    """

    def __init__(self, app: Sanic, privacy: str) -> None:
        self._app = app
        self._privacy = privacy
        self._store: MemoryTrackerStore = store_of(app)

    async def shown(self, sender_id: str) -> dict[str, Any] | None:
        """What the page needs to ask, and to show the answer.

        Returns:
            The `state`, null for who has not said anything, since when, and what is to
            be told before somebody agrees; None where nobody needs to.

        Raises:
            MemoryStoreError: If the database cannot be read.
        """
        privacy = self._store.memory.privacy
        if not privacy.consent_required:
            return None
        told = await self._store.consent_of(sender_id)
        channels = getattr(self._app.ctx, "input_channels", None) or []
        return {
            "state": told.state.value if told else None,
            "at": told.at if told else None,
            "masks": privacy.masking,
            "people": any(channel.name() == _DESK for channel in channels),
            "notice": self._privacy,
        }

    async def take(self, sender_id: str, agrees: Any) -> None:
        """Keeps what a visitor says; who agrees no more is forgotten.

        No message of theirs is answered meanwhile.

        Args:
            sender_id: Whose word it is.
            agrees: True or false, as it came.

        Raises:
            Refused: If it is neither, or there is nothing to agree to.
            MemoryStoreError: If the database cannot be written.
            OSError: If a file cannot be changed.
        """
        if not isinstance(agrees, bool):
            raise Refused(400, 'The body must be of the form {"agree": true}.')
        if not self._store.memory.privacy.consent_required:
            raise Refused(404, "This assistant asks nobody for consent.")
        state = Consent.GIVEN if agrees else Consent.REFUSED
        async with self._app.ctx.agent.lock_store.lock(sender_id):
            told = await self._store.consent_of(sender_id)
            if agrees and told and told.state is state:
                return
            await self._store.settle_consent(sender_id, state, time.time())
