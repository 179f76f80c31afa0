"""Everything that is stored of a user, as JSON that people can read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from sqlalchemy.engine import Connection

from framework_plugin.memory.audit import read_audit
from framework_plugin.memory.days import iso_time
from framework_plugin.memory.fact_rows import all_facts
from framework_plugin.memory.history import all_rows
from framework_plugin.memory.remains import export_remains
from framework_plugin.memory.snapshots import all_snapshots
from framework_plugin.memory.tables import consents

Exported = dict[str, Any]


def export_user(
    connection: Connection,
    user_id: str,
    waiting: Iterable[Mapping[str, Any]] = (),
    archived: Iterable[str] = (),
) -> Exported:
    """Collects what is stored of a user; nothing is left out or shortened.

    Args:
        connection: To the database.
        user_id: Rasa's `sender_id`.
        waiting: Entries of the journal, those of other users too.
        archived: The user's events in the archive, each as JSON.

    Returns:
        `user`, `exported_at`, `facts` (those that ended too), `conversation` (what
        was said, for people), `events` (what Rasa keeps, for programs), `archived`
        events (older ones), `snapshots`, `sessions` (a summary of each), `plans`,
        `search` (by which words each event is found), `unsaved` events, `consent` (None
        if it was never asked for), and the `audit` of this user.
        Times are ISO 8601 in UTC; within `events` they are as stored.
    """
    rows = all_rows(connection, user_id)
    events = [_event(row.data) for row in rows]
    earlier = [_event(line) for line in archived]
    return {
        "user": user_id,
        "exported_at": datetime.now(timezone.utc).isoformat(),
        "facts": [_told(fact) for fact in all_facts(connection, user_id)],
        "conversation": [
            said for event in [*earlier, *events] if (said := _said(event))
        ],
        "events": events,
        "archived": earlier,
        "snapshots": [
            {"after_event": one.event_id, "slots": _event(one.slots)}
            for one in all_snapshots(connection, user_id)
        ],
        **export_remains(connection, user_id),
        "unsaved": [e["event"] for e in waiting if e.get("sender_id") == user_id],
        "consent": _consent(connection, user_id),
        "audit": [
            {**asdict(entry), "at": iso_time(entry.at)}
            for entry in read_audit(connection, user_id)
            if entry.user_id == user_id
        ],
    }


def _consent(connection: Connection, user_id: str) -> Exported | None:
    row = connection.execute(
        consents.select().where(consents.c.user_id == user_id)
    ).first()
    return row and {"state": row.state, "changed_at": iso_time(row.changed_at)}


def _told(fact: Any) -> Exported:
    return {
        "kind": fact.kind,
        "value": fact.value,
        "said_at": iso_time(fact.said_at),
        "confidence": fact.confidence,
        "source": fact.source,
        "day": fact.day or None,
        "valid_from": iso_time(fact.valid_from),
        "valid_until": iso_time(fact.valid_until),
        "ended_at": iso_time(fact.ended_at or None),
        "asked": bool(fact.asked),
    }


def _event(data: str) -> Any:
    """What a column holds; as text if it is damaged."""
    try:
        return json.loads(data)
    except (TypeError, ValueError):
        return {"damaged": data}


def _said(event: Any) -> Exported | None:
    if not isinstance(event, dict) or event.get("event") not in ("user", "bot"):
        return None
    text, at = event.get("text"), event.get("timestamp")
    if not text:
        return None
    return {"at": iso_time(at), "speaker": event["event"], "text": text}
