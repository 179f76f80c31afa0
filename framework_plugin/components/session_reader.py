"""Reads the latest session of a user, however long, at the cost of its last turns."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from rasa.shared.core.events import Event
from sqlalchemy.engine import Connection

from framework_plugin.components.memory_tracker import MemoryTracker
from framework_plugin.components.stored_events import RestoredEvents, restored
from framework_plugin.components.tracker_snapshots import (
    actions_behind,
    opening_events,
    slots_at_rest,
)
from framework_plugin.errors import SettingsError
from framework_plugin.memory.history import all_rows, last_row, session_rows
from framework_plugin.memory.snapshots import (
    Snapshot,
    messages_since,
    rows_behind,
    snapshot_before,
    write_snapshot,
)

logger = logging.getLogger(__name__)

WINDOW = 10
"""Messages of the user, unless the settings say otherwise."""

_REACHES = (2, 4, 12)
"""Halves of the window that are read at once, and if these hold too little."""

_BETWEEN_SNAPSHOTS = 10
"""Messages of the user from one snapshot to the next."""

_USERS = 100
"""Of so many users the events of the last turns are kept in memory."""

TrackerOf = Callable[[str, Iterable[Event]], MemoryTracker]
"""Makes the tracker of a user from events that are stored, in order."""


class SessionReader:
    """Makes trackers of what is stored of a user.

    Args:
        window: At least how many of the user's last messages a tracker holds, if the
            session has as many; 0 reads whole sessions.
        tracker_of: Makes them.
        stored_slots: What may be stored of the slots of a snapshot, both as JSON.

    Raises:
        SettingsError: If `window` is impossible.
    """

    def __init__(
        self,
        window: int,
        tracker_of: TrackerOf,
        stored_slots: Callable[[str], str] = str,
    ) -> None:
        if not isinstance(window, int) or isinstance(window, bool) or window < 0:
            raise SettingsError(
                f"'window' of the tracker store is {window!r}; expected how many of a "
                "user's last messages a tracker holds, such as 10, or 0 for whole "
                "sessions."
            )
        # Each message is followed by at least one action, and by listening.
        self._wanted = 2 * window
        # Some of the messages read may have been taken back: then more are.
        self._reaches = [window * halves // 2 + 1 for halves in _REACHES if window]
        self._tracker_of = tracker_of
        self._stored_slots = stored_slots
        self._restored = RestoredEvents(_USERS)
        self._not_before: dict[str, int] = {}

    def latest(self, connection: Connection, user_id: str) -> MemoryTracker | None:
        """The latest session, or what is needed of it; None for an unknown user."""
        for messages in self._reaches:
            snapshot = snapshot_before(connection, user_id, messages)
            if snapshot is None:
                break
            tracker = self._behind(connection, user_id, snapshot)
            if tracker is not None:
                return tracker
        rows = session_rows(connection, user_id)
        if not rows:
            return None
        # What is read whole whatever its length is not kept.
        events = self._restored.of(user_id, rows) if self._reaches else restored(rows)
        return self._tracker_of(user_id, events)

    def forget(self, user_id: str) -> None:
        """Keeps nothing of a user in this process."""
        self._restored.forget(user_id)
        self._not_before.pop(user_id, None)

    def full(self, connection: Connection, user_id: str) -> MemoryTracker | None:
        """All sessions of a user; None for an unknown one."""
        rows = all_rows(connection, user_id)
        return self._tracker_of(user_id, restored(rows)) if rows else None

    def take_snapshot(self, connection: Connection, user_id: str) -> None:
        """Notes where a conversation stands, from time to time.

        Args:
            connection: In the transaction that has written what is new.
            user_id: Rasa's `sender_id`.
        """
        if not self._reaches or not self._is_due(connection, user_id):
            return
        # From the database alone: another process may have written meanwhile.
        tracker = self.latest(connection, user_id)
        slots = slots_at_rest(tracker) if tracker else None
        if slots is not None:
            snapshot = Snapshot(
                last_row(connection, user_id), self._stored_slots(slots)
            )
            write_snapshot(connection, user_id, snapshot, self._reaches[-1])

    def _is_due(self, connection: Connection, user_id: str) -> bool:
        """Whether it is time for a snapshot.

        The database is asked when it can be so by what this process has seen. Where
        others have seen more, the snapshot is a little late.
        """
        turns = self._not_before.pop(user_id, 1) - 1
        if turns <= 0:
            since = messages_since(connection, user_id, _BETWEEN_SNAPSHOTS)
            turns = _BETWEEN_SNAPSHOTS - since
        if turns > 0:
            self._not_before[user_id] = turns
            if len(self._not_before) > _USERS:
                del self._not_before[next(iter(self._not_before))]
        return turns <= 0

    def _behind(
        self, connection: Connection, user_id: str, snapshot: Snapshot
    ) -> MemoryTracker | None:
        """A tracker that goes on from a snapshot; None if it would hold too little."""
        rows = rows_behind(connection, user_id, snapshot)
        try:
            opening = opening_events(snapshot.slots, rows[0].timestamp)
        except ValueError as error:
            logger.warning(
                "A snapshot of '%s' in table 'tracker_snapshots' is damaged; more of "
                "the session is read instead: %s",
                user_id,
                error,
            )
            return None
        tracker = self._tracker_of(
            user_id, [*opening, *self._restored.of(user_id, rows)]
        )
        enough = actions_behind(tracker, opening[-1]) >= self._wanted
        return tracker if enough else None
