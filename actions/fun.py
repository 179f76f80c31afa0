"""Jokes and poems, none told twice while there are others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import fresh_wording
from actions.replying import say


class _Telling(Action, ABC):
    """Tells the piece of the domain's responses that was told longest ago.

    Rasa picks a response at random, so that `再来一个` could bring the same one again.
    """

    @property
    @abstractmethod
    def _response(self) -> str:
        """The name of the responses to choose from."""

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Tells the next piece."""
        pieces = [str(piece["text"]) for piece in domain["responses"][self._response]]
        say(dispatcher, fresh_wording(pieces, tracker), {"kind": self._response})
        return []


class ActionTellJoke(_Telling):
    """Tells a joke."""

    _response = "utter_joke"

    def name(self) -> str:
        """The name in the domain."""
        return "action_tell_joke"


class ActionTellPoem(_Telling):
    """Says a poem."""

    _response = "utter_poem"

    def name(self) -> str:
        """The name in the domain."""
        return "action_tell_poem"
