"""Asking how it went: once, when a user comes back after something they had planned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa.shared.core.events import BotUttered, Event, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection

from framework_plugin.memory.dates import day_said
from framework_plugin.memory.history import newest_session
from framework_plugin.memory.plans import Plan, close_plan, due_plan
from framework_plugin.memory.summaries import summarise_before

UTTER_FOLLOW_UP = "utter_follow_up"
"""The response of the domain that asks; it may name `{greeting}`, `{day}`, `{plan}`."""

FOLLOWED_UP = "followed_up_plan"
"""Key in the metadata of what is said: the plan that it asks about."""

_GREETINGS = {
    "utter_greet": "你来啦！",
    "utter_greet_morning": "早上好！",
    "utter_greet_evening": "晚上好！",
}


def plan_to_ask_about(utter_action: str, tracker: DialogueStateTracker) -> Plan | None:
    """The plan that a greeting may ask about.

    One told in an earlier session, whose time has come, and of which nothing was heard
    since. Where the user begins with anything but a greeting, nothing is brought up.
    """
    if utter_action not in _GREETINGS:
        return None
    began = _time_of_last(tracker, SessionStarted)
    now = _time_of_last(tracker, UserUttered)
    asked = {
        event.metadata.get(FOLLOWED_UP)
        for event in tracker.events
        if isinstance(event, BotUttered)
    }
    plans = [p for p in getattr(tracker, "open_plans", ()) if p.id not in asked]
    if began is None or now is None:
        return None
    return due_plan(plans, began, now)


def words_for(plan: Plan, utter_action: str, now: float) -> dict[str, str]:
    """What stands for the names in `UTTER_FOLLOW_UP`.

    Args:
        plan: What to ask about.
        utter_action: The greeting in whose place it is asked.
        now: The present moment, in seconds since the epoch.
    """
    return {
        "greeting": _GREETINGS[utter_action],
        "day": day_said(plan.said_at, now),
        "plan": plan.what,
    }


def note_session(connection: Connection, user_id: str, said: Sequence[Event]) -> None:
    """Summarises the session that ended with some events, and closes plans asked about.

    Args:
        connection: In the transaction that wrote the events.
        user_id: Rasa's `sender_id`.
        said: The events.
    """
    for event in said:
        plan = event.metadata.get(FOLLOWED_UP)
        if isinstance(event, BotUttered) and isinstance(plan, int):
            close_plan(connection, user_id, plan, event.timestamp)
    if any(isinstance(event, SessionStarted) for event in said):
        session = newest_session(connection, user_id)
        if session is not None:
            summarise_before(connection, user_id, session)


def _time_of_last(tracker: DialogueStateTracker, kind: Any) -> float | None:
    times = (e.timestamp for e in reversed(tracker.events) if isinstance(e, kind))
    return next(times, None)
