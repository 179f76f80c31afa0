"""A conversation as the action server sees it: real tracker and dispatcher."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import ActionRetrieveAnswer
from actions.conversation import ASK_FAQ
from actions.resources import SHANGHAI, Resources

NOON = datetime(2026, 3, 18, 12, 5, tzinfo=SHANGHAI)


@dataclass
class Conversation:
    """One user's session; `say` adds a message, `run` an action's answer."""

    resources: Resources
    sender: str = "alice"
    slots: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(
        default_factory=lambda: [{"event": "session_started", "timestamp": 1000.0}]
    )
    latest: dict[str, Any] = field(default_factory=dict)
    responses: dict[str, Any] = field(default_factory=dict)
    led_to: list[str] = field(default_factory=list)

    def say(
        self, text: str, intent: str | None = None, **entities: str
    ) -> Conversation:
        found = [
            {
                "entity": kind,
                "value": value,
                "start": max(text.find(value), 0),
                "end": max(text.find(value), 0) + len(value),
            }
            for kind, value in entities.items()
        ]
        # As Rasa does by the mappings of the domain.
        self.slots.update(entities)
        self.latest = {"text": text, "intent": {"name": intent}, "entities": found}
        self._add({"event": "user", "text": text, "parse_data": dict(self.latest)})
        return self

    def run(self, action: type[Action]) -> list[dict[str, Any]]:
        dispatcher = CollectingDispatcher()
        tracker = Tracker.from_dict(
            {
                "sender_id": self.sender,
                "slots": dict(self.slots),
                "latest_message": self.latest,
                "events": list(self.events),
            }
        )
        domain = {
            "forms": {"order_form": {"required_slots": ["order_number"]}},
            "responses": self.responses,
        }
        made = (
            action() if action.__init__ is object.__init__ else action(self.resources)
        )
        events = asyncio.run(made.run(dispatcher, tracker, domain)) or []
        for message in dispatcher.messages:
            metadata = {"source": message["source"]} if "source" in message else {}
            self._add({"event": "bot", "text": message["text"], "metadata": metadata})
        self.led_to = self.follow(events)
        for event in events:
            self._add(dict(event))
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
        return dispatcher.messages

    def follow(self, events: list[dict[str, Any]]) -> list[str]:
        """The actions that an action leads on to; what they say stands for itself."""
        led = [str(e["name"]) for e in events if e["event"] == "followup"]
        for name in led:
            self._add({"event": "bot", "text": name, "metadata": {}})
        return led

    def answer(self, action: type[Action]) -> str:
        """The text of the only message that an action sends."""
        (message,) = self.run(action)
        return str(message["text"])

    def start_form(self) -> Conversation:
        self._add({"event": "active_loop", "name": "order_form"})
        self._add({"event": "slot", "name": "requested_slot", "value": "order_number"})
        self.slots["requested_slot"] = "order_number"
        return self

    def _add(self, event: dict[str, Any]) -> None:
        event["timestamp"] = 1000.0 + len(self.events)
        self.events.append(event)


def ask(talk: Conversation, text: str, intent: str | None = ASK_FAQ) -> Any:
    return talk.say(text, intent).run(ActionRetrieveAnswer)
