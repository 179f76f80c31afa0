"""Everything that is stored of a user, as JSON that people can read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from sqlalchemy.engine import Connection

from framework_plugin.memory.audit import read_audit
from framework_plugin.memory.dates import iso_time
from framework_plugin.memory.fact_rows import all_facts
from framework_plugin.memory.history import all_rows
from framework_plugin.memory.identities import Sender, person_of
from framework_plugin.memory.remains import export_remains
from framework_plugin.memory.snapshots import all_snapshots
from framework_plugin.memory.tables import (
    consents,
    handover_notices,
    handover_replies,
    handovers,
    link_codes,
)

Exported = dict[str, Any]


def export_person(
    connection: Connection,
    sender_id: str,
    waiting: Iterable[Mapping[str, Any]] = (),
    archived: Callable[[str], Iterable[str]] | None = None,
) -> Exported:
    """Collects what is stored of a person; nothing is left out or shortened.

    Args:
        connection: To the database.
        sender_id: Rasa's `sender_id` of any of their senders.
        waiting: Entries of the journal, those of other users too.
        archived: Gives the events of a sender in the archive, each as JSON.

    Returns:
        `user`, `senders`, `exported_at`, `facts` (those that ended too; `closed_at`:
        since when nobody asks how a plan went), `conversation`
        (what was said, for people), `events` (what Rasa keeps, for programs),
        `archived` events (older ones), `snapshots`, `sessions` (a summary of each),
        `search` (by which words each event is found), `unanswered` questions,
        `answer_feedback` (which answers helped), `unsaved` events, `link_codes`,
        `handovers` to people with what these replied and what another system is yet
        to be told (`notices`), `channel_notes` (open choices and
        answers that came too late), `consents` and the `audit` of this person. What
        belongs to a sender says so under `sender_id`.
        Times are ISO 8601 in UTC; within `events` they are as stored.
    """
    person = person_of(connection, sender_id)
    senders = [sender.sender_id for sender in person.senders]
    events = [
        _event(row.data, sender)
        for sender in senders
        for row in all_rows(connection, sender)
    ]
    earlier = [
        _event(line, sender)
        for sender in senders
        for line in (archived(sender) if archived else ())
    ]
    said = [one for event in [*earlier, *events] if (one := _said(event))]
    return {
        "user": sender_id,
        "senders": [_sender(sender) for sender in person.senders],
        "exported_at": datetime.now(timezone.utc).isoformat(),
        "facts": [_told(fact) for fact in all_facts(connection, person.user_id)],
        "conversation": sorted(said, key=lambda one: one["at"] or ""),
        "events": events,
        "archived": earlier,
        "snapshots": [
            {
                "sender_id": sender,
                "after_event": one.event_id,
                "slots": _json(one.slots),
            }
            for sender in senders
            for one in all_snapshots(connection, sender)
        ],
        **_remains(connection, senders),
        "unsaved": [
            {"sender_id": entry["sender_id"], **entry["event"]}
            for entry in waiting
            if entry.get("sender_id") in senders
        ],
        "link_codes": _link_codes(connection, senders),
        "handovers": _handovers(connection, senders),
        "consents": _consents(connection, senders),
        "audit": [
            {**asdict(entry), "at": iso_time(entry.at)}
            for user_id in sorted({person.user_id, *senders})
            for entry in read_audit(connection, user_id)
            if entry.user_id == user_id
        ],
    }


def _remains(connection: Connection, senders: Iterable[str]) -> Exported:
    """Summaries and words of all senders, each with its sender."""
    found: dict[str, list[Exported]] = {}
    for sender_id in senders:
        for name, entries in export_remains(connection, sender_id).items():
            told = ({"sender_id": sender_id, **entry} for entry in entries)
            found.setdefault(name, []).extend(told)
    return found


def _consents(connection: Connection, senders: Iterable[str]) -> list[Exported]:
    rows = connection.execute(
        consents.select().where(consents.c.user_id.in_(list(senders)))
    )
    return [
        {
            "sender_id": row.user_id,
            "state": row.state,
            "changed_at": iso_time(row.changed_at),
        }
        for row in rows
    ]


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
        "closed_at": iso_time(fact.closed_at),
    }


def _sender(sender: Sender) -> Exported:
    return {
        "sender_id": sender.sender_id,
        "channel": sender.channel,
        "linked_at": iso_time(sender.linked_at),
    }


def _link_codes(connection: Connection, senders: list[str]) -> list[Exported]:
    """The codes and wrong tries of senders; codes are known by their hash alone."""
    rows = connection.execute(
        link_codes.select().where(link_codes.c.sender_id.in_(senders))
    )
    return [
        {
            "sender_id": row.sender_id,
            "channel": row.channel,
            "hash": row.digest,
            "expires_at": iso_time(row.expires_at),
            "wrong_at": [iso_time(at) for at in _json(row.wrong_at)],
        }
        for row in rows
    ]


def _handovers(connection: Connection, senders: list[str]) -> list[Exported]:
    replies = connection.execute(
        handover_replies.select()
        .where(handover_replies.c.sender_id.in_(senders))
        .order_by(handover_replies.c.id)
    ).all()
    notices = connection.execute(
        handover_notices.select()
        .where(handover_notices.c.sender_id.in_(senders))
        .order_by(handover_notices.c.id)
    ).all()
    rows = connection.execute(
        handovers.select()
        .where(handovers.c.sender_id.in_(senders))
        .order_by(handovers.c.id)
    )
    return [
        {
            "sender_id": row.sender_id,
            "channel": row.channel,
            "reason": row.reason,
            "asked_at": iso_time(row.asked_at),
            "taken_at": iso_time(row.taken_at),
            "taken_by": row.taken_by,
            "closed_at": iso_time(row.closed_at),
            "outcome": row.outcome,
            "replies": [
                {
                    "speaker": reply.speaker,
                    "text": reply.text,
                    "said_at": iso_time(reply.said_at),
                    "sent_at": iso_time(reply.sent_at),
                }
                for reply in replies
                if reply.handover_id == row.id
            ],
            "notices": [
                {
                    "body": _json(notice.body),
                    "made_at": iso_time(notice.made_at),
                    "attempts": notice.attempts,
                    "due_at": iso_time(notice.due_at),
                }
                for notice in notices
                if notice.handover_id == row.id
            ],
        }
        for row in rows
    ]


def _event(data: str, sender_id: str) -> Any:
    event = _json(data)
    return {"sender_id": sender_id, **event} if isinstance(event, dict) else event


def _json(data: str) -> Any:
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
    said = {"at": iso_time(at), "speaker": event["event"], "text": text}
    return {**said, "sender_id": event["sender_id"]}
