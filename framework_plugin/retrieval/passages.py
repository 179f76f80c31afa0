"""What is found and cited: a passage of a document of the company."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

SECTION_MARK = " › "
"""Stands between the headings of a section's path."""


@dataclass(frozen=True)
class Passage:
    """A piece of a document that can answer a question: text, never instructions.

    Args:
        id: Stable name: id of the document, `#`, and the entry's own id or a number.
            The number is a name, not a place: it stays when text before it changes.
        document: Id of its document.
        title: What is cited.
        section: Path of the headings above it, joined by `SECTION_MARK`; or empty.
        text: The answer or passage, shown as it stands.
        questions: Wordings of an entry's question; empty for prose.
        keywords: Words that point to it.
        url: Where a person can read on.
        valid_from: From when on it holds, in seconds since the epoch; None: always.
        valid_until: From when on it no longer holds, in seconds since the epoch.
        audience: Groups of users whom it is for; empty: everyone.
    """

    id: str
    document: str
    title: str
    section: str
    text: str
    questions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    url: str | None = None
    valid_from: float | None = None
    valid_until: float | None = None
    audience: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called where it is offered: its question, or where it stands."""
        if self.questions:
            return self.questions[0]
        return self.section.split(SECTION_MARK)[-1] or self.title

    def is_for(self, groups: Collection[str]) -> bool:
        """Whether it is for everyone, or for one of the groups of a user."""
        return not self.audience or not set(groups).isdisjoint(self.audience)
