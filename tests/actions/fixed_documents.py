"""Documents that find what a test wants, and a conversation over them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from actions.resources import ActionSettings, Resources
from framework_plugin.retrieval import Hit, Passage
from tests.actions.talking import NOON, Conversation


class Fixed:
    """Documents of which every question finds the same passages."""

    def __init__(self, *passages: Passage, score: float = 1.0) -> None:
        self.hits = [Hit(one, one.name, score, score) for one in passages]

    def search(
        self, query: str, limit: int = 5, audience: Collection[str] = ()
    ) -> list[Hit]:
        return self.hits[:limit]

    def passage(self, id_: str) -> Passage | None:
        return next((h.passage for h in self.hits if h.passage.id == id_), None)


def talk_over(documents: Any, endpoints: Path) -> Conversation:
    resources = Resources(ActionSettings(endpoints=endpoints), lambda: NOON)
    resources.__dict__["faq"] = documents
    return Conversation(resources)
