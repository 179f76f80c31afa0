"""What all actions share: a name, and the resources they work with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.resources import Resources, default_resources


class ShopAction(Action, ABC):
    """An action of the bundled assistant.

    Args:
        resources: What it works with; those of the process where left out.
    """

    action_name: ClassVar[str]
    """The name in the domain."""

    def __init__(self, resources: Resources | None = None) -> None:
        self._resources = resources or default_resources()

    def name(self) -> str:
        """The name in the domain."""
        return self.action_name

    @abstractmethod
    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> list[EventType]:
        """Answers the latest message; returns what changes in the conversation."""
