"""By which texts a passage is found: its questions, or the sentences of its prose."""

from __future__ import annotations

from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.sentences import sentences


def wordings(passage: Passage) -> tuple[str, ...]:
    """The texts that a query is compared with, each once.

    Those of prose are what it is called, and each of its sentences below that name: a
    sentence alone seldom says what it is about.
    """
    if passage.questions:
        return tuple(dict.fromkeys(passage.questions))
    name = passage.name
    lines = passage.text.split("\n")
    parts = (sentence for line in lines for sentence in sentences(line))
    return tuple(dict.fromkeys((name, *(f"{name}\n{part}" for part in parts))))


def support(passage: Passage) -> str:
    """What helps to find a passage, but less: all else that is said of it or in it."""
    headings = () if passage.questions else (passage.title, passage.section)
    return "\n".join((passage.text, *passage.keywords, *headings))
